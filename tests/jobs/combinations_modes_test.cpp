// Every write mode by every way that rows travel, and bad rows by those with the most sessions.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "support/random.hpp"
#include "ways.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr std::array<WriteMode, 7> all_modes{
    WriteMode::replace,        WriteMode::append,        WriteMode::swap, WriteMode::upsert,
    WriteMode::insert_missing, WriteMode::delete_insert, WriteMode::sync};

/// What 20 new rows (1 to 20) make of old ones (11 to 30; appended to: 31 to 50): "which: how many".
std::string rows_after(WriteMode mode) {
  switch (mode) {
    case WriteMode::append:
      return "new fresh 20, old kept 20";
    case WriteMode::replace:
    case WriteMode::swap:
      return "new fresh 20";
    case WriteMode::upsert:
      return "new fresh 10, new kept 10, old kept 10";
    case WriteMode::insert_missing:
      return "new fresh 10, old kept 20";
    case WriteMode::delete_insert:
      return "new fresh 20, old kept 10";
    case WriteMode::sync:
      break;
  }
  return "new fresh 10, new kept 10";
}

/// What the report tells then: inserted, updated, unchanged and deleted rows.
std::string told_after(WriteMode mode) {
  switch (mode) {
    case WriteMode::append:
      return "20, 0, 0, 0";
    case WriteMode::replace:
      return "20, 0, 0, not counted";
    case WriteMode::swap:
      return "20, 0, 0, 20";
    case WriteMode::upsert:
      return "10, 10, 0, 0";
    case WriteMode::insert_missing:
      return "10, 0, 10, 0";
    case WriteMode::delete_insert:
      return "20, 0, 0, 10";
    case WriteMode::sync:
      break;
  }
  return "10, 10, 0, 10";
}

std::string told(const JobReport& report) {
  return std::to_string(report.rows_inserted) + ", " + std::to_string(report.rows_updated) + ", " +
         std::to_string(report.rows_unchanged) + ", " +
         (report.rows_deleted ? std::to_string(*report.rows_deleted) : "not counted");
}

/// A directory of the test's own, which goes with what is in it.
class RefusedRows {
 public:
  RefusedRows()
      : directory_(std::filesystem::temp_directory_path() / ("leat-refused-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(directory_);
  }
  RefusedRows(const RefusedRows&) = delete;
  RefusedRows& operator=(const RefusedRows&) = delete;
  ~RefusedRows() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string file() const { return (directory_ / "rows.csv").string(); }
  [[nodiscard]] std::ptrdiff_t lines() const {
    std::ifstream text(file(), std::ios::binary);
    return std::count(std::istreambuf_iterator<char>(text), std::istreambuf_iterator<char>(), '\n');
  }

 private:
  std::filesystem::path directory_;
};

}  // namespace

TEST_CASE("combinations: every mode by every way makes the same of few rows, and counts the same",
          "[server][random]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, v text, wide text); ALTER TABLE t ALTER wide SET STORAGE PLAIN; "
      "INSERT INTO t SELECT i, 'new', repeat('x', 1500) FROM generate_series(1, 20) i");
  bed.dst(
      "CREATE TABLE t (id int PRIMARY KEY, v text, wide text, was text DEFAULT 'fresh'); "
      "CREATE TABLE loose (LIKE t INCLUDING DEFAULTS)");
  const RandomRun run;
  std::mt19937 random(run.seed());
  const auto check = [&](Way way, WriteMode mode, const std::string& target) {
    if (way.is_straight() && mode != WriteMode::append) return;  // it would be published
    if (!is_chosen(random)) return;
    INFO(way.name << ", " << to_string(mode) << " into " << target);
    bed.dst("TRUNCATE " + target + "; INSERT INTO " + target +
            " SELECT i, 'old', '', 'kept' FROM generate_series(" +
            (mode == WriteMode::append ? "31, 50" : "11, 30") + ") i");
    way.mode = mode;
    auto options = options_of(bed, way);
    options.table.to = target;
    options.slice_bytes = ByteCount{1U << 13U};
    if (way.by == Way::By::query && *way.job != '\0') {
      // What it has committed it would not append again.
      options.delivery.job += " " + std::string(to_string(mode)) + " " + target;
    } else {
      options.delivery.restart = *way.job != '\0';
    }
    CHECK(told(run_by(way, options)) == told_after(mode));
    CHECK(bed.dst("SELECT string_agg(which, ', ' ORDER BY which) FROM (SELECT concat_ws(' ', v, was, "
                  "count(*)) FROM " +
                  target + " GROUP BY v, was) w (which)") == rows_after(mode));
    CHECK(bed.dst("SELECT count(*) FROM " + target + " WHERE v = 'new' AND length(wide) <> 1500") == "0");
  };
  for (const Way& way : ways()) {
    for (const WriteMode mode : all_modes) check(way, mode, "t");
    // Without a unique index it copies beside the old rows, where it can.
    if (way.by != Way::By::tables) check(way, WriteMode::swap, "loose");
  }
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.jobs WHERE name LIKE 'unnamed%' OR state <> 'done'") == "0");
  CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname LIKE 'stage\\_%' AND relkind = 'r'") == "0");
}

TEST_CASE("combinations: eight readers and eight writers reject each bad row once, to every place",
          "[server]") {
  const Bed bed;
  // Some in every slice, and two beside each other.
  constexpr int bad_rows = 83;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src(
      "INSERT INTO t SELECT i, CASE WHEN i % 97 < 2 THEN 'much too long' ELSE 'v' || i END FROM "
      "generate_series(1, " +
      std::to_string(way_rows) + ") i");
  bed.dst("ALTER TABLE t ALTER v TYPE varchar(8)");
  const std::string bad = bed.src("SELECT count(*), sum(id) FROM t WHERE id % 97 < 2");
  REQUIRE(bad.starts_with(std::to_string(bad_rows) + "|"));
  for (Way way : ways()) {
    if (way.readers < 8) continue;
    way.writers = 8;
    INFO(way.name);
    bed.dst("TRUNCATE t; DROP TABLE IF EXISTS refused; DROP SCHEMA IF EXISTS leat_meta CASCADE");
    const RefusedRows refused;
    std::atomic<int> calls = 0;
    auto options = options_of(bed, way);
    options.stream.rejects = {.file = refused.file(),
                              .table = "public.refused",
                              .callback = [&calls](const RejectedRow&) { ++calls; }};
    options.stream.max_rejects = bad_rows - 1;
    check_error(error_of(options), ErrorKind::target, "22001");
    if (!way.is_straight())
      CHECK(bed.dst("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM refused)") == "0|0");
    // That of a job with a name goes on with its file.
    if (*way.job == '\0') std::filesystem::remove(refused.file());
    options.stream.max_rejects = bad_rows;
    const JobReport report = run_by(way, options);
    CHECK(report.rows_rejected == bad_rows);
    CHECK(bed.dst(content("t")) == bed.src(content("t") + " WHERE id % 97 >= 2"));
    CHECK(bed.dst("SELECT count(*), sum(id::int) FROM refused") == bad);
    CHECK(refused.lines() == bad_rows + 1);
    // What the first attempt has collected is rejected again where it is collected again.
    if (way.is_straight()) CHECK(calls == bad_rows);
    CHECK(calls >= bad_rows);
    check_nothing_left(bed, way);
  }
}
