#include "jobs/schema/target_creation.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/report/target_finding.hpp"
#include "jobs/schema/create_sql.hpp"
#include "jobs/schema/table_maker.hpp"
#include "jobs/schema/type_maker.hpp"
#include "leat/postgres/catalog/detail/type_questions.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::QualifiedNames;

// Generated columns that are not stored came with PostgreSQL 18.
constexpr int first_version_with_virtual_columns = 180000;

void store_virtual_columns(const Connection& target, std::vector<ColumnDefinition>& columns,
                           std::vector<std::string>& remarks) {
  if (target.server_version() >= first_version_with_virtual_columns) return;
  for (auto& column : columns) {
    if (!std::exchange(column.is_virtual, false)) continue;
    remarks.push_back("generated column " + display_identifier(column.name) +
                      " is stored in the target, whose version knows no others");
  }
}

/// Every collation that columns have and the server lacks is among the findings.
void check_collations(Connection& target, std::span<const ColumnDefinition> columns,
                      std::vector<Finding>& findings, const std::stop_token& stop) {
  std::set<std::string> names;
  for (const auto& column : columns) {
    if (!column.collation.empty()) names.insert(column.collation);
  }
  if (names.empty()) return;
  const std::array<Parameter, 1> wanted{
      postgres_detail::text_array(std::vector<std::string>(names.begin(), names.end()))};
  const Result missing = target.execute(R"(
SELECT u.name FROM pg_catalog.unnest($1::pg_catalog.text[]) AS u(name)
WHERE NOT EXISTS (
  SELECT FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace n ON n.oid = co.collnamespace
  WHERE pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(co.collname) = u.name
    AND co.collencoding IN (-1, (SELECT encoding FROM pg_catalog.pg_database
                                 WHERE datname = pg_catalog.current_database()))))",
                                        wanted, stop);
  for (std::size_t i = 0; i < missing.rows(); ++i) {
    findings.push_back(target_error("collation_missing",
                                    "the target has no collation " + std::string(missing.text(i, 0)), "42704",
                                    "CREATE COLLATION it there, or make the table yourself"));
  }
}

Finding refused_finding(const std::string& what, const Error& error) {
  return to_finding(error.sqlstate() == "42501" ? "privilege_missing" : "create_refused",
                    error.with_message(what + ": " + error.what()));
}

std::string current_user(Connection& target, const std::stop_token& stop) {
  return std::string(target.execute("SELECT current_user", {}, stop).text(0, 0));
}

/// Where the search_path has it made.
TableName with_schema(Connection& target, TableName name, const std::stop_token& stop) {
  if (!name.schema.empty()) return name;
  name.schema = target.execute("SELECT pg_catalog.current_schema()", {}, stop).text(0, 0);
  if (name.schema.empty()) {
    throw Error(ErrorKind::target, "the target's search_path names no schema that there is",
                {.sqlstate = "3F000", .hint = "name the table with its schema (.to)"});
  }
  return name;
}

/// Adds a column to a table that there is. What the server refuses is among the findings.
void add_column(Connection& target, const TableInfo& table, ColumnDefinition column, TargetCreation& creation,
                std::vector<Finding>& findings, const std::stop_token& stop) {
  const std::string name = display_identifier(column.name);
  const std::string alter = "ALTER TABLE " + table.name.sql();
  const auto run = [&] {
    ColumnDefinition made = column;
    const bool wants_value = column.not_null && !column.default_value && !column.generated;
    const std::string any_row = "SELECT EXISTS (SELECT FROM " + table.name.sql() + ")";
    if (wants_value && target.execute_long(any_row, {}, stop).boolean(0, 0)) made.not_null = false;
    const std::string sql = alter + " ADD COLUMN " + column_sql(made);
    auto refused = try_statement(target, sql, stop);
    if (refused) return refused;
    creation.before.push_back(sql);
    if (made.not_null != column.not_null) {
      creation.remarks.push_back("column " + name + " is added without NOT NULL, since " +
                                 table.name.display() + " has rows; when each has a value: " + alter +
                                 " ALTER COLUMN " + quote_identifier(column.name) + " SET NOT NULL");
    }
    return refused;
  };
  auto refused = run();
  if (refused && column.default_value) {
    column.default_value.reset();
    auto still = run();
    if (!still) creation.remarks.push_back("default of " + name + " is not made: " + refused->what());
    refused = std::move(still);
  }
  if (refused) {
    findings.push_back(
        refused_finding("column " + name + " cannot be added to " + table.name.display(), *refused));
  }
}

/// Makes the types that columns need, and then by `make` what has these columns. nullopt where something
/// cannot be made, which is then among the findings.
template <class Make>
std::optional<TargetCreation> make_with_types(Connection& target, TypeMaker& types,
                                              std::vector<ColumnDefinition>& columns,
                                              std::vector<Finding>& findings, const std::stop_token& stop,
                                              const Make& make) {
  const std::size_t findings_before = findings.size();
  const auto failed = [&] { return has_error(std::span(findings).subspan(findings_before)); };
  QualifiedNames names(target, stop);
  check_collations(target, columns, findings, stop);
  std::vector<Oid> wanted;
  for (const auto& column : columns) wanted.push_back(column.type.element);
  types.make(wanted);
  TargetCreation creation{.before = types.statements()};
  if (!failed()) {
    for (auto& column : columns) types.respell(column.type);
    make(creation);
  }
  names.restore(stop);
  return failed() ? std::nullopt : std::optional(std::move(creation));
}

}  // namespace

