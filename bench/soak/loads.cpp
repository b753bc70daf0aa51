// The rounds whose loads arrive.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "leat/jobs/ad_hoc_query.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "leat/transform/transform.hpp"
#include "rounds.hpp"

namespace leat::soak {
namespace {

auto next_number(const Schema& columns) {
  return [n = columns.field<std::int32_t>("n")](const RowView& row, RowBuilder& out) {
    out.copy_row(row).set(n, row.get(n) + 1);
  };
}

/// All rows of the small tables, each with its table's number.
std::string small_tables() {
  std::string sql;
  for (int t = 1; t <= 20; ++t) {
    const std::string number = std::to_string(t);
    sql += (t == 1 ? "(SELECT " : " UNION ALL SELECT ") + number + ", s.* FROM public.small_" + number + " s";
  }
  return sql + ")";
}

}  // namespace

Tally Rounds::straight_job() {
  servers_.dst("TRUNCATE public.events");
  auto options = job("public.events");
  options.mode = WriteMode::append;
  options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  return deliver(options);
}

Tally Rounds::published_job() {
  put_old_rows();
  return deliver(job("public.events"));
}

Tally Rounds::plain() {
  put_old_rows();
  auto options = copy("public.events");
  if (maybe()) options.stream.indexes = Indexes::rebuild;
  options.stream.verify = maybe();
  options.readers = 1 + one_of(2);
  return deliver(options);
}

Tally Rounds::plain_parallel() {
  servers_.dst("TRUNCATE public.events");
  auto options = copy("public.events");
  options.mode = WriteMode::append;
  options.readers = 2;
  options.writers = 2;
  return deliver(options);
}

Tally Rounds::unnamed_job() {
  put_old_rows();
  auto options = copy("public.events");
  options.delivery.retries = 3;
  options.readers = 2;
  options.writers = 2;
  return deliver(options);
}

Tally Rounds::by_key() {
  constexpr std::array modes{WriteMode::upsert, WriteMode::upsert, WriteMode::sync, WriteMode::swap,
                             WriteMode::delete_insert};
  put_old_rows();
  auto options = copy("public.events");
  options.mode = modes[one_of(modes.size())];
  return deliver(options);
}

Tally Rounds::upsert_job() {
  put_old_rows();
  auto options = job("public.events");
  options.mode = WriteMode::upsert;
  return deliver(options);
}

Tally Rounds::tables() {
  const auto options = copy("public.events");
  const CopyTables job({.source = options.source,
                        .target = options.target,
                        .include = {"public.small_*"},
                        .stream = options.stream,
                        .jobs = 2});
  const CopyTablesReport report = job.run();
  if (const auto error = report.first_error()) throw Error(*error);
  if (report.tables.size() != 20) throw Broken(std::to_string(report.tables.size()) + " tables were copied");
  servers_.require_same(small_tables(), small_tables());
  return {.copies = report.tables.size(), .rows = report.rows_written};
}

Tally Rounds::query() {
  const auto options = copy("public.events");
  const std::string rest = std::to_string(one_of(7));
  const AdHocQuery query({.source = options.source,
                          .target = options.target,
                          .sql = "SELECT id, v, n FROM public.events WHERE id % 7 = :rest",
                          .parameters = {{"rest", rest}},
                          .to = "public.picked",
                          .stream = options.stream});
  const JobReport report = query.run();
  servers_.require_same("(SELECT id, v, n FROM public.events WHERE id % 7 = " + rest + ")", "public.picked");
  return {.copies = 1, .rows = report.rows_written};
}

Tally Rounds::rejects() {
  servers_.dst("TRUNCATE public.spotty");
  const bool is_named = maybe();
  auto options = is_named ? job("public.spotty") : copy("public.spotty");
  options.mode = WriteMode::append;
  if (is_named) options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  options.stream.max_rejects = 20;
  const std::string file = directory_ + "/rejected.csv";
  std::uint64_t called = 0;
  options.stream.rejects.callback = [&called](const RejectedRow&) { ++called; };
  if (maybe()) {
    options.stream.rejects.file = file;
  } else {
    options.stream.rejects.table = "public.rejected";
  }
  const JobReport report = CopyTable(options).run();
  if (report.status != JobStatus::done_with_rejects || report.rows_rejected != 10 || called != 10) {
    throw Broken(std::to_string(report.rows_rejected) + " rows were rejected instead of 10");
  }
  servers_.require_same("(SELECT * FROM public.spotty WHERE qty >= 0)", "public.spotty");
  if (!options.stream.rejects.file.empty()) {
    std::ifstream lines(file);
    const auto count =
        std::count(std::istreambuf_iterator<char>(lines), std::istreambuf_iterator<char>(), '\n');
    if (count != 11) throw Broken("the file of rejected rows has " + std::to_string(count) + " lines");
    std::filesystem::remove(file);
  } else {
    const std::string count = servers_.dst("SELECT pg_catalog.count(*) FROM public.rejected");
    if (count != "10") throw Broken("the table of rejected rows has " + count + " rows");
    servers_.dst("DROP TABLE public.rejected");
  }
  if (is_named) forget(options);
  return {.copies = 1, .rows = report.rows_written};
}

Tally Rounds::wide_rows() {
  const bool is_named = maybe();
  auto options = is_named ? job("public.wide") : copy("public.wide");
  options.readers = 1 + one_of(2);
  const JobReport report = CopyTable(options).run();
  servers_.require_same("public.wide", "public.wide");
  if (is_named) forget(options);
  return {.copies = 1, .rows = report.rows_written};
}

Tally Rounds::row_hook() {
  auto options = copy("public.events");
  options.transform = next_number;
  options.transform_workers = 1 + one_of(2);
  const JobReport report = CopyTable(options).run();
  servers_.require_same("(SELECT id, v, n + 1, at, amount, tags FROM public.events)", "public.events");
  return {.copies = 1, .rows = report.rows_written};
}

Tally Rounds::made_target() {
  auto options = copy("public.events");
  options.table.to = "public.made";
  options.stream.create = maybe() ? CreateTarget::full : CreateTarget::columns;
  const JobReport report = CopyTable(options).run();
  servers_.require_same("public.events", "public.made");
  servers_.dst("DROP TABLE public.made");
  return {.copies = 1, .rows = report.rows_written};
}

}  // namespace leat::soak
