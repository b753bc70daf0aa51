#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/catalog/type_definition.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// A sequence and how it counts.
struct SequenceDefinition {
  TableName name{};
  std::string type{};  ///< "integer"
  std::int64_t start = 1;
  std::int64_t least = 1;
  std::int64_t most = 1;
  std::int64_t step = 1;
  std::int64_t cache = 1;
  bool cycles = false;
};

/// One column. SQL in it names every schema but pg_catalog.
struct ColumnDefinition {
  std::string name{};
  TypeSpelling type{};
  std::string collation{};  ///< with its schema; empty for the type's own
  bool not_null = false;
  std::optional<std::string> default_value{};
  std::optional<std::string> generated{};  ///< the expression of a generated column
  std::vector<std::string> inputs{};       ///< columns that a generated one uses
  bool is_virtual = false;                 ///< generated, but not stored
  Identity identity = Identity::none;
  /// Of an identity, or of a serial: the column's own, whose nextval() is the default then.
  std::optional<SequenceDefinition> sequence{};
  std::string comment{};

  /// Whether its default is nextval() of its own sequence.
  [[nodiscard]] bool is_serial() const { return sequence && identity == Identity::none; }
};

/// Constraints that concern one table alone.
enum class ConstraintKind {
  primary_key,
  unique,
  check,
  exclusion,
};

/// "primary key", "unique constraint", "check" or "exclusion constraint".
[[nodiscard]] std::string_view to_string(ConstraintKind kind);

struct ConstraintDefinition {
  std::string name{};
  ConstraintKind kind = ConstraintKind::check;
  std::string definition{};             ///< as it stands after CONSTRAINT name
  std::vector<std::string> columns{};   ///< of a key in its order; of others those that are used
  std::vector<std::string> included{};  ///< INCLUDE
  std::string comment{};
};

/// An index that belongs to no constraint.
struct IndexDefinition {
  std::string name{};
  bool is_unique = false;
  std::string definition{};            ///< as it stands after ON table: "USING btree (a)"
  std::vector<std::string> columns{};  ///< all that are used, in expressions and the predicate too
  std::string comment{};
};

/// All that is needed to make a table of the same columns elsewhere. A value.
struct TableDefinition {
  TableName name{};
  Oid oid = 0;
  RelationKind kind = RelationKind::table;
  bool is_unlogged = false;
  std::string partition_key{};                      ///< "RANGE (at)"; empty where it is not partitioned
  std::vector<ColumnDefinition> columns{};          ///< in the table's order, dropped ones left out
  std::vector<ConstraintDefinition> constraints{};  ///< the primary key first, then by name
  std::vector<IndexDefinition> indexes{};           ///< by name
  std::vector<std::string> parameters{};            ///< "fillfactor=70"
  std::string replica_identity{};  ///< "FULL", "NOTHING", "USING INDEX name"; empty for the default
  std::string comment{};
  std::string foreign_keys{};         ///< names, with commas
  std::vector<std::string> others{};  ///< what else hangs on it: "triggers", "policies"

  [[nodiscard]] const ColumnDefinition* find(std::string_view column) const;
};

/// What the catalog says of tables, and of the types of their columns.
struct Definitions {
  std::vector<TableDefinition> tables{};
  TypeDefinitions types{};
};

/// Reads the definitions of relations by their oids, of many at once, in their order; those that are gone
/// are left out. In the session's open transaction, whose search_path is another one meanwhile.
[[nodiscard]] Definitions read_definitions(Connection& connection, std::span<const Oid> tables,
                                           const std::stop_token& stop = {});

}  // namespace leat
