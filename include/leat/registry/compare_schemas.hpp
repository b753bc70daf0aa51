#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/registry/registered_schema.hpp"
#include "leat/registry/schema_rule.hpp"

namespace leat {

/// How a column has changed.
enum class SchemaChangeKind {
  column_added,             ///< nullable, or with a default
  required_column_added,    ///< NOT NULL without a default
  column_dropped,           ///< that was nullable, or had a default
  required_column_dropped,  ///< that was NOT NULL without a default
  type_widened,             ///< integer became bigint: all values have a place, and operators stay the same
  type_converted,           ///< integer became text: all values have a place, operators are others
  type_narrowed,            ///< the other way round
  type_changed,             ///< neither side has a place for all values of the other
  null_allowed,             ///< NOT NULL no longer
  null_refused,             ///< NOT NULL now
  key_added,                ///< there was no primary key
  key_dropped,
  key_changed,
  label_added,  ///< of an enum
  label_removed,
  collation_changed,
  default_changed,
  description_changed,
  order_changed,  ///< of the columns that both have
};

/// "type_widened", …
[[nodiscard]] LEAT_EXPORT std::string_view to_string(SchemaChangeKind kind);

/// What a rule says of a change.
enum class SchemaVerdict {
  ok,
  remark,  ///< allowed; a user should know
  no,      ///< not allowed
};

/// "ok", "remark" or "no".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(SchemaVerdict verdict);

/// One change from one schema to another, and what a rule says of it.
struct SchemaChange {
  std::string column{};  ///< empty for what concerns several: key and order
  SchemaChangeKind change = SchemaChangeKind::type_changed;
  SchemaRule rule{};
  int version = 0;    ///< the earlier version; 0: not known
  std::string old{};  ///< "integer"; empty for none
  std::string now{};  ///< likewise, in the new schema
  SchemaVerdict verdict = SchemaVerdict::ok;
  std::string hint{};
};

/// What a rule says of that kind of change, whatever the column.
[[nodiscard]] LEAT_EXPORT SchemaVerdict verdict_of(SchemaChangeKind kind, SchemaRuleKind rule);

/// All changes from one schema to another, in the order of the new schema's columns, those that were dropped
/// behind them; by column names, which are compared as they are. A column that may have been renamed is
/// dropped and added, and its hint says so. A pure function.
[[nodiscard]] LEAT_EXPORT std::vector<SchemaChange> compare_schemas(const RegisteredSchema& old_schema,
                                                                    const RegisteredSchema& new_schema,
                                                                    const SchemaRule& rule);

/// Whether none of them is refused.
[[nodiscard]] LEAT_EXPORT bool allows(std::span<const SchemaChange> changes) noexcept;

/// For people: a line each, and one for a hint; each ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(std::span<const SchemaChange> changes);
/// A JSON list of {column, change, rule, version, old, new, severity, hint}. What is not known is null.
[[nodiscard]] LEAT_EXPORT std::string to_json(std::span<const SchemaChange> changes);

}  // namespace leat
