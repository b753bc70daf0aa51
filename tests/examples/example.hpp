#pragma once

#include <string>

#include "support/places.hpp"

namespace leat::test {

/// The program of an example.
[[nodiscard]] inline std::string example(const std::string& name) {
  return built_program("leat_example_" + name);
}

}  // namespace leat::test
