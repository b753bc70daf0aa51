#include "jobs/verify/difference_search.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"

namespace leat::jobs_detail {
namespace {

// Rows of one side that are held at a time.
constexpr std::uint64_t most_rows_held = 100000;

// A slice has about so many rows where that does not make too many slices.
constexpr std::uint64_t rows_a_slice = 1000;
constexpr std::size_t most_slices = 1000;

constexpr std::size_t source_side = 0;
constexpr std::size_t target_side = 1;

std::uint64_t to_count(const Result& result, std::size_t row, std::size_t column) {
  return static_cast<std::uint64_t>(result.integer(row, column));
}

std::string number_array(const std::vector<std::int64_t>& numbers) {
  std::string text = "'{";
  for (const auto number : numbers) text += (text.size() == 2 ? "" : ",") + std::to_string(number);
  return text + "}'::pg_catalog.int8[]";
}

ShownValue value_at(const Result& result, std::size_t row, std::size_t column) {
  if (result.is_null(row, column)) return std::nullopt;
  return std::string(result.text(row, column));
}

/// Spans that follow each other as one.
std::vector<KeyRange> joined_spans(std::span<const KeyRange> spans) {
  std::vector<KeyRange> result;
  for (const auto& span : spans) {
    if (!result.empty() && result.back().before && result.back().before == span.from) {
      result.back().before = span.before;
      result.back().source_rows += span.source_rows;
      result.back().target_rows += span.target_rows;
    } else {
      result.push_back(span);
    }
  }
  return result;
}

}  // namespace

DifferenceSearch::DifferenceSearch(std::span<VerifySide, 2> sides, const KeyOrder& order, bool has_key,
                                   std::vector<std::size_t> key_columns, VerifyReport& report)
    : sides_(sides),
      scanned_{sides[source_side], sides[target_side]},
      order_(order),
      has_key_(has_key),
      key_columns_(std::move(key_columns)),
      report_(report) {
  if (has_key_) return;
  for (auto& side : scanned_) {
    // OFFSET keeps the server from putting the hash in wherever it is named, to be made again each time.
    side.from = "(SELECT " + side.row_hash + " AS hash" + side.rows("") + " OFFSET 0) AS h";
    side.where.clear();
    side.row_hash = "h.hash";
    side.key_hash = "h.hash";
    side.key = {"h.hash"};
  }
}

std::vector<std::vector<std::string>> DifferenceSearch::bounds(const KeyRange& span,
                                                               const std::stop_token& stop) {
  const auto wanted =
      static_cast<std::size_t>(std::clamp<std::uint64_t>(most_rows(span) / rows_a_slice, 2, most_slices));
  std::vector<std::vector<std::string>> found;
  if (!has_key_) {
    // Hashes lie evenly.
    const auto least = span.from ? std::stoll(span.from->front()) : INT64_MIN;
    const auto most = span.before ? std::stoll(span.before->front()) : INT64_MAX;
    const std::uint64_t step =
        (static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least)) / wanted;
    for (std::size_t i = 1; i < wanted && step > 0; ++i) {
      found.push_back(
          {std::to_string(static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + i * step))});
    }
    return found;
  }
  const VerifySide& side = sides_[span.source_rows >= span.target_rows ? source_side : target_side];
  const Result keys =
      side.session->execute_long(order_.bounds_query(side, span, most_rows(span), wanted), {}, stop);
  for (std::size_t i = 0; i < keys.rows(); ++i) {
    std::vector<std::string> bound;
    for (std::size_t k = 0; k < keys.columns(); ++k) bound.emplace_back(keys.text(i, k));
    if (bound != span.from && (found.empty() || found.back() != bound)) found.push_back(std::move(bound));
  }
  return found;
}

