// What is told before the first row, code by code.
#include <algorithm>
#include <memory>

#include "bed.hpp"
#include "guest.hpp"
#include "leat/postgres/session/connection.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_one_row_each(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t VALUES (1, 'a')");
  bed.dst("INSERT INTO t VALUES (-1, 'old')");
}

std::vector<Finding> findings_of(const CopyTableOptions& options) {
  return CopyTable(options).plan().findings;
}

/// The finding of that code, which there must be once.
Finding finding(const CopyTableOptions& options, const std::string& code) {
  const auto all = findings_of(options);
  const auto has_code = [&](const Finding& f) { return f.code == code; };
  INFO(code);
  REQUIRE(std::count_if(all.begin(), all.end(), has_code) == 1);
  return *std::find_if(all.begin(), all.end(), has_code);
}

void check_preflight_refuses(const Bed& bed, const CopyTableOptions& options, const std::string& code,
                             ErrorKind side, const std::string& sqlstate) {
  const Finding found = finding(options, code);
  CHECK(found.severity == Severity::error);
  CHECK(found.side == side);
  CHECK(found.sqlstate == sqlstate);
  check_error(error_of(options), side, sqlstate);
  CHECK(bed.dst("SELECT string_agg(t::text, ',') FROM t") == "(-1,old)");
}

}  // namespace

TEST_CASE("preflight: a plain table has no findings", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  CHECK(findings_of(bed.copy()).empty());
}

TEST_CASE("preflight: privileges", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  const Guest guest(bed);
  auto options = bed.copy();
  SECTION("to read") {
    options.source = Guest::connection("src");
    options.readers = GENERATE(1U, 2U);
    check_preflight_refuses(bed, options, "privilege_missing", ErrorKind::source, "42501");
    bed.src("GRANT SELECT (id) ON t TO guest");
    check_preflight_refuses(bed, options, "privilege_missing", ErrorKind::source, "42501");
    options.table.columns = {"id"};
    CHECK(CopyTable(options).run().rows_written == 1);
  }
  SECTION("to insert and truncate, both told at once") {
    options.target = Guest::connection("dst");
    const auto all = findings_of(options);
    CHECK(all.size() == 2);
    CHECK(
        std::all_of(all.begin(), all.end(), [](const Finding& f) { return f.code == "privilege_missing"; }));
    check_error(error_of(options), ErrorKind::target, "42501");
    bed.dst("GRANT INSERT ON t TO guest");
    check_preflight_refuses(bed, options, "privilege_missing", ErrorKind::target, "42501");
    options.mode = WriteMode::append;
    CHECK(CopyTable(options).run().rows_written == 1);
    bed.dst("GRANT TRUNCATE ON t TO guest");
    options.mode = WriteMode::replace;
    CHECK(CopyTable(options).run().rows_written == 1);
  }
  SECTION("to delete") {
    options.target = Guest::connection("dst");
    bed.dst(
        "ALTER TABLE t ADD UNIQUE (id); CREATE TABLE child (id int REFERENCES t (id)); "
        "GRANT INSERT, TRUNCATE ON t TO guest");
    check_preflight_refuses(bed, options, "privilege_missing", ErrorKind::target, "42501");
  }
  SECTION("to silence triggers") {
    options.target = Guest::connection("dst");
    options.stream.triggers = Triggers::disable;
    bed.dst("GRANT INSERT, TRUNCATE ON t TO guest");
    check_preflight_refuses(bed, options, "privilege_missing", ErrorKind::target, "42501");
  }
}

TEST_CASE("preflight: row-level security on either side", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  const Guest guest(bed);
  auto options = bed.copy();
  const std::string secure =
      "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id > 5); GRANT ALL ON t TO guest";
  SECTION("of the source") {
    bed.src(secure);
    options.source = Guest::connection("src");
    check_preflight_refuses(bed, options, "row_security", ErrorKind::source, "42501");
  }
  SECTION("of the target") {
    bed.dst(secure);
    options.target = Guest::connection("dst");
    check_preflight_refuses(bed, options, "row_security", ErrorKind::target, "0A000");
  }
  SECTION("which does not hold for this role") {
    bed.both(secure);
    CHECK(findings_of(options).empty());
    CHECK(CopyTable(options).run().rows_written == 1);
  }
}

