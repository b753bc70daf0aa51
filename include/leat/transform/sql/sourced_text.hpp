#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace leat {

/// A text, and where it is from: `origin` is a number of the caller's, for example that of a place in a
/// document. Faults and positions in SQL name it.
struct SourcedText {
  std::string text{};
  std::size_t origin = 0;

  SourcedText() = default;
  SourcedText(std::string its_text, std::size_t its_origin = 0)  // NOLINT(google-explicit-constructor)
      : text(std::move(its_text)), origin(its_origin) {}
  SourcedText(const char* its_text) : text(its_text) {}  // NOLINT(google-explicit-constructor)
};

/// A value that a document writes: a text, a number, a boolean or null.
struct LiteralValue {
  enum class Kind {
    null,
    text,
    number,  ///< its digits, as written
    boolean,
  };
  Kind kind = Kind::null;
  std::string text{};  ///< "true" or "false" of a boolean; empty of null
  std::size_t origin = 0;

  [[nodiscard]] static LiteralValue null() { return {}; }
  [[nodiscard]] static LiteralValue of(std::string value) { return {Kind::text, std::move(value)}; }
  [[nodiscard]] static LiteralValue number(std::string digits) { return {Kind::number, std::move(digits)}; }
  [[nodiscard]] static LiteralValue boolean(bool value) { return {Kind::boolean, value ? "true" : "false"}; }
};

}  // namespace leat
