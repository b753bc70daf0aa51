#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/data/detail/wire.hpp"

namespace leat {

/// Parses the bytes of a value, front to back. A Codec's decode() uses it, as encode() uses FieldWriter.
/// Borrows the bytes. Every part is checked before it is read. If bytes are missing, it throws an Error
/// (transform) whose message begins with "malformed" and `what`. One thread at a time.
class LEAT_EXPORT FieldReader {
 public:
  /// `what` names the value in messages, for example "array". It must outlive the reader.
  FieldReader(std::span<const std::byte> in, const char* what) noexcept : in_(in), what_(what) {}

  /// Number of bytes that are not read yet.
  [[nodiscard]] std::size_t left() const noexcept { return in_.size(); }

  /// An integer in network order. Its width is that of its C++ type.
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
  /// An int32 length and as many bytes; nullopt for the length -1, which means NULL.
  [[nodiscard]] std::optional<std::span<const std::byte>> value();
  /// The same for a value that must not be NULL.
  [[nodiscard]] std::span<const std::byte> required_value();
  /// An int32 count of parts that have at least `least_bytes` each. The count is checked against the
  /// remaining bytes, so it is safe to reserve memory for it.
  [[nodiscard]] std::size_t count(std::size_t least_bytes);

  /// Checks that all bytes were read. @throws Error (transform).
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
