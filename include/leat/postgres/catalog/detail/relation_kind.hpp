#pragma once

#include <string_view>

#include "leat/postgres/catalog/table_info.hpp"

namespace leat::postgres_detail {

/// The meaning of pg_class.relkind.
[[nodiscard]] inline RelationKind to_relation_kind(std::string_view relkind) {
  switch (relkind.empty() ? '\0' : relkind.front()) {
    case 'r':
      return RelationKind::table;
    case 'p':
      return RelationKind::partitioned_table;
    case 'v':
      return RelationKind::view;
    case 'm':
      return RelationKind::materialized_view;
    case 'f':
      return RelationKind::foreign_table;
    default:
      return RelationKind::other;
  }
}

}  // namespace leat::postgres_detail
