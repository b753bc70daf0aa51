#pragma once

#include <span>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"

namespace leat::detail {

/// The one of `known` that was probably meant by `word`: the one with the fewest letters to change, add,
/// leave out or swap, or that `word` is the beginning of. Empty if none is near.
[[nodiscard]] LEAT_EXPORT std::string nearest(std::string_view word, std::span<const std::string> known);

/// "; did you mean NAME?" or nothing, to stand behind a message.
[[nodiscard]] LEAT_EXPORT std::string did_you_mean(std::string_view word, std::span<const std::string> known);

/// "a, b or c".
[[nodiscard]] LEAT_EXPORT std::string any_of(std::span<const std::string> words);

}  // namespace leat::detail
