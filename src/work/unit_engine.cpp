#include "leat/work/unit_engine.hpp"

#include <utility>

#include "leat/core/consumer.hpp"
#include "leat/core/producer.hpp"
#include "work/unit_hooks.hpp"

namespace leat {
namespace {

// Long enough to see more than one batch, and short enough that the first minute is not lost.
constexpr std::chrono::seconds balance_interval{1};

double waited_share(std::chrono::nanoseconds waited, std::size_t workers, std::chrono::nanoseconds time) {
  return static_cast<double>(waited.count()) /
         (static_cast<double>(workers) * static_cast<double>(time.count()));
}

using EventClock = std::chrono::steady_clock;

void log_slice(const Logger& log, const Unit& unit, std::uint64_t rows, EventClock::time_point begin) {
  if (!log.enabled(LogLevel::info)) return;
  const std::chrono::duration<double> seconds = EventClock::now() - begin;
  log.log_event(
      LogLevel::info, "slice", "a slice is done",
      {{"unit", unit.number}, {"attempt", unit.attempts + 1}, {"rows", rows}, {"seconds", seconds}});
}

void raise(std::atomic<std::size_t>& most, std::size_t value) {
  std::size_t before = most.load();
  while (before < value && !most.compare_exchange_weak(before, value)) {
  }
}

}  // namespace

/// What a reader of one unit writes into.
class UnitEngine::Feed final : public UnitFeed {
 public:
  /// All outlive it. `hooks` is null where there is no row hook.
  Feed(Coordinator& coordinator, Channel channel, UnitHooks* hooks, std::string name, bool is_alone)
      : coordinator_(coordinator),
        channel_(std::move(channel)),
        hooks_(hooks),
        name_(std::make_shared<const std::string>(std::move(name))),
        is_alone_(is_alone) {}

  /// Rows that were read.
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

  void write(RowBatch batch, const std::stop_token& stop) override {
    channel_->count_read(batch);
    rows_ += batch.size();
    auto lease = channel_->hold(batch, stop);
    HeldBatch held(std::move(batch), std::move(lease));
    if (hooks_ != nullptr) {
      hooks_->put({.channel = channel_, .name = name_, .batch = std::move(held)}, stop);
    } else {
      channel_->write(std::move(held), stop);
    }
  }
  [[nodiscard]] bool is_hungry() const override { return coordinator_.is_hungry(); }
  [[nodiscard]] bool split(const std::string& shortened, const std::string& rest, const std::string& hint,
                           const std::stop_token& stop) override {
    if (!is_alone_) {
      Unit head{.definition = shortened};
      return coordinator_.split(head, rest, hint, stop);
    }
    return channel_->cut([&](Unit& unit) {
      Unit head = unit;
      head.definition = shortened;
      if (!coordinator_.split(head, rest, hint, stop)) return false;
      unit.definition = head.definition;
      return true;
    });
  }

