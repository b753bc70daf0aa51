#pragma once

#include <string>
#include <vector>

#include "leat/jobs/report/table_difference.hpp"
#include "leat/postgres/catalog/type_definition.hpp"

namespace leat::jobs_detail {

/// Nothing where both sides are the same.
void add_difference(std::vector<Difference>& differences, Difference difference);

/// "integer in the source, none in the target"
[[nodiscard]] std::string sides_text(const Difference& difference);

/// What a column or a domain says of NULL.
[[nodiscard]] std::string null_text(bool not_null);

/// Compares what two types of one name are made of by name, not further. Objects are "labels", "fields",
/// "check positive", without the type's name. Error where values of the source's have no place, warning where
/// the target refuses some, else note; no reasons. A pure function.
[[nodiscard]] std::vector<Difference> compare(const TypeDefinition& source, const TypeDefinition& target);

}  // namespace leat::jobs_detail
