// Statements that are sent together.
#include <array>
#include <string>
#include <thread>
#include <vector>

#include "leat/postgres/session/connection.hpp"
#include "server.hpp"
#include "support/catch.hpp"
#include "support/fault_proxy.hpp"

using namespace std::chrono_literals;
using leat::Connection;
using leat::ErrorKind;
using leat::Statement;
using leat::Stopped;
using leat::test::FaultProxy;

namespace {

/// Makes the table `together` anew, without a row.
void make_together(Connection& admin) {
  admin.execute("SET client_min_messages = error");
  admin.execute("DROP TABLE IF EXISTS together");
  admin.execute("CREATE TABLE together (a int)");
}

std::int64_t rows_of_together(Connection& session) {
  return session.execute("SELECT count(*) FROM together").integer(0, 0);
}

const std::vector<Statement> second_fails{
    {.sql = "INSERT INTO together VALUES (1)"},
    {.sql = "SELECT 1 / $1::int", .parameters = {"0"}},
    {.sql = "INSERT INTO together SELECT 1 / 0 FROM pg_sleep(600)"},
};

/// A session behind a proxy that counts what it waits for.
struct Counted {
  Counted() : admin(TestServer::instance().connect()), proxy(TestServer::instance().port()) {
    admin.execute("SET client_min_messages = error");
    admin.execute("DROP ROLE IF EXISTS counted");
    admin.execute("CREATE ROLE counted LOGIN SUPERUSER PASSWORD 'p'");
  }
  [[nodiscard]] Connection connect() const {
    return Connection::open(
        leat::ConnectionTarget::parse("host=127.0.0.1 user=counted password=p dbname=postgres port=" +
                                      std::to_string(proxy.port())),
        {.side = ErrorKind::target});
  }

  Connection admin;
  FaultProxy proxy;
};

}  // namespace

TEST_CASE("Statements together: each result in its order, for one turn", "[postgres][server]") {
  const Counted counted;
  auto session = counted.connect();
  const int before = counted.proxy.turns();
  const std::vector<Statement> statements{
      {.sql = "SELECT $1::int + 1, $2::text", .parameters = {"41", std::nullopt}},
      {.sql = "SET LOCAL work_mem = '1MB'"},
      {.sql = "SELECT repeat('x', 300000) FROM generate_series(1, 10)"},
      {.sql = "SHOW work_mem"},
  };
  const auto results = session.execute_all(statements);
  CHECK(counted.proxy.turns() - before == 1);
  REQUIRE(results.size() == 4);
  CHECK(results[0].integer(0, 0) == 42);
  CHECK(results[0].is_null(0, 1));
  CHECK(results[2].rows() == 10);
  CHECK(results[3].text(0, 0) == "1MB");  // so they were one transaction
  CHECK(session.is_idle());
  CHECK(session.execute_all({}).empty());
}

TEST_CASE("Statements together: the first error ends them, and outside of a transaction undoes them",
          "[postgres][server]") {
  auto session = TestServer::instance().connect({.side = ErrorKind::target});
  make_together(session);
  const auto error = error_of([&] { session.execute_all(second_fails); });
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.sqlstate() == "22012");
  CHECK(session.is_idle());
  CHECK(rows_of_together(session) == 0);
}

TEST_CASE("Statements together: an error within a transaction fails the transaction", "[postgres][server]") {
  auto session = TestServer::instance().connect({.side = ErrorKind::target});
  make_together(session);
  session.begin();
  static_cast<void>(session.execute("SAVEPOINT before"));
  CHECK(error_of([&] { session.execute_all(second_fails); }).sqlstate() == "22012");
  CHECK(session.in_transaction());
  CHECK(session.has_failed());
  static_cast<void>(session.execute("ROLLBACK TO SAVEPOINT before"));
  CHECK(rows_of_together(session) == 0);
  const std::vector<Statement> works{{.sql = "INSERT INTO together VALUES (1)"}, {.sql = "SELECT 1"}};
  CHECK(session.execute_all(works).size() == 2);
  session.commit();
  CHECK(rows_of_together(session) == 1);
}

TEST_CASE("Statements together: a stop in the middle ends the wait and the statement", "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  make_together(observer);
  auto session = TestServer::instance().connect({.side = ErrorKind::target});
  const int backend = session.backend_pid();
  std::stop_source stop;
  const std::jthread stopper([&] {
    auto watching = TestServer::instance().connect();
    eventually([&] { return backend_is_active(watching, backend); });
    stop.request_stop();
  });
  const std::vector<Statement> waits{{.sql = "INSERT INTO together VALUES (1)"},
                                     {.sql = "SELECT pg_sleep(600)"},
                                     {.sql = "INSERT INTO together VALUES (2)"}};
  CHECK_THROWS_AS(session.execute_all(waits, stop.get_token()), Stopped);
  CHECK_FALSE(session.is_open());
  CHECK(eventually([&] { return !backend_exists(observer, backend); }));
  CHECK(rows_of_together(observer) == 0);
}

