// Hooks that change the shape of rows, in the engine: every row once, rows beside in the transaction of the
// others, and no more of them in memory than may be.
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/transform/transform.hpp"
#include "leat/work/local_coordinator.hpp"
#include "leat/work/unit_engine.hpp"
#include "support/random.hpp"
#include "work/unit_hooks.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr std::int64_t rows_of_unit = 200;

std::shared_ptr<const jobs_detail::ShapedSchemas> number_schemas() {
  static const auto schemas = [] {
    auto made = std::make_shared<jobs_detail::ShapedSchemas>();
    made->input = std::make_shared<const Schema>(std::vector<Column>{{.name = "n", .type = oid::int8}});
    made->output = std::make_shared<const Schema>(
        std::vector<Column>{{.name = "n", .type = oid::int8}, {.name = "part", .type = oid::int4}});
    made->beside.push_back({.table = "odd", .columns = made->input});
    match_columns_of(*made);
    return made;
  }();
  return schemas;
}

/// Of each number n % 4 parts, and odd ones beside.
Transform split_numbers() {
  return Transform::shaped(RowShape{}, [](const HookColumns& columns) {
    return [n = columns.input().field<std::int64_t>("n"), odd = columns.beside("odd")](const RowView& row,
                                                                                       RowOutput& out) {
      const std::int64_t number = row.get(n);
      for (std::int64_t part = 0; part < number % 4; ++part) out.add_row(number, part);
      if (number % 2 != 0) out.to(odd).copy_row(row);
    };
  });
}

/// The numbers of a unit, a few at a time.
class NumberReader final : public UnitReader {
 public:
  explicit NumberReader(std::uint32_t seed) : random_(seed) {}

  void read(const Unit& unit, const ReadOptions&, UnitFeed& feed, const std::stop_token& stop) override {
    std::int64_t next = unit.number * rows_of_unit;
    const std::int64_t end = next + rows_of_unit;
    while (next < end) {
      RowBatch batch(number_schemas()->input);
      RowBuilder rows(batch);
      for (auto count = 1 + random_() % 30; count > 0 && next < end; --count) rows.add_row(next++);
      feed.write(std::move(batch), stop);
    }
  }
  [[nodiscard]] std::string name_of(const Unit& unit) const override { return std::to_string(unit.number); }

 private:
  std::mt19937 random_;
};

/// What is committed. Thread-safe.
struct Committed {
  std::mutex mutex{};
  // Guarded by mutex: how often a number is there
  std::map<std::int64_t, int> rows{};
  std::map<std::int64_t, int> beside{};
};

class NumberWriter final : public UnitWriter {
 public:
  NumberWriter(Committed& committed, RowBatchPool& pool) : committed_(committed), pool_(pool) {}

  bool write(UnitChannel& channel, const std::stop_token& stop) override {
    std::map<std::int64_t, int> rows;
    std::map<std::int64_t, int> beside;
    HeldBatch held{RowBatch(number_schemas()->output)};
    const auto take = [](const RowBatch& batch, std::map<std::int64_t, int>& into) {
      for (const RowView row : batch) ++into[row.get<std::int64_t>("n")];
    };
    try {
      while (true) {
        const auto result = channel.read_for(held, writer_idle_check, stop);
        if (result == ReadResult::end) break;
        if (result == ReadResult::timeout) continue;
        take(held.rows, rows);
        for (const auto& batch : std::exchange(held.beside, {})) take(batch, beside);
        channel.count_sent(held.rows);
        pool_.release(std::exchange(held.rows, RowBatch(number_schemas()->output)));
        held.lease.release();
      }
    } catch (const Stopped&) {
      if (const auto error = channel.error()) throw *error;
      throw;
    }
    const std::lock_guard lock(committed_.mutex);
    for (const auto& [number, times] : rows) committed_.rows[number] += times;
    for (const auto& [number, times] : beside) committed_.beside[number] += times;
    return true;
  }

 private:
  Committed& committed_;
  RowBatchPool& pool_;
};

}  // namespace

