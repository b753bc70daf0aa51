#include "support/fault_proxy.hpp"

#include <array>
#include <string>
#include <thread>

#include "leat/postgres/session/connection.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::Connection;
using leat::ErrorKind;
using leat::test::CutAt;
using leat::test::FaultProxy;
using leat::test::Toward;

namespace {

/// The server behind a proxy, and a table to write to.
struct Behind {
  Behind() : admin(TestServer::instance().connect()), proxy(TestServer::instance().port()) {
    admin.execute("SET client_min_messages = error");
    admin.execute("DROP TABLE IF EXISTS behind");
    admin.execute("CREATE TABLE behind (a int)");
    admin.execute("DROP ROLE IF EXISTS proxied");
    admin.execute("CREATE ROLE proxied LOGIN SUPERUSER PASSWORD 'p'");
  }

  [[nodiscard]] Connection connect(leat::SessionOptions options = {}) const {
    options.side = ErrorKind::target;
    options.connect_timeout = 10s;
    return Connection::open(
        leat::ConnectionTarget::parse("host=127.0.0.1 user=proxied password=p dbname=postgres port=" +
                                      std::to_string(proxy.port())),
        std::move(options));
  }
  [[nodiscard]] std::string rows() {
    return std::string(admin.execute("SELECT count(*) FROM behind").text(0, 0));
  }
  [[nodiscard]] bool session_ends(int backend) {
    return eventually([&] { return !backend_exists(admin, backend); });
  }

  Connection admin;
  FaultProxy proxy;
};

/// A lost connection: another attempt may find it again.
void check_lost(const leat::Error& error) {
  INFO(error.what());
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.sqlstate().starts_with("08"));
  CHECK_FALSE(error.in_doubt());
  CHECK(error.retryable());
}

/// Commits a row; nobody knows what became of it.
void check_in_doubt(Connection& session) {
  session.begin();
  session.execute("INSERT INTO behind VALUES (1)");
  const auto error = error_of([&] { session.commit(); });
  CHECK(error.in_doubt());
  CHECK(error.sqlstate().starts_with("08"));
  CHECK_FALSE(error.retryable());
}

}  // namespace

TEST_CASE("Fault proxy: without a fault a session behind it is as any other", "[postgres][server]") {
  Behind behind;
  auto session = behind.connect();
  session.begin();
  session.execute("INSERT INTO behind SELECT generate_series(1, 1000)");
  session.commit();
  CHECK(behind.rows() == "1000");
  const auto wide = session.execute("SELECT repeat('x', 3000000)");
  CHECK(wide.text(0, 0).size() == 3'000'000);
  CHECK(behind.proxy.passed(Toward::client) > 3'000'000);
  CHECK(behind.proxy.accepted() == 1);
  CHECK(behind.proxy.cuts() == 0);
  const int backend = session.backend_pid();
  session.abort();
  CHECK(behind.session_ends(backend));
}

