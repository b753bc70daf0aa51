// What comes with other libraries' headers: a hand-off over moodycamel's queue, a hook that is a coroutine of
// Boost.Asio, libpqxx.
#include <iostream>
#include <leat/core/concurrent_monitor.hpp>
#include <leat/jobs/copy_table.hpp>
#include <leat/pipeline/async.hpp>
#include <leat/pipeline/etl_pipeline.hpp>
#include <leat/postgres/session/pqxx.hpp>
#include <leat/version.hpp>
#include <string>

namespace {

struct Lengths : leat::ETLPipeline<std::string, leat::Async<std::string>, std::size_t> {
  leat::Refill<std::string> refill(std::size_t, const std::stop_token&) override {
    return ++asked == 1 ? leat::Refill<std::string>::items({"one", "three"})
                        : leat::Refill<std::string>::done();
  }
  leat::Awaitable<std::string> fetch(leat::WorkItem<std::string>& word, const std::stop_token&) override {
    co_return *word;
  }
  std::size_t process(leat::WorkItem<std::string>& word, const std::stop_token&) override {
    return word->size();
  }
  void store(leat::WorkItem<std::size_t>& length, const std::stop_token&) override { sum += *length; }

  int asked = 0;
  std::size_t sum = 0;
};

}  // namespace

int main() {
  leat::ConcurrentMonitor<int> numbers({.items = 4});
  numbers.write(7, {});
  Lengths lengths;
  lengths.run();
  try {
    static_cast<void>(leat::ConnectionFactory().resolve("no-such-id"));
  } catch (const leat::Error& error) {
    const pqxx::sql_error of_pqxx(error.what());
    if (numbers.read({}) == 7 && lengths.sum == 8 && leat::version() == LEAT_VERSION) return 0;
  }
  std::cerr << "the parts do not work together\n";
  return 1;
}
