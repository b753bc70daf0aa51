#include "leat/postgres/session/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>

#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/postgres/copy/copy_writer.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::Connection;
using leat::ConnectionTarget;
using leat::ErrorKind;
using leat::Parameter;

namespace {

/// Accepts connections (the kernel does) and never says a word.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_, 4) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { stop(); }

  void stop() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  [[nodiscard]] ConnectionTarget target() const {
    return ConnectionTarget::parse("host=127.0.0.1 user=u dbname=d password=s3cret port=" +
                                   std::to_string(port_));
  }

 private:
  int socket_;
  int port_ = 0;
};

ConnectionTarget over_tcp(const std::string& user, const std::string& password, const std::string& database) {
  return ConnectionTarget::parse("host=127.0.0.1 port=" + std::to_string(TestServer::instance().port()) +
                                 " user=" + user + " password=" + password + " dbname=" + database);
}

}  // namespace

TEST_CASE("Connection: a port where nobody listens is 08001 of the session's side", "[postgres]") {
  SilentServer server;
  const auto target = server.target();
  server.stop();
  for (const auto side : {ErrorKind::source, ErrorKind::target}) {
    const auto error = error_of([&] { static_cast<void>(Connection::open(target, {.side = side})); });
    CHECK(error.kind() == side);
    CHECK(error.sqlstate() == "08001");
    CHECK(error.retryable());
    CHECK(everything(error).find("s3cret") == std::string::npos);
  }
}

TEST_CASE("Connection: an error's position is one in the statement that was given", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  const auto position = [&](const std::string& sql, const std::vector<Parameter>& parameters = {}) {
    return error_of([&] { static_cast<void>(session.execute(sql, parameters)); }).position();
  };
  CHECK(position("SELECT zz") == 8);
  CHECK(position("SELECT 'ä', zz") == 13);
  CHECK(position("SELECT $1::int, zz", {"1"}) == 17);
  CHECK(position("SELECT 1 / 0") == 0);
  session.begin_with_next("ISOLATION LEVEL REPEATABLE READ");
  CHECK(position("SELECT zz") == 8);
  session.rollback();
  session.begin_with_next();
  const auto error = error_of([&] {
    const std::array<leat::Statement, 2> both{leat::Statement{.sql = "SELECT 1"},
                                              leat::Statement{.sql = "SELECT 1, zz"}};
    static_cast<void>(session.execute_all(both));
  });
  CHECK(error.position() == 11);
}

TEST_CASE("Connection: an error's position is one in the COPY that was given", "[postgres][server]") {
  const auto path = GENERATE(leat::CopyPath::automatic, leat::CopyPath::libpq);
  auto session = TestServer::instance().connect({.copy_path = path});
  const auto schema = std::make_shared<const leat::Schema>(
      std::vector<leat::Column>{{.name = "i", .type = 23}}, leat::RowFormat::binary);
  const auto position = [&] {
    const std::string copy = "COPY (SELECT zz) TO STDOUT (FORMAT binary)";
    return error_of([&] { leat::CopyReader(session, copy, schema).read(); }).position();
  };
  CHECK(position() == 14);
  session.begin_with_next("ISOLATION LEVEL REPEATABLE READ");
  CHECK(position() == 14);
}

TEST_CASE("Connection: the connect_timeout of the connection ends the wait for a silent server",
          "[postgres]") {
  const SilentServer server;
  auto target = server.target();
  target.set("connect_timeout", "1");
  const auto error = error_of([&] { static_cast<void>(Connection::open(target, {})); });
  CHECK(error.sqlstate() == "08001");
  CHECK(std::string(error.what()).find("within 1000 ms") != std::string::npos);
}

TEST_CASE("Connection: a server that accepts and never answers ends by connect_timeout", "[postgres]") {
  const SilentServer server;
  const auto error =
      error_of([&] { static_cast<void>(Connection::open(server.target(), {.connect_timeout = 100ms})); });
  CHECK(error.sqlstate() == "08001");
  CHECK(std::string(error.what()).find("100 ms") != std::string::npos);
  CHECK(everything(error).find("s3cret") == std::string::npos);
}

TEST_CASE("Connection: a stop request ends connecting", "[postgres]") {
  const SilentServer server;
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  CHECK_THROWS_AS(Connection::open(server.target(), {.connect_timeout = 60s}, stop.get_token()),
                  leat::Stopped);
}

