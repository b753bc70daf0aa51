#pragma once

#include <span>
#include <string>

#include "leat/documents/source_text.hpp"

namespace leat::documents_detail {

/// The line of a place and a caret under it: two lines. Of a long line what stands around it. Hidden places,
/// and what stands where passwords do, are stars. Empty for a place that is none.
[[nodiscard]] std::string excerpt(const Place& place, std::span<const Place> hidden);

}  // namespace leat::documents_detail
