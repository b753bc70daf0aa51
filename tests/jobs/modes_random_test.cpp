// Write modes over random rows, against what plain SQL makes of the same rows.
#include <random>

#include "modes.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// What the mode is to leave in t, over the old rows in `old` and those that came in `came`, in their order.
/// Of the columns k, v and `kept` the last one is not sent.
std::string expected(WriteMode mode) {
  const std::string last = "(SELECT DISTINCT ON (k) k, v FROM came ORDER BY k, n DESC)";
  const std::string fresh = "SELECT k, v, 'new' FROM " + last + " l WHERE k NOT IN (SELECT k FROM old)";
  const std::string updated = "SELECT k, l.v, o.kept FROM " + last + " l JOIN old o USING (k)";
  const std::string others = "SELECT k, v, kept FROM old WHERE k NOT IN (SELECT k FROM came)";
  const std::string all = " UNION ALL ";
  switch (mode) {
    case WriteMode::upsert:
      return fresh + all + updated + all + others;
    case WriteMode::sync:
      return fresh + all + updated;
    case WriteMode::insert_missing:
      return fresh + all + "SELECT k, v, kept FROM old";
    case WriteMode::delete_insert:
      return "SELECT k, v, 'new' FROM " + last + " l" + all + others;
    default:
      return "SELECT k, v, 'new' FROM came";
  }
}

}  // namespace

TEST_CASE("modes: random rows give what plain SQL gives", "[server][sql][random]") {
  const Bed bed;
  const RandomRun run(6, 2);
  std::mt19937 random(run.seed());
  const auto number = [&random](int most) {
    return std::to_string(std::uniform_int_distribution<>(0, most)(random));
  };
  const WriteMode mode = GENERATE(WriteMode::upsert, WriteMode::sync, WriteMode::insert_missing,
                                  WriteMode::delete_insert, WriteMode::swap);
  const std::string more = GENERATE("", "CREATE UNIQUE INDEX ON t (kept, k)");
  bed.both("CREATE TABLE t (k int, v int)");
  bed.dst(
      "ALTER TABLE t ADD kept text NOT NULL DEFAULT 'new', ADD PRIMARY KEY (k); CREATE TABLE came (n serial, "
      "k int, "
      "v int); CREATE TABLE old (k int, v int, kept text); " +
      more);
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    const std::string rows = number(400);
    const std::string keys = number(200);
    const std::string last_old = number(200);
    const std::string gap = number(2);
    const std::string source_seed = seed_of_session(random);
    const std::string target_seed = seed_of_session(random);
    // Few keys and few values, so that rows repeat, match and are the same.
    bed.src(source_seed + "TRUNCATE t; INSERT INTO t SELECT random() * " + keys +
            ", nullif((random() * 2)::int, 1) FROM generate_series(1, " + rows + ")");
    if (mode == WriteMode::swap) bed.src("DELETE FROM t a USING t b WHERE a.k = b.k AND a.ctid < b.ctid");
    bed.dst(target_seed +
            "TRUNCATE t, came, old; INSERT INTO t SELECT i, nullif((random() * 2)::int, 1), 'row ' || i FROM "
            "generate_series(0, " +
            last_old + ", 1 + " + gap + ") i; INSERT INTO old SELECT k, v, kept FROM t");
    auto seen = copy_by(bed, WriteMode::append);
    seen.table.to = "came";
    static_cast<void>(CopyTable(seen).run());
    const auto options = copy_by(bed, mode);
    static_cast<void>(run_changes(options));
    INFO("round " << round << ", " << to_string(mode));
    CHECK(bed.dst("SELECT count(*) FROM ((SELECT k, v, kept FROM t EXCEPT ALL (" + expected(mode) +
                  ")) UNION ALL ((" + expected(mode) + ") EXCEPT ALL SELECT k, v, kept FROM t)) x") == "0");
    // Once more changes nothing but what is deleted to come again.
    const JobReport again = CopyTable(options).run();
    if (mode != WriteMode::swap && mode != WriteMode::delete_insert) CHECK(again.rows_written == 0);
    CHECK(bed.dst("SELECT count(*) FROM t") == bed.dst("SELECT count(*) FROM (" + expected(mode) + ") x"));
  }
}
