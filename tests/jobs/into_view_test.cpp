// Views as targets, and work of the user's own in the transaction of the load.
#include <algorithm>
#include <stdexcept>

#include "bed.hpp"
#include "guest.hpp"
#include "leat/jobs/copy_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

CopyTableOptions into_view(const Bed& bed) {
  auto options = bed.copy();
  options.table.to = "v";
  options.mode = WriteMode::append;
  options.stream.into_view = true;
  return options;
}

void make_view(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, price numeric(8, 2), label text)");
  bed.src("INSERT INTO t SELECT i, i / 4.0, 'l' || i FROM generate_series(1, 1000) i");
  bed.dst(
      "CREATE TABLE base (id int GENERATED ALWAYS AS IDENTITY, price numeric(8, 2), label text, "
      "made text DEFAULT 'by default'); INSERT INTO base (label) VALUES ('old'); "
      "CREATE VIEW v AS SELECT id, price, label FROM base WHERE price < 1000 WITH CHECK OPTION");
}

}  // namespace

TEST_CASE("into a view: rows are inserted through it", "[server]") {
  const Bed bed;
  make_view(bed);
  const std::size_t readers = GENERATE(1U, 2U);
  auto options = into_view(bed);
  options.readers = readers;
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_written == 1000);
  CHECK(bed.dst(
            "SELECT count(*), sum(hashtextextended(row(id, price, label)::text, 0)::numeric) FROM base WHERE "
            "label <> 'old'") ==
        bed.src("SELECT count(*), sum(hashtextextended(row(id, price, label)::text, 0)::numeric) FROM t"));
  CHECK(bed.dst("SELECT count(*) FROM base WHERE made = 'by default'") == "1001");
  CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname = 'leat_load'") == "0");
}

TEST_CASE("into a view: of a query, and by triggers", "[server]") {
  const Bed bed;
  make_view(bed);
  bed.dst(
      "CREATE VIEW w AS SELECT label, count(*) AS n FROM base GROUP BY label; CREATE FUNCTION spread() "
      "RETURNS "
      "trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO base (label) SELECT NEW.label FROM generate_series(1, "
      "NEW.n); RETURN NEW; END$$; CREATE TRIGGER tr INSTEAD OF INSERT ON w FOR EACH ROW EXECUTE FUNCTION "
      "spread()");
  auto options = bed.query("SELECT 'new' AS label, 3::bigint AS n");
  options.to = "w";
  options.mode = WriteMode::append;
  options.stream.into_view = true;
  CHECK(AdHocQuery(options).run().rows_written == 1);
  CHECK(bed.dst("SELECT count(*) FROM base WHERE label = 'new'") == "3");
}

TEST_CASE("into a view: what is refused, and that nothing comes of it", "[server]") {
  const Bed bed;
  make_view(bed);
  auto options = into_view(bed);
  std::string hint;
  SECTION("when it was not told") {
    options.stream.into_view = false;
    hint = ".into_view";
  }
  SECTION("to replace its rows") {
    options.mode = WriteMode::replace;
    hint = "append";
  }
  SECTION("when it takes none") {
    bed.dst("CREATE VIEW sums AS SELECT sum(id)::int AS id FROM base");
    options.table.to = "sums";
    options.table.columns = {"id"};
    hint = "INSTEAD OF";
  }
  if (!hint.empty()) {
    const auto findings = CopyTable(options).plan().findings;
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().code == "table_kind");
    const Error error = error_of(options);
    check_error(error, ErrorKind::target, "42809");
    CHECK(std::string(error.hint()).find(hint) != std::string::npos);
  }
  SECTION("rows that the view does not take") {
    bed.src("UPDATE t SET price = 5000 WHERE id = 700");
    check_error(error_of(options), ErrorKind::target, "44000");
  }
  SECTION("a role without temporary tables") {
    const Guest guest(bed);
    bed.dst("GRANT INSERT ON v TO guest; REVOKE TEMPORARY ON DATABASE dst FROM PUBLIC");
    options.target = Guest::connection("dst");
    const auto findings = CopyTable(options).plan().findings;
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().code == "privilege_missing");
    check_error(error_of(options), ErrorKind::target, "42501");
    bed.dst("GRANT TEMPORARY ON DATABASE dst TO PUBLIC");
  }
  CHECK(bed.dst("SELECT count(*) FROM base") == "1");
}

TEST_CASE("hooks on the target: a temporary table is loaded and merged", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, 'new' FROM generate_series(1, 10) i");
  bed.dst("INSERT INTO t VALUES (1, 'old'), (99, 'mine')");
  auto options = bed.copy();
  options.table.to = "pg_temp.staged";
  options.readers = GENERATE(1U, 2U);
  options.stream.before_load = [](Connection& target, const std::stop_token& stop) {
    static_cast<void>(
        target.execute("CREATE TEMPORARY TABLE staged (LIKE public.t) ON COMMIT DROP", {}, stop));
  };
  options.stream.before_commit = [](Connection& target, const std::stop_token& stop) {
    static_cast<void>(target.execute(
        "INSERT INTO public.t SELECT * FROM staged ON CONFLICT (id) DO UPDATE SET v = EXCLUDED.v", {}, stop));
  };
  SECTION("it is") {
    CHECK_FALSE(has_error(CopyTable(options).plan().findings));
    CHECK(CopyTable(options).run().rows_written == 10);
    CHECK(bed.dst("SELECT count(*), count(*) FILTER (WHERE v = 'new'), max(id) FROM t") == "11|10|99");
  }
  SECTION("what a hook throws ends the job, and nothing is committed") {
    bool before = GENERATE(true, false);
    const auto fail = [](Connection&, const std::stop_token&) { throw std::runtime_error("my own"); };
    (before ? options.stream.before_load : options.stream.before_commit) = fail;
    CHECK_THROWS_AS(CopyTable(options).run(), std::runtime_error);
    CHECK(bed.dst("SELECT string_agg(v, ',' ORDER BY id) FROM t") == "old,mine");
  }
  SECTION("not for many tables") {
    CopyTablesOptions many{.source = options.source, .target = options.target, .include = {"t"}};
    many.stream.before_load = options.stream.before_load;
    CHECK_THROWS_AS(CopyTables(many), Error);
  }
}
