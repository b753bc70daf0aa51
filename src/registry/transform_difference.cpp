#include "leat/registry/transform_difference.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/postgres/session/sql_parameters.hpp"
#include "registry/registry_session.hpp"
#include "registry/transform_sql.hpp"

namespace leat {
namespace registry_detail {
namespace {

/// What one of the two makes, as SQL.
struct Made {
  CompiledTransform compiled{};
  std::vector<QueryColumn> columns{};
};

Made made_by(Connection& session, const TransformDocument& document, const std::string& query,
             const std::stop_token& stop) {
  Made made{.compiled = compile(session, query, document, stop)};
  made.columns = columns_made(session, made.compiled, document, stop);
  require_distinct(made.columns);
  return made;
}

const QueryColumn* named(const std::vector<QueryColumn>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&name](const QueryColumn& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

/// Which columns both have, and which not.
void match_columns(const Made& before, const Made& after, const std::vector<std::string>& likely_key,
                   TransformDifference& difference) {
  std::vector<std::string> common;
  for (const auto& column : before.columns) {
    const QueryColumn* const other = named(after.columns, column.name);
    if (other == nullptr) {
      difference.only_before.push_back(column);
      continue;
    }
    common.push_back(column.name);
    if (other->type != column.type) difference.retyped.push_back({column.name, column.type, other->type});
  }
  for (const auto& column : after.columns) {
    if (named(before.columns, column.name) == nullptr) difference.only_after.push_back(column);
  }
  if (common.empty()) throw Error(ErrorKind::config, "the two transforms have no column in common");
  for (const auto& name : difference.key) {
    if (std::find(common.begin(), common.end(), name) != common.end()) continue;
    throw Error(
        ErrorKind::config,
        "the two transforms do not both make a column \"" + name + "\"" + detail::did_you_mean(name, common),
        {.hint = "a key has columns of both results"});
  }
  const auto is_common = [&common](const std::string& name) {
    return std::find(common.begin(), common.end(), name) != common.end();
  };
  if (difference.key.empty() && std::all_of(likely_key.begin(), likely_key.end(), is_common)) {
    difference.key = likely_key;
  }
  difference.columns = difference.key;
  for (auto& name : common) {
    const bool is_key = std::find(difference.key.begin(), difference.key.end(), name) != difference.key.end();
    if (!is_key) difference.columns.push_back(std::move(name));
  }
}

std::string as_texts(const std::vector<std::string>& columns) {
  std::string sql;
  for (const auto& name : columns) {
    const std::string quoted = quote_identifier(name);
    sql += (sql.empty() ? "" : ", ") + quoted + "::pg_catalog.text AS " + quoted;
  }
  return sql;
}

std::string quoted_list(const std::vector<std::string>& columns) {
  std::string sql;
  for (const auto& name : columns) sql += (sql.empty() ? "" : ", ") + quote_identifier(name);
  return sql;
}

/// Whole numbers in their order, and all else in some order.
std::string by_length(const std::vector<std::string>& columns) {
  std::string sql;
  for (const auto& name : columns) {
    const std::string quoted = quote_identifier(name);
    sql += "pg_catalog.length(" + quoted + "), " + quoted + ", ";
  }
  return sql;
}

std::uint64_t number_of(const std::optional<std::string>& text) {
  return text ? std::stoull(*text) : 0;
}

/// Puts two rows of one key together. They come by key, of one key first those of `before`.
void pair_rows(std::vector<TextRow> found, std::size_t limit, TransformDifference& difference) {
  constexpr std::size_t counts = 4;  // of rows, rows, differences; and which result it is of
  const std::size_t key = difference.key.size();
  for (auto& values : found) {
    if (!values[counts - 1]) continue;  // there is no difference
    const bool is_before = *values[counts - 1] == "1";
    TransformDifference::Values row(values.begin() + counts, values.end());
    auto& rows = difference.rows;
    const bool goes_with =
        !is_before && key > 0 && !rows.empty() && rows.back().before && !rows.back().after &&
        std::equal(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(key), rows.back().before->begin());
    if (!goes_with) {
      if (rows.size() == limit) return;
      rows.emplace_back();
    }
    (is_before ? rows.back().before : rows.back().after) = std::move(row);
  }
}

}  // namespace
}  // namespace registry_detail

TransformDifference compare_transforms(Connection& session, const TransformDocument& before,
                                       const TransformDocument& after,
                                       const TransformDifferenceOptions& options, std::stop_token stop) {
  using namespace registry_detail;
  const std::string query(sql_without_end(options.query));
  return unless_registry_stopped([&] {
    const ReadOnly transaction(session, stop);
    require_distinct(columns_of_query(session, query, stop));
    const Made first = made_by(session, before, query, stop);
    const Made second = made_by(session, after, query, stop);
    TransformDifference difference{.key = options.key};
    match_columns(first, second, options.likely_key, difference);
    const std::string texts = as_texts(difference.columns);
    const std::string names = quoted_list(difference.columns);
    // Each result stands in a CTE that is read several times, and so is computed once. In the middle of it
    // the first transform's own SQL begins.
    const std::string begin = "WITH leat_a AS (SELECT " + texts + " FROM (";
    std::string sql =
        begin + first.compiled.sql + "\n) AS q), leat_b AS (SELECT " + texts + " FROM (" +
        second.compiled.sql +
        "\n) AS q), leat_d AS (SELECT 1 AS leat_side, * FROM (SELECT * FROM leat_a "
        "EXCEPT ALL SELECT * FROM leat_b) AS d UNION ALL SELECT 2, * FROM (SELECT * FROM leat_b EXCEPT ALL "
        "SELECT * FROM leat_a) AS d) ";
    const std::string keys = difference.key.empty()
                                 ? "leat_d"
                                 : "(SELECT DISTINCT " + quoted_list(difference.key) + " FROM leat_d)";
    const std::string order =
        by_length(difference.key.empty() ? difference.columns : difference.key) + "leat_side";
    // A row of each side for each difference, and one more, which shows that the last pair is whole.
    sql +=
        "SELECT n.*, d.* FROM (SELECT (SELECT pg_catalog.count(*) FROM leat_a), (SELECT "
        "pg_catalog.count(*) FROM leat_b), (SELECT pg_catalog.count(*) FROM " +
        keys + " AS k)) AS n LEFT JOIN (SELECT leat_side, " + names + " FROM leat_d ORDER BY " + order +
        " LIMIT " + std::to_string(2 * options.rows + 1) + ") AS d ON true ORDER BY " + order;
    auto rows = rows_of(session, sql, begin.size(), first.compiled, before, stop);
    difference.rows_before = number_of(rows.front()[0]);
    difference.rows_after = number_of(rows.front()[1]);
    difference.differing = number_of(rows.front()[2]);
    pair_rows(std::move(rows), options.rows, difference);
    return difference;
  });
}

std::vector<std::string> primary_key_of(Connection& session, const std::string& table, std::stop_token stop) {
  using namespace registry_detail;
  return unless_registry_stopped([&] {
    const ReadOnly transaction(session, stop);
    TableManager tables(session);
    const TableInfo info = tables.describe(TableName::parse(table), stop);
    const std::array<Oid, 1> oid{info.oid};
    std::vector<std::string> columns;
    for (const auto& [of, unique] : tables.unique_keys(oid, stop)) {
      for (const auto& key : unique) {
        if (!key.is_primary) continue;
        for (const auto& column : key.columns) columns.push_back(column.name);
      }
    }
    return columns;
  });
}

}  // namespace leat
