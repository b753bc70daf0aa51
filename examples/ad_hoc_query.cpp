// Runs a query in one database and loads its rows into a table of another. The query's parameter is sent as a
// parameter, whatever it holds.
//
//   source: cursor over the query ──> reader ──> Monitor ──> writer ──> COPY FROM :target
//
// Usage: ad_hoc_query SOURCE TARGET CUSTOMER
//   loads the customer's orders from public.orders (id, customer, total) into public.customer_orders
#include <cstdio>
#include <iostream>

#include "leat/jobs/ad_hoc_query.hpp"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: ad_hoc_query SOURCE TARGET CUSTOMER\n");
    return 2;
  }
  try {
    const leat::AdHocQuery job(leat::AdHocQueryOptions{
        .source = argv[1],
        .target = argv[2],
        .sql = "SELECT id, customer, total FROM public.orders WHERE customer = :customer",
        .parameters = {{"customer", argv[3]}},
        .to = "public.customer_orders",
    });
    const auto report = job.run();
    std::printf("%llu rows in %.2f s\n", static_cast<unsigned long long>(report.rows_written),
                report.seconds());
  } catch (const leat::Error& error) {
    std::cerr << error << '\n';
    return 1;
  }
  return 0;
}