TEST_CASE("shaped hooks: eight workers write each row and each row beside once", "[random]") {
  const RandomRun run(200);
  std::mt19937 random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    const bool is_alone = random() % 2 == 0;
    const std::size_t readers = 1 + random() % 4;
    const auto units = static_cast<std::int64_t>(1 + random() % 12);
    std::vector<Unit> all;
    for (std::int64_t number = 0; number < units; ++number) all.push_back({.number = number});
    LocalCoordinator coordinator(std::move(all));
    Committed committed;
    RowBatchPool pool(4);
    auto seeds = std::make_shared<std::atomic<std::uint32_t>>(random());
    const Transform hook = split_numbers();
    UnitEngine engine(
        coordinator,
        {.commit = is_alone ? UnitCommit::each_alone : UnitCommit::together,
         .make_reader = [seeds] { return std::make_unique<NumberReader>((*seeds)++); },
         .make_writer =
             [&](std::size_t, const std::stop_token&) {
               return std::make_unique<NumberWriter>(committed, pool);
             },
         .make_shaped_hook =
             [&] {
               return jobs_detail::ShapedHook{.run = hook.shaping()->prepare(number_schemas()),
                                              .schemas = number_schemas(),
                                              .batch_bytes = 64 + *seeds % 512};
             },
         .workers = {.least = {.readers = readers, .writers = 2}, .most = {.readers = readers, .writers = 2}},
         .hooks = 8 / readers,
         .read = {.pool = &pool},
         .pool = &pool,
         .channel = {.items = 3}},
        {});
    engine.start();
    engine.wait();
    std::uint64_t added = 0;
    std::uint64_t written = 0;
    bool each_once = true;
    for (std::int64_t n = 0; n < units * rows_of_unit; ++n) {
      const auto parts = static_cast<std::uint64_t>(n % 4);
      written += parts;
      added += parts > 1 ? parts - 1 : 0;
      each_once = each_once && committed.rows[n] == n % 4 && committed.beside[n] == n % 2;
    }
    CHECK(each_once);
    CHECK(engine.done().rows_read == static_cast<std::uint64_t>(units * rows_of_unit));
    CHECK(engine.done().rows_added == added);
    CHECK(engine.done().rows_sent == written);
  }
}

TEST_CASE("shaped hooks: what one makes of a batch waits for the writer, a batch or two at a time") {
  constexpr std::size_t batch_bytes = 1000;
  RowBatchPool pool(2);
  UnitWaits waits;
  RowCounters sent;
  const auto channel =
      std::make_shared<UnitChannel>(Unit{}, MonitorOptions{.items = 100'000}, nullptr, waits, sent);
  UnitHooks hooks(1, true, pool);
  RowBatch batch(number_schemas()->input);
  RowBuilder rows(batch);
  for (std::int64_t n = 0; n < 100; ++n) rows.add_row(n);
  const Transform hook = Transform::shaped(RowShape{}, [](const RowView& row, RowOutput& out) {
    for (int part = 0; part < 20; ++part) out.add_row(row.get<std::int64_t>("n"), part);
    for (int part = 0; part < 20; ++part) out.to("odd").copy_row(row);
  });
  hooks.put({.channel = channel,
             .name = std::make_shared<const std::string>(),
             .batch = HeldBatch(std::move(batch), channel->hold(batch, {}))},
            {});
  hooks.sign_off();
  std::jthread worker([&] {
    hooks.run(jobs_detail::ShapedHook{.run = hook.shaping()->prepare(number_schemas()),
                                      .schemas = number_schemas(),
                                      .batch_bytes = batch_bytes},
              {});
    channel->finish();
  });
  HeldBatch held{RowBatch(number_schemas()->output)};
  std::size_t written = 0;
  std::size_t beside = 0;
  std::size_t largest = 0;
  while (channel->read_for(held, std::chrono::minutes(1), {}) == ReadResult::item) {
    written += held.rows.size();
    beside += held.beside.at(0).size();
    largest = std::max(largest, held.rows.bytes() + held.beside.at(0).bytes());
    // As slow as a server.
    for (int look = 0; look < 1000 && channel->batches().stats().depth < 3; ++look) std::this_thread::yield();
    held.lease.release();
  }
  CHECK(written == 2000);
  CHECK(beside == 2000);
  CHECK(largest < 3 * batch_bytes);
  CHECK(channel->batches().stats().high_water <= 2);
  CHECK(sent.rows_added == 1900);
}
