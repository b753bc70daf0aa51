#include "server.hpp"

#include <array>
#include <filesystem>
#include <fstream>

TestServer& TestServer::instance() {
  static TestServer server;
  return server;
}

TestServer::TestServer() {
  std::ofstream(std::filesystem::path(server_.data_dir()) / "pg_hba.conf")
      << "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
  server_.restart();
}

leat::Connection TestServer::connect(leat::SessionOptions options) const {
  return leat::Connection::open(target(), std::move(options));
}

bool backend_exists(leat::Connection& observer, int pid) {
  const std::array<leat::Parameter, 1> parameters{std::to_string(pid)};
  return !observer.execute("SELECT 1 FROM pg_stat_activity WHERE pid = $1::int", parameters).empty();
}

bool backend_is_active(leat::Connection& observer, int pid) {
  const std::array<leat::Parameter, 1> parameters{std::to_string(pid)};
  const auto* sql = "SELECT 1 FROM pg_stat_activity WHERE pid = $1::int AND state = 'active'";
  return !observer.execute(sql, parameters).empty();
}

void must_be_cancelled(leat::Connection& session) {
  if (session.server_version() >= 140000) session.execute("SET client_connection_check_interval = 0");
}

std::string everything(const leat::Error& error) {
  return std::string(error.what()) + "|" + std::string(error.hint()) + "|" + std::string(error.detail()) +
         "|" + std::string(error.context()) + "|" + std::string(error.where());
}
