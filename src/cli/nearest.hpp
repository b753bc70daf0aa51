#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leat::cli {

/// The one of `known` that was probably meant by `word`: the one with the fewest letters to change, add,
/// leave out or swap, or that `word` is the beginning of. Empty if none is near.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> known);

/// "; did you mean NAME?" or nothing, to stand behind a message.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> known);

/// A value for a message: without the secrets of a connection, shortened if it is long, in double quotes.
[[nodiscard]] std::string shown(std::string_view value);

/// "a, b or c".
[[nodiscard]] std::string any_of(std::span<const std::string> words);

}  // namespace leat::cli
