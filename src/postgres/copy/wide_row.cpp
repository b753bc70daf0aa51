#include "postgres/copy/wide_row.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

namespace leat::postgres_detail {

WideRow::WideRow(std::size_t size, std::span<const char> begun, std::size_t at_once)
    : size_(size), arrived_(begun.size()) {
  assert(begun.size() <= size);
  grow(std::min(size, std::max(at_once, begun.size())));
  if (!begun.empty()) std::memcpy(bytes_.get(), begun.data(), begun.size());
}

std::span<char> WideRow::room() {
  if (arrived_ == capacity_ && !whole()) grow(std::min(size_, 2 * capacity_));
  return {bytes_.get() + arrived_, capacity_ - arrived_};
}

void WideRow::arrived(std::size_t count) {
  assert(count <= capacity_ - arrived_);
  arrived_ += count;
}

void WideRow::grow(std::size_t capacity) {
  // The system moves large blocks by their pages, so that this copies next to nothing.
  auto* larger = static_cast<char*>(std::realloc(bytes_.get(), capacity));
  if (larger == nullptr) throw std::bad_alloc();
  static_cast<void>(bytes_.release());
  bytes_.reset(larger);
  capacity_ = capacity;
}

}  // namespace leat::postgres_detail
