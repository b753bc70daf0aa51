#pragma once

#include <string>
#include <string_view>

#include "leat/core/error.hpp"

namespace leat::cli {

/// An error about options of C++ in the command's words: max_rejects is --max-rejects. What stands in double
/// quotes is the user's own and stays.
[[nodiscard]] Error in_words_of_options(const Error& error);
/// The same of a message or hint about options.
[[nodiscard]] std::string in_words_of_options(std::string_view text);

}  // namespace leat::cli
