// Uses everything: a job that cannot reach its server says which side it was.
#include <leat/leat.hpp>

int main() {
  const leat::ConnectionFactory connections;
  const auto nowhere = connections.resolve("host=/nonexistent");
  try {
    leat::CopyTable({.source = nowhere, .target = nowhere, .from = "public.orders"}).run();
  } catch (const leat::Error& error) {
    return error.kind() == leat::ErrorKind::source && error.sqlstate() == "08001" ? 0 : 1;
  }
  return 1;
}
