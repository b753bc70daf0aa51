// The engine over a source and a target that are no databases: units are ranges of numbers.
#include "leat/work/unit_engine.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/row_view.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/transform/transform.hpp"
#include "leat/work/local_coordinator.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// From one number to before another one: "10 20".
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::string text() const { return std::to_string(begin) + " " + std::to_string(end); }
  [[nodiscard]] static Range of(const std::string& text) {
    const auto blank = text.find(' ');
    return {std::stoll(text.substr(0, blank)), std::stoll(text.substr(blank + 1))};
  }
};

std::shared_ptr<const Schema> numbers_schema() {
  static const auto schema = std::make_shared<const Schema>(
      std::vector<Column>{{.name = "n", .type = oid::int8}}, RowFormat::binary);
  return schema;
}

/// What is to go wrong, and where.
struct Faults {
  int read_in = 0;   ///< one of so many reads fails; zero: none
  int write_in = 0;  ///< the same of writes
};

Error passing(ErrorKind kind) {
  return {kind, "it passes", {.sqlstate = "40001"}};
}

void append(RowBatch& batch, std::int64_t number) {
  RowBuilder row(batch);
  row.begin_row();
  row.add(number);
  row.finish_row();
}

void take(const RowBatch& batch, std::vector<std::int64_t>& numbers) {
  const auto field = batch.schema()->field<std::int64_t>("n");
  for (std::size_t i = 0; i < batch.size(); ++i) {
    numbers.push_back(batch.row(i).get(field));
  }
}

bool happens(std::mt19937& random, int in) {
  return in > 0 && random() % static_cast<unsigned>(in) == 0;
}

/// Reads its range a few numbers at a time, and gives away half of the rest where somebody is hungry, or as
/// it likes.
class RangeReader final : public UnitReader {
 public:
  RangeReader(std::uint32_t seed, Faults faults) : random_(seed), faults_(faults) {}

  void read(const Unit& unit, const ReadOptions& options, UnitFeed& feed,
            const std::stop_token& stop) override {
    Range range = Range::of(unit.definition);
    while (range.begin < range.end) {
      if (happens(random_, faults_.read_in)) throw passing(ErrorKind::source);
      const auto count = std::min<std::int64_t>(range.end - range.begin, 1 + random_() % 7);
      RowBatch batch = options.pool->acquire(numbers_schema());
      for (std::int64_t i = 0; i < count; ++i) append(batch, range.begin + i);
      range.begin += count;
      feed.write(std::move(batch), stop);
      const auto left = range.end - range.begin;
      if (left < 2 || !(feed.is_hungry() || random_() % 8 == 0)) continue;
      const Range whole = Range::of(unit.definition);
      const std::int64_t middle = range.begin + left / 2;
      const Range head{whole.begin, middle};
      const Range rest{middle, range.end};
      if (feed.split(head.text(), rest.text(), "half", stop)) range.end = middle;
    }
  }
  [[nodiscard]] std::string name_of(const Unit& unit) const override { return "range " + unit.definition; }

 private:
  std::mt19937 random_;
  const Faults faults_;
};

/// What was written, as often as it was. Thread-safe.
class Target {
 public:
  void commit(const std::vector<std::int64_t>& numbers) {
    const std::lock_guard lock(mutex_);
    for (const auto number : numbers) ++times_[number];
  }
  [[nodiscard]] std::map<std::int64_t, int> times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }
  /// Units that are committed, by number. A unit that is done twice fails.
  void done(const Unit& unit) {
    const std::lock_guard lock(mutex_);
    if (!ledger_.emplace(unit.number, unit.definition).second)
      throw std::logic_error("a unit was done twice");
  }
  [[nodiscard]] std::map<std::int64_t, std::string> ledger() const {
    const std::lock_guard lock(mutex_);
    return ledger_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::int64_t, int> times_;
  std::map<std::int64_t, std::string> ledger_;
};

class RangeWriter final : public UnitWriter {
 public:
  RangeWriter(Target& target, RowBatchPool& pool, UnitCommit commit, std::uint32_t seed, Faults faults)
      : target_(target), pool_(pool), commit_(commit), random_(seed), faults_(faults) {}

