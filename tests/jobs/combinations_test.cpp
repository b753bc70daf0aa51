// What a user can ask for beside the rows, by every way that rows travel.
#include <algorithm>
#include <string>

#include "indexes.hpp"
#include "ways.hpp"

using namespace leat;
using namespace leat::test;

namespace {

std::string insert_rows() {
  return "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, " + std::to_string(way_rows) + ") i";
}

void make_source(const Bed& bed) {
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE DEFAULT 'none', CHECK (id > -10)); CREATE INDEX ON "
      "t (lower(v)); " +
      insert_rows());
}

void make_both(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src(insert_rows());
}

void check_arrived(const Bed& bed) {
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

bool has_remark(const JobReport& report, const std::string& part) {
  return std::any_of(report.remarks.begin(), report.remarks.end(),
                     [&part](const std::string& remark) { return remark.find(part) != std::string::npos; });
}

/// Runs what the options say; nullopt where they are refused, by which nothing has changed.
std::optional<JobReport> run_or_refuse(const Bed& bed, const Way& way, const CopyTableOptions& options) {
  const std::string before = bed.dst(content("t")) + objects_of(bed);
  try {
    return run_by(way, options);
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(error.kind() == ErrorKind::config);
    CHECK_FALSE(std::string(error.hint()).empty());
    CHECK(bed.dst(content("t")) + objects_of(bed) == before);
    return std::nullopt;
  }
}

}  // namespace

TEST_CASE_METHOD(EveryWay, "combinations: a missing table is made, with all that the source's has",
                 "[server][sql]") {
  make_source(bed);
  const auto level = GENERATE(CreateTarget::columns, CreateTarget::full);
  options.stream.create = level;
  static_cast<void>(run_by(way, options));
  check_arrived(bed);
  if (level == CreateTarget::full && way.by != Way::By::query) {
    const std::string described = objects_of(bed);
    CHECK(described.find("UNIQUE (v)") != std::string::npos);
    CHECK(described.find("lower(v)") != std::string::npos);
    CHECK(described.find("CHECK") != std::string::npos);
  }
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: a column that the target lacks is added", "[server][sql]") {
  make_both(bed);
  bed.src("ALTER TABLE t ADD w int; UPDATE t SET w = id % 7");
  options.stream.evolve = true;
  static_cast<void>(run_by(way, options));
  check_arrived(bed);
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: indexes that a killed run has left dropped are brought back",
                 "[server]") {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v int UNIQUE); CREATE INDEX w ON t (abs(v))");
  const std::string before = lose_indexes(bed);
  SECTION("and rows that keep to them arrive") {
    bed.src("INSERT INTO t SELECT i, i FROM generate_series(1, 4000) i");
    const JobReport report = run_by(way, options);
    check_arrived(bed);
    CHECK(has_remark(report, "which an earlier run had dropped"));
  }
  SECTION("and refuse rows that do not") {
    bed.src(
        "ALTER TABLE t DROP CONSTRAINT t_v_key; INSERT INTO t SELECT i, 7 FROM generate_series(1, 4000) i");
    options.stream.limits.lock_timeout = 500ms;
    try {
      static_cast<void>(run_by(way, options));
      FAIL("no error");
    } catch (const Error& error) {
      INFO(error.what());
      // Two writers may wait for each other's row.
      CHECK((error.sqlstate() == "23505" ||
             (way.is_several() && (error.sqlstate() == "55P03" || error.sqlstate() == "40P01"))));
    }
    CHECK(std::stoi(bed.dst("SELECT count(*) FROM t")) <= (way.is_straight() ? 1 : 0));
  }
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: indexes are rebuilt, or that is refused", "[server][sql]") {
  make_both(bed);
  bed.dst("ALTER TABLE t ADD UNIQUE (v); CREATE INDEX w ON t (lower(v))");
  const std::string before = objects_of(bed);
  options.stream.indexes = Indexes::rebuild;
  if (run_or_refuse(bed, way, options)) check_arrived(bed);
  CHECK(objects_of(bed) == before);
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: the load is verified, or that is refused", "[server][sql]") {
  make_both(bed);
  options.transform = {};
  options.transform_workers = 1;
  options.stream.verify = true;
  if (const auto report = run_or_refuse(bed, way, options)) {
    CHECK(has_remark(*report, "verified: "));
    check_arrived(bed);
  }
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: the target is analyzed, and the report says so", "[server][sql]") {
  make_both(bed);
  options.stream.analyze = true;
  CHECK(has_remark(run_by(way, options), "was analyzed"));
  CHECK(bed.dst("SELECT reltuples FROM pg_class WHERE oid = 't'::regclass") == std::to_string(way_rows));
}

