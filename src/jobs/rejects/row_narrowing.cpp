#include "jobs/rejects/row_narrowing.hpp"

#include <cassert>

namespace leat::jobs_detail {

RowNarrowing::RowNarrowing(std::size_t rows) {
  if (rows > 0) parts_.push_back({.rows = {0, rows}});
}

std::optional<RowRange> RowNarrowing::next() {
  while (!parts_.empty() && parts_.back().will_fail && parts_.back().rows.count > 1) {
    const RowRange rows = parts_.back().rows;
    parts_.pop_back();
    halve(rows);
  }
  if (parts_.empty()) return std::nullopt;
  return parts_.back().rows;
}

void RowNarrowing::taken() {
  assert(!parts_.empty());
  const Part part = parts_.back();
  parts_.pop_back();
  if (part.is_suspect) trusts_suspects_ = false;
  if (part.blames_next && !parts_.empty()) parts_.back().will_fail = true;
}

bool RowNarrowing::refused(std::optional<std::size_t> suspect) {
  assert(!parts_.empty());
  const Part part = parts_.back();
  const RowRange rows = part.rows;
  parts_.pop_back();
  if (rows.count == 1) return true;
  if (!suspect || *suspect >= rows.count || !trusts_suspects_ || part.is_before) {
    halve(rows);
    return false;
  }
  const std::size_t before = *suspect;
  const std::size_t after = rows.count - before - 1;
  if (after > 0) parts_.push_back({.rows = {rows.first + before + 1, after}});
  parts_.push_back({.rows = {rows.first + before, 1}, .is_suspect = true});
  if (before > 0) parts_.push_back({.rows = {rows.first, before}, .is_before = true});
  return false;
}

void RowNarrowing::halve(const RowRange& rows) {
  const std::size_t half = rows.count / 2;
  parts_.push_back({.rows = {rows.first + half, rows.count - half}});
  parts_.push_back({.rows = {rows.first, half}, .blames_next = true});
}

}  // namespace leat::jobs_detail