TEST_CASE("preflight: triggers, rules and foreign keys of the target are told, and do not stop the job",
          "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  auto options = bed.copy();
  std::string code;
  Severity severity = Severity::warning;
  SECTION("a trigger") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
        "CREATE TRIGGER \"My trigger\" BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
    code = "triggers";
    CHECK(finding(options, code).message.find("My trigger") != std::string::npos);
    options.stream.triggers = Triggers::disable;
    CHECK(findings_of(options).empty());
    options.stream.triggers = Triggers::fire;
  }
  SECTION("a rule") {
    bed.dst("CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING");
    code = "rules";
  }
  SECTION("a foreign key") {
    bed.dst(
        "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1); DELETE FROM t; "
        "ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES parent");
    code = "foreign_keys";
    severity = Severity::note;
  }
  CHECK(finding(options, code).severity == severity);
  CHECK(CopyTable(options).run().rows_written == 1);
  CHECK(bed.dst("SELECT id FROM t") == "1");
}

TEST_CASE("preflight: a target that takes no writes", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  const Guest guest(bed);
  bed.dst("GRANT ALL ON t TO guest");
  bed.src("ALTER ROLE guest SET default_transaction_read_only = on");
  auto options = bed.copy();
  options.target = Guest::connection("dst");
  check_preflight_refuses(bed, options, "read_only", ErrorKind::target, "25006");
}

TEST_CASE("preflight: timeouts that an administrator has set are set aside, and told", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  const Guest guest(bed);
  bed.both("GRANT ALL ON t TO guest");
  bed.src("ALTER ROLE guest SET statement_timeout = '300ms'");
  auto options = bed.copy();
  options.source = Guest::connection("src");
  options.table.where = "pg_sleep(0.6) IS NOT NULL";
  const Finding found = finding(options, "timeout_set_aside");
  CHECK(found.severity == Severity::note);
  CHECK(found.message.find("statement_timeout of 300 ms") != std::string::npos);
  CHECK(CopyTable(options).run().rows_written == 1);
}

TEST_CASE("preflight: rows of other tables that would go along with those that are replaced", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY)");
  bed.dst(
      "INSERT INTO t VALUES (-1); CREATE TABLE child (t int REFERENCES t ON DELETE CASCADE); "
      "CREATE TABLE grandchild (t int REFERENCES t ON DELETE SET NULL)");
  SECTION("none") {
    CHECK_FALSE(has_error(findings_of(bed.copy())));
  }
  SECTION("some, in several tables") {
    bed.dst("INSERT INTO child VALUES (NULL), (-1); INSERT INTO grandchild VALUES (-1)");
    const auto all = findings_of(bed.copy());
    CHECK(std::count_if(all.begin(), all.end(),
                        [](const Finding& f) { return f.code == "rows_would_go_along"; }) == 2);
    check_error(error_of(bed.copy()), ErrorKind::target, "23503");
  }
  SECTION("but not with the rows that are appended") {
    bed.dst("INSERT INTO child VALUES (-1)");
    auto options = bed.copy();
    options.mode = WriteMode::append;
    CHECK_FALSE(has_error(findings_of(options)));
  }
  SECTION("which this role may not look into") {
    const Guest guest(bed);
    bed.dst("GRANT SELECT, INSERT, DELETE ON t TO guest");
    auto options = bed.copy();
    options.target = Guest::connection("dst");
    const auto refused = [&] {
      const auto all = findings_of(options);
      return std::count_if(all.begin(), all.end(),
                           [](const Finding& f) { return f.code == "privilege_missing"; });
    };
    CHECK(refused() == 2);
    bed.dst("GRANT SELECT, DELETE ON child, grandchild TO guest");
    CHECK(refused() == 0);
    run_job(options);
  }
}

TEST_CASE("preflight: money of another locale", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, m money[], price money)");
  bed.src("INSERT INTO t VALUES (1, '{1}', 2)");
  CHECK(findings_of(bed.copy()).empty());
  auto options = bed.copy();
  options.source =
      ConnectionFactory().resolve(Bed::server().uri("src") + "&options=-c%20lc_monetary%3DPOSIX");
  const auto all = findings_of(options);
  REQUIRE(all.size() == 2);
  CHECK(all.front().code == "money_locale");
  CHECK(all.front().severity == Severity::warning);
  options.table.columns = {"id"};
  CHECK(findings_of(options).empty());
}

TEST_CASE("preflight: constraints that are not valid", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  bed.dst("ALTER TABLE t ADD CONSTRAINT \"no 7\" CHECK (id <> 7) NOT VALID");
  const Finding found = finding(bed.copy(), "constraint_not_valid");
  CHECK(found.severity == Severity::warning);
  CHECK(found.message.find("\"no 7\"") != std::string::npos);
  bed.src("UPDATE t SET id = 7");
  check_error(error_of(bed.copy()), ErrorKind::target, "23514");
}

