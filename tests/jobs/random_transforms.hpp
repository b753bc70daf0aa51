#pragma once

#include <random>
#include <string>
#include <vector>

#include "leat/transform/sql/compiled_transform.hpp"

namespace leat::test {

/// A column that a random transform may use.
struct StageColumn {
  std::string name;
  /// i: whole number, n: numeric, t: text, b: boolean, d: date, s: timestamp, o: of another type
  char kind = 'o';
};

/// SQL that makes the table r, with columns of many types, and a type and a domain that it needs.
extern const char* const random_types_sql;
extern const char* const random_table_sql;
/// SQL that fills it with so many rows, in which NULLs are.
[[nodiscard]] std::string random_rows_sql(std::size_t rows);
/// Its columns.
[[nodiscard]] std::vector<StageColumn> random_table_columns();

/// Random transforms of rows of r: steps of every kind, and SELECTs. Most of them run; some fail, by a
/// division by zero or a cast that loses something.
class RandomTransforms {
 public:
  /// `row_wise`: each row is made of one, in their order, and `id` stays what it is.
  RandomTransforms(std::mt19937& random, bool row_wise) : random_(random), row_wise_(row_wise) {}

  [[nodiscard]] std::vector<TransformStage> make();

 private:
  [[nodiscard]] bool chance(int one_in) { return below(one_in) == 0; }
  [[nodiscard]] int below(int bound) { return std::uniform_int_distribution<>(0, bound - 1)(random_); }
  template <class Item>
  [[nodiscard]] const Item& one_of(const std::vector<Item>& items) {
    return items[static_cast<std::size_t>(below(static_cast<int>(items.size())))];
  }
  [[nodiscard]] std::string fresh_name();
  [[nodiscard]] bool is_free(const StageColumn& column) const { return !row_wise_ || column.name != "id"; }
  [[nodiscard]] LiteralValue value_for(char kind);
  [[nodiscard]] FilterCondition comparison(const StageColumn& column);
  [[nodiscard]] FilterCondition condition(const std::vector<StageColumn>& columns, int depth);
  [[nodiscard]] std::string sql_condition(const StageColumn& column);
  /// An expression and the kind of its value.
  [[nodiscard]] StageColumn expression(const std::vector<StageColumn>& columns);
  [[nodiscard]] ColumnChange change(StageColumn& column);
  [[nodiscard]] ColumnChange cast(StageColumn& column);
  void rename(ConfigTransform& transform, std::vector<StageColumn>& all);
  void select(ConfigTransform& transform, const std::vector<StageColumn>& all,
              std::vector<StageColumn>& kept);
  void aggregate(ConfigTransform& transform, std::vector<StageColumn>& kept);
  [[nodiscard]] ConfigTransform config();
  [[nodiscard]] SourcedText sql();

  std::mt19937& random_;
  const bool row_wise_;
  std::vector<StageColumn> columns_ = random_table_columns();
  int names_ = 0;
};

}  // namespace leat::test
