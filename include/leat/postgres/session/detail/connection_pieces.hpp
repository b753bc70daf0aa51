#pragma once

#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection_target.hpp"

namespace leat::postgres_detail {

/// A URI or a keyword string that is made of pieces: a text, a value, a text, a value and so on. A value is
/// one, whatever characters it has, but if it stands first: then it may be all of the string, or its
/// beginning.
/// @throws Error (config) as ConnectionTarget::parse() does.
[[nodiscard]] LEAT_EXPORT ConnectionTarget target_of_pieces(const std::vector<std::string>& pieces);

}  // namespace leat::postgres_detail
