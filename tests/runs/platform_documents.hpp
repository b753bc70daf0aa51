#pragma once

#include <string>

#include "bed.hpp"
#include "documents/parsed.hpp"
#include "leat/documents/pipeline_document.hpp"

namespace leat::test {

/// A document of the Data Pipeline Platform as it is read, and what was said of it.
struct PlatformRun {
  Parsed parsed{};
  PipelineDocument document{};
};
[[nodiscard]] PlatformRun read_platform(const std::string& text);

/// Its load as a query from the bed's source into its target, whatever databases the document names.
[[nodiscard]] AdHocQueryOptions query_of(const Bed& bed, const PlatformRun& run);

}  // namespace leat::test
