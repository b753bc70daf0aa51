#include "jobs/match/shape_match.hpp"

#include <set>
#include <utility>

#include "jobs/match/type_fit.hpp"
#include "leat/transform/detail/shaped_hook.hpp"

namespace leat::jobs_detail {
namespace {

/// As match_columns() takes them. `of` tells whose they are.
std::vector<SourceColumn> declared_columns(std::vector<Column> declared, const std::string& of,
                                           Connection& types, const std::stop_token& stop) {
  std::set<std::string> names;
  std::vector<Oid> oids;
  for (const auto& column : declared) {
    if (column.name.empty()) throw Error(ErrorKind::config, of + " have a column without a name");
    if (!names.insert(column.name).second) {
      throw Error(ErrorKind::config, of + " have two columns named " + quote_identifier(column.name));
    }
    oids.push_back(column.type);
  }
  if (declared.empty()) throw Error(ErrorKind::config, of + " have no columns");
  const auto infos = TableManager(types).describe_types(oids, stop);
  std::vector<SourceColumn> columns;
  for (std::size_t i = 0; i < declared.size(); ++i) {
    Column& column = declared[i];
    TypeInfo type = infos[i];
    if (column.type == 0 || type.name.empty()) {
      throw Error(ErrorKind::config,
                  of + " have a column " + quote_identifier(column.name) +
                      (column.type == 0 ? " without a type"
                                        : " of a type that the server does not know (oid " +
                                              std::to_string(column.type) + ")"));
    }
    std::string type_name = column.type_name.empty() ? type.name : std::move(column.type_name);
    columns.push_back({.target = column.name,
                       .item = {.sql = quote_identifier(column.name), .is_column = false},
                       .column = {.name = std::move(column.name),
                                  .type = std::move(type),
                                  .typmod = column.typmod,
                                  .type_name = std::move(type_name),
                                  .not_null = !column.nullable}});
  }
  return columns;
}

/// As a hook sees them, whatever the target's are.
ColumnMatch as_they_are(const std::vector<SourceColumn>& columns) {
  ColumnMatch match;
  for (const auto& column : columns) {
    const TableColumn& from = column.column;
    const TypeFit found = fit({from.type, from.typmod}, {from.type, from.typmod});
    if (found.passage == Passage::text && match.format.format == RowFormat::binary) {
      match.format = {
          .format = RowFormat::text,
          .reason = "column " + quote_identifier(column.target) + ": " + from.type.name + " " + found.reason};
    }
    match.holds_object_references = match.holds_object_references || holds_object_references(from.type);
    match.holds_xml = match.holds_xml || from.type.is_made_of(oid::xml);
    match.items.push_back(column.item);
    match.row.push_back(std::move(row_columns({from}).front()));
    match.row.back().name = column.target;
  }
  return match;
}

}  // namespace

std::optional<ShapedRows> shaped_rows(const Transform& hook, const std::vector<SourceColumn>& input,
                                      Connection& types, const std::stop_token& stop) {
  if (hook.shaping() == nullptr) return std::nullopt;
  RowShape shape = hook.shaping()->shape(Schema(as_they_are(input).row));
  ShapedRows rows{.input = input,
                  .written = declared_columns(std::move(shape.columns), "rows of the row hook", types, stop)};
  std::set<std::string> tables;
  for (auto& beside : shape.beside) {
    const std::string of = "rows of the row hook for " + beside.table;
    if (!tables.insert(beside.table).second) {
      throw Error(ErrorKind::config, "the row hook declares the table beside " + beside.table + " twice");
    }
    auto columns = declared_columns(std::move(beside.columns), of, types, stop);
    rows.beside.push_back({.table = std::move(beside.table), .columns = std::move(columns)});
  }
  return rows;
}

ColumnMatch match_shape(const ShapedRows& rows, const TableInfo& target, std::vector<Finding>& findings) {
  ColumnMatch written = match_columns(rows.written, target, findings, false, {}, RowGiver::hook);
  ColumnMatch match = as_they_are(rows.input);
  match.targets = std::move(written.targets);
  match.written = std::move(written.row);
  match.planned = std::move(written.planned);
  match.renumbering = std::move(written.renumbering);
  if (match.format.format == RowFormat::binary)
    match.format.reason = "a row hook writes the target's own types";
  return match;
}

}  // namespace leat::jobs_detail
