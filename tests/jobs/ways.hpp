#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bed.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "leat/transform/transform.hpp"

namespace leat::test {

/// How many rows travel.
inline constexpr int way_rows = 4000;

/// One of the ways in which the rows of public.t travel. All are run with as many workers as are named here,
/// however few cores the machine has.
struct Way {
  enum class By { copy, tables, query };

  const char* name = "";
  WriteMode mode = WriteMode::append;
  std::size_t readers = 1;
  std::size_t writers = 1;
  std::size_t transform_workers = 1;
  const char* job = "";
  OnLostSnapshot on_lost_snapshot = OnLostSnapshot::redo;
  std::optional<std::size_t> retries{};
  By by = By::copy;
  std::size_t parameter_bytes = 0;  ///< of the value of the query's parameter; 0: it has none

  /// Rows are committed before the last one is there.
  [[nodiscard]] bool is_straight() const {
    return *job != '\0' && mode == WriteMode::append && on_lost_snapshot != OnLostSnapshot::redo;
  }
  /// Several transactions write into the table itself.
  [[nodiscard]] bool is_several() const {
    return is_straight() || (writers > 1 && *job == '\0' && mode == WriteMode::append);
  }
  [[nodiscard]] bool has_ledger() const {
    return *job != '\0' || retries || (writers > 1 && mode != WriteMode::append);
  }
};

inline const std::vector<Way>& ways() {
  static const std::vector<Way> all{
      {.name = "one reader, one writer"},
      {.name = "one reader, one writer, replace", .mode = WriteMode::replace},
      {.name = "two readers", .readers = 2},
      {.name = "eight readers, replace", .mode = WriteMode::replace, .readers = 8},
      {.name = "transform workers", .readers = 2, .transform_workers = 3},
      {.name = "two writers", .readers = 2, .writers = 2},
      {.name = "eight writers", .readers = 8, .writers = 8},
      {.name = "a job, straight",
       .readers = 8,
       .writers = 8,
       .job = "straight",
       .on_lost_snapshot = OnLostSnapshot::carry_on},
      {.name = "a job, published",
       .mode = WriteMode::replace,
       .readers = 8,
       .writers = 8,
       .job = "published"},
      {.name = "a job, append published", .readers = 2, .writers = 2, .job = "appended"},
      {.name = "a ledger without a name", .mode = WriteMode::replace, .readers = 2, .writers = 2},
      {.name = "retries without a name", .retries = 2},
      {.name = "many tables", .mode = WriteMode::replace, .by = Way::By::tables},
      {.name = "many tables, each a job", .mode = WriteMode::replace, .job = "each", .by = Way::By::tables},
      {.name = "a query", .by = Way::By::query},
      {.name = "a query with parameters", .by = Way::By::query, .parameter_bytes = 10},
      {.name = "a query by a cursor", .by = Way::By::query, .parameter_bytes = 2U << 20U},
      {.name = "a query, replace, a job", .mode = WriteMode::replace, .job = "asked", .by = Way::By::query},
  };
  return all;
}

/// A hook that changes nothing.
inline const auto as_it_is = [](const RowView& row, RowBuilder& out) { out.copy_row(row); };

/// public.t by that way, in slices of two pages.
[[nodiscard]] inline CopyTableOptions options_of(const Bed& bed, const Way& way) {
  auto options = bed.copy();
  options.mode = way.mode;
  options.readers = way.readers;
  options.writers = way.writers;
  options.transform_workers = way.transform_workers;
  if (way.transform_workers > 1) options.transform = as_it_is;
  options.delivery.job = way.job;
  options.delivery.on_lost_snapshot = way.on_lost_snapshot;
  options.delivery.retries = way.retries;
  options.slice_bytes = ByteCount{2U << 13U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  return options;
}

/// What a case of every way begins with: the way, which a failure names, empty databases, and the options.
class EveryWay {
 protected:
  const Way way = GENERATE(from_range(ways()));

 private:
  Catch::ScopedMessage message_{Catch::MessageBuilder("INFO", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info)
                                << way.name};

 protected:
  const Bed bed;
  CopyTableOptions options = options_of(bed, way);
};

/// Runs by that way what these options say. @throws what the job throws, or the first table's error.
inline JobReport run_by(const Way& way, const CopyTableOptions& options, std::stop_token stop = {}) {
  switch (way.by) {
    case Way::By::copy:
      return CopyTable(options).run(std::move(stop));
    case Way::By::query: {
      AdHocQueryOptions query{.source = options.source,
                              .target = options.target,
                              .sql = "SELECT * FROM public.t",
                              .to = options.table.to.empty() ? "public.t" : options.table.to,
                              .mode = options.mode,
                              .transform = options.transform,
                              .stream = options.stream,
                              .delivery = options.delivery};
      if (way.parameter_bytes > 0) {
        query.sql += " WHERE length(:word) > 0";
        query.parameters = {{"word", std::string(way.parameter_bytes, 'x')}};
      }
      return AdHocQuery(std::move(query)).run(std::move(stop));
    }
    case Way::By::tables:
      break;
  }
  CopyTablesReport report = CopyTables({.source = options.source,
                                        .target = options.target,
                                        .include = {"public.t"},
                                        .mode = options.mode,
                                        .inheritance = options.table.inheritance,
                                        .delivery = options.delivery,
                                        .large_objects = options.table.large_objects,
                                        .stream = options.stream})
                                .run(std::move(stop));
  REQUIRE(report.tables.size() == 1);
  if (report.tables[0].error) throw Error(*report.tables[0].error);
  JobReport one = std::move(report.tables[0].report);
  one.remarks.insert(one.remarks.end(), report.remarks.begin(), report.remarks.end());
  return one;
}

/// Nothing of a job is in the target's ledger but the names of those that have one, and no session or table
/// of theirs.
inline void check_nothing_left(const Bed& bed, const Way& way) {
  if (bed.dst("SELECT to_regclass('leat_meta.jobs') IS NULL") == "t") return;
  const std::string job = way.job;
  const std::string others = job.empty() ? "true" : "name NOT LIKE '" + job + "%'";
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.jobs WHERE " + others + " OR state = 'running'") == "0");
  if (*way.job == '\0') {
    CHECK(bed.dst("SELECT (SELECT count(*) FROM leat_meta.job_ledger), (SELECT count(*) FROM pg_class WHERE "
                  "relname LIKE 'stage\\_%' AND relkind = 'r')") == "0|0");
  }
}

}  // namespace leat::test
