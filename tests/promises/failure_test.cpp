// When something goes wrong: the original error, its side, the old content, and nothing left behind.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "promises/world.hpp"

using namespace leat;
using namespace leat::test;
using namespace std::chrono_literals;

namespace {

struct Expected {
  ErrorKind kind;
  std::string sqlstate;
};

/// A target with one old row that has to survive.
void make_tables(World& world, const std::string& target_columns = "id int PRIMARY KEY, v text") {
  world.on_source(
      "CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, 'v' FROM generate_series(1, 20000) i");
  world.on_target("CREATE TABLE t (" + target_columns + "); INSERT INTO t VALUES (-1, 'old')");
}

void check_old_content(World& world) {
  CHECK(world.on_target("SELECT id, v FROM t") == "-1|old\n");
}

void check_error(const Error& error, const Expected& expected) {
  INFO(error.what());
  CHECK(error.kind() == expected.kind);
  CHECK(error.sqlstate() == expected.sqlstate);
}

AdHocQueryOptions query_into_t(const World& world, std::string sql) {
  return {.source = world.source(), .target = world.target(), .sql = std::move(sql), .to = "t"};
}

/// A server that accepts connections and never says a word.
class Mute {
 public:
  Mute() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(socket_, 8);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  Mute(const Mute&) = delete;
  Mute& operator=(const Mute&) = delete;
  ~Mute() { ::close(socket_); }
  [[nodiscard]] ResolvedConnection connection() const {
    return ConnectionFactory().resolve("host=127.0.0.1 port=" + std::to_string(port_) +
                                       " user=leat password=s3cret");
  }

 private:
  int socket_;
  int port_ = 0;
};

// Wide rows, since a server keeps back what does not fill its buffer of 8 KiB.
constexpr const char* slow_rows =
    "SELECT i AS id, repeat('v', 9000) AS v FROM generate_series(1, 100000) i WHERE pg_sleep(0.02) IS NOT "
    "NULL";

std::string active(const std::string& database) {
  return "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat' AND datname = '" + database +
         "'";
}

}  // namespace

