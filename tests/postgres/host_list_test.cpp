// Hosts of a connection: which are names, and what libpq gets when they are looked up.
#include "postgres/session/host_list.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace leat;
using namespace leat::postgres_detail;

namespace {

using Names = std::vector<std::string>;

const std::vector<FoundName> known{
    {.name = "a", .state = NameState::found, .addresses = {"10.0.0.1", "fd00::1"}},
    {.name = "b", .state = NameState::found, .addresses = {"10.0.0.2"}},
    {.name = "module", .state = NameState::unknown},
    {.name = "silent", .state = NameState::unanswered}};

/// Host, hostaddr and port of a target that has these hosts and ports, with what is known.
std::string with_addresses(const std::string& host, const std::string& port) {
  ConnectionTarget target;
  target.set("host", host);
  target.set("port", port);
  if (!HostList(host, "", port).set_addresses(target, known)) return "none";
  return std::string(target.get("host")) + "|" + std::string(target.get("hostaddr")) + "|" +
         std::string(target.get("port"));
}

/// The server of the tests by TCP, under these hosts and ports.
ConnectionTarget by_tcp(const std::string& host, const std::string& port) {
  auto target = TestServer::instance().target();
  auto admin = TestServer::instance().connect();
  admin.execute("ALTER ROLE CURRENT_USER PASSWORD 'secret'");
  target.set("host", host);
  target.set("port", port);
  target.set("password", "secret");
  return target;
}

std::string server_port() {
  return std::to_string(TestServer::instance().port());
}

}  // namespace

TEST_CASE("hosts: only names are looked up, each once", "[postgres]") {
  CHECK(HostList("db1", "", "5432").names() == Names{"db1"});
  CHECK(HostList("db1,db2,db1", "", "1,2,3").names() == Names{"db1", "db2"});
  CHECK_FALSE(HostList("db1,db2", "", "").has_others());
  const HostList mixed("/run/postgresql,db1,10.0.0.1", "", "5432");
  CHECK(mixed.names() == Names{"db1"});
  CHECK(mixed.has_others());
  for (const char* host : {"", "/run/postgresql", "@abstract", "127.0.0.1", "127.1", "::1", "fe80::1%eth0",
                           "/tmp,10.0.0.1", ",", "fe80::1%nowhere"}) {
    INFO(host);
    CHECK(HostList(host, "", "").names().empty());
  }
  CHECK(HostList("db1", "10.0.0.1", "").names().empty());
  // Libpq says what is wrong with these.
  CHECK(HostList("db1,db2", "", "1,2,3").names().empty());
  CHECK(HostList("db1", "", "1,2").names().empty());
}

TEST_CASE("hosts: each address becomes a host of its own, beside its name and with its port", "[postgres]") {
  CHECK(with_addresses("a", "5432") == "a,a|10.0.0.1,fd00::1|5432");
  CHECK(with_addresses("b", "") == "b|10.0.0.2|");
  CHECK(with_addresses("b,a", "1,2") == "b,a,a|10.0.0.2,10.0.0.1,fd00::1|1,2,2");
  CHECK(with_addresses("a,/tmp,127.0.0.1", "1,2,3") == "a,a,/tmp,127.0.0.1|10.0.0.1,fd00::1,,|1,1,2,3");
  CHECK(with_addresses(",b", "1,") == ",b|,10.0.0.2|1,");
}

TEST_CASE("hosts: what is unknown is left to libpq, and what nobody answers is left out", "[postgres]") {
  CHECK(with_addresses("module", "5432") == "module||5432");
  CHECK(with_addresses("module,b", "1,2") == "module,b|,10.0.0.2|1,2");
  CHECK(with_addresses("silent,b", "1,2") == "b|10.0.0.2|2");
  CHECK(with_addresses("silent,module", "7") == "module||7");
  CHECK(with_addresses("silent", "7") == "none");
}