  bool write(UnitChannel& channel, const std::stop_token& stop) override {
    std::vector<std::int64_t> numbers;
    HeldBatch held{RowBatch(numbers_schema())};
    try {
      while (true) {
        const auto result = channel.read_for(held, writer_idle_check, stop);
        if (result == ReadResult::end) break;
        if (result == ReadResult::timeout) continue;
        if (happens(random_, faults_.write_in)) throw passing(ErrorKind::target);
        take(held.rows, numbers);
        channel.count_sent(held.rows);
        pool_.release(std::exchange(held.rows, RowBatch(numbers_schema())));
        held.lease.release();
      }
    } catch (const Stopped&) {
      if (const auto error = channel.error()) throw *error;
      throw;
    }
    if (commit_ == UnitCommit::each_alone) {
      // What was read must be what the unit is now.
      const Range range = Range::of(channel.unit().definition);
      std::sort(numbers.begin(), numbers.end());
      std::vector<std::int64_t> all;
      for (auto n = range.begin; n < range.end; ++n) all.push_back(n);
      if (numbers != all) throw std::logic_error("a unit was committed that was not all there");
      target_.done(channel.unit());
    }
    target_.commit(numbers);
    return true;
  }
  void check(const std::stop_token&) override {}

 private:
  Target& target_;
  RowBatchPool& pool_;
  const UnitCommit commit_;
  std::mt19937 random_;
  const Faults faults_;
};

/// Tries again whatever fails.
class StubbornCoordinator final : public Coordinator {
 public:
  explicit StubbornCoordinator(std::vector<Unit> units)
      : next_(static_cast<std::int64_t>(units.size())), queue_(std::move(units)) {}

  [[nodiscard]] std::optional<Unit> take(const std::stop_token& stop) override { return queue_.take(stop); }
  void done(const Unit&) override { queue_.done(); }
  [[nodiscard]] bool retry(Unit unit, const Error&) override {
    queue_.retry(std::move(unit), std::chrono::steady_clock::now());
    return true;
  }
  [[nodiscard]] bool split(Unit&, const std::string& rest, const std::string& hint,
                           const std::stop_token&) override {
    queue_.add({.number = next_++, .definition = rest, .hint = hint});
    return true;
  }
  [[nodiscard]] bool is_hungry() const override { return queue_.is_hungry(); }
  [[nodiscard]] UnitCounts counts() const override { return queue_.counts(); }

 private:
  std::atomic<std::int64_t> next_;
  UnitQueue queue_;
};

/// One run of the engine.
struct Plan {
  std::vector<Range> ranges{};
  std::size_t readers = 4;
  std::size_t writers = 2;
  std::size_t hooks = 0;  ///< of each reader
  UnitCommit commit = UnitCommit::each_alone;
  Faults faults{};
};

std::vector<Unit> units_of(const Plan& plan) {
  std::vector<Unit> units;
  for (const auto& range : plan.ranges) {
    units.push_back({.number = static_cast<std::int64_t>(units.size()), .definition = range.text()});
  }
  return units;
}

UnitEngineSetup setup_of(const Plan& plan, Target& target, RowBatchPool& pool, std::uint32_t seed) {
  auto seeds = std::make_shared<std::atomic<std::uint32_t>>(seed);
  UnitEngineSetup setup{.commit = plan.commit,
                        .make_reader = [=] { return std::make_unique<RangeReader>((*seeds)++, plan.faults); },
                        .make_writer =
                            [=, &target, &pool](std::size_t, const std::stop_token&) {
                              return std::make_unique<RangeWriter>(target, pool, plan.commit, (*seeds)++,
                                                                   plan.faults);
                            },
                        .workers = {.least = {.readers = plan.readers, .writers = plan.writers},
                                    .most = {.readers = plan.readers, .writers = plan.writers}},
                        .read = {.pool = &pool},
                        .pool = &pool,
                        .channel = {.items = 3}};
  if (plan.hooks > 0) {
    setup.hooks = plan.hooks;
    const Transform same = [](const RowView& row, RowBuilder& out) { out.copy_row(row); };
    setup.make_hook = [same] { return same.prepare(*numbers_schema()); };
  }
  return setup;
}

Plan random_plan(std::mt19937& random) {
  Plan plan;
  std::int64_t at = 0;
  for (auto count = 1 + random() % 12; count > 0; --count) {
    const std::int64_t length = random() % 4 == 0 ? 300 : random() % 20;
    plan.ranges.push_back({at, at + length});
    at += length;
  }
  plan.writers = 1 + random() % 4;
  plan.hooks = random() % 3;
  if (random() % 3 == 0) plan.commit = UnitCommit::together;
  if (plan.commit == UnitCommit::each_alone && random() % 2 == 0)
    plan.faults = {.read_in = 40, .write_in = 40};
  return plan;
}

}  // namespace

