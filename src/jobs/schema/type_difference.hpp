#pragma once

#include <string>
#include <vector>

#include "leat/data/store/finding.hpp"
#include "leat/postgres/catalog/type_definition.hpp"

namespace leat::jobs_detail {

/// In what two types of one name differ.
struct TypeDifference {
  std::string what{};  ///< "labels", "fields", "check positive"
  std::string source{};
  std::string target{};
  /// Error where values of the source's have no place, warning where the target refuses some, else note.
  Severity severity = Severity::note;
};

/// What a column or a domain says of NULL.
[[nodiscard]] std::string null_text(bool not_null);

/// Compares what two types are made of by name, not further. A pure function.
[[nodiscard]] std::vector<TypeDifference> compare(const TypeDefinition& source, const TypeDefinition& target);

}  // namespace leat::jobs_detail
