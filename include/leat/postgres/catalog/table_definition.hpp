#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/catalog/type_definition.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// A sequence: its name, bounds and step.
struct SequenceDefinition {
  TableName name{};
  std::string type{};  ///< "integer"
  std::int64_t start = 1;
  std::int64_t least = 1;
  std::int64_t most = 1;
  std::int64_t step = 1;
  std::int64_t cache = 1;
  bool cycles = false;
  std::string comment{};
};

/// One column. All SQL in it names every schema except pg_catalog.
struct ColumnDefinition {
  std::string name{};
  TypeSpelling type{};
  std::string collation{};  ///< with its schema; empty for the type's own collation
  bool not_null = false;
  std::optional<std::string> default_value{};
  std::optional<std::string> generated{};  ///< the expression of a generated column
  std::vector<std::string> inputs{};       ///< columns that a generated column uses
  bool is_virtual = false;                 ///< generated, but not stored
  Identity identity = Identity::none;
  /// The sequence of an identity column or of a serial column. A serial's default is nextval() of its own
  /// sequence.
  std::optional<SequenceDefinition> sequence{};
  std::string comment{};
  std::string storage{};               ///< "EXTERNAL"; empty for the type's own
  std::string compression{};           ///< "pglz"; empty for the server's own
  int statistics = -1;                 ///< the statistics target; -1 for the server's own
  std::vector<std::string> options{};  ///< "n_distinct=-0.5"

  /// True if the column's default is nextval() of its own sequence.
  [[nodiscard]] bool is_serial() const { return sequence && identity == Identity::none; }
};

/// How many values are kept of an expression of an index, by its place in it (ALTER INDEX … ALTER COLUMN).
struct ExpressionStatistics {
  int column = 1;
  int target = 0;

  [[nodiscard]] friend bool operator==(const ExpressionStatistics&, const ExpressionStatistics&) = default;
};

/// Kinds of constraints that concern only one table.
enum class ConstraintKind {
  primary_key,
  unique,
  check,
  exclusion,
};

/// "primary key", "unique constraint", "check" or "exclusion constraint".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(ConstraintKind kind);

struct ConstraintDefinition {
  std::string name{};
  ConstraintKind kind = ConstraintKind::check;
  std::string definition{};             ///< the SQL after CONSTRAINT name
  std::vector<std::string> columns{};   ///< of a key, in its order; of others, the columns they use
  std::vector<std::string> included{};  ///< INCLUDE
  std::string comment{};
  bool is_clustered = false;              ///< the table is clustered on its index
  bool is_replica_identity = false;       ///< its index is the table's replica identity
  std::vector<std::string> parameters{};  ///< of its index: "fillfactor=50"
  std::string index_comment{};            ///< on its index
  std::vector<ExpressionStatistics> statistics{};
};

/// An index that does not belong to a constraint.
struct IndexDefinition {
  std::string name{};
  bool is_unique = false;
  std::string definition{};            ///< the SQL after ON table: "USING btree (a)"
  std::vector<std::string> columns{};  ///< all columns it uses, also in expressions and in the predicate
  std::string comment{};
  bool is_clustered = false;         ///< the table is clustered on it
  bool is_replica_identity = false;  ///< it is the table's replica identity
  std::vector<ExpressionStatistics> statistics{};
};

/// An object of extended statistics (CREATE STATISTICS).
struct StatisticsDefinition {
  std::string name{};
  std::string definition{};            ///< the SQL between the name and FROM: "(ndistinct) ON a, b"
  std::vector<std::string> columns{};  ///< all columns it uses
  std::string comment{};
  int target = -1;  ///< the statistics target; -1 for the server's own
};

/// Everything that is needed to create a table with the same columns elsewhere. A value.
struct LEAT_EXPORT TableDefinition {
  TableName name{};
  Oid oid = 0;
  RelationKind kind = RelationKind::table;
  bool is_unlogged = false;
  std::string partition_key{};                      ///< "RANGE (at)"; empty if the table is not partitioned
  std::vector<ColumnDefinition> columns{};          ///< in the table's order, without dropped columns
  std::vector<ConstraintDefinition> constraints{};  ///< the primary key first, then by name
  std::vector<IndexDefinition> indexes{};           ///< by name
  std::vector<StatisticsDefinition> statistics{};   ///< by name
  std::vector<std::string> parameters{};            ///< "fillfactor=70", "toast.autovacuum_enabled=false"
  std::string replica_identity{};  ///< "FULL", "NOTHING", "USING INDEX name"; empty for the default
  std::string comment{};
  std::string foreign_keys{};  ///< their names, separated by commas
  /// What else the table has: "triggers", "privileges", "tablespace fast".
  std::vector<std::string> others{};
  std::string owner{};
  std::string partition_of{};  ///< "public.whole FOR VALUES FROM (1) TO (10)"; empty if it is no partition

  [[nodiscard]] const ColumnDefinition* find(std::string_view column) const;
};

/// The definitions of tables, and of the types of their columns, as the catalog has them.
struct Definitions {
  std::vector<TableDefinition> tables{};
  TypeDefinitions types{};
};

/// Reads the definitions of many relations at once, by their oids, in the order of the oids. Relations that
/// no longer exist are left out. Runs in the session's open transaction, and changes its search_path
/// meanwhile.
[[nodiscard]] LEAT_EXPORT Definitions read_definitions(Connection& connection, std::span<const Oid> tables,
                                                       const std::stop_token& stop = {});

}  // namespace leat
