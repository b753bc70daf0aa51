#pragma once

#include <string>
#include <vector>

#include "bed.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/registry/transform_registry.hpp"
#include "leat/registry/transform_versions.hpp"

namespace leat::test {

/// A document of a test, which must be sound.
[[nodiscard]] TransformDocument transform_of(const std::string& text, const TransformSources& sources = {});

/// It as it is registered.
[[nodiscard]] NewTransform new_transform(const std::string& name, const std::string& text);

/// Transforms in "dst".
[[nodiscard]] TransformRegistryOptions in_dst();

/// A session with "src".
[[nodiscard]] Connection session_with_src();

/// The error that `work` throws; fails the test without one.
template <class Work>
[[nodiscard]] Error thrown_by(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  throw std::logic_error("unreachable");
}

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace leat::test
