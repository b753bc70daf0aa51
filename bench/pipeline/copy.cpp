// Copies bench_rows with a row hook, by CopyTable or by a pipeline that reads ranges of ids, two readers and
// two writers each, for run.sh to compare.
//   leat_bench_pipeline_copy SOURCE TARGET table|cursor|copy
#include <array>
#include <cstdint>
#include <iostream>
#include <string_view>

#include "leat/leat.hpp"

namespace {

using Ids = std::array<std::int64_t, 2>;
using leat::RowBatch, leat::WorkItem;

constexpr std::int64_t most_ids = 3'000'000;
constexpr std::int64_t at_once = 100'000;

/// Writes a row of three columns that it reads and one that it changes.
class Change {
 public:
  explicit Change(const leat::Schema& columns)
      : id_(columns.field<std::int64_t>("id")),
        qty_(columns.field<std::int32_t>("qty")),
        active_(columns.field<bool>("active")) {}
  void operator()(const leat::RowView& row, leat::RowBuilder& out) const {
    const std::int32_t value =
        row.get(active_) ? row.get(qty_) + static_cast<std::int32_t>(row.get(id_) % 7) : 0;
    out.copy_row(row).set(qty_, value);
  }

 private:
  leat::Field<std::int64_t> id_;
  leat::Field<std::int32_t> qty_;
  leat::Field<bool> active_;
};

std::uint64_t by_table(const leat::ResolvedConnection& source, const leat::ResolvedConnection& target) {
  const leat::CopyTable job({.source = source,
                             .target = target,
                             .table = {.from = "public.bench_rows"},
                             .mode = leat::WriteMode::append,
                             .transform = [](const leat::Schema& columns) { return Change(columns); },
                             .readers = 2,
                             .writers = 2,
                             .transform_workers = 2});
  return job.run().rows_written;
}

template <class Source>
std::uint64_t by_pipeline(const leat::ResolvedConnection& source, const leat::ResolvedConnection& target) {
  Source rows({.source = source, .sql = "SELECT * FROM public.bench_rows WHERE id >= :a AND id < :b"});
  leat::TableSink sink({.target = target, .to = "public.bench_rows", .commit = leat::CommitPoint::worker});
  auto ranges = [next = std::int64_t{1}](std::size_t, const std::stop_token&) mutable {
    if (next > most_ids) return leat::Refill<Ids>::done();
    next += at_once;
    return leat::Refill<Ids>::items({Ids{next - at_once, next}});
  };
  const auto change = [](WorkItem<RowBatch>& in, const std::stop_token&) {
    RowBatch out(in->schema(), in->bytes());
    leat::RowBuilder builder(out);
    const Change hook(*in->schema());
    for (const leat::RowView row : *in) hook(row, builder);
    return out;
  };
  leat::pipeline_of<Ids>(ranges)
      .from("fetch", {.workers = 2}, rows)
      .stage("change", {.workers = 2}, change)
      .into("store", {.workers = 2}, sink)
      .build()
      .run();
  return sink.report().rows_written;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::cerr << "usage: leat_bench_pipeline_copy SOURCE TARGET table|cursor|copy\n";
    return 2;
  }
  const leat::ConnectionFactory connections;
  const auto source = connections.resolve(argv[1]);
  const auto target = connections.resolve(argv[2]);
  const std::string_view way = argv[3];
  const std::uint64_t rows = way == "table"    ? by_table(source, target)
                             : way == "cursor" ? by_pipeline<leat::CursorSource>(source, target)
                                               : by_pipeline<leat::CopySource>(source, target);
  std::cout << rows << " rows\n";
  return 0;
} catch (const leat::Error& error) {
  std::cerr << error.what() << ' ' << error.detail() << '\n';
  return 1;
}
