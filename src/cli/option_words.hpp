#pragma once

#include "leat/core/error.hpp"

namespace leat::cli {

/// An error about options of C++ in the command's words: max_rejects is --max-rejects. What stands in double
/// quotes is the user's own and stays.
[[nodiscard]] Error in_words_of_options(const Error& error);

}  // namespace leat::cli
