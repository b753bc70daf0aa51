// What a row hook costs that reads three columns and rewrites one, beside copying the row's bytes alone.
// The rows are those of bench/rows.sql, in memory. time_a_row: the wall time of a pass, divided by its rows.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "leat/data/row_builder.hpp"
#include "leat/data/row_view.hpp"

namespace {

constexpr std::int64_t rows_a_pass = 1000;

std::shared_ptr<const leat::Schema> bench_columns() {
  namespace oid = leat::oid;
  return std::make_shared<const leat::Schema>(
      std::vector<leat::Column>{{.name = "id", .type = oid::int8},
                                {.name = "customer", .type = oid::int4},
                                {.name = "qty", .type = oid::int4},
                                {.name = "price", .type = oid::numeric},
                                {.name = "ratio", .type = oid::float8},
                                {.name = "active", .type = oid::boolean},
                                {.name = "ordered", .type = oid::date},
                                {.name = "changed", .type = oid::timestamptz},
                                {.name = "token", .type = oid::uuid},
                                {.name = "name", .type = oid::text},
                                {.name = "note", .type = oid::varchar}});
}

leat::RowBatch bench_rows() {
  using namespace std::chrono;
  constexpr sys_days first_order = year(2020) / 1 / 1;
  constexpr sys_days first_change = year(2024) / 1 / 1;
  leat::RowBatch batch(bench_columns());
  leat::RowBuilder builder(batch);
  for (std::int64_t i = 1; i <= rows_a_pass; ++i) {
    leat::Uuid token;
    for (std::size_t k = 0; k < token.bytes.size(); ++k)
      token.bytes[k] = static_cast<std::byte>(static_cast<std::size_t>(i) * 31 + k * 7);
    std::optional<std::string> note;
    if (i % 10 != 0) note.emplace(static_cast<std::size_t>(i % 40), 'x');
    builder.begin_row();
    builder.add(i)
        .add(i * 7919 % 100000)
        .add(i % 1000)
        .add(leat::Numeric::parse(std::to_string(i) + "e-2"))
        .add(static_cast<double>(i) / 3.0)
        .add(i % 3 == 0)
        .add(leat::Date(first_order + days(i % 2000)))
        .add(leat::TimestampTz(first_change + seconds(i)))
        .add(token)
        .add("customer number " + std::to_string(i))
        .add(note);
    builder.finish_row();
  }
  return batch;
}

/// Passes of `hook` over all rows, each into the same batch.
template <class Hook>
void run(benchmark::State& state, const leat::RowBatch& in, Hook hook) {
  leat::RowBatch out(in.schema());
  leat::RowBuilder builder(out);
  for (auto _ : state) {
    out.clear();
    for (const leat::RowView row : in) hook(row, builder);
    benchmark::DoNotOptimize(out.data().data());
    benchmark::ClobberMemory();
  }
  const std::int64_t rows = state.iterations() * rows_a_pass;
  state.SetItemsProcessed(rows);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(in.bytes()));
  state.counters["time_a_row"] = benchmark::Counter(
      static_cast<double>(rows), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

std::int32_t new_qty(std::int64_t id, std::int32_t qty, bool active) {
  return active ? qty + static_cast<std::int32_t>(id % 7) : 0;
}

void bytes_alone(benchmark::State& state) {
  const leat::RowBatch rows = bench_rows();
  run(state, rows, [](const leat::RowView& row, leat::RowBuilder& out) { out.copy_row(row); });
}

void by_field(benchmark::State& state) {
  const leat::RowBatch rows = bench_rows();
  const leat::Schema& columns = *rows.schema();
  run(state, rows,
      [id = columns.field<std::int64_t>("id"), qty = columns.field<std::int32_t>("qty"),
       active = columns.field<bool>("active")](const leat::RowView& row, leat::RowBuilder& out) {
        const std::int32_t value = new_qty(row.get(id), row.get(qty), row.get(active));
        out.copy_row(row).set(qty, value);
      });
}

void by_name(benchmark::State& state) {
  const leat::RowBatch rows = bench_rows();
  run(state, rows, [](const leat::RowView& row, leat::RowBuilder& out) {
    const std::int32_t value =
        new_qty(row.get<std::int64_t>("id"), row.get<std::int32_t>("qty"), row.get<bool>("active"));
    out.copy_row(row).set("qty", value);
  });
}

BENCHMARK(bytes_alone)->Name("RowHook/bytes")->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(by_field)->Name("RowHook/field")->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(by_name)->Name("RowHook/name")->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