TEST_CASE("Fault proxy: sessions that are cut fail with their next statement, others can be opened",
          "[postgres][server]") {
  Behind behind;
  auto first = behind.connect();
  auto second = behind.connect();
  const int backend = first.backend_pid();
  behind.proxy.cut();
  CHECK(behind.proxy.cuts() == 2);
  check_lost(error_of([&] { first.execute("SELECT 1"); }));
  check_lost(error_of([&] { second.execute("SELECT 1"); }));
  CHECK(behind.session_ends(backend));
  CHECK(behind.connect().execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("Fault proxy: a session that is cut while a statement runs fails at once", "[postgres][server]") {
  Behind behind;
  auto session = behind.connect();
  const std::jthread cutter([&, backend = session.backend_pid()] {
    auto observer = TestServer::instance().connect();
    eventually([&] { return backend_is_active(observer, backend); });
    behind.proxy.cut();
  });
  check_lost(error_of([&] { session.execute_long("SELECT pg_sleep(600)"); }));
}

TEST_CASE("Fault proxy: a session is cut after so many bytes to either side", "[postgres][server]") {
  Behind behind;
  auto session = behind.connect();
  SECTION("from the server, in the middle of a row") {
    const auto before = behind.proxy.passed(Toward::client);
    behind.proxy.cut_after(Toward::client, 100'000);
    check_lost(error_of([&] { session.execute("SELECT repeat('x', 1000000)"); }));
    CHECK(behind.proxy.passed(Toward::client) - before == 100'000);
  }
  SECTION("to the server, in the middle of a statement") {
    behind.proxy.cut_after(Toward::server, 5'000);
    check_lost(
        error_of([&] { session.execute("INSERT INTO behind SELECT 1 --" + std::string(10'000, 'x')); }));
  }
  CHECK(behind.proxy.cuts() == 1);
  CHECK(behind.rows() == "0");
}

TEST_CASE("Fault proxy: a commit that the server never sees is in doubt, and nothing is there",
          "[postgres][server]") {
  Behind behind;
  auto session = behind.connect();
  const int backend = session.backend_pid();
  behind.proxy.cut_at("COMMIT", CutAt::before_it);
  check_in_doubt(session);
  CHECK(behind.session_ends(backend));
  CHECK(behind.rows() == "0");
}

TEST_CASE("Fault proxy: a commit whose reply is lost is in doubt, and everything is there",
          "[postgres][server]") {
  Behind behind;
  auto session = behind.connect();
  behind.proxy.cut_at("COMMIT", CutAt::before_its_reply);
  check_in_doubt(session);
  CHECK(behind.rows() == "1");
}

TEST_CASE("Fault proxy: the n-th statement is meant, and prepared ones are, too", "[postgres][server]") {
  Behind behind;
  auto session = behind.connect();
  behind.proxy.cut_at("COMMIT", CutAt::before_it, 2);
  session.begin();
  session.execute("INSERT INTO behind VALUES (1)");
  session.commit();
  session.begin();
  session.execute("INSERT INTO behind VALUES (2)");
  CHECK(error_of([&] { session.commit(); }).in_doubt());
  CHECK(behind.rows() == "1");

  auto other = behind.connect();
  behind.proxy.cut_at("INSERT INTO behind", CutAt::before_its_reply);
  const std::array<leat::Parameter, 1> three{"3"};
  check_lost(error_of([&] { other.execute("INSERT INTO behind VALUES ($1)", three); }));
  CHECK(behind.rows() == "2");
}

TEST_CASE("Fault proxy: half a connection is closed", "[postgres][server]") {
  Behind behind;
  auto session = behind.connect();
  const int backend = session.backend_pid();
  SECTION("the server hears the client's end, ends as well, and the client hears that") {
    behind.proxy.half_close(Toward::server);
    CHECK(behind.session_ends(backend));
    check_lost(error_of([&] { session.execute("INSERT INTO behind VALUES (1)"); }));
    CHECK(behind.rows() == "0");
  }
  SECTION("the client hears an end while the server still works for it") {
    behind.proxy.half_close(Toward::client);
    CHECK(backend_exists(behind.admin, backend));
    check_lost(error_of([&] { session.execute("SELECT 1"); }));
    session.abort();
    CHECK(behind.session_ends(backend));
  }
}

TEST_CASE("Fault proxy: what keeps everything to itself ends by a timeout, and can be healed",
          "[postgres][server]") {
  Behind behind;
  auto session = behind.connect({.reply_timeout = 200ms, .cancel_timeout = 100ms});
  auto patient = behind.connect();
  behind.proxy.blackhole();
  check_lost(error_of([&] { session.execute("SELECT 1"); }));
  const auto target = leat::ConnectionTarget::parse(
      "host=127.0.0.1 user=proxied password=p dbname=postgres port=" + std::to_string(behind.proxy.port()));
  const auto error =
      error_of([&] { static_cast<void>(Connection::open(target, {.connect_timeout = 200ms})); });
  CHECK(error.sqlstate() == "08001");
  std::jthread healer([&, before = behind.proxy.accepted()] {
    eventually([&] { return behind.proxy.accepted() > before; });
    behind.proxy.restore();
  });
  auto late = behind.connect();
  healer.join();
  CHECK(late.execute("SELECT 1").integer(0, 0) == 1);
  CHECK(patient.execute("SELECT 2").integer(0, 0) == 2);
}

TEST_CASE("Fault proxy: where nobody listens a session is refused, and those that are there stay",
          "[postgres][server]") {
  Behind behind;
  auto session = behind.connect();
  behind.proxy.refuse();
  const auto error = error_of([&] { static_cast<void>(behind.connect()); });
  CHECK(error.sqlstate() == "08001");
  CHECK(error.retryable());
  CHECK(session.execute("SELECT 1").integer(0, 0) == 1);
  behind.proxy.restore();
  CHECK(behind.connect().execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("Fault proxy: what is slow arrives nevertheless", "[postgres][server]") {
  Behind behind;
  auto session = behind.connect();
  behind.proxy.delay(Toward::server, 5ms);
  behind.proxy.limit(Toward::client, 1'000'000);
  CHECK(session.execute("SELECT repeat('x', 100000)").text(0, 0) == std::string(100'000, 'x'));
  behind.proxy.restore();
  CHECK(session.execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("Fault proxy: a server that is not there ends the connection", "[postgres]") {
  const FaultProxy unused(1);
  const auto target =
      leat::ConnectionTarget::parse("host=127.0.0.1 user=u dbname=d port=" + std::to_string(unused.port()));
  CHECK(error_of([&] { static_cast<void>(Connection::open(target, {})); }).sqlstate() == "08001");
}
