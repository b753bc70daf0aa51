#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "leat/core/detail/export.hpp"
#include "leat/data/detail/wire.hpp"

namespace leat::detail {

/// A field in a tuple: the position of its int32 length, and its bytes.
struct FieldPlace {
  const std::byte* length_word = nullptr;
  std::span<const std::byte> bytes{};
  bool null = false;
};

[[noreturn]] LEAT_EXPORT void fail_tuple_length(std::size_t field, std::int32_t length, std::size_t left);
[[noreturn]] LEAT_EXPORT void fail_tuple_end(std::size_t left);

/// Finds fields in one tuple without allocating. It walks only as far as necessary and remembers where every
/// 2^shift-th field starts, so every field is only a few steps from a remembered one. Every length is checked
/// on the way.
class TupleIndex {
 public:
  /// `tuple` must hold at least its field count, `fields`, and must stay in place.
  TupleIndex(std::size_t fields) noexcept {
    while ((fields >> shift_) > slots) ++shift_;
    starts_[0] = sizeof(std::int16_t);
  }

  /// Field `i`, which must be less than the tuple's count.
  /// @throws Error (transform) if the bytes up to it are malformed, or if there are bytes after the last
  /// field.
  [[nodiscard]] FieldPlace locate(std::span<const std::byte> tuple, std::size_t fields, std::size_t i) {
    const std::size_t slot = i >> shift_;
    const std::size_t from = slot < known_ ? slot : known_;
    std::size_t k = from << shift_;
    std::size_t start = starts_[from];
    for (;; ++k) {
      const std::size_t left = tuple.size() - start;
      if (left < sizeof(std::int32_t)) [[unlikely]]
        fail_tuple_length(k, -1, left);
      const auto length = load<std::int32_t>(tuple.data() + start);
      const std::size_t width = length > 0 ? static_cast<std::size_t>(length) : 0;
      if (length < -1 || width > left - sizeof(std::int32_t)) [[unlikely]]
        fail_tuple_length(k, length, left);
      const std::size_t end = start + sizeof(std::int32_t) + width;
      if (k == i) {
        if (i + 1 == fields && end != tuple.size()) [[unlikely]]
          fail_tuple_end(tuple.size() - end);
        const std::byte* const word = tuple.data() + start;
        return {word, {word + sizeof(std::int32_t), width}, length < 0};
      }
      start = end;
      const std::size_t next = k + 1;
      if (next >> shift_ > known_) starts_[++known_] = static_cast<std::uint32_t>(start);
    }
  }

  /// Forgets the positions after field `i`, whose width has changed.
  void changed(std::size_t i) noexcept {
    if (i >> shift_ < known_) known_ = static_cast<std::uint32_t>(i >> shift_);
  }

 private:
  static constexpr std::size_t slots = 32;
  // starts_[n] is where field n << shift_ starts, for n <= known_; the rest is not initialised.
  std::array<std::uint32_t, slots + 1> starts_;
  std::uint32_t known_ = 0;
  std::uint32_t shift_ = 0;
};

}  // namespace leat::detail
