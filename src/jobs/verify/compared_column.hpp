#pragma once

#include <array>
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
  std::string send{};  ///< for ValueForm::sent: the function that gives the bytes
  /// SQL of a type that both sides are cast to first; empty for none, where they are printed.
  std::string cast{};
  std::string reason{};  ///< why a value is compared as it is printed
  bool is_xml = false;   ///< compared as COPY sends it, instead of a cast
};

/// One column of both sides: of the source, and of the target.
struct ComparedColumn {
  std::string name{};                ///< in the target
  std::array<std::string, 2> sql{};  ///< its value over a side's columns, with the casts of a copy
  /// The value that people see of it; empty where that is the one that is compared.
  std::array<std::string, 2> shown{};
  std::array<bool, 2> not_null{};
  Comparison comparison{};
  bool prints_time_zone = false;  ///< what is printed depends on the session's TimeZone
  bool prints_money = false;      ///< the same for lc_monetary
  bool prints_objects = false;    ///< the same for search_path
};

/// The columns of a match, in its order, whose types must fit. `columns` are those that were matched, without
/// a finding that is an error. `large_objects`: of such what they hold is compared, and not their numbers.
[[nodiscard]] std::vector<ComparedColumn> compare_columns(const std::vector<SourceColumn>& columns,
                                                          const ColumnMatch& match, const TableInfo& target,
                                                          bool large_objects = false);

}  // namespace leat::jobs_detail