TEST_CASE("preflight: another session's lock", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  const std::string database = GENERATE("src", "dst");
  const auto [mode, severity] = GENERATE(table<std::string, Severity>(
      {{"ACCESS EXCLUSIVE", Severity::error}, {"ACCESS SHARE", Severity::warning}}));
  auto options = bed.copy();
  options.stream.limits.lock_timeout = 100ms;
  auto holder = Connection::open(ConnectionTarget::parse(Bed::server().uri(database)), {});
  holder.begin();
  static_cast<void>(holder.execute("LOCK TABLE t IN " + mode + " MODE"));
  if (database == "src" && severity == Severity::warning) {
    CHECK(findings_of(options).empty());  // readers do not keep readers out
  } else {
    const Finding found = finding(options, "lock_conflict");
    CHECK(found.severity == severity);
    CHECK(found.side == (database == "src" ? ErrorKind::source : ErrorKind::target));
    CHECK((found.message + found.detail).find("session " + std::to_string(holder.backend_pid())) !=
          std::string::npos);
    CHECK((found.message + found.detail).find("public.t") != std::string::npos);
    const Error error = error_of(options);
    check_error(error, found.side, "55P03");
    CHECK(std::string(error.detail()).find("public.t") != std::string::npos);
  }
  holder.rollback();
  CHECK(findings_of(options).empty());
}

TEST_CASE("preflight: a prepared transaction that holds a lock is told by its name", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  bed.dst("BEGIN; INSERT INTO t VALUES (7, 'p'); PREPARE TRANSACTION 'it''s 1'");
  auto options = bed.copy();
  options.stream.limits.lock_timeout = 100ms;
  const std::string held = finding(options, "lock_conflict").message;
  const std::string detail(error_of(options).detail());
  bed.dst("ROLLBACK PREPARED 'it''s 1'");
  CHECK(held.starts_with("prepared transaction 'it''s 1' (leat, since "));
  CHECK(held.find("holds RowExclusiveLock on public.t") != std::string::npos);
  CHECK(detail.find("public.t: prepared transaction 'it''s 1'") != std::string::npos);
  CHECK(findings_of(options).empty());
}

TEST_CASE("preflight: a server without room for more sessions is read by those that it has room for",
          "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  bed.src("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 10000) i");
  const Guest guest(bed);
  bed.src("GRANT SELECT ON t TO guest; ALTER ROLE guest CONNECTION LIMIT 3");
  auto options = bed.copy();
  options.source = Guest::connection("src");
  options.slice_bytes = ByteCount{1U << 16U};
  // A server counts a session until its process has gone.
  const auto wait_until_gone = [&bed] {
    bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE usename = 'guest'", "0");
  };
  options.readers = 3;
  CHECK(findings_of(options).empty());
  wait_until_gone();
  options.readers = 6;
  CHECK(finding(options, "connection_slots").severity == Severity::warning);
  wait_until_gone();
  CHECK(CopyTable(options).run().rows_written == 10001);
  wait_until_gone();
  // What is one slice needs one session.
  options.slice_bytes = ByteCount{1U << 30U};
  CHECK(findings_of(options).empty());
}

TEST_CASE("preflight: a lock that somebody waits for leaves the readers that there are", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  bed.src("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 10000) i");
  auto options = bed.copy();
  options.slice_bytes = ByteCount{1U << 16U};
  options.readers = 3;
  std::unique_ptr<Running> waiter;
  options.stream.log = Logger(LogLevel::info, [&](LogLevel, std::string_view message) {
    if (!message.starts_with("reading ") || waiter) return;
    // Queues behind the first session's lock, and the others behind it.
    waiter = std::make_unique<Running>([](std::stop_token stop) {
      auto session = Connection::open(ConnectionTarget::parse(Bed::server().uri("src")),
                                      {.application_name = "waiter", .lock_timeout = 0ms}, stop);
      static_cast<void>(session.execute_long("ALTER TABLE t ADD late int", {}, stop));
    });
    bed.wait_for(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'waiter' AND wait_event = 'relation'",
        "1");
  });
  CHECK(CopyTable(options).run().rows_written == 10001);
  REQUIRE(waiter);
  waiter->wait();
}

TEST_CASE("preflight: a condition or an expression whose parentheses do not match is refused", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  auto options = bed.copy();
  SECTION("a condition") {
    options.table.where = "id < 1) OR (id > 0";
  }
  SECTION("an expression") {
    options.table.map = {{"v", "v), (v"}};
  }
  CHECK_THROWS_AS(CopyTable(options).plan(), Error);
  CHECK_THROWS_AS(CopyTable(options).run(), Error);
  CHECK(bed.dst("SELECT string_agg(t::text, ',') FROM t") == "(-1,old)");
  options.table.map = {};
  options.table.where = "(id < 1) OR (id > 0)";
  CHECK(CopyTable(options).run().rows_written == 1);
}