TEST_CASE("hosts: errors have the names that were given", "[postgres]") {
  CHECK(with_names("to server at \"10.0.0.1\", port 1\nto server at \"fd00::1\", port 1\nto server at "
                   "\"10.0.0.9\"",
                   known) ==
        "to server at \"a\" (10.0.0.1), port 1\nto server at \"a\" (fd00::1), port 1\nto server at "
        "\"10.0.0.9\"");
  // The client's address stays what it is.
  CHECK(with_names("server at \"10.0.0.2\", port 1 failed: no pg_hba.conf entry for host \"10.0.0.2\"",
                   known) ==
        "server at \"b\" (10.0.0.2), port 1 failed: no pg_hba.conf entry for host \"10.0.0.2\"");
}

TEST_CASE("hosts: a session by a name is one with that name", "[postgres][server]") {
  auto session = Connection::open(by_tcp("localhost", server_port()), {});
  CHECK(session.endpoint().find("host=localhost port=" + server_port()) == 0);
  CHECK(session.target().get("hostaddr").empty());
  CHECK(session.execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("hosts: several are tried in their order", "[postgres][server]") {
  // Nothing listens on port 1.
  auto session = Connection::open(by_tcp("localhost,localhost", "1," + server_port()), {});
  CHECK(session.endpoint().find("host=localhost port=" + server_port()) == 0);
  auto target = by_tcp("localhost,127.0.0.1", server_port());
  target.set("target_session_attrs", "read-write");
  CHECK(Connection::open(target, {}).endpoint().find("host=localhost") == 0);
  target.set("target_session_attrs", "read-only");
  CHECK_THROWS_AS(Connection::open(target, {}), Error);
  const auto error = error_of([] { static_cast<void>(Connection::open(by_tcp("localhost", "1"), {})); });
  CHECK(error.sqlstate() == "08001");
  CHECK(std::string(error.what()).find("\"localhost\" (127.0.0.1), port 1") != std::string::npos);
}

TEST_CASE("hosts: those of the environment and of a service are looked up, too, and limits are theirs",
          "[postgres][server]") {
  auto target = by_tcp("", "");
  const std::string user(target.get("user"));
  std::string file = (std::filesystem::temp_directory_path() / "leat-service-XXXXXX").string();
  ::close(::mkstemp(file.data()));
  std::ofstream(file) << "[shop]\nhost=localhost,localhost\nport=" << server_port()
                      << "\ndbname=postgres\nuser=" << user << "\npassword=secret\nconnect_timeout=7\n";
  ::setenv("PGSERVICEFILE", file.c_str(), 1);
  auto by_service = Connection::open(ConnectionTarget::parse("service=shop"), {});
  ::unsetenv("PGSERVICEFILE");
  std::filesystem::remove(file);
  CHECK(by_service.endpoint().find("host=localhost port=" + server_port()) == 0);
  CHECK(by_service.options().connect_timeout == 14s);  // for each host that is named

  ::setenv("PGHOST", "localhost", 1);
  ::setenv("PGPORT", server_port().c_str(), 1);
  auto by_environment = Connection::open(
      ConnectionTarget::parse("dbname=postgres password=secret connect_timeout=5 user=" + user), {});
  ::unsetenv("PGHOST");
  ::unsetenv("PGPORT");
  CHECK(by_environment.endpoint().find("host=localhost port=" + server_port()) == 0);
  CHECK(by_environment.options().connect_timeout == 5s);
}

TEST_CASE("hosts: a connection that libpq refuses is refused in its words", "[postgres]") {
  const auto said = [](const std::string& conninfo) {
    return std::string(
        error_of([&] { static_cast<void>(Connection::open(ConnectionTarget::parse(conninfo), {})); }).what());
  };
  CHECK(said("host=a,b port=1,2,3").find("port") != std::string::npos);
  CHECK(said("host=localhost sslmode=wrong").find("wrong") != std::string::npos);
  CHECK(said("service=leat-has-none").find("leat-has-none") != std::string::npos);
}