std::vector<KeyRange> DifferenceSearch::narrow(const KeyRange& span, const std::stop_token& stop) {
  const auto cuts = bounds(span, stop);
  if (cuts.empty()) return {span};
  std::vector<KeyRange> slices(cuts.size() + 1);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    slices[i].from = i == 0 ? span.from : KeyBound(cuts[i - 1]);
    slices[i].before = i == cuts.size() ? span.before : KeyBound(cuts[i]);
  }
  std::array<std::vector<std::string>, 2> sums;
  on_both(
      sides_,
      [&](std::size_t side, const std::stop_token& token) {
        sums[side].resize(slices.size());
        const VerifySide& own = scanned_[side];
        const std::string condition =
            span.from || span.before ? order_.condition(own, std::span(&span, 1)) : "";
        const Result found = own.session->execute_long(
            "SELECT slice, pg_catalog.count(*), pg_catalog.sum(hash) FROM (SELECT " +
                order_.slice(own, cuts) + " AS slice, " + own.row_hash + " AS hash" + own.rows(condition) +
                ") AS s GROUP BY slice",
            {}, token);
        for (std::size_t i = 0; i < found.rows(); ++i) {
          const auto slice = static_cast<std::size_t>(found.integer(i, 0));
          (side == source_side ? slices[slice].source_rows : slices[slice].target_rows) =
              to_count(found, i, 1);
          sums[side][slice] = found.text(i, 2);
        }
      },
      stop);
  std::vector<KeyRange> different;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const bool equal =
        slices[i].source_rows == slices[i].target_rows && sums[source_side][i] == sums[target_side][i];
    if (!equal) different.push_back(std::move(slices[i]));
  }
  return different;
}

std::vector<FoundDifference> DifferenceSearch::fetch(std::span<const KeyRange> spans,
                                                     const std::stop_token& stop) {
  std::array<std::vector<HashedRow>, 2> rows;
  on_both(
      sides_,
      [&](std::size_t side, const std::stop_token& token) {
        const VerifySide& own = scanned_[side];
        const std::string hashes = own.key_hash + " AS key, " + own.row_hash + " AS hash";
        std::string sql = "SELECT key, hash, count FROM (SELECT " + hashes + ", 1 AS count" +
                          own.rows(order_.condition(own, spans)) + " ORDER BY " + comma_list(own.key) +
                          ") AS s";
        if (!has_key_) {
          sql = "SELECT key, hash, pg_catalog.count(*) FROM (SELECT " + hashes +
                own.rows(order_.condition(own, spans)) + ") AS s GROUP BY key, hash";
        }
        const Result found = own.session->execute_long(sql, {}, token);
        rows[side].reserve(found.rows());
        for (std::size_t i = 0; i < found.rows(); ++i) {
          rows[side].push_back({.key = found.integer(i, 0),
                                .hash = found.integer(i, 1),
                                .count = to_count(found, i, 2),
                                .position = i});
        }
      },
      stop);
  return find_differences(std::move(rows[source_side]), std::move(rows[target_side]));
}

void DifferenceSearch::show(const std::vector<FoundDifference>& found, std::span<const KeyRange> spans,
                            const std::stop_token& stop) {
  std::array<std::map<std::pair<std::int64_t, std::int64_t>, ShownRow>, 2> shown;
  on_both(
      sides_,
      [&](std::size_t side, const std::stop_token& token) {
        std::vector<std::int64_t> keys;
        std::vector<std::int64_t> hashes;
        for (const auto& one : found) {
          if (one.rows[side].count == 0) continue;
          keys.push_back(one.rows[side].key);
          hashes.push_back(one.rows[side].hash);
        }
        if (keys.empty()) return;
        const VerifySide& own = sides_[side];
        const std::string range = has_key_ ? "(" + order_.condition(own, spans) + ") AND " : "";
        const std::string condition = range + own.key_hash + " = ANY (" + number_array(keys) + ") AND " +
                                      own.row_hash + " = ANY (" + number_array(hashes) + ")";
        // One of each, since a row may be there many times.
        const Result rows = own.session->execute_long(
            "SELECT s.key, s.hash, u.hash, u.value FROM (SELECT DISTINCT ON (1, 2) " + own.key_hash +
                " AS key, " + own.row_hash + " AS hash, ARRAY[" + comma_list(own.hashes) +
                "]::pg_catalog.int8[] AS hashes, ARRAY[" + comma_list(own.values) +
                "]::pg_catalog.text[] AS \"values\"" + own.rows(condition) +
                ") AS s CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(s.hashes), "
                "pg_catalog.unnest(s.\"values\")) WITH ORDINALITY AS u(hash, value, position) "
                "ORDER BY s.key, s.hash, u.position",
            {}, token);
        for (std::size_t i = 0; i < rows.rows(); ++i) {
          ShownRow& row = shown[side][{rows.integer(i, 0), rows.integer(i, 1)}];
          row.hashes.push_back(rows.integer(i, 2));
          row.values.push_back(value_at(rows, i, 3));
        }
      },
      stop);
  for (const auto& one : found) {
    RowDifference difference{.kind = one.kind,
                             .source_rows = one.rows[source_side].count,
                             .target_rows = one.rows[target_side].count};
    std::array<const ShownRow*, 2> rows{};
    for (std::size_t side = 0; side < rows.size(); ++side) {
      const auto row = shown[side].find({one.rows[side].key, one.rows[side].hash});
      if (row != shown[side].end()) rows[side] = &row->second;
    }
    const ShownRow* const any = rows[source_side] != nullptr ? rows[source_side] : rows[target_side];
    if (any == nullptr) continue;
    for (const std::size_t column : key_columns_) difference.key.push_back(any->values[column]);
    for (std::size_t i = 0; i < report_.columns.size(); ++i) {
      const bool differs = rows[source_side] != nullptr && rows[target_side] != nullptr &&
                           rows[source_side]->hashes[i] != rows[target_side]->hashes[i];
      if (has_key_ && !(one.kind == RowDifferenceKind::changed && differs)) continue;
      const auto value_of = [i](const ShownRow* row) {
        return row == nullptr ? ShownValue() : row->values[i];
      };
      difference.columns.push_back({.column = report_.columns[i],
                                    .source = value_of(rows[source_side]),
                                    .target = value_of(rows[target_side])});
    }
    report_.differences.push_back(std::move(difference));
  }
}

