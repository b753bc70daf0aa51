#pragma once

#include <cstddef>

#include "leat/documents/node.hpp"

namespace leat::documents_detail {

/// Where the n-th character of a scalar's text stands in its document, counted from 1. Where the text does
/// not stand there as it is (escapes, folded lines, a reference), the place of the scalar.
[[nodiscard]] Place place_in_text(const Node& scalar, std::size_t character);

}  // namespace leat::documents_detail