TEST_CASE("Connection: options out of bounds are refused before anything is done", "[postgres]") {
  const auto refuse = [](leat::SessionOptions options) {
    CHECK(error_of([&] { static_cast<void>(Connection::open({}, options)); }).kind() == ErrorKind::config);
  };
  refuse({.connect_timeout = 0ms});
  refuse({.reply_timeout = 0ms});
  refuse({.lock_timeout = -1ms});
  refuse({.side = ErrorKind::verify});
}

TEST_CASE("Connection: wrong password, user and database keep the server's SQLSTATE and show no password",
          "[postgres][server]") {
  auto admin = TestServer::instance().connect();
  admin.execute("DROP ROLE IF EXISTS guarded");
  admin.execute("CREATE ROLE guarded LOGIN PASSWORD 'r1ght'");
  CHECK_NOTHROW(Connection::open(over_tcp("guarded", "r1ght", "postgres"), {}));
  const std::vector<std::pair<ConnectionTarget, std::string>> cases{
      {over_tcp("guarded", "s3cret", "postgres"), "28P01"},
      {over_tcp("nobody_here", "s3cret", "postgres"), "28P01"},
      {over_tcp("guarded", "r1ght", "nowhere"), "3D000"},
  };
  for (const auto& [target, sqlstate] : cases) {
    const auto error = error_of([&, where = target] { static_cast<void>(Connection::open(where, {})); });
    CHECK(error.sqlstate() == sqlstate);
    CHECK_FALSE(error.retryable());
    CHECK(everything(error).find("s3cret") == std::string::npos);
    CHECK(everything(error).find("r1ght") == std::string::npos);
  }
}

TEST_CASE("Connection: a session is pinned whatever the role has set", "[postgres][server]") {
  auto admin = TestServer::instance().connect();
  admin.execute("DROP ROLE IF EXISTS stubborn");
  admin.execute("CREATE ROLE stubborn LOGIN");
  admin.execute("ALTER ROLE stubborn SET datestyle = 'German'");
  admin.execute("ALTER ROLE stubborn SET statement_timeout = '5s'");
  admin.execute("ALTER ROLE stubborn SET client_encoding = 'LATIN1'");
  auto target = TestServer::instance().target();
  target.set("user", "stubborn");
  auto session = Connection::open(
      target, {.application_name = "pinned", .search_path = "pg_catalog", .lock_timeout = 1234ms});
  const auto show = [&](const std::string& name) {
    return std::string(session.execute("SHOW " + name).text(0, 0));
  };
  CHECK(show("datestyle").starts_with("ISO"));
  CHECK(show("statement_timeout") == "0");
  CHECK(show("client_encoding") == "UTF8");
  CHECK(show("search_path") == "pg_catalog");
  CHECK(show("lock_timeout") == "1234ms");
  CHECK(show("row_security") == "off");
  CHECK(show("application_name") == "pinned");
}

TEST_CASE("Connection: parameters travel as values, NULL and quotes included", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  const std::array<Parameter, 3> parameters{"it's \\ \"ü\"", std::nullopt, ""};
  const auto result = session.execute("SELECT $1::text, $2::text, $3::text", parameters);
  CHECK(result.text(0, 0) == "it's \\ \"ü\"");
  CHECK(result.is_null(0, 1));
  CHECK_FALSE(result.is_null(0, 2));
  CHECK(session.execute("SELECT " + session.quote_literal("it's \\")).text(0, 0) == "it's \\");
}