TEST_CASE("engine: random plans that four readers cut at once lose and double nothing", "[random]") {
  const RandomRun run(1000);
  std::mt19937 random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("round " << round);
    const Plan plan = random_plan(random);
    Target target;
    RowBatchPool pool(8);
    StubbornCoordinator coordinator(units_of(plan));
    {
      UnitEngine engine(coordinator, setup_of(plan, target, pool, static_cast<std::uint32_t>(random())), {});
      engine.start();
      engine.wait();
      CHECK(engine.done().rows_sent == static_cast<std::uint64_t>(plan.ranges.back().end));
    }
    const auto times = target.times();
    CHECK(times.size() == static_cast<std::size_t>(plan.ranges.back().end));
    CHECK(std::all_of(times.begin(), times.end(), [](const auto& number) { return number.second == 1; }));
    CHECK(coordinator.counts().done == coordinator.counts().total);
    if (plan.commit == UnitCommit::each_alone) CHECK(target.ledger().size() == coordinator.counts().total);
  }
}

TEST_CASE("engine: one reader and one writer keep the order of rows, with a hook, too") {
  const auto hooks = GENERATE(std::size_t{0}, std::size_t{1});
  const Plan plan{.ranges = {{0, 5000}}, .readers = 1, .writers = 1, .hooks = hooks};
  // Numbers are compared in the order in which they were written.
  std::vector<std::int64_t> seen;
  class OrderedWriter final : public UnitWriter {
   public:
    explicit OrderedWriter(std::vector<std::int64_t>& seen) : seen_(seen) {}
    bool write(UnitChannel& channel, const std::stop_token& stop) override {
      HeldBatch held{RowBatch(numbers_schema())};
      while (channel.read_for(held, std::chrono::hours(1), stop) == ReadResult::item) {
        take(held.rows, seen_);
      }
      return true;
    }
    void check(const std::stop_token&) override {}

   private:
    std::vector<std::int64_t>& seen_;
  };
  Target target;
  RowBatchPool pool(4);
  LocalCoordinator coordinator(units_of(plan));
  auto setup = setup_of(plan, target, pool, 1);
  setup.commit = UnitCommit::together;
  setup.make_reader = [] {
    class Plain final : public UnitReader {
     public:
      void read(const Unit&, const ReadOptions& options, UnitFeed& feed,
                const std::stop_token& stop) override {
        for (std::int64_t n = 0; n < 5000; n += 10) {
          RowBatch batch = options.pool->acquire(numbers_schema());
          for (std::int64_t i = 0; i < 10; ++i) append(batch, n + i);
          feed.write(std::move(batch), stop);
        }
      }
      [[nodiscard]] std::string name_of(const Unit&) const override { return {}; }
    };
    return std::make_unique<Plain>();
  };
  setup.make_writer = [&](std::size_t, const std::stop_token&) {
    return std::make_unique<OrderedWriter>(seen);
  };
  UnitEngine engine(coordinator, std::move(setup), {});
  engine.start();
  engine.wait();
  CHECK(seen.size() == 5000);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("engine: a row hook runs on threads of its own, and what it throws is what wait() throws") {
  const auto commit = GENERATE(UnitCommit::together, UnitCommit::each_alone);
  Plan plan{.ranges = {{0, 100}, {100, 200}}, .hooks = 2, .commit = commit};
  Target target;
  RowBatchPool pool(4);
  LocalCoordinator coordinator(units_of(plan));
  auto setup = setup_of(plan, target, pool, 1);
  setup.make_hook = [] {
    return [](const RowBatch&, RowBatch&) { throw Error(ErrorKind::transform, "no such row"); };
  };
  UnitEngine engine(coordinator, std::move(setup), {});
  engine.start();
  try {
    engine.wait();
    FAIL("it went on");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::transform);
    CHECK(std::string(error.where()).starts_with("range "));
  }
}

TEST_CASE("engine: a stop ends readers, hooks and writers that wait for each other") {
  const auto commit = GENERATE(UnitCommit::together, UnitCommit::each_alone);
  const Plan plan{.ranges = {{0, 1'000'000}}, .hooks = 1, .commit = commit};
  class Deaf final : public UnitWriter {
   public:
    bool write(UnitChannel&, const std::stop_token& stop) override {
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      never.wait(lock, stop, [] { return false; });
      throw Stopped{};
    }
    void check(const std::stop_token&) override {}
  };
  Target target;
  RowBatchPool pool(4);
  LocalCoordinator coordinator(units_of(plan));
  auto setup = setup_of(plan, target, pool, 1);
  setup.make_writer = [](std::size_t, const std::stop_token&) { return std::make_unique<Deaf>(); };
  std::stop_source stop;
  UnitEngine engine(coordinator, std::move(setup), stop.get_token());
  engine.start();
  stop.request_stop();
  CHECK_THROWS_AS(engine.wait(), Error);
  CHECK(target.times().empty());
}
