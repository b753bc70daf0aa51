#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/load_schema.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/registry/schema_registry.hpp"

namespace leat {

/// How much is known of a load's columns.
enum class SchemaSource {
  table,  ///< read_table_schema(): all of it
  query,  ///< names and types. The rest is taken for what the registered version says.
};

/// What a load is checked with.
struct LoadSchemaOptions {
  LoadSchema wanted{};
  std::string load{};  ///< its name, under which the version is noted
  RegisteredSchema found{};
  SchemaSource source = SchemaSource::table;
};

/// What was found.
struct LoadSchemaOutcome {
  std::string subject{};
  int version = 0;      ///< which the load has
  bool is_new = false;  ///< it was registered by this call
  /// Towards the version before; none of them stands against the load.
  std::vector<SchemaChange> changes{};
};

/// The names and types of a query's columns, or of some of a table.
[[nodiscard]] LEAT_EXPORT RegisteredSchema schema_of_columns(std::span<const TableColumn> columns);

/// Checks the columns of a load's source against the registered schema, before the first row, and notes the
/// version (SchemaRegistry::loads()).
///
/// `fail`: they are those of the newest version, or of the one that the subject names ("orders@3"); defaults,
/// descriptions and the order may differ, and there may be more columns if the schema says so. `evolve`:
/// other columns are registered if the subject's rule allows it. `record`: they are registered in any case.
/// With the latter two an unknown subject is registered.
/// @throws Error (source) that lists all changes which stand against the load; Error (config) for an unknown
/// subject with `fail`, and for one with a version else; Error (target) of the store; Error (cancelled).
[[nodiscard]] LEAT_EXPORT LoadSchemaOutcome check_load_schema(const LoadSchemaOptions& options,
                                                              const SchemaRegistry& registry,
                                                              std::stop_token stop = {});

}  // namespace leat
