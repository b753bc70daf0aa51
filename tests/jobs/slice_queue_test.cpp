// The queue of slices, and the ledger's definitions of them.
#include "jobs/run/slice_queue.hpp"

#include <atomic>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "jobs/prepare/slice_definition.hpp"
#include "leat/core/error.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;
using jobs_detail::Slice;
using jobs_detail::SlicedTable;
using jobs_detail::SliceQueue;
using jobs_detail::SliceTask;
using jobs_detail::SteadyClock;
using jobs_detail::TablePart;

namespace {

std::vector<SliceTask> tasks(std::size_t count) {
  std::vector<SliceTask> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back({.number = i, .slice = {.begin = i * 10, .end = i * 10 + 10}});
  return all;
}

}  // namespace

TEST_CASE("slice queue: each slice is taken once, and the end comes when all are done") {
  SliceQueue queue(tasks(2));
  const auto first = queue.take({});
  const auto second = queue.take({});
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->number == 0);
  CHECK(second->number == 1);
  queue.done();
  queue.retry(*second, {});
  CHECK(queue.take({})->number == 1);
  queue.add({.number = 2});
  queue.done();
  CHECK(queue.take({})->number == 2);
  queue.done();
  CHECK_FALSE(queue.take({}));
  CHECK(queue.counts().total == 3);
  CHECK(queue.counts().done == 3);
  CHECK(queue.counts().retries == 1);
}

TEST_CASE("slice queue: a stop ends the wait") {
  SliceQueue queue(tasks(1));
  static_cast<void>(queue.take({}));
  std::stop_source stop;
  std::atomic<bool> stopped{false};
  std::jthread waiter([&] {
    try {
      static_cast<void>(queue.take(stop.get_token()));
    } catch (const Stopped&) {
      stopped = true;
    }
  });
  stop.request_stop();
  waiter.join();
  CHECK(stopped);
}

TEST_CASE("slice queue: threads that fail, cut and finish slices at random lose and double none",
          "[random]") {
  const RandomRun run(20);
  std::mt19937 seeds(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("round " << round);
    constexpr std::size_t count = 200;
    SliceQueue queue(tasks(count));
    std::mutex mutex;
    std::vector<Slice> copied;
    std::atomic<std::size_t> next{count};
    {
      std::vector<std::jthread> threads;
      for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([&, seed = seeds()] {
          std::mt19937 random(seed);
          while (auto task = queue.take({})) {
            const auto what = random() % 4;
            if (what == 0 && task->attempts < 3) {
              ++task->attempts;
              queue.retry(*task, SteadyClock::now());
              continue;
            }
            if (what == 1 && *task->slice.end - task->slice.begin > 1) {
              Slice rest = task->slice;
              rest.begin = task->slice.begin + 1 + random() % (*task->slice.end - task->slice.begin - 1);
              task->slice.end = rest.begin;
              queue.add({.number = next++, .slice = rest});
            }
            {
              const std::lock_guard lock(mutex);
              copied.push_back(task->slice);
            }
            queue.done();
          }
        });
      }
    }
    std::vector<int> times(count * 10, 0);
    for (const auto& slice : copied) {
      for (auto place = slice.begin; place < *slice.end; ++place) ++times[place];
    }
    CHECK(std::set<int>(times.begin(), times.end()) == std::set<int>{1});
    CHECK(queue.counts().done == queue.counts().total);
  }
}

TEST_CASE("slice definitions: what is written is read, and other rows are refused") {
  SlicedTable table;
  table.table.name = {.schema = "public", .name = "t"};
  for (unsigned i = 0; i < 2; ++i) {
    TablePart part;
    part.table.name = {.schema = "public", .name = "p" + std::to_string(i)};
    part.table.oid = 100 + i;
    part.file = 200 + i;
    table.parts.push_back(part);
  }
  const Slice pages{.part = 1, .begin = 292, .end = 2920};
  const Slice last{.part = 1, .begin = 2920};
  const Slice keys{.keys = jobs_detail::KeyRange{.from = "it's \"x\"", .before = std::nullopt}};
  const Slice bytes{.keys = jobs_detail::KeyRange{.from = "caf\xe9 \xff", .before = "\xfe\x01{\"hex\"}"}};
  for (const auto& slice : {pages, last, keys, bytes}) {
    const Slice read = parse_slice(table, slice_definition(table, slice));
    CHECK(read.part == slice.part);
    CHECK(read.begin == slice.begin);
    CHECK(read.end == slice.end);
    CHECK(read.keys.has_value() == slice.keys.has_value());
    if (read.keys) CHECK(read.keys->from == slice.keys->from);
    if (read.keys) CHECK(read.keys->before == slice.keys->before);
  }
  CHECK(slice_definition(table, bytes).find("636166e920ff") != std::string::npos);
  const std::string definition = slice_definition(table, pages);
  table.parts[1].file = 999;
  CHECK_THROWS_AS(parse_slice(table, definition), Error);
}

TEST_CASE("slice definitions: a range is one of the key that cut it") {
  SlicedTable table;
  table.table.name = {.schema = "public", .name = "t"};
  table.table.columns = {{.name = "A", .type_name = "text"},
                         {.name = "b", .type_name = "character varying(10)", .collation = "\"C\""}};
  table.parts = {{.table = table.table, .key = "\"b\"", .key_type = "character varying"}};
  const Slice slice{.keys = jobs_detail::KeyRange{.from = "k", .before = std::nullopt}};
  const std::string definition = slice_definition(table, slice);
  const auto refusal = [&](const std::string& text) {
    try {
      static_cast<void>(parse_slice(table, text));
    } catch (const Error& error) {
      CHECK(error.sqlstate() == "55000");
      CHECK(std::string(error.hint()).find("--restart") != std::string::npos);
      return std::string(error.what());
    }
    return std::string("read");
  };
  SECTION("another one would be chosen now") {
    table.parts.front().key = "\"A\"";
    table.parts.front().key_type = "text";
    static_cast<void>(parse_slice(table, definition));
    CHECK(table.parts.front().key == "\"b\"");
    CHECK(table.parts.front().key_type == "character varying");
    CHECK(slice_definition(table, slice) == definition);
  }
  SECTION("it was dropped") {
    table.table.columns.pop_back();
    CHECK(refusal(definition).find("the column \"b\" of public.t was dropped or renamed") == 0);
  }
  SECTION("it is ordered otherwise") {
    table.table.columns.back().collation = "\"de_DE\"";
    CHECK(refusal(definition).find("the column \"b\" of public.t was given another type or collation") == 0);
  }
  SECTION("none is stored") {
    CHECK(refusal(R"({"table":"public.t","oid":0,"file":0,"from":"k","before":null})").find("did not say") !=
          std::string::npos);
  }
}
