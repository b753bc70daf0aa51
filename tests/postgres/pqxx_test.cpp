#include "leat/postgres/session/pqxx.hpp"

#include "server.hpp"
#include "support/catch.hpp"

using leat::PqxxConnection;
using leat::with_pqxx;

TEST_CASE("libpqxx: its statements and execute share a transaction", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  auto observer = TestServer::instance().connect();
  session.execute("DROP TABLE IF EXISTS shared");
  session.execute("CREATE TABLE shared (a int)");
  session.begin();
  session.execute("INSERT INTO shared VALUES (1)");
  const int seen = with_pqxx(session, [](PqxxConnection& lent) {
    pqxx::nontransaction transaction(lent);
    transaction.exec("INSERT INTO shared VALUES (2)");
    return transaction.exec("SELECT sum(a) FROM shared")[0][0].as<int>();
  });
  CHECK(seen == 3);
  CHECK(session.in_transaction());
  CHECK(observer.execute("SELECT count(*) FROM shared").integer(0, 0) == 0);
  session.commit();
  CHECK(observer.execute("SELECT count(*) FROM shared").integer(0, 0) == 2);
}

TEST_CASE("libpqxx: it is the same backend, before and after", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  const auto backend = [&] { return session.execute("SELECT pg_backend_pid()").integer(0, 0); };
  const auto before = backend();
  const auto within = with_pqxx(session, [](PqxxConnection& lent) {
    pqxx::work transaction(lent);
    const auto pid = transaction.exec("SELECT pg_backend_pid()")[0][0].as<std::int64_t>();
    transaction.commit();
    return pid;
  });
  CHECK(within == before);
  CHECK(backend() == before);
  CHECK(session.is_idle());
}

TEST_CASE("libpqxx: its exceptions pass through and the session goes on", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  const auto divide = [](PqxxConnection& lent) {
    pqxx::work transaction(lent);
    transaction.exec("SELECT 1/0");
  };
  CHECK_THROWS_AS(with_pqxx(session, divide), pqxx::sql_error);
  CHECK(session.is_idle());
  CHECK(session.execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("libpqxx: a stop request ends its statement with Stopped, and the backend is gone",
          "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto session = TestServer::instance().connect();
  must_be_cancelled(session);
  const int backend = session.backend_pid();
  std::stop_source stop;
  const std::jthread stopper([&stop, backend] {
    auto watching = TestServer::instance().connect();
    eventually([&] { return backend_is_active(watching, backend); });
    stop.request_stop();
  });
  const auto body = [](PqxxConnection& lent) {
    pqxx::nontransaction transaction(lent);
    transaction.exec("SELECT pg_sleep(600)");
  };
  CHECK_THROWS_AS(with_pqxx(session, body, stop.get_token()), leat::Stopped);
  CHECK_FALSE(session.is_open());
  CHECK(eventually([&] { return !backend_exists(observer, backend); }));
}

TEST_CASE("libpqxx: a session that a late cancel may still hit is not used again", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  std::stop_source stop;
  const auto body = [&](PqxxConnection& lent) {
    pqxx::nontransaction transaction(lent);
    stop.request_stop();
    try {
      // Once this was cancelled the body ends as if nothing had happened.
      transaction.exec("SELECT pg_sleep(600)");
    } catch (const pqxx::failure&) {
      return;
    }
  };
  CHECK_THROWS_AS(with_pqxx(session, body, stop.get_token()), leat::Stopped);
  CHECK_FALSE(session.is_open());
}

TEST_CASE("libpqxx: a stop request that came before runs nothing", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  std::stop_source stop;
  stop.request_stop();
  bool ran = false;
  const auto body = [&](PqxxConnection&) { ran = true; };
  CHECK_THROWS_AS(with_pqxx(session, body, stop.get_token()), leat::Stopped);
  CHECK_FALSE(ran);
  CHECK(session.is_idle());
}
