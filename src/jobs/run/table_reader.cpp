#include "jobs/run/table_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "jobs/prepare/row_source.hpp"
#include "jobs/prepare/slice_definition.hpp"
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

/// How much to read first, as whoever cut the unit has found it; zero: unknown.
RowPlace step_of(const Unit& unit) {
  RowPlace step = 0;
  std::from_chars(unit.hint.data(), unit.hint.data() + unit.hint.size(), step);
  return step;
}

}  // namespace

std::string TableReader::name_of(const Unit& unit) const {
  return table_.display(parse_slice(table_, unit.definition));
}

void TableReader::read(const Unit& unit, const ReadOptions& options, UnitFeed& feed,
                       const std::stop_token& stop) {
  auto session = sessions_.lend(stop);
  try {
    read_on(**session, unit, options, feed, stop);
  } catch (...) {
    // Its transaction has failed, which the session does not always know; the next unit takes another one.
    (*session)->abort();
    throw;
  }
}

void TableReader::read_on(Connection& session, const Unit& unit, const ReadOptions& options, UnitFeed& feed,
                          const std::stop_token& stop) {
  Slice whole = parse_slice(table_, unit.definition);
  const TablePart& part = table_.parts[whole.part];
  if (part.rows_per_page == 0 || whole.keys) {
    copy(whole, session, options, feed, stop);
    return;
  }
  const SliceScale scale(table_, session, stop);
  RowPlace end = known_end(part, whole);
  const RowPlace known_step = step_of(unit);
  RowPlace step = known_step > 0 ? known_step : first_step(part);
  Slice portion = whole;
  while (true) {
    portion.end = std::min(end, portion.begin + step);
    // What was read before does not tell how much comes next where that lies out of line.
    if (!part.row_bytes.empty()) portion = scale.lighten(portion, heaviest_portion);
    const bool is_last = *portion.end == end;
    const RowPlace read = *portion.end - portion.begin;
    if (is_last) portion.end = whole.end;
    const double bytes = std::max(1.0, static_cast<double>(copy(portion, session, options, feed, stop)));
    if (is_last) return;
    portion.begin = *portion.end;
    const double bytes_per_place = bytes / static_cast<double>(read);
    const double most = 4.0 * static_cast<double>(read);
    step = std::max<RowPlace>(1, static_cast<RowPlace>(std::min(most, portion_bytes / bytes_per_place)));
    if (end - portion.begin < 2 || !feed.is_hungry()) continue;
    Slice rest = whole;
    rest.begin = portion.begin;
    rest.end = end;
    const auto middle = part.row_bytes.empty() ? middle_of(rest, bytes_per_place) : middle_of(rest, scale);
    if (middle && cut(whole, *middle, step, feed, stop)) end = *middle;
  }
}

bool TableReader::cut(Slice& whole, RowPlace middle, RowPlace step, UnitFeed& feed,
                      const std::stop_token& stop) {
  Slice head = whole;
  head.end = middle;
  Slice rest = whole;
  rest.begin = middle;
  if (!feed.split(slice_definition(table_, head), slice_definition(table_, rest), std::to_string(step),
                  stop)) {
    return false;
  }
  whole = head;
  return true;
}

std::uint64_t TableReader::copy(const Slice& slice, Connection& session, const ReadOptions& options,
                                UnitFeed& feed, const std::stop_token& stop) {
  const auto source = copy_source(session, table_.sql(slice, schema_->format()), schema_);
  source->open(options, stop);
  std::uint64_t bytes = 0;
  while (auto batch = source->read(stop)) {
    bytes += batch->bytes();
    feed.write(std::move(*batch), stop);
  }
  return bytes;
}

}  // namespace leat::jobs_detail
