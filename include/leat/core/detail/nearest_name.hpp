#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace leat::detail {

/// How many letters are to be changed, added, left out, or swapped with the next one.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `known` that was probably meant by `word`, whatever the case of its letters; empty if none is
/// near.
[[nodiscard]] std::string nearest_name(std::string_view word, std::span<const std::string> known);

}  // namespace leat::detail
