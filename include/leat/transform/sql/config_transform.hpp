#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "leat/transform/sql/sourced_text.hpp"

// A transform that is written as a list of what is to be done, without a SELECT of one's own.
// docs/transforms.md has its meaning, with NULLs.
namespace leat {

/// What a column is compared with.
enum class FilterOperator {
  equal,      ///< NULL does not match
  not_equal,  ///< NULL matches
  greater,
  greater_equal,
  less,
  less_equal,
  in,       ///< NULL matches if null is listed
  not_in,   ///< NULL matches unless null is listed
  matches,  ///< a regular expression of PostgreSQL's, case-sensitive
  contains_text,
  starts_with,
  ends_with,
  like,
  ilike,
  between,  ///< both bounds belong to it
  is_null,
  is_not_null,
};

/// A condition on a row.
struct FilterCondition {
  enum class Kind {
    comparison,  ///< `column`, `op`, `values`
    sql,         ///< `sql`; a row for which it is NULL is left out
    all,         ///< each of `parts`
    any,         ///< one of `parts`
    negation,    ///< not parts[0]; unknown counts as not met
  };
  Kind kind = Kind::all;
  SourcedText column{};
  FilterOperator op = FilterOperator::equal;
  std::vector<LiteralValue> values{};
  SourcedText sql{};
  std::vector<FilterCondition> parts{};
};

struct ColumnRename {
  SourcedText from{};
  SourcedText to{};
};

/// A column whose value is an SQL expression over the columns, or a literal.
struct AddedColumn {
  SourcedText name{};
  std::variant<SourcedText, LiteralValue> value{};
};

/// Replaces values by others.
struct MapValues {
  /// What becomes of a value that is not listed. NULL stays NULL unless it is listed.
  enum class Otherwise {
    null,
    keep,
    error,  ///< the row is refused with its value
    value,
  };
  std::vector<std::pair<LiteralValue, LiteralValue>> mapping{};
  Otherwise otherwise = Otherwise::null;
  LiteralValue other_value{};
};

/// Functions of one column.
enum class ColumnFunction {
  upper,
  lower,
  strip,  ///< blanks, tabs, newlines, CR, FF and VT at both ends
  lstrip,
  rstrip,
  title,
  null_if_empty,
  md5,     ///< of the text, in hexadecimal digits
  sha256,  ///< the same
  abs,
  round,           ///< to `arguments[0]` digits, or to a whole number
  trunc,           ///< the same
  date_trunc,      ///< to the unit arguments[0]
  coalesce,        ///< arguments[0] for NULL
  left,            ///< the first arguments[0] letters
  replace,         ///< each arguments[0] by arguments[1]
  regexp_replace,  ///< each match of arguments[0] by arguments[1]
};

struct ApplyFunction {
  ColumnFunction function = ColumnFunction::upper;
  std::vector<LiteralValue> arguments{};
};

/// Hides a value.
struct MaskValue {
  enum class How {
    sha256,  ///< the SHA-256 of salt and text, in hexadecimal digits: equal values stay equal
    redact,  ///< ***
    last,    ///< all letters but the last `letters` become *; of a shorter text all
    null,
  };
  How how = How::redact;
  std::string salt{};
  std::size_t letters = 0;
};

/// Another type. A value that does not survive it is refused: 1.5 as an integer.
struct CheckedCast {
  SourcedText type{};  ///< as in SQL: `integer`, `numeric(12,2)`
};

/// What is done to a column's values.
struct ColumnChange {
  SourcedText column{};
  std::variant<MapValues, ApplyFunction, MaskValue, CheckedCast> change{};
};

/// A column of a group: a column's name, or an SQL expression with a name.
struct GroupKey {
  SourcedText name{};
  std::optional<SourcedText> sql{};
};

struct AggregateColumn {
  SourcedText name{};
  SourcedText call{};  ///< `sum(amount)`, `count(*) FILTER (WHERE paid)`
};

struct Aggregation {
  std::vector<GroupKey> group_by{};
  std::vector<AggregateColumn> aggregates{};
  std::optional<SourcedText> having{};
};

/// What is done to rows, in this order.
struct ConfigTransform {
  std::vector<ColumnRename> rename{};
  /// Sees all columns, selected or not, under their new names.
  std::optional<FilterCondition> filter{};
  /// Names as they were before renaming, or new ones. Not set: all columns.
  std::optional<std::vector<SourcedText>> select{};
  /// Each sees all columns, selected or not, and those added before it. An existing name is replaced in its
  /// place.
  std::vector<AddedColumn> add_columns{};
  std::vector<SourcedText> drop_columns{};
  std::vector<ColumnChange> transformations{};
  std::optional<Aggregation> aggregations{};
  std::vector<ColumnChange> cast{};  ///< each a CheckedCast
};

}  // namespace leat
