#include "jobs/slice_flow.hpp"

#include <algorithm>
#include <utility>

#include "leat/core/consumer.hpp"
#include "leat/core/producer.hpp"

namespace leat::jobs_detail {
namespace {

// More than memory allows in batches of any useful size; the bound by bytes is what counts.
constexpr std::size_t most_batches = 4096;

void raise(std::atomic<std::size_t>& most, std::size_t value) {
  std::size_t before = most.load();
  while (before < value && !most.compare_exchange_weak(before, value)) {
  }
}

}  // namespace

SliceFlow::SliceFlow(const SliceFlowContext& context, SliceFlowSetup setup, const std::stop_token& stop)
    : context_(context), setup_(std::move(setup)), ready_({.items = setup_.readers}), group_(stop) {
  group_.add(
      Producer<Channel>({.name = "leat-read", .workers = setup_.readers}, ready_,
                        [this](ReadyMonitor& out, const std::stop_token& token) { read(out, token); }));
  group_.add(Consumer<Channel>(
      {.name = "leat-write", .workers = setup_.writers}, ready_,
      [this](ReadyMonitor& in, const std::stop_token& token) { write(writers_++, in, token); }));
}

void SliceFlow::read(ReadyMonitor& ready, const std::stop_token& stop) {
  SliceReader reader(context_.reading);
  while (auto task = context_.reading.queue.take(stop)) {
    const std::string name = context_.reading.table.display(task->slice);
    const auto channel = std::make_shared<SliceChannel>(
        std::move(*task), MonitorOptions{.items = most_batches, .bytes = setup_.channel_bytes},
        setup_.budget);
    ready.write(channel, stop);
    try {
      read_slice(reader, *channel, stop);
    } catch (const Stopped&) {
      // The writer may have left this slice alone.
      if (stop.stop_requested()) throw;
    } catch (const Error& error) {
      channel->fail(error.within(name));
    }
  }
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
  const auto writer = setup_.make_writer(number, stop);
  Channel channel;
  auto waits_since = SteadyClock::now();
  while (true) {
    const auto result = ready.read_for(channel, idle_check, stop);
    if (result == ReadResult::end) break;
    if (result == ReadResult::timeout) {
      writer->check(stop);
      continue;
    }
    context_.waits.for_source += (SteadyClock::now() - waits_since).count();
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
    waits_since = SteadyClock::now();
  }
}

void SliceFlow::count(const SliceChannel& channel) {
  const JobCounters& counts = channel.counts();
  context_.done.rows_read += counts.rows_read;
  context_.done.bytes_read += counts.bytes_read;
  context_.done.rows_sent += counts.rows_sent;
  context_.done.bytes_sent += counts.bytes_sent;
  const MonitorStats stats = channel.stats();
  context_.waits.for_source += stats.read_wait.count();
  context_.waits.for_target += stats.write_wait.count();
  raise(context_.waits.most_batches, stats.high_water);
}

}  // namespace leat::jobs_detail
