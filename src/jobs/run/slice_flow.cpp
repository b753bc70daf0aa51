#include "jobs/run/slice_flow.hpp"

#include <algorithm>
#include <utility>

#include "jobs/options/batch_memory.hpp"
#include "leat/core/consumer.hpp"
#include "leat/core/producer.hpp"

namespace leat::jobs_detail {
namespace {

void raise(std::atomic<std::size_t>& most, std::size_t value) {
  std::size_t before = most.load();
  while (before < value && !most.compare_exchange_weak(before, value)) {
  }
}

// Long enough to see more than one batch, and short enough that the first minute is not lost.
constexpr std::chrono::seconds balance_interval{1};

double waited_share(std::chrono::nanoseconds waited, std::size_t workers, std::chrono::nanoseconds time) {
  return static_cast<double>(waited.count()) /
         (static_cast<double>(workers) * static_cast<double>(time.count()));
}

}  // namespace

SliceFlow::SliceFlow(const SliceFlowContext& context, SliceFlowSetup setup, const std::stop_token& stop)
    : context_(context),
      setup_(std::move(setup)),
      ready_({.items = setup_.workers.most.readers}),
      workers_(first_workers(setup_.workers)),
      reader_gate_(workers_.readers),
      writer_gate_(workers_.writers),
      group_(stop) {
  group_.add(
      Producer<Channel>({.name = "leat-read", .workers = setup_.workers.most.readers}, ready_,
                        [this](ReadyMonitor& out, const std::stop_token& token) { read(out, token); }));
  group_.add(Consumer<Channel>(
      {.name = "leat-write", .workers = setup_.workers.most.writers}, ready_,
      [this](ReadyMonitor& in, const std::stop_token& token) { write(next_writer_++, in, token); }));
}

void SliceFlow::read(ReadyMonitor& ready, const std::stop_token& stop) {
  const std::size_t number = next_reader_++;
  SliceReader reader(context_.reading);
  while (true) {
    reader_gate_.pass(number, stop);
    auto task = context_.reading.queue.take(stop);
    if (!task) break;
    const std::string name = context_.reading.table.display(task->slice);
    const auto channel = std::make_shared<SliceChannel>(
        std::move(*task), MonitorOptions{.items = most_batches, .bytes = setup_.channel_bytes}, setup_.budget,
        context_.waits);
    {
      const WaitClock::Wait wait(context_.waits.for_target);
      ready.write(channel, stop);
    }
    try {
      read_slice(reader, *channel, stop);
    } catch (const Stopped&) {
      // The writer may have left this slice alone.
      if (stop.stop_requested()) throw;
    } catch (const Error& error) {
      channel->fail(error.within(name));
    }
  }
  // All slices are done, so that those who rest have nothing to wait for.
  reader_gate_.close();
  writer_gate_.close();
}

void SliceFlow::read_slice(SliceReader& reader, SliceChannel& channel, const std::stop_token& stop) {
  const auto session = context_.sessions.lease(stop);
  try {
    reader.read(channel, *session, stop);
  } catch (...) {
    // Its transaction has failed, which the session does not always know; the next slice takes another one.
    (*session).abort();
    throw;
  }
}

void SliceFlow::write(std::size_t number, ReadyMonitor& ready, const std::stop_token& stop) {
  std::unique_ptr<SliceWriter> writer;
  Channel channel;
  while (true) {
    if (!writer_gate_.lets_through(number)) {
      writer.reset();  // and its session
      writer_gate_.pass(number, stop);
    }
    if (!writer) writer = setup_.make_writer(number, stop);
    const auto result = read_ready(ready, channel, stop);
    if (result == ReadResult::end) break;
    if (result == ReadResult::timeout) {
      writer->check(stop);
      continue;
    }
    try {
      if (writer->write(*channel, stop)) count(*channel);
      context_.reading.queue.done();
    } catch (const Error& error) {
      SliceTask task = channel->leave();
      const auto again = setup_.retry ? setup_.retry(task, error) : std::nullopt;
      if (!again) throw;
      ++task.attempts;
      context_.reading.queue.retry(std::move(task), *again);
    } catch (...) {
      channel->leave();
      throw;
    }
    channel.reset();
  }
}

ReadResult SliceFlow::read_ready(ReadyMonitor& ready, Channel& channel, const std::stop_token& stop) {
  const WaitClock::Wait wait(context_.waits.for_source);
  return ready.read_for(channel, idle_check, stop);
}

void SliceFlow::balance_workers() {
  if (setup_.workers.are_fixed()) return;
  const auto now = SteadyClock::now();
  const auto time = now - looked_at_;
  if (time < balance_interval) return;
  const auto readers_waited = context_.waits.for_target.total();
  const auto writers_waited = context_.waits.for_source.total();
  workers_ = balance(workers_,
                     {.readers = waited_share(readers_waited - readers_waited_, workers_.readers, time),
                      .writers = waited_share(writers_waited - writers_waited_, workers_.writers, time)},
                     setup_.workers);
  looked_at_ = now;
  readers_waited_ = readers_waited;
  writers_waited_ = writers_waited;
  reader_gate_.allow(workers_.readers);
  writer_gate_.allow(workers_.writers);
}

void SliceFlow::count(const SliceChannel& channel) {
  const JobCounters& counts = channel.counts();
  context_.done.rows_read += counts.rows_read;
  context_.done.bytes_read += counts.bytes_read;
  context_.done.rows_sent += counts.rows_sent;
  context_.done.bytes_sent += counts.bytes_sent;
  raise(context_.waits.most_batches, channel.stats().high_water);
}

}  // namespace leat::jobs_detail
