// Reports as a program shows them to people, without a server.
#include <sstream>

#include "leat/jobs/report/copy_tables_report.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/jobs/report/repair_report.hpp"
#include "leat/jobs/report/table_difference.hpp"
#include "leat/jobs/report/verify_report.hpp"
#include "support/catch.hpp"

using namespace leat;
using namespace std::chrono_literals;

namespace {

/// What a program prints that writes `out << report << '\n'`.
template <class Report>
std::string line_of(const Report& report) {
  std::ostringstream out;
  out << report << '\n';
  return out.str();
}

JobReport three_rows() {
  return {.source = "orders of dbname=shop",
          .target = "orders of dbname=archive",
          .rows_read = 3,
          .rows_written = 3,
          .rows_inserted = 3,
          .bytes_written = ByteCount{2048},
          .elapsed = 2s,
          .waited_for_source = 1s,
          .format = {.format = RowFormat::binary, .reason = "every type is the same"},
          .remarks = {"sequence orders_id_seq was advanced to 3"}};
}

}  // namespace

TEST_CASE("to_text: a report of a job says what came, how fast and how", "[jobs]") {
  CHECK(to_text(three_rows()) ==
        "orders of dbname=shop -> orders of dbname=archive\n"
        "3 rows, 2.0 KiB in 2.00 s (1 rows/s, 1.0 KiB/s)\n"
        "format: binary (every type is the same)\n"
        "waited for the source 1.00 s, for the target 0.00 s\n"
        "note: sequence orders_id_seq was advanced to 3\n");
  CHECK(line_of(three_rows()) == to_text(three_rows()));
}

TEST_CASE("to_text: rows that a hook has added, or written beside, are told", "[jobs]") {
  JobReport report = three_rows();
  report.rows_added = 1;
  report.rows_written = report.rows_inserted = 4;
  report.rows_beside = {{.table = "audit", .rows = 1200}, {.table = "log", .rows = 0}};
  CHECK(to_text(report) ==
        "orders of dbname=shop -> orders of dbname=archive\n"
        "4 rows, 2.0 KiB in 2.00 s (2 rows/s, 1.0 KiB/s)\n"
        "1 row added by the hook\n"
        "1,200 rows written beside, into audit\n"
        "format: binary (every type is the same)\n"
        "waited for the source 1.00 s, for the target 0.00 s\n"
        "note: sequence orders_id_seq was advanced to 3\n");
}

TEST_CASE("to_text: what a report does not know is left out", "[jobs]") {
  CHECK(to_text(JobReport{}) == "0 rows, 0 B in 0.00 s (0 rows/s, 0 B/s)\n");
  CHECK(to_text(JobReport{.target = "orders of dbname=archive"})
            .starts_with("-> orders of dbname=archive\n0 rows"));
}

TEST_CASE("to_text: a report of many tables has a line of each, and errors of those that were not copied",
          "[jobs]") {
  const CopyTablesReport report{
      .status = JobStatus::failed,
      .tables = {{.table = "a", .target = "a", .report = three_rows()},
                 {.table = "b",
                  .target = "s.b",
                  .error = Error(ErrorKind::target, "no", {.sqlstate = "42501", .hint = "grant it"})}},
      .rows_written = 3,
      .bytes_written = ByteCount{2048},
      .elapsed = 2s};
  CHECK(to_text(report) ==
        "a         3 rows, 2.0 KiB in 2.00 s (binary)\n"
        "  note: sequence orders_id_seq was advanced to 3\n"
        "b -> s.b  not copied: 42501: no\n"
        "  hint: grant it\n"
        "1 of 2 tables, 3 rows, 2.0 KiB in 2.00 s\n");
  CHECK(line_of(report) == to_text(report));
}

TEST_CASE("to_text: a plan lists what stands against the job, columns and statements", "[jobs]") {
  JobPlan plan{
      .source = "a",
      .target = "b",
      .columns = {{.name = "id", .source_type = "integer", .target_type = "bigint", .how = "converted"}},
      .format = {.reason = "safe"},
      .source_sql = {"COPY a TO STDOUT"},
      .target_sql = {"COPY b FROM STDIN"}};
  CHECK(to_text(plan) ==
        "a -> b\n"
        "columns:\n"
        "  id  integer -> bigint (converted)\n"
        "format: binary (safe)\n"
        "source:\n  COPY a TO STDOUT;\n"
        "target:\n  COPY b FROM STDIN;\n");
  plan.columns.clear();
  plan.findings = {
      {.code = "column_missing", .message = "no column x", .sqlstate = "42703", .hint = "leave it out"}};
  CHECK(to_text(plan) == "a -> b\nerror: column_missing (42703): no column x\n  hint: leave it out\n");
  CHECK(line_of(plan) == to_text(plan));
}

TEST_CASE("to_text: comparisons and repairs, too", "[jobs]") {
  const VerifyReport different{
      .source = "a",
      .target = "b",
      .source_rows = 1,
      .target_rows = 2,
      .key = {"id"},
      .differences = {{.kind = RowDifferenceKind::extra, .key = {{"7"}}, .columns = {}, .target_rows = 1}},
      .more = true,
      .elapsed = 1s};
  CHECK(to_text(different) ==
        "a and b\n"
        "different: 1 row in the source, 2 in the target, in 1.00 s\n" +
            to_text(different.differences.front()) + "\nand more (differences shows more of them)\n");
  CHECK(line_of(different) == to_text(different));
  CHECK(line_of(VerifyReport{.source = "a", .target = "b", .equal = true, .elapsed = 1s}) ==
        "a and b\nequal: 0 rows on both sides, in 1.00 s\n");
  CHECK(line_of(TableDiffReport{.source = "a", .target = "b"}) == "source: a\ntarget: b\nequal\n");
  CHECK(line_of(RepairReport{.target = "b"}) == "b\nnothing is missing\n");
}