TEST_CASE_METHOD(EveryWay, "combinations: a bad row is rejected, or that is refused", "[server]") {
  make_both(bed);
  // What is collected beside the table has its types, but not its constraints.
  bed.src("UPDATE t SET v = 'much too long' WHERE id = 1234");
  bed.dst("ALTER TABLE t ALTER v TYPE varchar(8)");
  options.stream.max_rejects = 3;
  options.stream.rejects.callback = [](const RejectedRow&) {};
  if (const auto report = run_or_refuse(bed, way, options)) {
    CHECK(report->rows_rejected == 1);
    CHECK(report->status == JobStatus::done_with_rejects);
    CHECK(bed.dst(content("t")) == bed.src(content("t") + " WHERE id <> 1234"));
  }
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: hooks before the load and before the commit run, or are refused",
                 "[server]") {
  make_both(bed);
  bed.dst("CREATE TABLE told (what text)");
  const bool is_before = GENERATE(true, false);
  const auto tell = [](Connection& connection, const std::stop_token& stop) {
    static_cast<void>(connection.execute("INSERT INTO told VALUES ('x')", {}, stop));
  };
  (is_before ? options.stream.before_load : options.stream.before_commit) = tell;
  const bool has_run = run_or_refuse(bed, way, options).has_value();
  if (has_run) check_arrived(bed);
  CHECK(bed.dst("SELECT count(*) FROM told") == (has_run ? "1" : "0"));
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: the rows of a whole tree of inheriting tables arrive", "[server]") {
  make_both(bed);
  bed.src(
      "CREATE TABLE child (more int) INHERITS (t); INSERT INTO child SELECT -i, 'c', i FROM "
      "generate_series(1, 500) i; UPDATE ONLY t SET v = 'w' WHERE id = 1");
  options.table.inheritance = Inheritance::tree;
  static_cast<void>(run_by(way, options));
  check_arrived(bed);
}

TEST_CASE_METHOD(EveryWay, "combinations: large objects come along with the rows, or that is refused",
                 "[server]") {
  if (way.by == Way::By::query) return;  // a query does not say which columns name some
  constexpr const char* no_objects = "SELECT lo_unlink(oid) FROM pg_largeobject_metadata";
  bed.both(std::string(no_objects) +
           "; CREATE EXTENSION IF NOT EXISTS lo; CREATE TABLE t (id int PRIMARY KEY, v text, pic lo)");
  bed.src(
      "INSERT INTO t SELECT i, 'v' || i, CASE WHEN i % 400 = 0 THEN lo_from_bytea(0, convert_to(repeat('x' "
      "|| "
      "i, 1000), 'UTF8')) END FROM generate_series(1, " +
      std::to_string(way_rows) + ") i");
  // So that numbers differ.
  bed.dst("SELECT lo_create(0) FROM generate_series(1, 3)");
  options.table.large_objects = LargeObjectMode::copied;
  const bool is_allowed =
      !way.has_ledger() && !way.is_several() && way.transform_workers == 1 && *way.job == '\0';
  CHECK(run_or_refuse(bed, way, options).has_value() == is_allowed);
  constexpr const char* held =
      "SELECT count(*), count(pic), sum(hashtext(concat(id, v, md5(lo_get(pic))))) FROM t";
  if (is_allowed) CHECK(bed.dst(held) == bed.src(held));
  CHECK(bed.dst("SELECT count(*) FROM pg_largeobject_metadata") == (is_allowed ? "13" : "3"));
  check_nothing_left(bed, way);
  bed.both(no_objects);
}

TEST_CASE_METHOD(EveryWay, "combinations: rows outside a condition are not lost unless that is allowed",
                 "[server]") {
  if (way.by != Way::By::copy) return;
  make_both(bed);
  bed.dst("INSERT INTO t VALUES (-1, 'outside')");
  options.table.where = "id > 0";
  options.rows_outside = RowsOutside::refuse;
  if (way.mode == WriteMode::replace) {
    const Error error = error_of(options);
    CHECK(std::string(error.what()).find("rows that the condition leaves out") != std::string::npos);
    CHECK(bed.dst("SELECT id, v FROM t") == "-1|outside");
    options.rows_outside = RowsOutside::remove;
  } else {
    bed.src("INSERT INTO t VALUES (-1, 'outside')");
  }
  static_cast<void>(run_by(way, options));
  check_arrived(bed);
  check_nothing_left(bed, way);
}
