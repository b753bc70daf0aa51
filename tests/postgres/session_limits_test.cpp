// Limits of a session that a connection's own parameters give.
#include "postgres/session/session_limits.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::Connection;
using leat::ConnectionTarget;
using leat::ErrorKind;
using leat::postgres_detail::started_limit;

namespace {

std::string session_setting(Connection& session, const std::string& name) {
  return std::string(session.execute("SHOW " + name).text(0, 0));
}

ConnectionTarget started_with(const std::string& options) {
  auto target = TestServer::instance().target();
  target.set("options", options);
  return target;
}

}  // namespace

TEST_CASE("session limits: options are read as the server reads them", "[postgres]") {
  const auto lock_timeout = [](const char* options) { return started_limit(options, "lock_timeout"); };
  CHECK(lock_timeout("-c lock_timeout=60s") == 60s);
  CHECK(lock_timeout("-clock_timeout=2min") == 2min);
  CHECK(lock_timeout("  -c  Lock_Timeout=700 ") == 700ms);
  CHECK(lock_timeout("--lock-timeout=1h") == 1h);
  CHECK(lock_timeout("-c lock_timeout=1.5\\ s") == 1500ms);
  CHECK(lock_timeout("-c lock_timeout=1s -c lock_timeout=0") == 0s);
  CHECK(lock_timeout("-c work_mem=4MB -c lock_timeout=1d") == 24h);
  for (const char* options :
       {"", "-c", "-c lock_timeout", "-c statement_timeout=1s", "-c lock_timeout=", "-c lock_timeout=soon",
        "-c lock_timeout=1x", "-c lock_timeout=-1", "-c lock_timeout=1e30s", "lock_timeout=1s"}) {
    INFO(options);
    CHECK(lock_timeout(options) == std::nullopt);
  }
}

TEST_CASE("session limits: those of the connection hold, and those that are set win", "[postgres][server]") {
  const auto target = started_with("-c lock_timeout=60s -c statement_timeout=3min");
  auto session = Connection::open(target, {});
  CHECK(session_setting(session, "lock_timeout") == "1min");
  CHECK(session_setting(session, "statement_timeout") == "3min");
  CHECK(session.options().lock_timeout == 60s);
  CHECK(session.options().reply_timeout > 60s);  // a statement that waits for a lock is not late
  auto own = Connection::open(target, {.lock_timeout = 2s, .statement_timeout = 0ms});
  CHECK(session_setting(own, "lock_timeout") == "2s");
  CHECK(session_setting(own, "statement_timeout") == "0");
  auto usual = Connection::open(TestServer::instance().target(), {});
  CHECK(session_setting(usual, "lock_timeout") == "10s");
  CHECK(session_setting(usual, "statement_timeout") == "0");
}

TEST_CASE("session limits: the environment counts as the connection's own", "[postgres][server]") {
  const auto target = TestServer::instance().target();
  ::setenv("PGOPTIONS", "-c lock_timeout=61s", 1);
  ::setenv("PGCONNECT_TIMEOUT", "7", 1);
  auto session = Connection::open(target, {});
  ::unsetenv("PGOPTIONS");
  ::unsetenv("PGCONNECT_TIMEOUT");
  CHECK(session_setting(session, "lock_timeout") == "61s");
  CHECK(session.options().connect_timeout == 7s);
}

TEST_CASE("session limits: a service's own count, too", "[postgres][server]") {
  const auto server = TestServer::instance().target();
  std::string file = (std::filesystem::temp_directory_path() / "leat-service-XXXXXX").string();
  ::close(::mkstemp(file.data()));
  std::ofstream(file) << "[shop]\nhost=" << server.get("host") << "\nport=" << server.get("port")
                      << "\ndbname=" << server.get("dbname") << "\nuser=" << server.get("user")
                      << "\nconnect_timeout=8\noptions=-c lock_timeout=62s\n";
  ::setenv("PGSERVICEFILE", file.c_str(), 1);
  auto session = Connection::open(ConnectionTarget::parse("service=shop"), {});
  auto own = Connection::open(ConnectionTarget::parse("postgresql:///?service=shop&connect_timeout=3"), {});
  ::unsetenv("PGSERVICEFILE");
  std::filesystem::remove(file);
  CHECK(session_setting(session, "lock_timeout") == "62s");
  CHECK(session.options().connect_timeout == 8s);
  CHECK(own.options().connect_timeout == 3s);
}

TEST_CASE("session limits: connect_timeout is for each host, and 0 for as long as it takes",
          "[postgres][server]") {
  auto target = TestServer::instance().target();
  CHECK(Connection::open(target, {}).options().connect_timeout == 10s);
  target.set("connect_timeout", "3");
  CHECK(Connection::open(target, {}).options().connect_timeout == 3s);
  CHECK(Connection::open(target, {.connect_timeout = 20s}).options().connect_timeout == 20s);
  target.set("host", std::string(target.get("host")) + "," + std::string(target.get("host")));
  CHECK(Connection::open(target, {}).options().connect_timeout == 6s);
  target.set("connect_timeout", "0");
  CHECK(Connection::open(target, {}).options().connect_timeout == 24h);
  target.set("connect_timeout", "soon");
  const auto error = error_of([&] { static_cast<void>(Connection::open(target, {})); });
  CHECK(error.kind() == ErrorKind::config);
  CHECK(everything(error).find("connect_timeout") != std::string::npos);
}
