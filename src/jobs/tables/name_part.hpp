#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat::jobs_detail {

/// A part of a name or of a pattern, as SQL writes it, around its first `*`.
struct NamePart {
  std::string before{};
  std::string after{};
  std::size_t stars = 0;      ///< `*` outside of double quotes
  std::size_t questions = 0;  ///< `?` likewise

  /// What the `*` of this pattern stands for in a name that the pattern matches.
  [[nodiscard]] std::string captured(std::string_view name) const;
  /// The name, with that text in the place of `*`.
  [[nodiscard]] std::string with(std::string_view text) const;
};

/// The parts of `text` between dots outside of double quotes, from the last one. @throws Error (config) where
/// a part is empty or a double quote is not closed.
[[nodiscard]] std::vector<NamePart> name_parts(std::string_view text);

/// "sales.orders" and "email" of "sales.orders.email"; nullopt without a dot outside of double quotes.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> split_column(std::string_view text);

}  // namespace leat::jobs_detail
