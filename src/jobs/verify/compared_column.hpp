#pragma once

#include <span>
#include <string>
#include <vector>

#include "jobs/match/column_match.hpp"
#include "jobs/match/type_fit.hpp"

namespace leat::jobs_detail {

/// What of a value is compared.
enum class ValueForm {
  hashed,   ///< the type's own hash function, which sees every difference
  real,     ///< the same, but that it takes 0 and -0 for one
  sent,     ///< the bytes of its binary form
  text,     ///< its characters, whatever the collation
  printed,  ///< what its output function prints
};

/// How the values of one column are compared, and what they are made before on both sides.
struct Comparison {
  ValueForm form = ValueForm::hashed;
  std::string send{};    ///< for ValueForm::sent: the function that gives the bytes
  std::string cast{};    ///< SQL of a type that both sides are cast to first; empty for none
  std::string reason{};  ///< why a value is compared as it is printed
};

/// How a source column's values are compared with those that a copy makes of them in a target column of that
/// type. The two must fit.
[[nodiscard]] Comparison compare(const TypeUse& source, const TypeUse& target);

/// One column of both sides.
struct ComparedColumn {
  std::string name{};    ///< in the target
  std::string source{};  ///< its value as SQL over the source's columns, with the casts of a copy
  std::string target{};  ///< the same over the target's
  Comparison comparison{};
  bool source_not_null = false;
  bool target_not_null = false;
  bool prints_time_zone = false;  ///< what is printed depends on the session's TimeZone
  bool prints_money = false;      ///< the same for lc_monetary
  bool prints_objects = false;    ///< the same for search_path
  std::string type{};             ///< that both sides' SQL has after the cast, for what is not printed
};

/// The columns of a match, in its order. `columns` are those that were matched, without a finding that is an
/// error.
[[nodiscard]] std::vector<ComparedColumn> compare_columns(std::span<const SourceColumn> columns,
                                                          const ColumnMatch& match, const TableInfo& target);

}  // namespace leat::jobs_detail
