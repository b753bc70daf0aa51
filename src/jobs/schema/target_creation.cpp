#include "jobs/schema/target_creation.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/report/target_finding.hpp"
#include "jobs/schema/create_sql.hpp"
#include "jobs/schema/table_maker.hpp"
#include "jobs/schema/type_maker.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::QualifiedNames;

// Generated columns that are not stored came with PostgreSQL 18.
constexpr int first_version_with_virtual_columns = 180000;

/// The elements of the types of these columns.
std::vector<Oid> types_of(std::span<const ColumnDefinition> columns) {
  std::vector<Oid> types;
  for (const auto& column : columns) types.push_back(column.type.element);
  return types;
}

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

/// Where the search_path has it made.
TableName with_schema(Connection& target, TableName name, const std::stop_token& stop) {
  if (!name.schema.empty()) return name;
  name.schema = target.execute("SELECT pg_catalog.current_schema()", {}, stop).text(0, 0);
  if (name.schema.empty()) {
    throw Error(ErrorKind::target, "the target's search_path names no schema that there is",
                {.sqlstate = "3F000", .hint = "name the table with its schema (--to)"});
  }
  return name;
}

bool is_owner(Connection& target, const TableInfo& table, const std::stop_token& stop) {
  const std::array<Parameter, 1> oid{std::to_string(table.oid)};
  return target
      .execute(
          "SELECT pg_catalog.pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = "
          "$1::pg_catalog.oid",
          oid, stop)
      .boolean(0, 0);
}

bool has_rows(Connection& target, const TableInfo& table, const std::stop_token& stop) {
  return target.execute_long("SELECT EXISTS (SELECT FROM " + table.name.sql() + ")", {}, stop).boolean(0, 0);
}

/// Adds columns to a table that there is, one by one.
class ColumnAdder {
 public:
  ColumnAdder(Connection& target, const TableInfo& table, TargetCreation& creation,
              std::vector<Finding>& findings, const std::stop_token& stop)
      : target_(target), table_(table), creation_(creation), findings_(findings), stop_(stop) {}

  void add(ColumnDefinition column) {
    const std::string name = display_identifier(column.name);
    auto refused = run(column);
    if (refused && column.default_value && !column.sequence) {
      column.default_value.reset();
      auto still = run(column);
      if (!still) creation_.remarks.push_back("default of " + name + " is not made: " + refused->what());
      refused = std::move(still);
    }
    if (refused) {
      findings_.push_back(
          refused_finding("column " + name + " cannot be added to " + table_.name.display(), *refused));
    }
  }

 private:
  [[nodiscard]] std::optional<Error> run(const ColumnDefinition& wanted) {
    ColumnDefinition column = wanted;
    const bool wants_value = column.not_null && !column.default_value && !column.generated;
    if (wants_value && has_rows(target_, table_, stop_)) column.not_null = false;
    const std::string alter = "ALTER TABLE " + table_.name.sql();
    const std::string sql = alter + " ADD COLUMN " + column_sql(column);
    auto refused = try_statement(target_, sql, stop_);
    if (refused) return refused;
    creation_.before.push_back(sql);
    if (column.not_null != wanted.not_null) {
      creation_.remarks.push_back("column " + display_identifier(column.name) +
                                  " is added without NOT NULL, since " + table_.name.display() +
                                  " has rows; when each has a value: " + alter + " ALTER COLUMN " +
                                  quote_identifier(column.name) + " SET NOT NULL");
    }
    return std::nullopt;
  }

  Connection& target_;
  const TableInfo& table_;
  TargetCreation& creation_;
  std::vector<Finding>& findings_;
  const std::stop_token& stop_;
};

}  // namespace

std::vector<LoadedColumn> loaded_values(Connection& source, std::span<const SourceColumn> values,
                                        const std::stop_token& stop) {
  std::vector<std::pair<Oid, std::int32_t>> uses;
  for (const auto& value : values) uses.emplace_back(value.column.type.oid, value.column.typmod);
  const auto spellings = spell_types(source, uses, stop);
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
  const std::size_t findings_before = findings.size();
  auto wanted = wanted_table(model.table, model.loaded, model.excluded, level);
  wanted.table.name = with_schema(target, name, stop);
  QualifiedNames names(target, stop);
  TypeMaker types(target, model.types, level == CreateTarget::full, findings, stop);
  TargetCreation creation;
  if (types.check_schema(wanted.table.name.schema)) {
    check_collations(target, wanted.table.columns, findings, stop);
    types.make(types_of(wanted.table.columns));
  }
  if (!has_error(std::span(findings).subspan(findings_before))) {
    for (auto& column : wanted.table.columns) {
      types.respell(column.type);
      if (column.sequence) column.sequence->name.schema = wanted.table.name.schema;
    }
    store_virtual_columns(target, wanted.table.columns, wanted.remarks);
    give_free_names(target, wanted.table, stop);
    creation.before = types.statements();
    const std::string shown_name = wanted.table.name.display();
    if (const auto refused = make_table(target, std::move(wanted.table), creation, wanted.remarks, stop)) {
      findings.push_back(refused_finding(shown_name + " cannot be made in the target", *refused));
    }
  }
  names.restore(stop);
  if (has_error(std::span(findings).subspan(findings_before))) return std::nullopt;
  creation.remarks = types.remarks();
  append_all(creation.remarks, wanted.remarks);
  return creation;
}

std::optional<TargetCreation> evolve_target(Connection& target, const TableInfo& table,
                                            const TargetModel& model, std::vector<Finding>& findings,
                                            const std::stop_token& stop) {
  auto wanted = wanted_table(model.table, model.loaded, model.excluded, CreateTarget::columns).table.columns;
  std::erase_if(wanted,
                [&table](const ColumnDefinition& column) { return table.find(column.name) != nullptr; });
  TargetCreation creation;
  if (wanted.empty()) return creation;
  const std::size_t findings_before = findings.size();
  if (!is_owner(target, table, stop)) {
    findings.push_back(
        target_error("privilege_missing",
                     "this role does not own " + table.name.display() + ", so it may not add columns to it",
                     "42501", "add them as its owner, or leave them out (--exclude)"));
    return std::nullopt;
  }
  QualifiedNames names(target, stop);
  TypeMaker types(target, model.types, false, findings, stop);
  check_collations(target, wanted, findings, stop);
  types.make(types_of(wanted));
  if (!has_error(std::span(findings).subspan(findings_before))) {
    creation.before = types.statements();
    store_virtual_columns(target, wanted, creation.remarks);
    ColumnAdder adder(target, table, creation, findings, stop);
    for (auto& column : wanted) {
      types.respell(column.type);
      creation.remarks.push_back("column " + display_identifier(column.name) + " (" + column.type.sql +
                                 ") is added to " + table.name.display());
      adder.add(std::move(column));
    }
  }
  names.restore(stop);
  if (has_error(std::span(findings).subspan(findings_before))) return std::nullopt;
  append_all(creation.remarks, types.remarks());
  return creation;
}

}  // namespace leat::jobs_detail
