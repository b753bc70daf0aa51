#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "leat/core/detail/export.hpp"

namespace leat::detail {

/// Growable bytes that are never filled with zeros, or memory taken over from another owner. Move-only; one
/// thread at a time. Growth doubles the capacity, and throws std::bad_alloc if there is no memory.
class LEAT_EXPORT ByteBuffer {
 public:
  using Release = void (*)(void*);

  explicit ByteBuffer(std::size_t reserve_bytes = 0) {
    if (reserve_bytes > 0) grow(reserve_bytes);
  }
  /// Takes over `size` bytes; `release` frees them.
  ByteBuffer(std::byte* data, std::size_t size, Release release) noexcept
      : data_(data), size_(size), capacity_(size), release_(release) {}
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)),
        release_(std::exchange(other.release_, nullptr)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    ByteBuffer moved(std::move(other));
    std::swap(data_, moved.data_);
    std::swap(size_, moved.size_);
    std::swap(capacity_, moved.capacity_);
    std::swap(release_, moved.release_);
    return *this;
  }
  ~ByteBuffer() {
    if (data_ != nullptr && release_ != nullptr) release_(data_);
  }

  [[nodiscard]] std::byte* data() noexcept { return data_; }
  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Appends `n` bytes with undefined content. The pointer is valid until the next growth.
  std::byte* extend(std::size_t n) {
    if (n > capacity_ - size_) grow(n);
    std::byte* const place = data_ + size_;
    size_ += n;
    return place;
  }
  void append(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  /// Removes all bytes beyond `size`, which must not exceed size().
  void truncate(std::size_t size) noexcept { size_ = size; }

 private:
  void grow(std::size_t more);

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  Release release_ = nullptr;
};

}  // namespace leat::detail
