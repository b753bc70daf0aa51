#pragma once

#include <string>
#include <vector>

#include "leat/transform/sql/compiled_transform.hpp"

namespace leat::jobs_detail {

/// All that transforms say, as one text: two lists of transforms have the same if they do the same by the
/// same words. Origins do not count. The salts of masks are in it.
[[nodiscard]] std::string transforms_text(const std::vector<TransformStage>& stages);

}  // namespace leat::jobs_detail
