// What a store of another kind implements to be loaded is enough for the engine: units are committed with
// their lines, whatever fails between, and an attempt goes on where an earlier one has ended.
#include "leat/data/store/store_target.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/row_view.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/work/local_coordinator.hpp"
#include "leat/work/unit_engine.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr std::int64_t unit_rows = 50;

std::shared_ptr<const Schema> shelf_schema() {
  static const auto schema = std::make_shared<const Schema>(
      std::vector<Column>{{.name = "n", .type = oid::int8}}, RowFormat::binary);
  return schema;
}

/// Numbers in memory: what was committed, and what everybody sees.
struct Shelf {
  std::mutex mutex;
  // Guarded by mutex
  std::mt19937 random;
  int fails_in = 0;  ///< one of so many steps; zero: none
  std::map<std::int64_t, LedgerLine> lines;
  std::vector<std::int64_t> collected;
  std::vector<std::int64_t> seen;

  /// @throws Error now and then.
  void step() {
    const std::lock_guard lock(mutex);
    if (fails_in > 0 && random() % static_cast<unsigned>(fails_in) == 0) {
      throw Error(ErrorKind::target, "the shelf shakes", {.sqlstate = "40001"});
    }
  }
};

class ShelfWriter final : public StoreWriter {
 public:
  explicit ShelfWriter(Shelf& shelf) : shelf_(shelf) {}

  [[nodiscard]] bool begin_unit(std::int64_t number, const std::stop_token&) override {
    shelf_.step();
    const std::lock_guard lock(shelf_.mutex);
    return !shelf_.lines.contains(number);
  }
  void begin(RowFormat format, std::stop_token) override {
    if (format != RowFormat::binary) throw std::logic_error("rows come in another format");
  }
  void write(const RowBatch& batch, std::stop_token) override {
    shelf_.step();
    const auto field = batch.schema()->field<std::int64_t>("n");
    for (std::size_t i = 0; i < batch.size(); ++i) rows_.push_back(batch.row(i).get(field));
  }
  void check(std::stop_token) override {}
  std::uint64_t finish(std::stop_token) override { return rows_.size(); }
  void commit(const LedgerLine& line, const std::stop_token&) override {
    shelf_.step();
    const std::lock_guard lock(shelf_.mutex);
    if (!shelf_.lines.emplace(line.number, line).second) throw std::logic_error("a unit was done twice");
    shelf_.collected.insert(shelf_.collected.end(), rows_.begin(), rows_.end());
    rows_.clear();
  }
  void abandon() noexcept override { rows_.clear(); }

 private:
  Shelf& shelf_;
  std::vector<std::int64_t> rows_;
};

class ShelfLoad final : public StoreLoad {
 public:
  explicit ShelfLoad(Shelf& shelf) : shelf_(shelf) {}

  [[nodiscard]] std::vector<LedgerLine> lines(const std::stop_token&) override {
    const std::lock_guard lock(shelf_.mutex);
    std::vector<LedgerLine> lines;
    for (const auto& [number, line] : shelf_.lines) lines.push_back(line);
    return lines;
  }
  [[nodiscard]] std::unique_ptr<StoreWriter> writer(const std::stop_token&) override {
    return std::make_unique<ShelfWriter>(shelf_);
  }
  std::uint64_t publish(const std::stop_token&) override {
    const std::lock_guard lock(shelf_.mutex);
    shelf_.seen = std::exchange(shelf_.collected, {});
    return shelf_.seen.size();
  }
  void discard() noexcept override {
    const std::lock_guard lock(shelf_.mutex);
    shelf_.collected.clear();
    shelf_.lines.clear();
  }

 private:
  Shelf& shelf_;
};

class ShelfTarget final : public StoreTarget {
 public:
  explicit ShelfTarget(Shelf& shelf) : shelf_(shelf) {}

  [[nodiscard]] StoreCapabilities capabilities() const override {
    return {.transactions = true, .exact_counts = true, .ledger = true, .modes = {WriteMode::replace}};
  }
  [[nodiscard]] StoreObject describe(const std::string&, const std::stop_token&) override { return {}; }
  [[nodiscard]] std::shared_ptr<StoreLoad> begin(const StoreLoading& what, const std::stop_token&) override {
    CHECK(what.mode == WriteMode::replace);
    return std::make_shared<ShelfLoad>(shelf_);
  }

 private:
  Shelf& shelf_;
};