TEST_CASE("Connection: SQL and values with a NUL byte are refused, and the session goes on",
          "[postgres][server]") {
  const auto path = GENERATE(leat::CopyPath::automatic, leat::CopyPath::libpq);
  auto session = TestServer::instance().connect({.copy_path = path});
  const auto schema = std::make_shared<const leat::Schema>(
      std::vector<leat::Column>{{.name = "a", .type = 25}}, leat::RowFormat::text);
  const auto cut_off = [](std::string sql) { return sql + '\0' + "b"; };
  const std::array<Parameter, 2> values{"n", cut_off("a")};
  const auto text = leat::RowFormat::text;
  const std::vector<std::function<void()>> calls{
      [&] { session.execute(cut_off("SELECT 1")); },
      [&] { session.execute_long(cut_off("SELECT 1")); },
      [&] { session.execute("SELECT $1::text, $2::text", values); },
      [&] { session.begin(cut_off("")); },
      [&] { static_cast<void>(session.quote_literal(cut_off("a"))); },
      [&] { static_cast<void>(leat::describe_query(session, cut_off("SELECT 1"))); },
      [&] {
        session.begin();
        leat::Cursor(session, "SELECT $1::text, $2::text", values, schema);
      },
      [&] { leat::CopyReader(session, cut_off("COPY (SELECT 1) TO STDOUT"), schema); },
      [&] { leat::CopyWriter(session, cut_off("COPY pg_class FROM STDIN"), text); },
  };
  for (const auto& call : calls) {
    const auto error = error_of(call);
    CHECK(error.kind() == ErrorKind::config);
    CHECK(error.sqlstate() == "22021");
    CHECK(std::string(error.what()).find("NUL byte") != std::string::npos);
    session.rollback();
    REQUIRE(session.is_idle());
  }
  CHECK(session.execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("Connection: a target with a NUL byte is refused", "[postgres]") {
  const std::string value("s3cret\0more", 11);
  ConnectionTarget target;
  target.set("password", value);
  const auto error = error_of([&] { static_cast<void>(Connection::open(target, {})); });
  CHECK(error.sqlstate() == "22021");
  CHECK(everything(error).find("s3cret") == std::string::npos);
  CHECK(error_of([&] { static_cast<void>(ConnectionTarget::parse("password=" + value)); }).kind() ==
        ErrorKind::config);
}

TEST_CASE("Connection: an error brings SQLSTATE, detail and hint, and the session goes on",
          "[postgres][server]") {
  auto session = TestServer::instance().connect({.side = ErrorKind::target});
  const auto error = error_of([&] {
    session.execute(
        "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'LE001', DETAIL = 'why', HINT = 'do'; END $$");
  });
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.sqlstate() == "LE001");
  CHECK(std::string(error.what()) == "no");
  CHECK(error.detail() == "why");
  CHECK(error.hint() == "do");
  CHECK(error.context().find("PL/pgSQL") != std::string_view::npos);
  CHECK(session.is_idle());
  CHECK(session.execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("Connection: another session's lock ends by lock_timeout with 55P03", "[postgres][server]") {
  auto holder = TestServer::instance().connect();
  holder.execute("DROP TABLE IF EXISTS locked");
  holder.execute("CREATE TABLE locked ()");
  holder.begin();
  holder.execute("LOCK TABLE locked");
  auto session = TestServer::instance().connect({.lock_timeout = 50ms});
  CHECK(error_of([&] { session.execute("SELECT * FROM locked"); }).sqlstate() == "55P03");
  CHECK(session.is_idle());
}

TEST_CASE("Connection: a reply that does not come within reply_timeout closes the session on both sides",
          "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto session = TestServer::instance().connect({.reply_timeout = 100ms});
  must_be_cancelled(session);
  const int backend = session.backend_pid();
  CHECK(error_of([&] { session.execute("SELECT pg_sleep(600)"); }).sqlstate() == "08006");
  CHECK_FALSE(session.is_open());
  CHECK(eventually([&] { return !backend_exists(observer, backend); }));
}

TEST_CASE("Connection: a COPY does not run as an ordinary statement", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  CHECK(error_of([&] { session.execute("COPY (SELECT 1) TO STDOUT"); }).kind() == ErrorKind::config);
}

TEST_CASE("Connection: transactions are seen, rolled back and committed", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  session.execute("DROP TABLE IF EXISTS moved");
  session.execute("CREATE TABLE moved (a int)");
  session.begin();
  CHECK(session.in_transaction());
  CHECK_FALSE(session.is_idle());
  session.execute("INSERT INTO moved VALUES (1)");
  session.rollback();
  CHECK(session.is_idle());
  session.begin("ISOLATION LEVEL SERIALIZABLE");
  session.execute("INSERT INTO moved VALUES (2)");
  session.commit();
  CHECK(session.execute("SELECT a FROM moved").text(0, 0) == "2");
}

TEST_CASE("Connection: a server that was killed is 57P01, and the session is closed", "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto session = TestServer::instance().connect();
  const std::array<Parameter, 1> backend{std::to_string(session.backend_pid())};
  observer.execute("SELECT pg_terminate_backend($1::int, 10000)", backend);
  const auto error = error_of([&] { session.execute("SELECT 1"); });
  CHECK(error.sqlstate() == "57P01");
  CHECK_FALSE(session.is_open());
  CHECK(error_of([&] { session.execute("SELECT 1"); }).sqlstate() == "08003");
}