TEST_CASE("Statements together: a session that is lost in the middle says so", "[postgres][server]") {
  Counted counted;
  make_together(counted.admin);
  auto session = counted.connect();
  session.begin();
  const int backend = session.backend_pid();
  const bool by_server = GENERATE(true, false);
  const std::jthread ender([&] {
    auto watching = TestServer::instance().connect();
    eventually([&] { return backend_is_active(watching, backend); });
    if (by_server) {
      watching.execute("SELECT pg_terminate_backend(" + std::to_string(backend) + ")");
    } else {
      counted.proxy.cut();
    }
  });
  const std::vector<Statement> waits{
      {.sql = "SELECT 1"}, {.sql = "SELECT pg_sleep(600)"}, {.sql = "SELECT 2"}};
  const auto error = error_of([&] { session.execute_all(waits); });
  INFO(error.what());
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.sqlstate().starts_with(by_server ? "57P01" : "08"));
  CHECK_FALSE(session.is_open());
}

TEST_CASE("Statements together: one that takes too long ends the session", "[postgres][server]") {
  auto session = TestServer::instance().connect({.side = ErrorKind::target, .reply_timeout = 200ms});
  const std::vector<Statement> waits{{.sql = "SELECT 1"}, {.sql = "SELECT pg_sleep(600)"}};
  CHECK(error_of([&] { session.execute_all(waits); }).sqlstate() == "08006");
  CHECK_FALSE(session.is_open());
}

TEST_CASE("Statements together: what cannot be sent is refused before anything is", "[postgres][server]") {
  auto session = TestServer::instance().connect({.side = ErrorKind::target});
  make_together(session);
  using namespace std::string_literals;
  const std::vector<Statement> nul{{.sql = "INSERT INTO together VALUES (1)"},
                                   {.sql = "SELECT $1", .parameters = {"a\0b"s}}};
  CHECK(error_of([&] { session.execute_all(nul); }).sqlstate() == "22021");
  CHECK(session.is_idle());
  CHECK(rows_of_together(session) == 0);
}

TEST_CASE("A BEGIN that waits for the next statement takes no turn of its own", "[postgres][server]") {
  Counted counted;
  make_together(counted.admin);
  auto session = counted.connect();
  const auto turns_of = [&](const auto& body) {
    const int before = counted.proxy.turns();
    body();
    return counted.proxy.turns() - before;
  };
  SECTION("with a statement") {
    CHECK(turns_of([&] {
            session.begin_with_next("ISOLATION LEVEL REPEATABLE READ");
            CHECK(session.in_transaction());
            CHECK(session.begins_with_next());
            CHECK(session.execute("SHOW transaction_isolation").text(0, 0) == "repeatable read");
          }) == 1);
    CHECK_FALSE(session.begins_with_next());
    CHECK(session.in_transaction());
  }
  SECTION("with several together") {
    const std::vector<Statement> statements{{.sql = "INSERT INTO together VALUES (1)"}, {.sql = "SELECT 7"}};
    CHECK(turns_of([&] {
            session.begin_with_next();
            const auto results = session.execute_all(statements);
            REQUIRE(results.size() == 2);
            CHECK(results[1].integer(0, 0) == 7);
          }) == 1);
    CHECK(session.in_transaction());
    session.rollback();
    CHECK(rows_of_together(session) == 0);
  }
  SECTION("with parameters") {
    session.begin_with_next();
    const std::array<leat::Parameter, 1> one{"1"};
    CHECK(session.execute("SELECT $1::int", one).integer(0, 0) == 1);
    CHECK(session.in_transaction());
  }
  SECTION("rolled back before there is any") {
    CHECK(turns_of([&] {
            session.begin_with_next();
            session.rollback();
          }) == 0);
    CHECK(session.is_idle());
  }
  SECTION("committed before there is any") {
    session.begin_with_next();
    session.commit();
    CHECK(session.is_idle());
  }
  SECTION("that fails by it") {
    session.begin_with_next("no such mode");
    CHECK(error_of([&] { session.execute("INSERT INTO together VALUES (1)"); }).sqlstate() == "42601");
    CHECK(session.is_idle());
    CHECK(rows_of_together(session) == 0);
  }
  SECTION("whose first statement fails") {
    session.begin_with_next();
    CHECK(error_of([&] { session.execute("SELECT 1 / 0"); }).sqlstate() == "22012");
    CHECK(session.has_failed());
  }
  SECTION("twice") {
    session.begin_with_next();
    CHECK(error_of([&] { session.begin_with_next(); }).kind() == ErrorKind::config);
  }
}
