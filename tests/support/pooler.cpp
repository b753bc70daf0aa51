#include "support/pooler.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "support/child_process.hpp"
#include "support/deadline.hpp"
#include "support/server_template.hpp"

namespace leat::test {
namespace {

constexpr const char* pooler_program = "/usr/sbin/pgbouncer";  // Debian's
constexpr const char* pooler_port = "6432";                    // of the socket's name alone

std::string pooler_config(const PrivateServer& server, const PoolerOptions& options,
                          const std::filesystem::path& directory) {
  return "[databases]\n* = host=" + server.socket_dir() + " port=" + std::to_string(server.port()) +
         " user=leat\n[pgbouncer]\nlisten_port = " + pooler_port +
         "\nunix_socket_dir = " + directory.string() + "\nauth_type = any\npool_mode = " + options.pool_mode +
         "\ndefault_pool_size = " + std::to_string(options.pool_size) + "\nmax_client_conn = 100\n";
}

}  // namespace

bool Pooler::is_installed() {
  return std::filesystem::exists(pooler_program);
}

Pooler::Pooler(const PrivateServer& server, const PoolerOptions& options)
    : directory_(make_server_directory()) {
  const auto config = directory_ / "pooler.ini";
  const auto log = directory_ / "log";
  std::ofstream(config) << pooler_config(server, options, directory_);
  try {
    give_to_child_user(config);
    process_ = ChildProcess{{pooler_program, config}, log}.spawn();
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (PQping(uri("postgres").c_str()) != PQPING_OK) {
      if (::waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
      if (process_ < 0 || std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("the pooler did not start: " + tail_of(log));
      }
      ::poll(nullptr, 0, 5);
    }
  } catch (...) {
    end();
    throw;
  }
}

Pooler::~Pooler() {
  end();
}

void Pooler::end() noexcept {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  remove_server_directory(directory_);
}

std::string Pooler::uri(const std::string& database) const {
  return "postgresql:///" + database + "?user=leat&host=" + directory_.string() + "&port=" + pooler_port;
}

PoolClient::PoolClient(const std::string& uri) : session_(PQconnectdb(uri.c_str())) {
  if (PQstatus(session_) == CONNECTION_OK) return;
  const std::string message = PQerrorMessage(session_);
  PQfinish(session_);
  throw std::runtime_error(message);
}

PoolClient::~PoolClient() {
  PQfinish(session_);
}

std::string PoolClient::run(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(session_, sql.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK) return {};
  if (status != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(session_));
  return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
}

void PoolClient::send(const std::string& sql) {
  if (PQsendQuery(session_, sql.c_str()) != 1) throw std::runtime_error(PQerrorMessage(session_));
}

BusyClients::BusyClients(const std::vector<std::string>& uris, const std::string& sql)
    : failures_(uris.size()), begun_(static_cast<std::ptrdiff_t>(uris.size())) {
  for (std::size_t i = 0; i < uris.size(); ++i) {
    threads_.emplace_back([this, uri = uris[i], sql, &failure = failures_[i]] {
      bool has_begun = false;
      try {
        PoolClient client(uri);
        while (!is_over_) {
          client.run(sql);
          if (!has_begun) begun_.count_down();
          has_begun = true;
        }
      } catch (const std::exception& error) {
        failure = error.what();
        if (!has_begun) begun_.count_down();
      }
    });
  }
  begun_.wait();
}

void BusyClients::end() noexcept {
  is_over_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void BusyClients::stop() {
  end();
  for (const auto& failure : failures_) {
    if (!failure.empty()) throw std::runtime_error("a client of the pool was refused: " + failure);
  }
}

}  // namespace leat::test