std::vector<LoadedColumn> loaded_values(Connection& source, std::span<const SourceColumn> values,
                                        const std::stop_token& stop) {
  std::vector<std::pair<Oid, std::int32_t>> uses;
  for (const auto& value : values) uses.emplace_back(value.column.type.oid, value.column.typmod);
  const auto spellings = postgres_detail::spell_types(source, uses, stop);
  std::vector<LoadedColumn> columns;
  for (std::size_t i = 0; i < values.size(); ++i) {
    columns.push_back({.target = values[i].target, .type = spellings.at(i)});
  }
  return columns;
}

void TargetCreation::finish(Connection& target, const std::stop_token& stop) {
  if (after.empty()) return;
  QualifiedNames names(target, stop);
  for (const auto& sql : std::exchange(after, {})) static_cast<void>(target.execute_long(sql, {}, stop));
  names.restore(stop);
}

void TargetCreation::show_in(std::vector<std::string>& target_sql) const {
  if (empty()) return;
  const auto begin = target_sql.empty() ? target_sql.end() : target_sql.begin() + 1;
  target_sql.insert(begin, before.begin(), before.end());
  const auto commit = std::find(target_sql.begin(), target_sql.end(), "COMMIT");
  target_sql.insert(commit, after.begin(), after.end());
}

std::optional<TargetCreation> create_target(Connection& target, const TableName& name,
                                            const TargetModel& model, CreateTarget level,
                                            std::vector<Finding>& findings, const std::stop_token& stop) {
  TableDefinition source = model.table;
  auto& others = source.others;
  if (!source.owner.empty() && source.owner != current_user(target, stop)) {
    others.push_back("owner " + display_identifier(source.owner));
  }
  if (!source.partition_of.empty() && !model.is_one_of_many) {
    others.push_back("being a partition of " + source.partition_of);
  }
  auto wanted = wanted_table(source, model.loaded, model.excluded, level, model.stays_partitioned);
  TableDefinition& table = wanted.table;
  if (!others.empty()) {
    findings.push_back({.severity = Severity::note,
                        .code = "not_made",
                        .side = ErrorKind::target,
                        .message = "not made of what the source's table has: " + comma_list(others),
                        .hint = "make that in the target, as pg_dump -s tells it"});
  }
  table.name = with_schema(target, name, stop);
  TypeMaker types(target, model.types, level == CreateTarget::full, true, findings, stop);
  if (!types.check_schema(table.name.schema)) return std::nullopt;
  return make_with_types(target, types, table.columns, findings, stop, [&](TargetCreation& creation) {
    creation.remarks = types.remarks();
    append_all(creation.remarks, wanted.remarks);
    store_virtual_columns(target, table.columns, creation.remarks);
    for (auto& column : table.columns) {
      if (column.sequence) column.sequence->name.schema = table.name.schema;
    }
    if (const auto refused = make_table(target, table, model.taken, creation, stop)) {
      findings.push_back(refused_finding(table.name.display() + " cannot be made in the target", *refused));
    }
  });
}

std::optional<TargetCreation> evolve_target(Connection& target, const TableInfo& table,
                                            const TargetModel& model, std::vector<Finding>& findings,
                                            const std::stop_token& stop) {
  auto wanted = wanted_table(model.table, model.loaded, model.excluded, CreateTarget::columns).table.columns;
  std::erase_if(wanted,
                [&table](const ColumnDefinition& column) { return table.find(column.name) != nullptr; });
  if (wanted.empty()) return TargetCreation{};
  const std::array<Parameter, 1> oid{std::to_string(table.oid)};
  const Result is_owner = target.execute(
      "SELECT pg_catalog.pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = "
      "$1::pg_catalog.oid",
      oid, stop);
  if (!is_owner.boolean(0, 0)) {
    findings.push_back(
        target_error("privilege_missing",
                     "this role does not own " + table.name.display() + ", so it may not add columns to it",
                     "42501", "add them as its owner, or leave them out (.exclude)"));
    return std::nullopt;
  }
  TypeMaker types(target, model.types, false, false, findings, stop);
  return make_with_types(target, types, wanted, findings, stop, [&](TargetCreation& creation) {
    store_virtual_columns(target, wanted, creation.remarks);
    for (const auto& column : wanted) {
      creation.remarks.push_back("column " + display_identifier(column.name) + " (" + column.type.sql +
                                 ") is added to " + table.name.display());
      add_column(target, table, column, creation, findings, stop);
    }
    append_all(creation.remarks, types.remarks());
  });
}

}  // namespace leat::jobs_detail
