// Moves a query's rows slice by slice. Slices are read, changed and written at the same time, each in one
// transaction.
//
//   refill: ids ──▶ fetch: COPY TO ──▶ process: drop orders without a total, ──▶ store: COPY FROM, COMMIT
//                   2 sessions         add a tenth to the others                 2 sessions
//
// Usage: etl_pipeline SOURCE TARGET
//   adds rows of public.orders (id bigint, customer text, total integer) to the target's table of that name
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/data/row_builder.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/pipeline/etl_pipeline.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/postgres/copy/copy_sql.hpp"
#include "leat/postgres/copy/copy_writer.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/postgres/session/connection_pool.hpp"

namespace {

using leat::RowBatch, leat::WorkItem;
using Slice = std::pair<std::int64_t, std::int64_t>;  // from this id up to that one, which is not in it
using Stop = const std::stop_token&;

class RaiseTotals final : public leat::ETLPipeline<Slice, RowBatch, RowBatch> {
 public:
  RaiseTotals(const leat::ConnectionTarget& source, const leat::ConnectionTarget& target)
      : ETLPipeline({.name = "raise_totals",
                     .fetch = {.workers = 2},
                     .process = {.workers = 1, .queue_items = 4},
                     .store = {.retry = {.attempts = 3}, .workers = 2, .queue_items = 4}}),
        source_(source, {.session = {.side = leat::ErrorKind::source}, .max_connections = 2}),
        target_(target, {.session = {.side = leat::ErrorKind::target}, .max_connections = 2}) {
    const auto ids = source_.acquire()->execute("SELECT min(id), max(id) + 1 FROM public.orders");
    if (!ids.is_null(0, 0)) rest_ = {ids.integer(0, 0), ids.integer(0, 1)};
  }

  leat::Refill<Slice> refill(std::size_t count, Stop) override {
    std::vector<Slice> slices;
    for (; slices.size() < count && rest_.first < rest_.second; rest_.first = slices.back().second) {
      slices.emplace_back(rest_.first, std::min(rest_.first + 1000, rest_.second));
    }
    return slices.empty() ? leat::Refill<Slice>::done() : leat::Refill<Slice>::items(std::move(slices));
  }

  RowBatch fetch(WorkItem<Slice>& slice, Stop stop) override {
    const std::string query =
        "SELECT id, customer, total FROM public.orders WHERE id >= " + std::to_string(slice->first) +
        " AND id < " + std::to_string(slice->second);
    auto session = source_.acquire(stop);
    leat::CopyReader reader(*session, leat::copy_query_sql(query, schema_->format()), schema_, {}, stop);
    RowBatch rows(schema_);
    while (const auto part = reader.read(stop)) {
      for (std::size_t i = 0; i < part->size(); ++i) rows.append(part->row_bytes(i));
    }
    return rows;
  }

  RowBatch process(WorkItem<RowBatch>& rows, Stop) override {
    RowBatch raised(schema_, rows->bytes());
    leat::RowBuilder out(raised);
    for (const leat::RowView row : *rows) {
      if (const auto total = row.get(total_)) out.copy_row(row).set(total_, *total + *total / 10);
    }
    return raised;
  }

  void store(WorkItem<RowBatch>& rows, Stop stop) override {
    auto session = target_.acquire(stop);  // given back in a transaction, it is closed and nothing stays
    session->begin({}, stop);
    leat::CopyWriter writer(*session, "COPY public.orders (id, customer, total) FROM STDIN (FORMAT binary)",
                            schema_->format(), stop);
    writer.write(*rows, stop);
    static_cast<void>(writer.finish(stop));
    session->commit(stop);
  }

 private:
  leat::ConnectionPool source_;
  leat::ConnectionPool target_;
  Slice rest_{};  // what refill has not given yet
  const std::shared_ptr<const leat::Schema> schema_ = std::make_shared<const leat::Schema>(
      std::vector<leat::Column>{{.name = "id", .type = leat::oid::int8},
                                {.name = "customer", .type = leat::oid::text},
                                {.name = "total", .type = leat::oid::int4}});
  const leat::Field<std::optional<std::int32_t>> total_ =
      schema_->field<std::optional<std::int32_t>>("total");
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: etl_pipeline SOURCE TARGET\n");
    return 2;
  }
  try {
    RaiseTotals pipeline(argv[1], argv[2]);
    const leat::PipelineReport report = pipeline.run();
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf("%llu of %llu slices, %llu failed, %llu retried\n", number(report.completed),
                number(report.entered), number(report.failed), number(report.stages.back().retried));
  } catch (const leat::Error& error) {
    std::cerr << error << '\n';
    return 1;
  }
  return 0;
}