TEST_CASE("preflight: a column that a trigger or a type fills is not missed", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  SECTION("a trigger") {
    bed.dst(
        "DELETE FROM t; ALTER TABLE t ADD needed int NOT NULL; "
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.needed = 5; RETURN NEW; END'; "
        "CREATE TRIGGER fills BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
    CHECK(finding(bed.copy(), "column_required").severity == Severity::warning);
  }
  SECTION("a domain's default") {
    bed.dst(
        "DELETE FROM t; CREATE DOMAIN five AS int DEFAULT 5; CREATE DOMAIN again AS five; "
        "ALTER TABLE t ADD needed again NOT NULL");
    CHECK(findings_of(bed.copy()).empty());
  }
  CHECK(CopyTable(bed.copy()).run().rows_written == 1);
  CHECK(bed.dst("SELECT needed FROM t") == "5");
}

TEST_CASE("preflight: encodings that do not hold each other's characters", "[server]") {
  const Bed bed;
  const std::string encoding = GENERATE("SQL_ASCII", "LATIN1");
  bed.src("DROP DATABASE IF EXISTS other");
  bed.src("CREATE DATABASE other ENCODING '" + encoding + "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  run_sql(Bed::server().uri("other"), "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a')");
  make_one_row_each(bed);
  auto options = bed.copy();
  options.stream.application_name = "leat-jobs-test";
  if (encoding == "SQL_ASCII") {
    options.source = ConnectionFactory().resolve(Bed::server().uri("other"));
    CHECK(finding(options, "encoding").side == ErrorKind::source);
  } else {
    options.target = ConnectionFactory().resolve(Bed::server().uri("other"));
    CHECK(finding(options, "encoding").side == ErrorKind::target);
    bed.src("UPDATE t SET v = '馬'");
    check_error(error_of(options), ErrorKind::target, "22P05");
    bed.src("UPDATE t SET v = 'é'");
  }
  CHECK(CopyTable(options).run().rows_written == 1);
  bed.src("DROP DATABASE other");
}

TEST_CASE("preflight: rows that are referenced and so cannot be replaced", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY)");
  bed.src("INSERT INTO t VALUES (1)");
  const std::string deferred = GENERATE("", " DEFERRABLE INITIALLY DEFERRED");
  bed.dst("INSERT INTO t VALUES (1); CREATE TABLE child (t int REFERENCES t" + deferred + ")");
  CHECK_FALSE(has_error(findings_of(bed.copy())));
  bed.dst("INSERT INTO child VALUES (1)");
  const Finding found = finding(bed.copy(), "rows_referenced");
  if (deferred.empty()) {
    CHECK(found.severity == Severity::error);
    check_error(error_of(bed.copy()), ErrorKind::target, "23503");
    auto silent = bed.copy();
    silent.stream.triggers = Triggers::disable;
    CHECK_FALSE(has_error(findings_of(silent)));
    run_job(silent);
  } else {
    CHECK(found.severity == Severity::warning);
    run_job(bed.copy());
  }
  CHECK(bed.dst("SELECT count(*) FROM t") == "1");
}

TEST_CASE("preflight: materialized views without data, and row security below a view", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  bed.src("CREATE MATERIALIZED VIEW m AS SELECT * FROM t WITH NO DATA");
  auto options = bed.copy();
  options.table.from = "m";
  options.table.to = "t";
  check_preflight_refuses(bed, options, "not_populated", ErrorKind::source, "55000");
  const Guest guest(bed);
  bed.src(
      "CREATE TABLE base (id int, v text); ALTER TABLE base ENABLE ROW LEVEL SECURITY; GRANT SELECT ON base "
      "TO "
      "guest; SET ROLE guest; RESET ROLE; CREATE VIEW rv WITH (security_invoker) AS SELECT * FROM base; "
      "GRANT "
      "SELECT ON rv TO guest");
  options.table.from = "rv";
  options.source = Guest::connection("src");
  check_preflight_refuses(bed, options, "row_security", ErrorKind::source, "42501");
}

TEST_CASE("preflight: a default that the role may not take values for", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t VALUES (1, 'a')");
  bed.dst("DROP TABLE t; CREATE TABLE t (id int, v text, n serial); INSERT INTO t VALUES (-1, 'old', 1)");
  const Guest guest(bed);
  bed.dst("GRANT INSERT, TRUNCATE ON t TO guest");
  auto options = bed.copy();
  options.target = Guest::connection("dst");
  CHECK(finding(options, "privilege_missing").message.find("t_n_seq") != std::string::npos);
  bed.dst("GRANT USAGE ON SEQUENCE t_n_seq TO guest");
  CHECK_FALSE(has_error(findings_of(options)));
  run_job(options);
}

TEST_CASE("preflight: a role whose sessions silence triggers", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER tr "
      "BEFORE "
      "INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  auto options = bed.copy();
  options.target = ConnectionFactory().resolve(Bed::server().uri("dst") +
                                               "&options=-c%20session_replication_role%3Dreplica");
  const auto all = findings_of(options);
  REQUIRE(all.size() == 1);
  CHECK(all.front().code == "triggers_silent");
  CHECK(CopyTable(options).run().rows_written == 1);
}

TEST_CASE("preflight: triggers that fire where others are silent", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v := TG_NAME; RETURN NEW; END'; "
      "CREATE TRIGGER origin BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); "
      "CREATE TRIGGER replica BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); "
      "ALTER TABLE t ENABLE REPLICA TRIGGER replica");
  auto options = bed.copy();
  CHECK(finding(options, "triggers").message.find("fire: origin;") != std::string::npos);
  options.stream.triggers = Triggers::disable;
  CHECK(finding(options, "triggers").message.find("fire: replica;") != std::string::npos);
  run_job(options);
  CHECK(bed.dst("SELECT v FROM t") == "replica");
}

