#include "jobs/verify/found_differences.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace leat::jobs_detail {
namespace {

/// Of the rows of one key that only one side has: those that both have one of are changed.
void pair_up(const std::array<std::vector<HashedRow>, 2>& alone, std::vector<FoundDifference>& found) {
  const auto& [source, target] = alone;
  for (std::size_t i = 0; i < std::max(source.size(), target.size()); ++i) {
    if (i >= target.size()) {
      found.push_back({.kind = RowDifferenceKind::missing, .rows = {source[i]}});
    } else if (i >= source.size()) {
      found.push_back({.kind = RowDifferenceKind::extra, .rows = {HashedRow(), target[i]}});
    } else {
      found.push_back({.kind = RowDifferenceKind::changed, .rows = {source[i], target[i]}});
    }
  }
}

}  // namespace

std::vector<FoundDifference> find_differences(std::vector<HashedRow> rows) {
  std::sort(rows.begin(), rows.end(), [](const HashedRow& a, const HashedRow& b) {
    return std::tie(a.key, a.hash, a.position) < std::tie(b.key, b.hash, b.position);
  });
  std::vector<FoundDifference> found;
  std::array<std::vector<HashedRow>, 2> alone;
  for (auto row = rows.begin(); row != rows.end();) {
    for (auto& side : alone) side.clear();
    for (const auto key = row->key; row != rows.end() && row->key == key;) {
      std::array<HashedRow, 2> same;
      for (const auto hash = row->hash; row != rows.end() && row->key == key && row->hash == hash; ++row) {
        HashedRow& first = same[row->side];
        const std::uint64_t before = first.count;
        if (before == 0) first = *row;
        first.count = before + row->count;
      }
      const auto& [source, target] = same;
      if (source.count == target.count) continue;
      if (source.count > 0 && target.count > 0) {
        const bool lacks = target.count < source.count;
        found.push_back(
            {.kind = lacks ? RowDifferenceKind::missing : RowDifferenceKind::extra, .rows = same});
      } else {
        const std::size_t side = source.count > 0 ? 0 : 1;
        alone[side].push_back(same[side]);
      }
    }
    pair_up(alone, found);
  }
  return found;
}

std::vector<FoundDifference> choose(std::vector<FoundDifference> found, std::size_t most) {
  const auto by_position = [](const FoundDifference& a, const FoundDifference& b) {
    return std::pair(a.position(), a.kind) < std::pair(b.position(), b.kind);
  };
  std::sort(found.begin(), found.end(), by_position);
  if (found.size() <= most) return found;
  std::array<std::size_t, 3> turns{};
  for (auto& one : found) one.turn = turns[static_cast<std::size_t>(one.kind)]++;
  std::sort(found.begin(), found.end(), [](const FoundDifference& a, const FoundDifference& b) {
    return std::pair(a.turn, a.kind) < std::pair(b.turn, b.kind);
  });
  found.resize(most);
  std::sort(found.begin(), found.end(), by_position);
  return found;
}

}  // namespace leat::jobs_detail