TEST_CASE("failure: each has its side and SQLSTATE, and the old content stands", "[server]") {
  World world;
  SECTION("a query with a syntax error") {
    make_tables(world);
    check_error(error_of([&] { AdHocQuery(query_into_t(world, "SELEC 1")).run(); }),
                {ErrorKind::source, "42601"});
  }
  SECTION("an error in mid-stream") {
    make_tables(world);
    const auto sql = "SELECT id, (1 / (id - 15000))::text AS v FROM t";
    check_error(error_of([&] { AdHocQuery(query_into_t(world, sql)).run(); }), {ErrorKind::source, "22012"});
  }
  SECTION("an error in mid-stream of a cursor") {
    make_tables(world);
    auto options = query_into_t(world, "SELECT id, (1 / (id - :bad))::text AS v FROM t");
    options.parameters = {{"bad", "15000"}};
    check_error(error_of([&] { AdHocQuery(options).run(); }), {ErrorKind::source, "22012"});
  }
  SECTION("a key violated by the last row") {
    make_tables(world);
    world.on_source("INSERT INTO t VALUES (20000, 'again')");
    const auto error = error_of([&] { CopyTable(copy_of_t(world)).run(); });
    check_error(error, {ErrorKind::target, "23505"});
    CHECK_THAT(std::string(error.context()), contains("line 20001"));
  }
  SECTION("a check violated") {
    make_tables(world, "id int CHECK (id < 19999), v text");
    check_error(error_of([&] { CopyTable(copy_of_t(world)).run(); }), {ErrorKind::target, "23514"});
  }
  SECTION("a constraint violated at the commit") {
    make_tables(world, "id int UNIQUE DEFERRABLE INITIALLY DEFERRED, v text");
    world.on_source("INSERT INTO t VALUES (20000, 'again')");
    check_error(error_of([&] { CopyTable(copy_of_t(world)).run(); }), {ErrorKind::target, "23505"});
  }
  SECTION("a missing source table") {
    make_tables(world);
    world.on_source("DROP TABLE t");
    check_error(error_of([&] { CopyTable(copy_of_t(world)).run(); }), {ErrorKind::source, "42P01"});
  }
  SECTION("a source column that the target lacks") {
    make_tables(world);
    world.on_source("ALTER TABLE t ADD extra int");
    check_error(error_of([&] { CopyTable(copy_of_t(world)).run(); }), {ErrorKind::target, "42703"});
  }
  SECTION("an option that names no column") {
    make_tables(world);
    auto options = copy_of_t(world);
    options.exclude = {"nothing"};
    check_error(error_of([&] { CopyTable(options).run(); }), {ErrorKind::config, ""});
  }
  SECTION("rows that the target leaves out") {
    make_tables(world);
    world.on_target(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.id % 2 = 0 "
        "THEN NEW END; END $$;"
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
    CHECK(error_of([&] { CopyTable(copy_of_t(world)).run(); }).kind() == ErrorKind::target);
  }
  check_old_content(world);
}

TEST_CASE("failure: missing targets are errors of the target", "[server]") {
  World world;
  world.on_source("CREATE TABLE t (id int)");
  check_error(error_of([&] { CopyTable(copy_of_t(world)).run(); }), {ErrorKind::target, "42P01"});
  world.on_target("CREATE VIEW t AS SELECT 1 AS id");
  check_error(error_of([&] { CopyTable(copy_of_t(world)).run(); }), {ErrorKind::target, "42809"});
}

TEST_CASE("failure: a table is not copied onto itself", "[server]") {
  World world;
  world.on_source("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  auto options = copy_of_t(world);
  options.target = world.source();
  check_error(error_of([&] { CopyTable(options).run(); }), {ErrorKind::config, ""});
  CHECK(world.on_source("SELECT id FROM t") == "1\n");
}

TEST_CASE("failure: a query that reads its own target ends by the lock timeout", "[server]") {
  World world;
  make_tables(world);
  auto options = query_into_t(world, "SELECT id, v FROM t");
  options.source = world.target();
  options.stream.limits.lock_timeout = 300ms;
  check_error(error_of([&] { AdHocQuery(options).run(); }), {ErrorKind::target, "55P03"});
  check_old_content(world);
}

TEST_CASE("failure: a killed backend is its side's error", "[server]") {
  World world;
  make_tables(world);
  const std::string side = GENERATE("src", "dst");
  std::promise<void> killed;
  std::jthread killer([&] {
    // The job is on its way once rows have been sent to the target.
    world.wait_for(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat' AND query LIKE 'COPY%FROM "
        "STDIN%'",
        "1");
    world.server().psql("postgres",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                        "'leat' AND datname = '" +
                            side + "'");
  });
  const auto error = error_of([&] { AdHocQuery(query_into_t(world, slow_rows)).run(); });
  check_error(error, {side == "src" ? ErrorKind::source : ErrorKind::target, "57P01"});
  check_old_content(world);
}

TEST_CASE("failure: no server, and one that never answers, are errors of their side", "[server]") {
  World world;
  make_tables(world);
  const Mute mute;
  auto options = copy_of_t(world);
  options.stream.limits.connect_timeout = 300ms;
  const auto nobody = ConnectionFactory().resolve("host=/nonexistent password=s3cret");
  SECTION("source, nobody") {
    options.source = nobody;
  }
  SECTION("source, mute") {
    options.source = mute.connection();
  }
  SECTION("target, nobody") {
    options.target = nobody;
  }
  SECTION("target, mute") {
    options.target = mute.connection();
  }
  const bool source = options.source.label != world.source().label;
  const auto error = error_of([&] { CopyTable(options).run(); });
  check_error(error, {source ? ErrorKind::source : ErrorKind::target, "08001"});
  CHECK_THAT(to_json(error), !contains("s3cret"));
  check_old_content(world);
}

TEST_CASE("failure: a target that somebody else has locked ends by the lock timeout", "[server]") {
  World world;
  make_tables(world);
  auto other =
      Connection::open(world.target().target, {.side = ErrorKind::target, .application_name = "other"});
  other.begin();
  other.execute("LOCK TABLE t IN ACCESS SHARE MODE");
  auto options = copy_of_t(world);
  options.stream.limits.lock_timeout = 300ms;
  check_error(error_of([&] { CopyTable(options).run(); }), {ErrorKind::target, "55P03"});
  other.rollback();
  check_old_content(world);
}

TEST_CASE("failure: a target that a foreign key references is emptied by DELETE, and never beyond itself",
          "[server]") {
  World world;
  make_tables(world);
  world.on_source("DELETE FROM t WHERE id > 10");
  const std::string action = GENERATE("NO ACTION", "CASCADE", "SET NULL");
  world.on_target("CREATE TABLE child (parent int REFERENCES t ON DELETE " + action + ")");
  SECTION("nothing references its rows") {
    CopyTable(copy_of_t(world)).run();
    CHECK(world.target_content("t") == world.source_content("t"));
  }
  SECTION("a row is referenced") {
    world.on_target("INSERT INTO child VALUES (-1)");
    check_error(error_of([&] { CopyTable(copy_of_t(world)).run(); }), {ErrorKind::target, "23503"});
    check_old_content(world);
    CHECK(world.on_target("SELECT parent FROM child") == "-1\n");
  }
}

TEST_CASE("stop: wherever the job is, it ends soon as cancelled and leaves no trace", "[server]") {
  World world;
  make_tables(world);
  auto options = query_into_t(world, "SELECT id, v FROM t");
  options.stream.limits.lock_timeout = 60s;
  std::string reached = active("src");
  std::optional<Connection> locker;
  const Mute mute;
  SECTION("reading") {
    options.sql = slow_rows;
    reached =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat' AND query LIKE 'COPY%FROM "
        "STDIN%'";
  }
  SECTION("before the first row") {
    options.sql = "SELECT 1 AS id, 'v'::text AS v FROM pg_sleep(60)";
    reached =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat' AND query LIKE "
        "'COPY%pg_sleep%'";
  }
  SECTION("a cursor, before the first row") {
    options.sql = "SELECT 1 AS id, 'v'::text AS v FROM pg_sleep(:s)";
    options.parameters = {{"s", "60"}};
    reached =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat' AND wait_event = 'PgSleep'";
  }
  SECTION("writing") {
    world.on_target(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; "
        "END $$;"
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
    reached =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat' AND wait_event = 'PgSleep'";
  }
  SECTION("waiting for a lock") {
    locker =
        Connection::open(world.target().target, {.side = ErrorKind::target, .application_name = "other"});
    locker->begin();
    locker->execute("LOCK TABLE t IN ACCESS SHARE MODE");
    reached =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat' AND wait_event_type = 'Lock'";
  }
  SECTION("committing") {
    world.on_target(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; "
        "END $$;"
        "CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE "
        "FUNCTION f()");
    reached =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat' AND query = 'COMMIT' AND "
        "wait_event = 'PgSleep'";
  }
  SECTION("connecting") {
    options.target = mute.connection();
    options.stream.limits.connect_timeout = 60s;
  }
  std::stop_source stop;
  std::chrono::steady_clock::time_point asked;
  std::jthread stopper([&] {
    world.wait_for(reached, "1");
    asked = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  const auto error = error_of([&] { AdHocQuery(options).run(stop.get_token()); });
  const auto took = std::chrono::steady_clock::now() - asked;
  stopper.join();
  CHECK(error.kind() == ErrorKind::cancelled);
  CHECK(took < (sanitized ? 10s : 2s));
  world.check_no_session_left();
  if (locker) locker->rollback();
  check_old_content(world);
}