void DifferenceSearch::add_ranges(std::span<const KeyRange> spans) {
  report_.ranges = joined_spans(spans);
  for (auto& range : report_.ranges) {
    for (KeyBound* const bound : {&range.from, &range.before}) {
      for (std::size_t i = 0; *bound && i < (*bound)->size(); ++i) {
        // "\x6162" is "ab".
        if (order_.parts()[i].is_utf8) (**bound)[i] = hex_text((**bound)[i].substr(2));
      }
    }
  }
}

void DifferenceSearch::run(std::size_t most, const std::stop_token& stop) {
  const auto first = narrow({.source_rows = report_.source_rows, .target_rows = report_.target_rows}, stop);
  if (has_key_) add_ranges(first);
  std::deque<KeyRange> waiting(first.begin(), first.end());
  std::vector<KeyRange> looked_at;
  std::vector<FoundDifference> found;
  while (!waiting.empty() && found.size() < most) {
    if (most_rows(waiting.front()) > most_rows_held) {
      const KeyRange span = std::move(waiting.front());
      waiting.pop_front();
      const auto parts = narrow(span, stop);
      const bool is_smaller = std::all_of(
          parts.begin(), parts.end(), [&](const auto& part) { return most_rows(part) < most_rows(span); });
      if (is_smaller) {
        waiting.insert(waiting.begin(), parts.begin(), parts.end());
        continue;
      }
      if (has_key_) {
        report_.remarks.push_back("more than " + std::to_string(most_rows_held) +
                                  " rows have one key, so that those that differ are not looked for");
        report_.more = true;
        continue;
      }
      // Rows that are all the same, which are counted on the server.
      waiting.push_front(parts.front());
    }
    std::vector<KeyRange> spans;
    std::uint64_t rows = 0;
    while (!waiting.empty() && (spans.empty() || rows + most_rows(waiting.front()) <= most_rows_held)) {
      rows += most_rows(waiting.front());
      spans.push_back(std::move(waiting.front()));
      waiting.pop_front();
    }
    spans = joined_spans(spans);
    auto more = fetch(spans, stop);
    for (auto& one : more) {
      // Positions of one fetch stand behind those of the one before.
      for (auto& row : one.rows) row.position += looked_at.size() << 32U;
      found.push_back(std::move(one));
    }
    append_all(looked_at, spans);
  }
  report_.more = report_.more || found.size() > most || !waiting.empty();
  if (found.empty()) return;
  show(choose(std::move(found), most), joined_spans(looked_at), stop);
}

}  // namespace leat::jobs_detail
