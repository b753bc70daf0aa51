// Runs jobs whose source is not there, in a folder of sockets and under a name, and expects the errors to say
// so.
#include <iostream>
#include <leat/leat.hpp>

int main() {
  const leat::ConnectionFactory connections;
  for (const char* source : {"host=/nonexistent dbname=nothing", "host=localhost port=1 dbname=nothing"}) {
    const auto nowhere = connections.resolve(source);
    const leat::CopyTable job({.source = nowhere, .target = nowhere, .table = {.from = "public.orders"}});
    try {
      job.run();
      std::cerr << "the job succeeded without a server\n";
      return 1;
    } catch (const leat::Error& error) {
      if (error.kind() == leat::ErrorKind::source && error.sqlstate() == "08001") continue;
      std::cerr << "expected source 08001, got " << leat::to_string(error.kind()) << ' ' << error.sqlstate()
                << ": " << error.what() << '\n';
      return 1;
    }
  }
  return 0;
}