 private:
  Coordinator& coordinator_;
  const Channel channel_;
  UnitHooks* const hooks_;
  const std::shared_ptr<const std::string> name_;
  const bool is_alone_;
  std::uint64_t rows_ = 0;
};

UnitEngine::UnitEngine(Coordinator& coordinator, UnitEngineSetup setup, const std::stop_token& stop)
    : coordinator_(coordinator),
      setup_(std::move(setup)),
      ready_({.items = setup_.workers.most.readers}),
      workers_(first_workers(setup_.workers)),
      reader_gate_(workers_.readers),
      writer_gate_(workers_.writers),
      group_(stop) {
  if (setup_.make_hook || setup_.make_shaped_hook) add_hooks();
  const PoolOptions readers{.name = "leat-read", .workers = setup_.workers.most.readers};
  const PoolOptions writers{.name = "leat-write", .workers = setup_.workers.most.writers};
  const auto read_units = [this](auto&, const std::stop_token& token) { read(token); };
  if (setup_.commit == UnitCommit::together) {
    together_ = make_channel(std::nullopt);
    auto& batches = together_->batches();
    group_.add(Producer<HeldBatch>(readers, batches, read_units));
    group_.add(Consumer<HeldBatch>(writers, batches, [this](auto&, const std::stop_token& token) {
      setup_.make_writer(next_writer_++, token)->write(*together_, token);
    }));
  } else {
    group_.add(Producer<Channel>(readers, ready_, read_units));
    group_.add(Consumer<Channel>(writers, ready_,
                                 [this](auto&, const std::stop_token& token) { write_each(token); }));
  }
}

UnitEngine::~UnitEngine() = default;

void UnitEngine::add_hooks() {
  for (std::size_t i = 0; i < setup_.workers.most.readers; ++i) {
    hooks_.push_back(
        std::make_unique<UnitHooks>(setup_.hooks, setup_.commit == UnitCommit::each_alone, *setup_.pool));
    UnitHooks& hooks = *hooks_.back();
    group_.add(Consumer<UnitHooks::Work>({.name = "leat-hook", .workers = setup_.hooks}, hooks.waiting(),
                                         [this, &hooks](UnitHooks::Waiting&, const std::stop_token& token) {
                                           if (setup_.make_hook) {
                                             hooks.run(setup_.make_hook(), token);
                                           } else {
                                             hooks.run(setup_.make_shaped_hook(), token);
                                           }
                                         }));
  }
}

UnitEngine::Channel UnitEngine::make_channel(std::optional<Unit> unit) {
  return std::make_shared<UnitChannel>(std::move(unit), setup_.channel, setup_.budget, waits_, sent_);
}

void UnitEngine::read(const std::stop_token& stop) {
  const std::size_t number = next_reader_++;
  const auto reader = setup_.make_reader();
  while (true) {
    reader_gate_.pass(number, stop);
    const auto unit = coordinator_.take(stop);
    if (!unit) break;
    read_unit(number, *reader, *unit, stop);
  }
  if (!hooks_.empty()) hooks_[number]->sign_off();
  // All units are done, so that those who rest have nothing to wait for.
  reader_gate_.close();
  writer_gate_.close();
}

void UnitEngine::read_unit(std::size_t number, UnitReader& reader, const Unit& unit,
                           const std::stop_token& stop) {
  const bool is_alone = !together_;
  const std::string name = reader.name_of(unit);
  const Channel channel = is_alone ? make_channel(unit) : together_;
  if (is_alone) {
    const WaitClock::Wait wait(waits_.for_target);
    ready_.write(channel, stop);
  }
  UnitHooks* const hooks = hooks_.empty() ? nullptr : hooks_[number].get();
  Feed feed(coordinator_, channel, hooks, name, is_alone);
  const auto begin = EventClock::now();
  try {
    reader.read(unit, setup_.read, feed, stop);
    if (hooks != nullptr) hooks->drain(*channel, stop);
    if (is_alone) channel->finish();
  } catch (const Stopped&) {
    // The writer may have left this unit alone.
    if (!is_alone || stop.stop_requested()) throw;
  } catch (const Error& error) {
    const Error named = name.empty() ? error : error.within(name);
    if (!is_alone) throw named;
    channel->fail(named);
  }
  if (is_alone) return;
  coordinator_.done(unit);
  // All of the rows have no name.
  if (!name.empty()) log_slice(setup_.log, unit, feed.rows(), begin);
}

void UnitEngine::write_each(const std::stop_token& stop) {
  const std::size_t number = next_writer_++;
  std::unique_ptr<UnitWriter> writer;
  Channel channel;
  while (true) {
    if (!writer_gate_.lets_through(number)) {
      writer.reset();  // and its session
      writer_gate_.pass(number, stop);
    }
    if (!writer) writer = setup_.make_writer(number, stop);
    ReadResult result{};
    {
      const WaitClock::Wait wait(waits_.for_source);
      result = ready_.read_for(channel, writer_idle_check, stop);
    }
    if (result == ReadResult::end) break;
    if (result == ReadResult::timeout) {
      writer->check(stop);
      continue;
    }
    write_unit(*writer, *channel, stop);
    channel.reset();
  }
}

void UnitEngine::write_unit(UnitWriter& writer, UnitChannel& channel, const std::stop_token& stop) {
  const auto begin = EventClock::now();
  try {
    if (writer.write(channel, stop)) {
      done_.add(channel.counts());
      raise(waits_.most_batches, channel.batches().stats().high_water);
      log_slice(setup_.log, channel.unit(), channel.counts().rows_sent, begin);
    }
    coordinator_.done(channel.unit());
  } catch (const Error& error) {
    Unit unit = channel.leave();
    ++unit.attempts;
    const auto number = unit.number;
    const int attempts = unit.attempts;
    if (!coordinator_.retry(std::move(unit), error)) throw;
    setup_.log.log_event(LogLevel::info, "retry", std::string("a slice is tried again: ") + error.what(),
                         {{"unit", number}, {"attempt", attempts}, {"sqlstate", error.sqlstate()}});
  } catch (...) {
    channel.leave();
    throw;
  }
}

void UnitEngine::balance_workers() {
  if (setup_.workers.are_fixed()) return;
  const auto now = std::chrono::steady_clock::now();
  const auto time = now - looked_at_;
  if (time < balance_interval) return;
  const auto readers_waited = waits_.for_target.total();
  const auto writers_waited = waits_.for_source.total();
  workers_ =
      balanced_workers(workers_,
                       {.readers = waited_share(readers_waited - readers_waited_, workers_.readers, time),
                        .writers = waited_share(writers_waited - writers_waited_, workers_.writers, time)},
                       setup_.workers);
  looked_at_ = now;
  readers_waited_ = readers_waited;
  writers_waited_ = writers_waited;
  reader_gate_.allow(workers_.readers);
  writer_gate_.allow(workers_.writers);
}

}  // namespace leat
