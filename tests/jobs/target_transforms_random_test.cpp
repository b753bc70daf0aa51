// Random transforms of random rows, in the source and in the target: the same rows, types and counts.
#include <array>
#include <optional>

#include "bed.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "random_transforms.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// What became of a load: how many rows it has written, or why it has failed.
struct Fate {
  std::string told;
  std::optional<JobReport> report;
};

std::string counts_of(const JobReport& report) {
  std::string text;
  for (const std::uint64_t count : {report.rows_inserted, report.rows_updated, report.rows_unchanged,
                                    report.rows_superseded, report.rows_suppressed, report.rows_rejected}) {
    text += std::to_string(count) + " ";
  }
  return text + (report.rows_deleted ? std::to_string(*report.rows_deleted) : "?");
}

Fate fate_of(AdHocQueryOptions options, TransformPlace place) {
  options.place = place;
  options.to = place == TransformPlace::target ? "by_target" : "by_source";
  try {
    auto report = AdHocQuery(options).run();
    return {counts_of(report), std::move(report)};
  } catch (const Error& error) {
    return {std::string(error.sqlstate()) + " " + error.what() + " in " + std::string(error.sql()) + " at " +
                std::to_string(error.position()),
            std::nullopt};
  }
}

/// Rows and columns of the table.
std::string table_of(const Bed& bed, const std::string& table) {
  return bed.dst(
             "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) "
             "FROM pg_attribute WHERE attrelid = to_regclass('" +
             table + "') AND attnum > 0 AND NOT attisdropped") +
         "; " +
         bed.dst("SELECT count(*) || ' ' || md5(string_agg(t::text, '|' ORDER BY t::text)) FROM " + table +
                 " t");
}

std::string plan_of(const AdHocQueryOptions& options) {
  try {
    return to_text(AdHocQuery(options).plan());
  } catch (const Error& error) {
    return error.what();
  }
}

class BothPlaces {
 public:
  explicit BothPlaces(const Bed& bed) : bed_(bed) {}

  /// Runs the load in both places, and compares what became of it. Whether it was done.
  bool run(const AdHocQueryOptions& options) {
    INFO("mode " << to_string(options.mode));
    auto planned = options;
    planned.to = "by_source";
    INFO(plan_of(planned));
    const Fate source = fate_of(options, TransformPlace::source);
    const Fate target = fate_of(options, TransformPlace::target);
    CHECK(target.told == source.told);
    if (source.report && target.report) {
      const JobReport& report = *target.report;
      CHECK(report.rows_read + report.rows_added - report.rows_dropped == source.report->rows_read);
      CHECK(table_of(bed_, "by_target") == table_of(bed_, "by_source"));
    }
    return source.report && target.report;
  }

 private:
  const Bed& bed_;
};

}  // namespace

TEST_CASE("target transforms: random ones make what they make in the source", "[server][sql][random]") {
  const Bed bed;
  const RandomRun run(80, 8);
  std::mt19937 random(run.seed());
  bed.both(random_types_sql);
  bed.src(random_table_sql);
  BothPlaces both(bed);
  const bool row_wise = GENERATE(false, true);
  std::size_t done = 0;
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("round " << round);
    const std::size_t rows = std::uniform_int_distribution<std::size_t>(0, 9)(random) == 0
                                 ? 0
                                 : std::uniform_int_distribution<std::size_t>(1, 300)(random);
    bed.src(seed_of_session(random) + "TRUNCATE r; " + random_rows_sql(rows));
    bed.dst("DROP TABLE IF EXISTS by_source, by_target");
    auto options = bed.query("SELECT * FROM r ORDER BY id");
    options.sql_transforms = RandomTransforms(random, row_wise).make();
    options.stream.create = CreateTarget::columns;
    if (!both.run(options)) continue;
    ++done;
    options.stream.create = CreateTarget::never;
    if (row_wise) {
      // Two rows of each key come, the last of which counts; others are there, or have gone.
      options.sql =
          "SELECT id / 2 AS id, i, g, n, f, b, d, s, z, t, c, u, j, a, m, o, x, y FROM r ORDER BY r.id";
      for (const std::string table : {"by_source", "by_target"}) {
        bed.dst("DELETE FROM " + table + " WHERE id % 3 = 0; ALTER TABLE " + table +
                " ADD PRIMARY KEY (id); INSERT INTO " + table + " (id) VALUES (-5)");
      }
      for (const auto mode :
           {WriteMode::insert_missing, WriteMode::upsert, WriteMode::delete_insert, WriteMode::sync}) {
        options.mode = mode;
        CHECK(both.run(options));
      }
      bed.dst(
          "ALTER TABLE by_source DROP CONSTRAINT by_source_pkey; ALTER TABLE by_target DROP CONSTRAINT "
          "by_target_pkey");
    }
    for (const auto mode : {WriteMode::append, WriteMode::swap, WriteMode::replace}) {
      options.mode = mode;
      CHECK(both.run(options));
    }
  }
  CHECK(done > run.rounds() / 3);
}