TEST_CASE("preflight: triggers of the partitions below a target", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int) PARTITION BY LIST (id); CREATE TABLE leaf PARTITION OF t DEFAULT");
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER \"my "
      "tr\" "
      "BEFORE INSERT ON leaf FOR EACH ROW EXECUTE FUNCTION f()");
  CHECK(finding(bed.copy(), "triggers").message.find("\"my tr\"") != std::string::npos);
}

TEST_CASE("preflight: text between databases of no encoding passes as it is", "[server]") {
  const Bed bed;
  static const bool created = [] {
    Bed::server().psql("postgres",
                       "CREATE DATABASE ascii_src ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'");
    Bed::server().psql("postgres",
                       "CREATE DATABASE ascii_dst ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'");
    Bed::server().psql("postgres",
                       "CREATE DATABASE latin_src ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
    for (const char* database : {"ascii_src", "ascii_dst", "latin_src"}) {
      Bed::server().psql(database, "CREATE TABLE t (id int, v text)");
    }
    Bed::server().psql("ascii_src", "INSERT INTO t SELECT g, E'\\351' FROM generate_series(1, 100) g");
    return true;
  }();
  CHECK(created);
  auto options = bed.copy();
  options.source = ConnectionFactory().resolve(Bed::server().uri("ascii_src"));
  options.target = ConnectionFactory().resolve(Bed::server().uri("ascii_dst"));
  options.readers = GENERATE(1U, 2U);
  options.slice_bytes = ByteCount{8192};
  CHECK(findings_of(options).empty());
  run_job(options);
  CHECK(Bed::server().psql("ascii_dst", "SELECT count(*) FROM t WHERE v = E'\\351'") == "100\n");
  options.source = ConnectionFactory().resolve(Bed::server().uri("latin_src"));
  CHECK(finding(options, "encoding").side == ErrorKind::target);
}

TEST_CASE("preflight: a query of names of objects", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (r regclass)");
  const auto findings = AdHocQuery(bed.query("SELECT 't'::regclass AS r")).plan().findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().code == "object_names");
}

TEST_CASE("preflight: only locks that are in the way are told", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY)");
  Connection other = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  other.begin();
  static_cast<void>(other.execute("LOCK TABLE t IN ACCESS SHARE MODE"));
  auto options = bed.copy();
  CHECK(finding(options, "lock_conflict").severity == Severity::warning);
  options.mode = WriteMode::append;
  CHECK(findings_of(options).empty());
  options.mode = WriteMode::replace;
  bed.dst("CREATE TABLE child (t int)");
  other.rollback();
  bed.dst("ALTER TABLE child ADD FOREIGN KEY (t) REFERENCES t");
  other.begin();
  static_cast<void>(other.execute("LOCK TABLE t IN ACCESS SHARE MODE"));
  CHECK(findings_of(options).empty());
}

TEST_CASE("preflight: a trigger of TRUNCATE concerns nobody who appends", "[server]") {
  const Bed bed;
  make_one_row_each(bed);
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER tr "
      "BEFORE "
      "TRUNCATE ON t EXECUTE FUNCTION f()");
  auto options = bed.copy();
  CHECK(finding(options, "triggers").severity == Severity::warning);
  options.mode = WriteMode::append;
  CHECK(findings_of(options).empty());
}
