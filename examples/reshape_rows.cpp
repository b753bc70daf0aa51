// Splits rows on their way and keeps an audit of those that it drops, all in one transaction.
//
//   orders (id, customer, total) ──> hook ──> parts (order_id, part, amount)    a row for each part of a
//   hundred
//                                      └────> dropped_orders (order_id, why)    orders without a total
//
// Usage: reshape_rows SOURCE TARGET
//   copies public.orders (id bigint, customer text, total integer) into the target's tables
//   public.parts (order_id bigint, part integer, amount integer) and public.dropped_orders (order_id bigint,
//   why text)
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "leat/jobs/copy_table.hpp"
#include "leat/transform/transform.hpp"

namespace {

using leat::column_of;

/// What the hook writes: it is matched with the target's tables before the first row.
leat::RowShape parts_of_orders() {
  return {.columns = {column_of<std::int64_t>("order_id"), column_of<std::int32_t>("part"),
                      column_of<std::int32_t>("amount")},
          .beside = {{"public.dropped_orders", {{"order_id", leat::oid::int8}, {"why", leat::oid::text}}}}};
}

/// Called once with the columns, it returns what is called for every row.
auto split_orders(const leat::HookColumns& columns) {
  return [id = columns.input().field<std::int64_t>("id"),
          total = columns.input().field<std::optional<std::int32_t>>("total"),
          dropped = columns.beside("public.dropped_orders")](const leat::RowView& row, leat::RowOutput& out) {
    const auto amount = row.get(total);
    if (!amount) return out.to(dropped).add_row(row.get(id), "it has no total");
    for (std::int32_t part = 0; part * 100 < *amount; ++part) {
      out.add_row(row.get(id), part + 1, std::min(100, *amount - part * 100));
    }
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: reshape_rows SOURCE TARGET\n");
    return 2;
  }
  try {
    const leat::ConnectionFactory connections;
    const leat::CopyTable job({.source = connections.resolve(argv[1]),
                               .target = connections.resolve(argv[2]),
                               .table = {.from = "public.orders", .to = "public.parts"},
                               .transform = leat::Transform::shaped(parts_of_orders(), split_orders)});
    const auto report = job.run();
    std::printf("%llu orders became %llu parts, %llu were dropped\n",
                static_cast<unsigned long long>(report.rows_read),
                static_cast<unsigned long long>(report.rows_written),
                static_cast<unsigned long long>(report.rows_beside.front().rows));
  } catch (const leat::Error& error) {
    std::fputs(to_text(error).c_str(), stderr);
    return 1;
  }
  return 0;
}
