#include "transform/sql/filter_sql.hpp"

#include <algorithm>
#include <utility>

namespace leat::transform_detail {
namespace {

using ConditionKind = FilterCondition::Kind;

bool is_null_value(const LiteralValue& value) {
  return value.kind == LiteralValue::Kind::null;
}

class FilterWriter {
 public:
  explicit FilterWriter(const FilterScope& scope) : scope_(scope) {}

  [[nodiscard]] SqlText condition(const FilterCondition& condition) const {
    switch (condition.kind) {
      case ConditionKind::comparison:
        return comparison(condition);
      case ConditionKind::sql: {
        SqlText sql;
        sql.add_written(condition.sql);
        return sql;
      }
      case ConditionKind::all:
        return joined(condition.parts, " AND ", "TRUE");
      case ConditionKind::any:
        return joined(condition.parts, " OR ", "FALSE");
      case ConditionKind::negation:
        break;
    }
    SqlText sql("(");
    sql += joined(condition.parts, " AND ", "TRUE");
    sql += ") IS NOT TRUE";
    return sql;
  }

 private:
  [[nodiscard]] SqlText joined(const std::vector<FilterCondition>& parts, std::string_view between,
                               std::string_view of_none) const {
    SqlText sql;
    for (const auto& part : parts) {
      if (!sql.empty()) sql += between;
      sql += "(";
      sql += condition(part);
      sql += ")";
    }
    if (sql.empty()) sql += of_none;
    return sql;
  }

  void fault(std::size_t origin, std::string message, std::string hint) const {
    scope_.faults.push_back({origin, std::move(message), std::move(hint)});
  }

  [[nodiscard]] SqlText comparison(const FilterCondition& condition) const {
    const auto column = scope_.column(condition.column);
    if (!column) return {};
    const auto& values = condition.values;
    const std::string& c = *column;
    switch (condition.op) {
      case FilterOperator::is_null:
        return c + " IS NULL";
      case FilterOperator::is_not_null:
        return c + " IS NOT NULL";
      case FilterOperator::in:
      case FilterOperator::not_in:
        return listed(condition, c);
      case FilterOperator::between:
        if (!needs_values(condition, 2)) return {};
        return c + " BETWEEN " + of(values[0]) + " AND " + of(values[1]);
      default:
        break;
    }
    if (!needs_values(condition, 1)) return {};
    const std::string v = of(values[0]);
    switch (condition.op) {
      case FilterOperator::not_equal:
        return c + " IS DISTINCT FROM " + v;
      case FilterOperator::greater:
        return c + " > " + v;
      case FilterOperator::greater_equal:
        return c + " >= " + v;
      case FilterOperator::less:
        return c + " < " + v;
      case FilterOperator::less_equal:
        return c + " <= " + v;
      case FilterOperator::matches:
        return c + " ~ " + v;
      case FilterOperator::contains_text:
        return "pg_catalog.strpos(" + c + ", " + v + ") > 0";
      case FilterOperator::starts_with:
        return "pg_catalog.starts_with(" + c + ", " + v + ")";
      case FilterOperator::ends_with:
        return "pg_catalog.right(" + c + ", pg_catalog.length(" + v + ")) = " + v;
      case FilterOperator::like:
        return c + " LIKE " + v;
      case FilterOperator::ilike:
        return c + " ILIKE " + v;
      default:
        return c + " = " + v;
    }
  }

  /// As many values as the operator takes, none of them null.
  [[nodiscard]] bool needs_values(const FilterCondition& condition, std::size_t count) const {
    const auto& values = condition.values;
    const std::string column = "filter of column \"" + condition.column.text + "\"";
    if (values.size() != count) {
      fault(condition.column.origin,
            column + " needs " + (count == 1 ? "one value" : std::to_string(count) + " values") + ", not " +
                std::to_string(values.size()),
            "");
      return false;
    }
    const auto null = std::find_if(values.begin(), values.end(), is_null_value);
    if (null == values.end()) return true;
    const bool is_other = condition.op == FilterOperator::not_equal;
    fault(null->origin, column + " compares with null, which no value is equal to",
          is_other ? "write is_not_null: true" : "write is_null: true");
    return false;
  }

  /// NULL is in a list that has it.
  [[nodiscard]] SqlText listed(const FilterCondition& condition, const std::string& column) const {
    const bool is_in = condition.op == FilterOperator::in;
    std::string list;
    bool has_null = false;
    for (const auto& value : condition.values) {
      if (is_null_value(value)) {
        has_null = true;
        continue;
      }
      list += (list.empty() ? "" : ", ") + of(value);
    }
    const std::string found = list.empty() ? "FALSE" : column + " IN (" + list + ")";
    if (is_in) return has_null ? "(" + found + " OR " + column + " IS NULL)" : found;
    const std::string missing = "(" + found + ") IS NOT TRUE";
    return has_null ? missing + " AND " + column + " IS NOT NULL" : missing;
  }

  /// The column's type decides how the value is read.
  [[nodiscard]] std::string of(const LiteralValue& value) const { return untyped_sql(value, scope_.server); }

  const FilterScope& scope_;
};

}  // namespace

SqlText filter_sql(const FilterCondition& condition, const FilterScope& scope) {
  return FilterWriter(scope).condition(condition);
}

std::string untyped_sql(const LiteralValue& value, const TransformServer& server) {
  return is_null_value(value) ? "NULL" : server.quote_literal(value.text);
}

std::string value_sql(const LiteralValue& value, const TransformServer& server) {
  switch (value.kind) {
    case LiteralValue::Kind::number:
      // Digits of a document are those of SQL, whose minus must not meet another operator.
      return value.text.starts_with('-') ? "(" + value.text + ")" : value.text;
    case LiteralValue::Kind::boolean:
      return value.text == "true" ? "TRUE" : "FALSE";
    default:
      return untyped_sql(value, server);
  }
}

}  // namespace leat::transform_detail
