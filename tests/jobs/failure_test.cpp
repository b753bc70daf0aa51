// Each failure has its side and its SQLSTATE, and the old content stands.
#include "bed.hpp"
#include "leat/postgres/session/connection.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr const char* old_rows = "SELECT string_agg(id || v, ',') FROM t";

void make_tables_of(const Bed& bed, const std::string& target = "id int, v text", int rows = 20000) {
  bed.src("CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, 'v' FROM generate_series(1, " +
          std::to_string(rows) + ") i");
  bed.dst("CREATE TABLE t (" + target + "); INSERT INTO t (id, v) VALUES (-1, 'old')");
}

void check_old_rows(const Bed& bed) {
  CHECK(bed.dst(old_rows) == "-1old");
}

/// Another session that keeps public.t to itself.
class Holder {
 public:
  explicit Holder(const std::string& database)
      : connection_(Connection::open(ConnectionTarget::parse(Bed::server().uri(database)),
                                     {.application_name = "holder"})) {
    connection_.begin();
    static_cast<void>(connection_.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE"));
  }

 private:
  Connection connection_;
};

}  // namespace

TEST_CASE("failure: a query that cannot run is an error of the source", "[server]") {
  const Bed bed;
  make_tables_of(bed);
  const auto [sql, sqlstate] = GENERATE(table<std::string, std::string>({
      {"SELEKT 1 AS id", "42601"},
      {"SELECT id FROM nowhere", "42P01"},
      {"SELECT nothing AS id FROM t", "42703"},
      {"SELECT no_such_function() AS id", "42883"},
      {"SELECT 1 AS id; DROP TABLE t", "42601"},
  }));
  check_error(error_of(bed.query(sql)), ErrorKind::source, sqlstate);
  check_old_rows(bed);
  CHECK(bed.src("SELECT count(*) FROM t") == "20000");
}

TEST_CASE("failure: an error of the source in mid-stream undoes the load", "[server]") {
  const Bed bed;
  constexpr int rows = sanitized ? 50000 : 1000000;
  make_tables_of(bed, "id int, v text", rows);
  const std::string wrong = std::to_string(rows / 2);
  SECTION("by COPY") {
    check_error(error_of(bed.query("SELECT id, (1 / (id - " + wrong + "))::text AS v FROM t")),
                ErrorKind::source, "22012");
  }
  SECTION("by a cursor") {
    auto options = bed.query("SELECT id, (1 / (id - " + wrong + "))::text AS v FROM t, (SELECT :n) AS u");
    options.parameters = {{"n", "0"}};
    check_error(error_of(options), ErrorKind::source, "22012");
  }
  SECTION("of a table with a condition") {
    auto options = bed.copy();
    options.table.where = "1 / (id - " + wrong + ") >= -1";
    check_error(error_of(options), ErrorKind::source, "22012");
  }
  check_old_rows(bed);
}

TEST_CASE("failure: a constraint that the last row violates undoes the load", "[server]") {
  const Bed bed;
  SECTION("unique") {
    make_tables_of(bed, "id int PRIMARY KEY, v text");
    bed.src("INSERT INTO t VALUES (1, 'again')");
    check_error(error_of(bed.copy()), ErrorKind::target, "23505");
  }
  SECTION("check") {
    make_tables_of(bed, "id int CHECK (id < 20000), v text");
    const Error error = error_of(bed.copy());
    check_error(error, ErrorKind::target, "23514");
    CHECK_FALSE(error.detail().empty());
    CHECK(std::string(error.context()).find("line 20000") != std::string::npos);
  }
  SECTION("not null") {
    make_tables_of(bed, "id int, v text NOT NULL");
    bed.src("INSERT INTO t VALUES (20001, NULL)");
    check_error(error_of(bed.copy()), ErrorKind::target, "23502");
  }
  SECTION("not null, appending") {
    make_tables_of(bed, "id int, v text NOT NULL");
    bed.src("INSERT INTO t VALUES (20001, NULL)");
    auto options = bed.copy();
    options.mode = WriteMode::append;
    check_error(error_of(options), ErrorKind::target, "23502");
  }
  SECTION("a value too wide for the target's type") {
    make_tables_of(bed, "id int, v varchar(10)");
    bed.src("INSERT INTO t VALUES (20001, '12345678901')");
    check_error(error_of(bed.copy()), ErrorKind::target, "22001");
  }
  check_old_rows(bed);
}

