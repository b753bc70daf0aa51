#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/verify/compared_sides.hpp"
#include "jobs/verify/found_differences.hpp"

namespace leat::jobs_detail {
namespace {

// Rows of one side that are held at a time.
constexpr std::uint64_t most_rows_held = 100000;

// A slice has about so many rows where that does not make too many slices.
constexpr std::uint64_t rows_a_slice = 1000;
constexpr std::size_t most_slices = 1000;

std::uint64_t to_count(const Result& result, std::size_t row, std::size_t column) {
  return static_cast<std::uint64_t>(result.integer(row, column));
}

/// Leaves out the last of the characters that were fetched, which only shows that there are more.
ShownValue cut(ShownValue value) {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  if (!value || std::count_if(value->begin(), value->end(), begins) <= 60) return value;
  while (!begins(value->back())) value->pop_back();
  value->pop_back();
  return *value + "…";
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

/// Finds out where two sides differ. Without a key rows are told apart by their hashes.
class DifferenceSearch {
 public:
  DifferenceSearch(ComparedSides& compared, VerifyReport& report, const std::stop_token& stop)
      : sides_(compared.sides),
        key_columns_(compared.key_columns),
        has_key_(!key_columns_.empty()),
        scanned_(compared.sides),
        report_(report),
        stop_(stop) {
    if (has_key_) return;
    report_.remarks.emplace_back(
        "no key tells the rows apart, so those that only one side has are shown as they are; .key names "
        "one");
    for (auto& side : scanned_) {
      // OFFSET keeps the server from putting the hash in wherever it is named, to be made again each time.
      side.from = "(SELECT " + side.row_hash + " AS hash" + side.rows("") + " OFFSET 0) AS h";
      side.where.clear();
      side.row_hash = side.key_hash = side.key.front().sql = "h.hash";
    }
  }

  /// Shows at most so many rows.
  void run(std::size_t most) {
    const auto first = narrow({.source_rows = report_.source_rows, .target_rows = report_.target_rows});
    if (has_key_) add_ranges(first);
    std::deque<KeyRange> waiting(first.begin(), first.end());
    std::vector<KeyRange> looked_at;
    std::vector<FoundDifference> found;
    while (!waiting.empty() && found.size() < most) {
      if (most_rows(waiting.front()) > most_rows_held) {
        const KeyRange span = std::move(waiting.front());
        waiting.pop_front();
        const auto parts = narrow(span);
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
      for (auto& one : fetch(spans)) {
        // Positions of one fetch stand behind those of the one before.
        for (auto& row : one.rows) row.position += looked_at.size() << 32U;
        found.push_back(one);
      }
      append_all(looked_at, spans);
    }
    report_.more = report_.more || found.size() > most || !waiting.empty();
    if (!found.empty()) show(choose(std::move(found), most), joined_spans(looked_at));
  }

 private:
  struct ShownColumn {
    std::int64_t hash = 0;
    ShownValue value{};
  };
  using ShownRow = std::vector<ShownColumn>;

  [[nodiscard]] std::vector<KeyBound> bounds(const KeyRange& span) {
    const auto wanted =
        static_cast<std::size_t>(std::clamp<std::uint64_t>(most_rows(span) / rows_a_slice, 2, most_slices));
    std::vector<KeyBound> found;
    if (!has_key_) {
      // Hashes lie evenly.
      const auto least = static_cast<std::uint64_t>(span.from ? std::stoll(span.from->front()) : INT64_MIN);
      const auto most =
          static_cast<std::uint64_t>(span.before ? std::stoll(span.before->front()) : INT64_MAX);
      const std::uint64_t step = (most - least) / wanted;
      for (std::size_t i = 1; i < wanted && step > 0; ++i) {
        found.push_back({std::to_string(static_cast<std::int64_t>(least + i * step))});
      }
      return found;
    }
    const VerifySide& side = sides_[span.source_rows >= span.target_rows ? 0 : 1];
    const Result keys = side.session->execute_long(side.bounds_query(span, wanted), {}, stop_);
    for (std::size_t i = 0; i < keys.rows(); ++i) {
      KeyBound bound;
      for (std::size_t k = 0; k < keys.columns(); ++k) bound.emplace_back(keys.text(i, k));
      if (bound != span.from && (found.empty() || found.back() != bound)) found.push_back(std::move(bound));
    }
    return found;
  }

  /// The parts of a span in which both sides differ; the span itself where it cannot be cut.
  [[nodiscard]] std::vector<KeyRange> narrow(const KeyRange& span) {
    const auto cuts = bounds(span);
    if (cuts.empty()) return {span};
    std::vector<KeyRange> slices(cuts.size() + 1);
    for (std::size_t i = 0; i < slices.size(); ++i) {
      slices[i].from = i == 0 ? span.from : cuts[i - 1];
      slices[i].before = i == cuts.size() ? span.before : cuts[i];
    }
    std::array<std::vector<std::string>, 2> sums;
    on_both(scanned_, stop_, [&](std::size_t number, VerifySide& side, const std::stop_token& stop) {
      sums[number].resize(slices.size());
      const Result found = side.session->execute_long(
          "SELECT slice, pg_catalog.count(*), pg_catalog.sum(hash) FROM (SELECT " + side.slice(cuts) +
              " AS slice, " + side.row_hash + " AS hash" + side.rows(side.condition(std::span(&span, 1))) +
              ") AS s GROUP BY slice",
          {}, stop);
      const auto rows = number == 0 ? &KeyRange::source_rows : &KeyRange::target_rows;
      for (std::size_t i = 0; i < found.rows(); ++i) {
        const auto slice = static_cast<std::size_t>(found.integer(i, 0));
        slices[slice].*rows = to_count(found, i, 1);
        sums[number][slice] = found.text(i, 2);
      }
    });
    std::vector<KeyRange> different;
    for (std::size_t i = 0; i < slices.size(); ++i) {
      const bool equal = slices[i].source_rows == slices[i].target_rows && sums[0][i] == sums[1][i];
      if (!equal) different.push_back(std::move(slices[i]));
    }
    return different;
  }

  [[nodiscard]] std::vector<FoundDifference> fetch(std::span<const KeyRange> spans) {
    std::array<std::vector<HashedRow>, 2> rows;
    on_both(scanned_, stop_, [&](std::size_t number, VerifySide& side, const std::stop_token& stop) {
      const std::string hashes = "SELECT " + side.key_hash + " AS key, " + side.row_hash + " AS hash";
      const std::string from = side.rows(side.condition(spans));
      const Result found = side.session->execute_long(
          has_key_
              ? "SELECT key, hash, 1 FROM (" + hashes + from + " ORDER BY " + side.key_list() + ") AS s"
              : "SELECT key, hash, pg_catalog.count(*) FROM (" + hashes + from + ") AS s GROUP BY key, hash",
          {}, stop);
      rows[number].reserve(found.rows());
      for (std::size_t i = 0; i < found.rows(); ++i) {
        rows[number].push_back({.side = number,
                                .key = found.integer(i, 0),
                                .hash = found.integer(i, 1),
                                .count = to_count(found, i, 2),
                                .position = i});
      }
    });
    append_all(rows[0], rows[1]);
    return find_differences(std::move(rows[0]));
  }

  void show(const std::vector<FoundDifference>& found, std::span<const KeyRange> spans) {
    std::array<std::map<std::pair<std::int64_t, std::int64_t>, ShownRow>, 2> shown;
    on_both(sides_, stop_, [&](std::size_t number, VerifySide& side, const std::stop_token& stop) {
      std::string keys;
      std::string hashes;
      for (const auto& one : found) {
        const HashedRow& row = one.rows[number];
        if (row.count == 0) continue;
        keys += (keys.empty() ? "" : ",") + std::to_string(row.key);
        hashes += (hashes.empty() ? "" : ",") + std::to_string(row.hash);
      }
      if (keys.empty()) return;
      const std::string range = has_key_ ? "(" + side.condition(spans) + ") AND " : "";
      const std::string condition = range + side.key_hash + " = ANY ('{" + keys +
                                    "}'::pg_catalog.int8[]) AND " + side.row_hash + " = ANY ('{" + hashes +
                                    "}'::pg_catalog.int8[])";
      // One of each, since a row may be there many times.
      const Result rows = side.session->execute_long(
          "SELECT s.key, s.hash, u.hash, u.value FROM (SELECT DISTINCT ON (1, 2) " + side.key_hash +
              " AS key, " + side.row_hash + " AS hash, ARRAY[" + comma_list(side.hashes) +
              "]::pg_catalog.int8[] AS hashes, ARRAY[" + comma_list(side.values) +
              "]::pg_catalog.text[] AS \"values\"" + side.rows(condition) +
              ") AS s CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(s.hashes), "
              "pg_catalog.unnest(s.\"values\")) WITH ORDINALITY AS u(hash, value, position) "
              "ORDER BY s.key, s.hash, u.position",
          {}, stop);
      for (std::size_t i = 0; i < rows.rows(); ++i) {
        ShownColumn column{.hash = rows.integer(i, 2)};
        if (!rows.is_null(i, 3)) column.value = rows.text(i, 3);
        shown[number][{rows.integer(i, 0), rows.integer(i, 1)}].push_back(std::move(column));
      }
    });
    for (const auto& one : found) {
      std::array<const ShownRow*, 2> rows{};
      for (std::size_t side = 0; side < rows.size(); ++side) {
        const auto row = shown[side].find({one.rows[side].key, one.rows[side].hash});
        if (row != shown[side].end()) rows[side] = &row->second;
      }
      const auto [source, target] = rows;
      if (source != nullptr || target != nullptr)
        report_.differences.push_back(described(one, source, target));
    }
  }

  /// At least one of both is there.
  [[nodiscard]] RowDifference described(const FoundDifference& one, const ShownRow* source,
                                        const ShownRow* target) const {
    RowDifference difference{
        .kind = one.kind, .source_rows = one.rows[0].count, .target_rows = one.rows[1].count};
    const ShownRow& any = source != nullptr ? *source : *target;
    for (const std::size_t column : key_columns_) difference.key.push_back(any[column].value);
    for (std::size_t i = 0; i < report_.columns.size(); ++i) {
      const bool differs = source != nullptr && target != nullptr && (*source)[i].hash != (*target)[i].hash;
      if (has_key_ && !(one.kind == RowDifferenceKind::changed && differs)) continue;
      auto& column = difference.columns.emplace_back(ColumnDifference{.column = report_.columns[i]});
      if (source != nullptr) column.source = cut((*source)[i].value);
      if (target != nullptr) column.target = cut((*target)[i].value);
    }
    return difference;
  }

  void add_ranges(std::span<const KeyRange> spans) {
    report_.ranges = joined_spans(spans);
    for (auto& range : report_.ranges) {
      for (auto* const bound : {&range.from, &range.before}) {
        for (std::size_t i = 0; *bound && i < (*bound)->size(); ++i) {
          // "\x6162" is "ab".
          if (sides_[0].key[i].is_utf8) (**bound)[i] = hex_text((**bound)[i].substr(2));
        }
      }
    }
  }

  std::span<VerifySide, 2> sides_;
  const std::vector<std::size_t>& key_columns_;  // among all
  const bool has_key_;
  std::array<VerifySide, 2> scanned_;  // the same where only hashes and keys are asked for
  VerifyReport& report_;
  const std::stop_token& stop_;
};

}  // namespace

void locate_differences(ComparedSides& compared, VerifyReport& report, std::size_t most,
                        const std::stop_token& stop) {
  DifferenceSearch(compared, report, stop).run(most);
}

}  // namespace leat::jobs_detail
