#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "leat/data/detail/wire.hpp"

namespace leat {

/// Takes the parts of a value off its bytes, front to back: what a Codec's decode() reads with, as
/// FieldWriter is what encode() writes with. Borrows the bytes. Every part is checked before it is read, and
/// what is not there is an Error (transform) that begins with "malformed", then `what`. One thread at a time.
class FieldReader {
 public:
  /// `what` names the value in messages ("array") and must outlive the reader.
  FieldReader(std::span<const std::byte> in, const char* what) noexcept : in_(in), what_(what) {}

  /// Bytes not yet taken.
  [[nodiscard]] std::size_t left() const noexcept { return in_.size(); }

  /// An integer in network order, as wide as its type.
  template <std::integral I>
  [[nodiscard]] I integer() {
    return detail::load<I>(bytes(sizeof(I)).data());
  }
  [[nodiscard]] std::span<const std::byte> bytes(std::size_t size) {
    if (size > in_.size()) [[unlikely]]
      fail_end();
    const auto taken = in_.first(size);
    in_ = in_.subspan(size);
    return taken;
  }
  /// An int32 length and as many bytes, or nothing for -1, which stands for NULL.
  [[nodiscard]] std::optional<std::span<const std::byte>> value();
  /// The same where NULL is malformed.
  [[nodiscard]] std::span<const std::byte> required_value();
  /// An int32 count of parts that have at least `least_bytes` each: never more than the bytes left can hold,
  /// so that memory may be reserved for it.
  [[nodiscard]] std::size_t count(std::size_t least_bytes);

  /// All bytes must have been taken.
  void end() const {
    if (!in_.empty()) [[unlikely]]
      fail_rest();
  }
  /// @throws Error (transform): "malformed <what>: <problem>".
  [[noreturn]] void fail(const std::string& problem) const;

 private:
  [[noreturn]] void fail_end() const;
  [[noreturn]] void fail_rest() const;

  std::span<const std::byte> in_;
  const char* what_;
};

}  // namespace leat
