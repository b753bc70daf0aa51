#pragma once

#include <exception>
#include <string>

namespace leat::test {

/// What is thrown says; "" where nothing is.
template <class Call>
std::string thrown(const Call& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

[[nodiscard]] inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace leat::test
