#include "jobs/run/slice_reader.hpp"

#include <algorithm>
#include <utility>

#include "jobs/prepare/row_source.hpp"
#include "jobs/prepare/slice_scale.hpp"

namespace leat::jobs_detail {
namespace {

// What is read by one statement. It costs a millisecond, and is the finest that a slice can be cut.
constexpr double portion_bytes = 8 << 20;
// Less is not worth a slice of its own.
constexpr double least_rest_bytes = 1 << 20;
constexpr ByteCount heaviest_portion{static_cast<std::uint64_t>(portion_bytes)};

/// Where the rows of a slice end, as far as is known. The last slice of a table has no end, but hardly any
/// row there.
RowPlace known_end(const TablePart& part, const Slice& slice) {
  return slice.end ? *slice.end : std::max(part.pages * part.rows_per_page, slice.begin + 1);
}

/// How much to read first of a part's rows.
RowPlace first_step(const TablePart& part) {
  const double places = std::max(1.0, static_cast<double>(part.pages * part.rows_per_page));
  const double bytes_per_place = std::max(1e-3, static_cast<double>(part.bytes.count()) / places);
  return std::max(part.rows_per_page, static_cast<RowPlace>(portion_bytes / bytes_per_place));
}

/// Where the rest of a slice is cut whose rows are about alike; nullopt where that is not worth it.
std::optional<RowPlace> middle_of(const Slice& rest, double bytes_per_place) {
  const RowPlace places = *rest.end - rest.begin;
  if (static_cast<double>(places) * bytes_per_place < least_rest_bytes) return std::nullopt;
  return rest.begin + places / 2;
}

/// The same where only the server knows.
std::optional<RowPlace> middle_of(const Slice& rest, const SliceScale& scale) {
  const ByteCount weight = scale.weigh(rest);
  if (static_cast<double>(weight.count()) < least_rest_bytes) return std::nullopt;
  const RowPlace middle = scale.middle(rest, weight);
  return middle < *rest.end ? std::optional(middle) : std::nullopt;
}

}  // namespace

SliceReader::SliceReader(const SliceReading& reading)
    : reading_(reading),
      hook_(reading.transform ? reading.transform.prepare(*reading.schema) : Transform::BatchHook()) {}

void SliceReader::read(SliceChannel& channel, Connection& session, const std::stop_token& stop) {
  const TablePart& part = reading_.table.parts[channel.slice().part];
  const Slice whole = channel.slice();
  if (part.rows_per_page == 0 || whole.keys) {
    copy(whole, channel, session, stop);
    channel.finish();
    return;
  }
  const SliceScale scale(reading_.table, session, stop);
  RowPlace end = known_end(part, whole);
  RowPlace step = channel.step() > 0 ? channel.step() : first_step(part);
  Slice portion = whole;
  while (true) {
    portion.end = std::min(end, portion.begin + step);
    // What was read before does not tell how much comes next where that lies out of line.
    if (!part.row_bytes.empty()) portion = scale.lighten(portion, heaviest_portion);
    const bool is_last = *portion.end == end;
    const RowPlace read = *portion.end - portion.begin;
    if (is_last) portion.end = channel.slice().end;
    const double bytes = std::max(1.0, static_cast<double>(copy(portion, channel, session, stop)));
    if (is_last) break;
    portion.begin = *portion.end;
    const double bytes_per_place = bytes / static_cast<double>(read);
    const double most = 4.0 * static_cast<double>(read);
    step = std::max<RowPlace>(1, static_cast<RowPlace>(std::min(most, portion_bytes / bytes_per_place)));
    if (end - portion.begin < 2 || !reading_.queue.is_hungry()) continue;
    Slice rest = whole;
    rest.begin = portion.begin;
    rest.end = end;
    const auto middle = part.row_bytes.empty() ? middle_of(rest, bytes_per_place) : middle_of(rest, scale);
    if (middle && cut(channel, *middle, step, stop)) end = *middle;
  }
  channel.finish();
}

bool SliceReader::cut(SliceChannel& channel, RowPlace middle, RowPlace step, const std::stop_token& stop) {
  return channel.cut([&](SliceTask& task) {
    Slice rest = task.slice;
    rest.begin = middle;
    SliceTask shortened = task;
    shortened.slice.end = middle;
    try {
      auto task_of_rest = reading_.cut(shortened, rest, stop);
      if (!task_of_rest) return false;
      task_of_rest->step = step;
      reading_.queue.add(std::move(*task_of_rest));
    } catch (const Error& error) {
      throw CutFailed{error};
    }
    task.slice.end = middle;
    return true;
  });
}

std::uint64_t SliceReader::copy(const Slice& slice, SliceChannel& channel, Connection& session,
                                const std::stop_token& stop) {
  const auto source =
      copy_source(session, reading_.table.sql(slice, reading_.schema->format()), reading_.schema);
  source->open(reading_.options, stop);
  std::uint64_t bytes = 0;
  while (auto batch = source->read(stop)) {
    channel.count_read(batch->size(), batch->bytes());
    bytes += batch->bytes();
    hand_on(std::move(*batch), channel, stop);
  }
  return bytes;
}

void SliceReader::hand_on(RowBatch batch, SliceChannel& channel, const std::stop_token& stop) {
  if (!hook_) {
    channel.write(std::move(batch), stop);
    return;
  }
  RowBatch changed = reading_.pool.acquire(reading_.schema);
  hook_(batch, changed);
  reading_.pool.release(std::move(batch));
  if (changed.size() > 0) channel.write(std::move(changed), stop);
}

}  // namespace leat::jobs_detail
