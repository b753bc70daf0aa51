// What two lists of rows differ in.
#include <algorithm>
#include <tuple>
#include <utility>

#include "jobs/verify/difference_search.hpp"

namespace leat::jobs_detail {
namespace {

/// Sorts by key and hash, with rows that have the same of both as one.
void sort_and_join(std::vector<HashedRow>& rows) {
  std::sort(rows.begin(), rows.end(), [](const HashedRow& a, const HashedRow& b) {
    return std::tie(a.key, a.hash, a.position) < std::tie(b.key, b.hash, b.position);
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept > 0 && rows[kept - 1].key == rows[i].key && rows[kept - 1].hash == rows[i].hash) {
      rows[kept - 1].count += rows[i].count;
    } else {
      rows[kept++] = rows[i];
    }
  }
  rows.resize(kept);
}

constexpr HashedRow no_row{.count = 0};

/// Of the rows of one key that only one side has: those that both have one of are changed.
void pair_up(std::span<const HashedRow> source, std::span<const HashedRow> target,
             std::vector<FoundDifference>& found) {
  for (std::size_t i = 0; i < std::max(source.size(), target.size()); ++i) {
    if (i >= target.size()) {
      found.push_back({.kind = RowDifferenceKind::missing, .rows = {source[i], no_row}});
    } else if (i >= source.size()) {
      found.push_back({.kind = RowDifferenceKind::extra, .rows = {no_row, target[i]}});
    } else {
      found.push_back({.kind = RowDifferenceKind::changed, .rows = {source[i], target[i]}});
    }
  }
}

}  // namespace

std::vector<FoundDifference> find_differences(std::vector<HashedRow> source, std::vector<HashedRow> target) {
  sort_and_join(source);
  sort_and_join(target);
  std::vector<FoundDifference> found;
  std::vector<HashedRow> only_source;
  std::vector<HashedRow> only_target;
  std::size_t s = 0;
  std::size_t t = 0;
  while (s < source.size() || t < target.size()) {
    const bool from_source = t == target.size() || (s < source.size() && source[s].key <= target[t].key);
    const std::int64_t key = from_source ? source[s].key : target[t].key;
    only_source.clear();
    only_target.clear();
    while (true) {
      const bool has_source = s < source.size() && source[s].key == key;
      const bool has_target = t < target.size() && target[t].key == key;
      if (!has_source && !has_target) break;
      if (!has_target || (has_source && source[s].hash < target[t].hash)) {
        only_source.push_back(source[s++]);
      } else if (!has_source || target[t].hash < source[s].hash) {
        only_target.push_back(target[t++]);
      } else {
        if (source[s].count != target[t].count) {
          const bool lacks = target[t].count < source[s].count;
          found.push_back({.kind = lacks ? RowDifferenceKind::missing : RowDifferenceKind::extra,
                           .rows = {source[s], target[t]}});
        }
        ++s;
        ++t;
      }
    }
    pair_up(only_source, only_target, found);
  }
  return found;
}

std::vector<FoundDifference> choose(std::vector<FoundDifference> found, std::size_t most) {
  const auto by_position = [](const FoundDifference& a, const FoundDifference& b) {
    return std::pair(a.position(), a.kind) < std::pair(b.position(), b.kind);
  };
  std::sort(found.begin(), found.end(), by_position);
  if (found.size() <= most) return found;
  std::array<std::vector<FoundDifference>, 3> kinds;
  for (auto& one : found) kinds[static_cast<std::size_t>(one.kind)].push_back(one);
  std::vector<FoundDifference> chosen;
  for (std::size_t i = 0; chosen.size() < most; ++i) {
    for (const auto& kind : kinds) {
      if (i < kind.size() && chosen.size() < most) chosen.push_back(kind[i]);
    }
  }
  std::sort(chosen.begin(), chosen.end(), by_position);
  return chosen;
}

}  // namespace leat::jobs_detail
