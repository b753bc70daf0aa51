#pragma once

#include <map>
#include <string>
#include <vector>

#include "leat/jobs/options/inheritance.hpp"
#include "leat/jobs/options/large_object_mode.hpp"

namespace leat {

/// A table of the source, its counterpart in the target, and which of the rows and columns are meant.
struct TableSelection {
  /// The source's table or view, as in SQL: `orders`, `sales.orders`, `"Mixed Case"."Order"`.
  std::string from{};
  /// The target's table or view. Empty: named as `from`.
  std::string to{};
  /// Only these columns of the source, exactly as the catalog spells them: `{"id", "qty"}`. Empty: all, of
  /// generated ones those that the target does not generate; TableDiff compares the others, too.
  std::vector<std::string> columns{};
  /// All columns but these. Not together with `columns`.
  std::vector<std::string> exclude{};
  /// Source column -> the target's column that belongs to it: `{{"id", "order_id"}}`.
  std::map<std::string, std::string> rename{};
  /// Target column -> SQL of your own over the source's columns that gives its values, instead of the column
  /// of that name. It becomes part of the source's SELECT as it stands. Not for TableDiff.
  std::map<std::string, std::string> map{};
  /// SQL of your own over the source's columns: only the source's rows that meet it are meant, `"qty > 0"`.
  /// It becomes part of the source's SELECT as it stands. Not for TableDiff.
  std::string where{};
  /// Which rows are meant if other tables inherit from this one. VerifyTable reads both sides so. Not for
  /// TableDiff, which reads no rows.
  Inheritance inheritance = Inheritance::refuse;
  /// What becomes of large objects that columns name. `copied`: only for loads that replace or append, by one
  /// writer and without a job's name, and for VerifyTable. Not for TableDiff.
  LargeObjectMode large_objects = LargeObjectMode::stay;

  /// The name of the target's table: `to`, or else `from`.
  [[nodiscard]] const std::string& target_name() const noexcept { return to.empty() ? from : to; }
};

}  // namespace leat
