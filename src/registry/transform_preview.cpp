#include "leat/registry/transform_preview.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "leat/core/error.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/postgres/session/sql_parameters.hpp"
#include "registry/registry_session.hpp"
#include "registry/shown_rows.hpp"
#include "registry/transform_sql.hpp"

namespace leat {
namespace registry_detail {
namespace {

using PreviewJson = nlohmann::ordered_json;

/// The rows of a query, with a line break so that a comment in it ends.
std::string first_rows(const std::string& query, std::size_t rows) {
  return "SELECT * FROM (\n" + query + "\n) AS leat_rows LIMIT " + std::to_string(rows);
}

/// Each row beside what the transform makes of it alone.
void preview_each(Connection& session, const TransformDocument& document, const std::string& query,
                  std::size_t rows, TransformPreview& preview, const std::stop_token& stop) {
  std::string one;
  for (const auto& column : preview.columns_before) {
    one += (one.empty() ? "SELECT leat_row." : ", leat_row.") + quote_identifier(column.name);
  }
  const std::string row = "(" + first_rows(query, rows) + ") AS leat_row";
  const std::string around = "SELECT leat_made.* FROM " + row + ", LATERAL (";
  const auto compiled = compile(session, one, document, stop, &around);
  preview.columns_after = columns_made(session, compiled, document, stop, around);
  const std::string select = "SELECT leat_row.*, leat_made.* FROM " + row +
                             " LEFT JOIN LATERAL (SELECT true AS leat_is_made, leat_all.* FROM (";
  const std::string sql = select + compiled.sql + "\n) AS leat_all) AS leat_made ON true";
  const std::size_t columns = preview.columns_before.size();
  for (auto& values : rows_of(session, sql, select.size(), compiled, document, stop)) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(columns);
    preview.before.emplace_back(values.begin(), middle);
    preview.after.emplace_back();
    if (*middle) preview.after.back() = TransformPreview::Values(middle + 1, values.end());
  }
}

void preview_all(Connection& session, const TransformDocument& document, const std::string& query,
                 std::size_t rows, const CompiledTransform& compiled, TransformPreview& preview,
                 const std::stop_token& stop) {
  for (auto& values : rows_of(session, first_rows(query, rows), 0, {}, document, stop)) {
    preview.before.push_back(std::move(values));
  }
  const std::string begin = "SELECT * FROM (";
  const std::string sql = begin + compiled.sql + "\n) AS leat_made LIMIT " + std::to_string(rows);
  for (auto& values : rows_of(session, sql, begin.size(), compiled, document, stop)) {
    preview.after.emplace_back(std::move(values));
  }
}

std::vector<std::string> shown_cells(const TransformPreview::Values& values) {
  constexpr std::size_t widest = 32;
  std::vector<std::string> cells;
  for (const auto& value : values) cells.push_back(shown_value(value, widest));
  return cells;
}

PreviewJson row_object(const std::vector<QueryColumn>& columns, const TransformPreview::Values& values) {
  PreviewJson object = PreviewJson::object();
  for (std::size_t i = 0; i < columns.size() && i < values.size(); ++i) {
    object[columns[i].name] = values[i] ? PreviewJson(*values[i]) : PreviewJson();
  }
  return object;
}

PreviewJson column_list(const std::vector<QueryColumn>& columns) {
  PreviewJson list = PreviewJson::array();
  for (const auto& column : columns) list.push_back({{"name", column.name}, {"type", column.type}});
  return list;
}

std::string counted(std::size_t rows) {
  return rows == 1 ? "1 row" : std::to_string(rows) + " rows";
}

}  // namespace
}  // namespace registry_detail

TransformPreview preview_transform(Connection& session, const TransformDocument& document,
                                   const std::string& query, std::size_t rows, std::stop_token stop) {
  using namespace registry_detail;
  if (rows == 0) throw Error(ErrorKind::config, "a preview shows one row or more");
  const std::string bare(sql_without_end(query));
  return unless_registry_stopped([&] {
    const ReadOnly transaction(session, stop);
    TransformPreview preview;
    preview.columns_before = columns_of_query(session, bare, stop);
    require_distinct(preview.columns_before);
    const auto compiled = compile(session, bare, document, stop);
    preview.is_row_wise = compiled.is_row_wise;
    if (compiled.is_row_wise) {
      preview_each(session, document, bare, rows, preview, stop);
    } else {
      preview.columns_after = columns_made(session, compiled, document, stop);
      preview_all(session, document, bare, rows, compiled, preview, stop);
    }
    return preview;
  });
}

std::string to_text(const TransformPreview& preview) {
  using namespace registry_detail;
  const auto before = names_of(preview.columns_before);
  const auto after = names_of(preview.columns_after);
  std::vector<std::vector<std::string>> table;
  if (!preview.is_row_wise) {
    table.push_back(before);
    for (const auto& values : preview.before) table.push_back(shown_cells(values));
    std::string text = "before: the first " + counted(preview.before.size()) + "\n" + in_columns(table, "  ");
    table = {after};
    for (const auto& values : preview.after) table.push_back(shown_cells(*values));
    return text + "after: the first " + counted(preview.after.size()) + " of what is made of all\n" +
           in_columns(table, "  ");
  }
  table.push_back(before);
  table.back().emplace_back("->");
  table.back().insert(table.back().end(), after.begin(), after.end());
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < preview.before.size(); ++i) {
    auto cells = shown_cells(preview.before[i]);
    cells.emplace_back("->");
    if (preview.after[i]) {
      const auto made = shown_cells(*preview.after[i]);
      cells.insert(cells.end(), made.begin(), made.end());
    } else {
      cells.emplace_back("(left out)");
      ++left_out;
    }
    table.push_back(std::move(cells));
  }
  return in_columns(table, "") + counted(preview.before.size()) +
         (left_out > 0 ? ", " + std::to_string(left_out) + " left out" : "") + "; nothing was written\n";
}

std::string to_json(const TransformPreview& preview) {
  using namespace registry_detail;
  PreviewJson all{{"row_wise", preview.is_row_wise},
                  {"columns_before", column_list(preview.columns_before)},
                  {"columns_after", column_list(preview.columns_after)}};
  if (preview.is_row_wise) {
    PreviewJson rows = PreviewJson::array();
    for (std::size_t i = 0; i < preview.before.size(); ++i) {
      rows.push_back({{"before", row_object(preview.columns_before, preview.before[i])},
                      {"after", preview.after[i] ? row_object(preview.columns_after, *preview.after[i])
                                                 : PreviewJson()}});
    }
    all["rows"] = std::move(rows);
  } else {
    all["before"] = PreviewJson::array();
    all["after"] = PreviewJson::array();
    for (const auto& values : preview.before) {
      all["before"].push_back(row_object(preview.columns_before, values));
    }
    for (const auto& values : preview.after) {
      all["after"].push_back(row_object(preview.columns_after, *values));
    }
  }
  return all.dump(-1, ' ', false, PreviewJson::error_handler_t::replace);
}

}  // namespace leat
