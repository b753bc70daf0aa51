#include "jobs/slice_reader.hpp"

#include <algorithm>
#include <utility>

#include "jobs/row_source.hpp"

namespace leat::jobs_detail {
namespace {

// What is read by one statement. It costs a millisecond, and is the finest that a slice can be cut.
constexpr double portion_bytes = 8 << 20;
// Less is not worth a slice of its own.
constexpr double least_rest_bytes = 1 << 20;

/// Where the rows of a slice end, as far as is known. The last slice of a table has no end, but hardly any
/// row there.
RowPlace known_end(const TablePart& part, const Slice& slice) {
  return slice.end ? *slice.end : std::max(part.pages * part.rows_per_page, slice.begin + 1);
}

/// How much to read first of a part's rows. Where most lies out of line some pages may have much more than
/// others.
RowPlace first_step(const TablePart& part) {
  const double places = std::max(1.0, static_cast<double>(part.pages * part.rows_per_page));
  const double bytes_per_place = std::max(1e-3, static_cast<double>(part.bytes.count()) / places);
  const bool is_uneven = part.bytes.count() > 2 * part.table.size.count();
  return std::max<RowPlace>(is_uneven ? 1 : part.rows_per_page,
                            static_cast<RowPlace>(portion_bytes / bytes_per_place / (is_uneven ? 16 : 1)));
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
  RowPlace end = known_end(part, whole);
  RowPlace step = channel.step() > 0 ? channel.step() : first_step(part);
  RowPlace place = whole.begin;
  while (true) {
    Slice portion = channel.slice();
    const bool is_last = end - place <= step;
    portion.begin = place;
    if (!is_last) portion.end = place + step;
    const double bytes = std::max(1.0, static_cast<double>(copy(portion, channel, session, stop)));
    if (is_last) break;
    place += step;
    const double bytes_per_place = bytes / static_cast<double>(step);
    const double most = 4.0 * static_cast<double>(step);
    step = std::max<RowPlace>(1, static_cast<RowPlace>(std::min(most, portion_bytes / bytes_per_place)));
    cut_rest(channel, place, end, step, bytes_per_place, stop);
  }
  channel.finish();
}

void SliceReader::cut_rest(SliceChannel& channel, RowPlace place, RowPlace& end, RowPlace step,
                           double bytes_per_place, const std::stop_token& stop) {
  const double rest_bytes = static_cast<double>(end - place) * bytes_per_place;
  if (end - place < 2 || rest_bytes < least_rest_bytes || !reading_.queue.is_hungry()) return;
  const RowPlace middle = place + (end - place) / 2;
  const bool was_cut = channel.cut([&](SliceTask& task) {
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
  if (was_cut) end = middle;
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
