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
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

#include "leat/leat.hpp"

namespace {

using leat::RowBatch, leat::WorkItem;
using Slice = std::pair<std::int64_t, std::int64_t>;  // from this id up to that one, which is not in it
using Stop = const std::stop_token&;

class RaiseTotals final
    : public leat::ETLPipeline<Slice, RowBatch, RowBatch, leat::PerWorker<leat::TableSinkWriter>> {
 public:
  RaiseTotals(const leat::ResolvedConnection& source, const leat::ResolvedConnection& target)
      : ETLPipeline({.name = "raise_totals",
                     .fetch = {.workers = 2},
                     .process = {.workers = 1, .queue_items = 4},
                     .store = {.retry = {.attempts = 3}, .workers = 2, .queue_items = 4}}),
        ids_({.source = source, .sql = "SELECT min(id), max(id) + 1 FROM public.orders"}),
        orders_({.source = source,
                 .sql = "SELECT id, customer, total FROM public.orders WHERE id >= :from AND id < :upto"}),
        raised_({.target = target, .to = "public.orders", .commit = leat::CommitPoint::item}) {}
  ~RaiseTotals() override { shut_down(); }

  void begin_run(Stop stop) override {
    ids_.read_all(
        [this](const RowBatch& rows) {
          const auto least = rows.row(0).get<std::optional<std::int64_t>>(0);
          if (least) rest_ = {*least, rows.row(0).get<std::int64_t>(1)};
        },
        stop);
  }

  leat::Refill<Slice> refill(std::size_t count, Stop) override {
    std::vector<Slice> slices;
    for (; slices.size() < count && rest_.first < rest_.second; rest_.first = slices.back().second) {
      slices.emplace_back(rest_.first, std::min(rest_.first + 1000, rest_.second));
    }
    return slices.empty() ? leat::Refill<Slice>::done() : leat::Refill<Slice>::items(std::move(slices));
  }

  RowBatch fetch(WorkItem<Slice>& slice, Stop stop) override {
    RowBatch rows(orders_.schema(stop));
    orders_.read(
        *slice,
        [&rows](const RowBatch& part) {
          for (std::size_t i = 0; i < part.size(); ++i) rows.append(part.row_bytes(i));
        },
        stop);
    return rows;
  }

  RowBatch process(WorkItem<RowBatch>& rows, Stop) override {
    const auto total = rows->schema()->field<std::optional<std::int32_t>>("total");
    RowBatch raised(rows->schema(), rows->bytes());
    leat::RowBuilder out(raised);
    for (const leat::RowView row : *rows) {
      if (const auto was = row.get(total)) out.copy_row(row).set(total, *was + *was / 10);
    }
    return raised;
  }

  leat::TableSinkWriter make_store() override { return raised_.writer(); }

 private:
  leat::CopySource ids_;
  leat::CopySource orders_;
  leat::TableSink raised_;
  Slice rest_{};  // what refill has not given yet
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: etl_pipeline SOURCE TARGET\n";
    return 2;
  }
  try {
    const leat::ConnectionFactory connections;
    RaiseTotals pipeline(connections.resolve(argv[1]), connections.resolve(argv[2]));
    const leat::PipelineReport report = pipeline.run();
    std::cout << report.completed << " of " << report.entered << " slices, " << report.failed << " failed, "
              << report.stages.back().retried << " retried\n";
  } catch (const leat::Error& error) {
    std::cerr << error << '\n';
    return 1;
  }
  return 0;
}
