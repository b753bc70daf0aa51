// A hand-off between two threads, and, where the package has jobs, one whose source is not there.
#include <iostream>
#include <leat/core/monitor.hpp>
#include <leat/version.hpp>
#include <thread>
#ifdef WITH_POSTGRES
#include <leat/jobs/copy_table.hpp>
#endif

int main() {
  if (leat::version() != LEAT_VERSION) return 1;
  leat::Monitor<int> numbers({.items = 1});
  std::jthread writer([&](const std::stop_token& stop) { numbers.write(7, stop); });
  if (numbers.read({}) != 7) return 1;
#ifdef WITH_POSTGRES
  try {
    const auto nowhere = leat::ConnectionFactory().resolve("host=/nonexistent dbname=nothing");
    leat::CopyTable({.source = nowhere, .target = nowhere, .table = {.from = "orders"}}).run();
    return 1;
  } catch (const leat::Error& error) {
    if (error.sqlstate() != "08001") throw;
  }
#endif
  std::cout << "leat " << leat::version() << " works\n";
}
