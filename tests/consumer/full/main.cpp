// Runs a job whose source is not there, and expects the error to say so.
#include <iostream>
#include <leat/leat.hpp>

int main() {
  const leat::ConnectionFactory connections;
  const auto nowhere = connections.resolve("host=/nonexistent dbname=nothing");
  const leat::CopyTable job({.source = nowhere, .target = nowhere, .table = {.from = "public.orders"}});
  try {
    job.run();
    std::cerr << "the job succeeded without a server\n";
  } catch (const leat::Error& error) {
    if (error.kind() == leat::ErrorKind::source && error.sqlstate() == "08001") return 0;
    std::cerr << "expected source 08001, got " << leat::to_string(error.kind()) << ' ' << error.sqlstate()
              << ": " << error.what() << '\n';
  }
  return 1;
}