TEST_CASE("failure: what is missing is an error of its side", "[server]") {
  const Bed bed;
  SECTION("the source table") {
    bed.dst("CREATE TABLE t (id int)");
    check_error(error_of(bed.copy()), ErrorKind::source, "42P01");
  }
  SECTION("the target table") {
    bed.src("CREATE TABLE t (id int)");
    check_error(error_of(bed.copy()), ErrorKind::target, "42P01");
  }
  SECTION("the target table of a query") {
    check_error(error_of(bed.query("SELECT 1 AS id")), ErrorKind::target, "42P01");
  }
  SECTION("a column of the target") {
    make_tables_of(bed, "id int, v text, x int");
    bed.src("ALTER TABLE t ADD added int");
    const Error error = error_of(bed.copy());
    check_error(error, ErrorKind::target, "42703");
    CHECK(std::string(error.what()).find("added") != std::string::npos);
    check_old_rows(bed);
  }
  SECTION("the source's database") {
    auto options = bed.copy();
    options.source = ConnectionFactory().resolve(Bed::server().uri("no_such_database"));
    check_error(error_of(options), ErrorKind::source, "3D000");
  }
  SECTION("the target's role") {
    make_tables_of(bed);
    auto options = bed.copy();
    options.target.target.set("user", "nobody_here");
    check_error(error_of(options), ErrorKind::target, "28000");
  }
}

TEST_CASE("failure: an option that names no column is a configuration error", "[server]") {
  const Bed bed;
  make_tables_of(bed);
  auto options = bed.copy();
  SECTION("columns") {
    options.table.columns = {"id", "nothing"};
  }
  SECTION("exclude") {
    options.table.exclude = {"nothing"};
  }
  SECTION("a column twice") {
    options.table.columns = {"id", "id"};
  }
  SECTION("none left") {
    options.table.exclude = {"id", "v"};
  }
  check_error(error_of(options), ErrorKind::config, "");
  check_old_rows(bed);
}

TEST_CASE("failure: a target that cannot take rows is refused before anything is changed", "[server]") {
  const Bed bed;
  SECTION("a view") {
    make_tables_of(bed);
    bed.dst("ALTER TABLE t RENAME TO base; CREATE VIEW t AS SELECT * FROM base");
    check_error(error_of(bed.copy()), ErrorKind::target, "42809");
  }
  SECTION("a generated column") {
    make_tables_of(bed, "id int, v text, g int");
    bed.dst("ALTER TABLE t DROP g, ADD g int GENERATED ALWAYS AS (id * 2) STORED");
    bed.src("ALTER TABLE t ADD g int");
    const Error error = error_of(bed.copy());
    check_error(error, ErrorKind::target, "428C9");
    CHECK(std::string(error.what()).find("\"g\"") != std::string::npos);
  }
  SECTION("a table that this role may not write") {
    make_tables_of(bed);
    bed.dst(
        "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA public TO reader; "
        "GRANT SELECT ON t TO reader");
    auto options = bed.copy();
    options.target.target.set("user", "reader");
    check_error(error_of(options), ErrorKind::target, "42501");
    bed.dst("DROP OWNED BY reader; DROP ROLE reader");
  }
  check_old_rows(bed);
}

TEST_CASE("failure: a table is not copied onto itself, whatever it is called", "[server]") {
  const Bed bed;
  make_tables_of(bed);
  auto options = bed.copy();
  options.target = options.source;
  SECTION("by the same name") {}
  SECTION("by another spelling") {
    options.table.to = "\"t\"";
  }
  SECTION("over another way to the server") {
    options.target = ConnectionFactory().resolve(Bed::server().tcp_uri("src"));
  }
  check_error(error_of(options), ErrorKind::config, "");
  CHECK(bed.src("SELECT count(*) FROM t") == "20000");
}

TEST_CASE("failure: another session's lock ends the wait by the lock timeout", "[server]") {
  const Bed bed;
  make_tables_of(bed);
  auto options = bed.copy();
  options.stream.limits.lock_timeout = 300ms;
  SECTION("on the target") {
    const Holder holder("dst");
    check_error(start(options)->error(promised(8s)), ErrorKind::target, "55P03");
  }
  SECTION("on the source") {
    const Holder holder("src");
    check_error(start(options)->error(promised(8s)), ErrorKind::source, "55P03");
  }
  check_old_rows(bed);
}

TEST_CASE("failure: a query that reads its own target ends by the lock timeout", "[server]") {
  const Bed bed;
  make_tables_of(bed);
  auto options = bed.query("SELECT id + 1 AS id, v FROM t");
  options.source = options.target;
  options.stream.limits.lock_timeout = 300ms;
  CHECK(start(options)->error(promised(8s)).sqlstate() == "55P03");
  check_old_rows(bed);
}

TEST_CASE("failure: the statement timeout holds for the COPY of each side", "[server]") {
  const Bed bed;
  make_tables_of(bed);
  auto options = bed.copy();
  options.stream.limits.statement_timeout = 300ms;
  SECTION("of the source") {
    options.table.where = "id = 1 AND pg_sleep(60) IS NOT NULL";
    check_error(error_of(options), ErrorKind::source, "57014");
  }
  SECTION("of the target") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; "
        "END'; "
        "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
    options.table.where = "id = 1";
    check_error(error_of(options), ErrorKind::target, "57014");
  }
  check_old_rows(bed);
}
