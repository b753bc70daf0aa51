#pragma once

#include <string>

#include "leat/core/error.hpp"

namespace leat::cli {

/// What `work` returns; an error of it begins with the option.
template <class Work>
auto with_option_name(const std::string& option, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    throw error.with_message(option + ": " + error.what());
  }
}

/// Throws Error{config} if the path is longer than any that a system takes, or a directory.
void require_file_path(const std::string& path);

}  // namespace leat::cli
