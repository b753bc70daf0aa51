#pragma once

#include <string>

#include "leat/documents/node.hpp"

namespace leat::test {

/// A document of loads as it was read: all that it has, as text, to be compared.
struct PipelineText {
  std::string text{};
  std::string said{};
};

/// Reads it, with "postgresql://env@NAME/" as the value of each variable.
[[nodiscard]] PipelineText read_pipeline_of(const Node& document);

}  // namespace leat::test
