#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat::documents_detail {

/// A piece of an SQL text.
struct SqlToken {
  enum class Kind {
    word,    ///< a name without quotes, or a keyword
    number,  ///< 1.5
    text,    ///< '…'
    name,    ///< "…"
    sign,    ///< operators of several characters are one
  };
  Kind kind = Kind::sign;
  std::string_view text{};
  std::size_t begin = 0;

  [[nodiscard]] bool is(std::string_view sign) const { return kind == Kind::sign && text == sign; }
  /// Whether it is that word, in any case; `lower` has no capital.
  [[nodiscard]] bool is_word(std::string_view lower) const;
  [[nodiscard]] std::size_t end() const { return begin + text.size(); }
};

/// The pieces of a text, without blanks and comments; nullopt if a quote or a parenthesis is not closed.
[[nodiscard]] std::optional<std::vector<SqlToken>> sql_tokens(std::string_view text);

[[nodiscard]] std::string in_lower_case(std::string_view text);

}  // namespace leat::documents_detail
