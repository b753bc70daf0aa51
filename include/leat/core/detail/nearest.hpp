#pragma once

#include <span>
#include <string>
#include <string_view>

namespace leat::detail {

/// The one of `known` that was probably meant by `word`: the one with the fewest letters to change, add,
/// leave out or swap, or that `word` is the beginning of. Empty if none is near.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> known);

/// "; did you mean NAME?" or nothing, to stand behind a message.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace leat::detail
