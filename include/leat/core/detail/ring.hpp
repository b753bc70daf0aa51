#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// A first-in first-out ring that doubles when it is full and never shrinks. Not thread-safe.
/// Invariant: the items are slots_[(head_ + i) & (capacity_ - 1)] for i < size_; capacity_ is 0 or a power of
/// two.
template <class T>
class Ring {
  static_assert(std::is_nothrow_move_constructible_v<T>, "an item must move without throwing");

 public:
  Ring() = default;
  Ring(Ring&& other) noexcept { swap(other); }
  Ring& operator=(Ring&&) = delete;
  ~Ring() {
    while (!empty()) drop_front();
    release(slots_, capacity_);
  }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] T& front() noexcept {
    assert(size_ > 0);
    return slots_[head_];
  }

  /// Leaves the item untouched when it throws (std::bad_alloc).
  void push(T&& item) {
    if (size_ == capacity_) grow(capacity_ * 2);
    std::construct_at(slots_ + ((head_ + size_) & (capacity_ - 1)), std::move(item));
    ++size_;
  }

  /// Makes room for `count` items in all. Changes nothing when it throws (std::bad_alloc).
  void reserve(std::size_t count) {
    if (count > capacity_) grow(count);
  }

  T pop() noexcept {
    T item(std::move(front()));
    drop_front();
    return item;
  }

  void drop_front() noexcept {
    std::destroy_at(slots_ + head_);
    head_ = (head_ + 1) & (capacity_ - 1);
    --size_;
  }

  void swap(Ring& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(capacity_, other.capacity_);
    std::swap(head_, other.head_);
    std::swap(size_, other.size_);
  }

 private:
  void grow(std::size_t least) {
    const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(16, least));
    T* slots = std::allocator<T>{}.allocate(capacity);
    const std::size_t count = size_;
    for (std::size_t i = 0; i < count; ++i) {
      T& item = slots_[(head_ + i) & (capacity_ - 1)];
      std::construct_at(slots + i, std::move(item));
      std::destroy_at(&item);
    }
    release(slots_, capacity_);
    slots_ = slots;
    capacity_ = capacity;
    head_ = 0;
  }

  static void release(T* slots, std::size_t capacity) noexcept {
    if (slots != nullptr) std::allocator<T>{}.deallocate(slots, capacity);
  }

  T* slots_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace leat::detail