/// A unit is the number of its first row.
class ShelfReader final : public UnitReader {
 public:
  void read(const Unit& unit, const ReadOptions& options, UnitFeed& feed,
            const std::stop_token& stop) override {
    const std::int64_t first = std::stoll(unit.definition);
    for (std::int64_t n = first; n < first + unit_rows; n += 10) {
      RowBatch batch = options.pool->acquire(shelf_schema());
      RowBuilder rows(batch);
      for (std::int64_t i = n; i < n + 10; ++i) {
        rows.begin_row();
        rows.add(i);
        rows.finish_row();
      }
      feed.write(std::move(batch), stop);
    }
  }
  [[nodiscard]] std::string name_of(const Unit& unit) const override { return unit.definition; }
};

/// The engine's writer over a store's.
class UnitOfStore final : public UnitWriter {
 public:
  UnitOfStore(std::unique_ptr<StoreWriter> writer, RowBatchPool& pool)
      : writer_(std::move(writer)), pool_(pool) {}

  bool write(UnitChannel& channel, const std::stop_token& stop) override {
    if (!writer_->begin_unit(channel.unit().number, stop)) {
      static_cast<void>(channel.leave());
      return false;
    }
    try {
      writer_->begin(RowFormat::binary, stop);
      HeldBatch held{RowBatch(shelf_schema())};
      while (true) {
        const auto result = channel.read_for(held, writer_idle_check, stop);
        if (result == ReadResult::end) break;
        if (result == ReadResult::timeout) continue;
        writer_->write(held.rows, stop);
        channel.count_sent(held.rows);
        pool_.release(std::exchange(held.rows, RowBatch(shelf_schema())));
        held.lease.release();
      }
      const Unit unit = channel.unit();
      writer_->commit({.number = unit.number,
                       .definition = unit.definition,
                       .rows = static_cast<std::int64_t>(writer_->finish(stop)),
                       .bytes = static_cast<std::int64_t>(channel.counts().bytes_sent)},
                      stop);
      return true;
    } catch (...) {
      writer_->abandon();
      throw;
    }
  }
  void check(const std::stop_token& stop) override { writer_->check(stop); }

 private:
  const std::unique_ptr<StoreWriter> writer_;
  RowBatchPool& pool_;
};

/// One attempt: what has no line yet, by eight readers and eight writers. Whether all was done.
bool attempt(StoreLoad& load, std::int64_t units) {
  std::set<std::int64_t> done;
  for (const auto& line : load.lines({})) done.insert(line.number);
  std::vector<Unit> left;
  for (std::int64_t number = 0; number < units; ++number) {
    if (done.contains(number)) continue;
    left.push_back({.number = number, .definition = std::to_string(number * unit_rows)});
  }
  RowBatchPool pool(8);
  LocalCoordinator coordinator(left);
  UnitEngine engine(coordinator,
                    {.commit = UnitCommit::each_alone,
                     .make_reader = [] { return std::make_unique<ShelfReader>(); },
                     .make_writer =
                         [&](std::size_t, const std::stop_token& stop) {
                           return std::make_unique<UnitOfStore>(load.writer(stop), pool);
                         },
                     .workers = {.least = {.readers = 8, .writers = 8}, .most = {.readers = 8, .writers = 8}},
                     .read = {.pool = &pool},
                     .pool = &pool,
                     .channel = {.items = 3}},
                    {});
  engine.start();
  try {
    engine.wait();
    return true;
  } catch (const Error& error) {
    CHECK(error.sqlstate() == "40001");
    return false;
  }
}

}  // namespace

TEST_CASE("store target: each unit once, in as many attempts as it takes", "[random]") {
  const RandomRun run(100);
  std::mt19937 random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("round " << round);
    const auto units = static_cast<std::int64_t>(1 + random() % 40);
    Shelf shelf;
    shelf.random.seed(static_cast<std::uint32_t>(random()));
    shelf.fails_in = round % 2 == 0 ? 0 : 100;
    shelf.seen = {-1};
    ShelfTarget target(shelf);
    REQUIRE(target.capabilities().ledger);
    const auto load = target.begin({.object = "numbers", .schema = shelf_schema(), .job = "n"}, {});
    while (!attempt(*load, units)) {
      CHECK(shelf.seen == std::vector<std::int64_t>{-1});
    }
    CHECK(load->publish({}) == static_cast<std::uint64_t>(units * unit_rows));
    std::sort(shelf.seen.begin(), shelf.seen.end());
    REQUIRE(shelf.seen.size() == static_cast<std::size_t>(units * unit_rows));
    CHECK(shelf.seen.front() == 0);
    CHECK(std::adjacent_find(shelf.seen.begin(), shelf.seen.end(),
                             [](auto a, auto b) { return b != a + 1; }) == shelf.seen.end());
    for (const auto& line : load->lines({})) CHECK(line.rows == unit_rows);
  }
}
