#include "leat/registry/transform_tests.hpp"

#include <algorithm>
#include <utility>

#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/registry/check_transform.hpp"
#include "registry/compare_rows.hpp"
#include "registry/registry_session.hpp"
#include "registry/transform_sql.hpp"

namespace leat {
namespace registry_detail {
namespace {

// A test is a few rows; more is a mistake in it, such as a join with all of a table.
constexpr std::size_t most_made_rows = 10'000;

const QueryColumn* column_of(const std::vector<QueryColumn>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&name](const QueryColumn& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

/// Collects what is wrong with the columns of all tests.
class Faults {
 public:
  explicit Faults(const TransformDocument& document) : document_(document) {}

  void add(const SourcedText& name, std::string message, const std::vector<QueryColumn>& known) {
    const auto names = names_of(known);
    if (message_.empty()) {
      where_ = to_text(document_.place(name.origin, 1));
      const std::string near = detail::nearest(name.text, names);
      hint_ = near.empty() ? "columns are " + joined(names) : "did you mean " + near + "?";
    }
    message_ += (message_.empty() ? "" : "; ") + std::move(message);
  }
  void raise() const {
    if (!message_.empty()) throw Error(ErrorKind::config, message_, {.hint = hint_, .where = where_});
  }

 private:
  static std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    return all;
  }

  const TransformDocument& document_;
  std::string message_;
  std::string hint_;
  std::string where_;
};

void check_test_columns(const TransformDocument& document, const CheckedTransform& checked) {
  Faults faults(document);
  for (const auto& test : document.tests) {
    for (const auto& row : test.input) {
      for (const auto& value : row.values) {
        if (column_of(checked.input, value.first.text) != nullptr) continue;
        faults.add(value.first,
                   "test \"" + test.name + "\" gives a column \"" + value.first.text +
                       "\", which the transform's input has not",
                   checked.input);
      }
    }
    for (const auto& row : test.expect) {
      for (const auto& value : row.values) {
        if (column_of(checked.output, value.first.text) != nullptr) continue;
        faults.add(value.first,
                   "test \"" + test.name + "\" expects a column \"" + value.first.text +
                       "\", which the transform does not make",
                   checked.output);
      }
    }
  }
  faults.raise();
}

/// Rows of a test as a query that gives these columns.
WrittenSql values_of(Connection& session, const std::vector<TransformTestRow>& rows,
                     const std::vector<QueryColumn>& columns) {
  WrittenSql sql;
  if (rows.empty() || columns.empty()) {
    sql += no_rows(columns);
    return sql;
  }
  sql += "SELECT * FROM (VALUES ";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      sql += j > 0 ? ", " : i > 0 ? "), (" : "(";
      const auto& values = rows[i].values;
      const auto found = std::find_if(values.begin(), values.end(),
                                      [&](const auto& one) { return one.first.text == columns[j].name; });
      if (found == values.end() || found->second.kind == LiteralValue::Kind::null) {
        sql += "NULL";
      } else {
        sql.add(session.quote_literal(found->second.text), found->second.origin);
      }
      sql += "::" + columns[j].type;
    }
  }
  sql += ")) AS v (";
  for (std::size_t j = 0; j < columns.size(); ++j) {
    sql += (j > 0 ? ", " : "") + quote_identifier(columns[j].name);
  }
  sql += ")";
  return sql;
}

/// The columns of the output that a test expects something of.
std::vector<QueryColumn> expected_columns(const TransformTestCase& test,
                                          const std::vector<QueryColumn>& output) {
  std::vector<QueryColumn> columns;
  for (const auto& column : output) {
    const bool is_named = std::any_of(test.expect.begin(), test.expect.end(), [&](const auto& row) {
      return std::any_of(row.values.begin(), row.values.end(),
                         [&](const auto& value) { return value.first.text == column.name; });
    });
    if (is_named) columns.push_back(column);
  }
  // Rows that are to be none are told with all that they have.
  return columns.empty() ? output : columns;
}

std::vector<TextRow> rows_made(Connection& session, const TransformDocument& document,
                               const TransformTestCase& test, const CheckedTransform& checked,
                               const std::vector<QueryColumn>& columns, const std::stop_token& stop) {
  const WrittenSql input = values_of(session, test.input, checked.input);
  // Values that the types of their columns do not take are told in their places.
  static_cast<void>(rows_of(session, input.text(), 0, input.compiled(), document, stop));
  const auto compiled = compile(session, input.text(), document, stop);
  std::string select = "SELECT ";
  for (const auto& column : columns) {
    select += (select.size() > 7 ? ", " : "") + quote_identifier(column.name);
  }
  select += " FROM (";
  const std::string sql =
      select + compiled.sql + "\n) AS leat_made LIMIT " + std::to_string(most_made_rows + 1);
  return rows_of(session, sql, select.size(), compiled, document, stop);
}

/// Whether the server refuses a value, and not what is written.
bool is_of_values(const Error& error) {
  const std::string_view state = error.sqlstate();
  return state.starts_with("22") || state.starts_with("23") || state.starts_with("P0") || state == "21000";
}

TransformTestResult run_test(Connection& session, const TransformDocument& document,
                             const TransformTestCase& test, const CheckedTransform& checked,
                             const std::stop_token& stop) {
  TransformTestResult result{.name = test.name, .place = to_text(test.place)};
  const auto columns = expected_columns(test, checked.output);
  result.columns = names_of(columns);
  const ReadOnly transaction(session, stop);
  try {
    const WrittenSql wanted = values_of(session, test.expect, columns);
    auto expected = rows_of(session, wanted.text(), 0, wanted.compiled(), document, stop);
    auto made = rows_made(session, document, test, checked, columns, stop);
    if (made.size() > most_made_rows) {
      result.error = "it makes more than " + std::to_string(most_made_rows) + " rows";
      return result;
    }
    for (std::size_t j = 0; j < columns.size(); ++j) {
      if (!columns[j].type.starts_with("numeric")) continue;
      for (auto* const rows : {&expected, &made}) {
        for (auto& row : *rows) strip_zeros(row[j]);
      }
    }
    compare_rows(std::move(expected), std::move(made), result);
  } catch (const Error& error) {
    if (!is_of_values(error)) throw;
    result.error = std::string(error.sqlstate()) + ": " + error.what() +
                   (error.where().empty() ? "" : " (" + std::string(error.where()) + ")");
  }
  return result;
}

}  // namespace
}  // namespace registry_detail

std::size_t TransformTestReport::failed() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      tests.begin(), tests.end(), [](const TransformTestResult& test) { return !test.passed; }));
}

TransformTestReport run_transform_tests(Connection& session, const TransformDocument& document,
                                        const std::vector<QueryColumn>& input, std::stop_token stop) {
  const auto checked = check_transform(session, document, input, stop);
  registry_detail::check_test_columns(document, checked);
  TransformTestReport report;
  return registry_detail::unless_registry_stopped([&] {
    for (const auto& test : document.tests) {
      report.tests.push_back(registry_detail::run_test(session, document, test, checked, stop));
    }
    return report;
  });
}

}  // namespace leat
