#include "jobs/prepare/target_transforms.hpp"

#include <algorithm>
#include <utility>

#include "jobs/match/type_fit.hpp"
#include "jobs/match/version_values.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "jobs/prepare/query_text.hpp"
#include "jobs/prepare/query_transforms.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/postgres/catalog/detail/type_questions.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {
namespace {

using TypeUses = std::vector<std::pair<Oid, std::int32_t>>;

/// CREATE of the temporary table. `as_below`: values of domains wait in the types below these.
std::string create_input_sql(Connection& source, const std::vector<SourceColumn>& columns, bool as_below,
                             const std::stop_token& stop) {
  TypeUses uses;
  for (const auto& column : columns) {
    const TypeInfo& type = column.column.type;
    const std::int32_t typmod = column.column.typmod;
    uses.emplace_back(as_below ? type.base : type.oid, as_below ? modifier({type, typmod}) : typmod);
  }
  const auto spellings = postgres_detail::spell_types(source, uses, stop);
  std::string definitions;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    definitions += (i == 0 ? "" : ", ") + quote_identifier(columns[i].target) + " " + spellings.at(i).sql;
  }
  return "CREATE TEMPORARY TABLE " + input_table().sql() + " (" + definitions + ") ON COMMIT DROP";
}

/// Whether the target has said that it does not make the temporary table, or has no such type.
bool is_no_table(const Error& error) {
  return error.sqlstate().starts_with("42") || error.sqlstate().starts_with("0A");
}

Error no_input_table(const Error& error) {
  return error
      .with_message(std::string("the target can make no temporary table for the rows of the query: ") +
                    error.what())
      .with_hint(error.sqlstate() == "42501"
                     ? "GRANT TEMPORARY ON DATABASE … TO it, or let the transforms run in the source"
                     : "make what is missing there, convert that column in the query, or let the transforms "
                       "run in the source");
}

/// Makes the temporary table, and returns by what statement. A domain that the target lacks is none there.
std::string make_input(Connection& source, Connection& target, const std::vector<SourceColumn>& columns,
                       const std::stop_token& stop) {
  std::string sql;
  const auto make = [&](bool as_below) {
    sql = create_input_sql(source, columns, as_below, stop);
    return behind_savepoint(
        target, stop, [&] { target.execute(sql, {}, stop); }, is_no_table);
  };
  const auto has_domain = [](const SourceColumn& column) {
    return column.column.type.base != column.column.type.oid;
  };
  auto refused = make(false);
  if (refused && std::any_of(columns.begin(), columns.end(), has_domain)) refused = make(true);
  if (refused) throw no_input_table(*refused);
  return sql;
}

BoundQuery bind_transforms(Connection& target, const CompiledTransform& transform,
                           const AdHocQueryOptions& options, const std::stop_token& stop) {
  // A value may be of the query, of a transform, or of both.
  const std::string all = options.sql + "\n" + transform.sql;
  check_parameters({.sql = all, .values = options.parameters, .types = options.parameter_types});
  const auto query = parse_named_parameters(transform.sql);
  const auto values = used_in(query, options.parameters);
  const auto types = used_in(query, options.parameter_types);
  try {
    return bind_query(target, {.sql = transform.sql, .values = values, .types = types}, stop);
  } catch (const Error& error) {
    throw in_written(error, transform, options.text_places);
  }
}

std::vector<SourceColumn> made_columns(std::vector<TableColumn> columns) {
  std::vector<SourceColumn> made;
  for (auto& column : columns) {
    if (find_by(made, &SourceColumn::target, column.name) != nullptr) {
      throw Error(ErrorKind::config, "the transforms make two columns named " + quote_identifier(column.name),
                  {.hint = "name every column as the target names it: SELECT a.id AS id, b.id AS other_id"});
    }
    made.push_back({.target = column.name,
                    .item = {.sql = "q." + quote_identifier(column.name)},
                    .column = std::move(column)});
  }
  return made;
}

/// Whether INSERT takes values of one type for a column of the other as COPY takes their bytes.
bool assigns(const TypeInfo& from, const TypeInfo& to) {
  const auto is_text = [](Oid type) {
    return type == oid::text || type == oid::varchar || type == oid::name;
  };
  if (from.base == to.base || (is_text(from.base) && is_text(to.base))) return true;
  return from.kind == TypeKind::array && to.kind == TypeKind::array &&
         assigns(from.parts.front(), to.parts.front());
}

}  // namespace

PreparedInput prepare_input(PreparedLoad& stream, const AdHocQueryOptions& options,
                            const std::vector<SourceColumn>& read, const std::stop_token& stop) {
  auto& findings = stream.plan.findings;
  Connection& target = *stream.target_session;
  PreparedInput prepared;
  TransformedInput& input = *prepared.input;
  input.places = options.text_places;
  for (const auto& column : read) input.columns.push_back(column.target);
  // The tables that transforms name are locked as long as that is looked at.
  static_cast<void>(target.execute("SAVEPOINT leat_input", {}, stop));
  input.create_sql = make_input(*stream.source_session, target, read, stop);
  const TableInfo table = TableManager(target).describe(input_table(), stop);
  prepared.read = match_columns(read, table, findings);
  guard_chars(prepared.read, read, table, findings);
  input.transform = transformed_query(target, "SELECT * FROM " + input_table().sql(), options, stop);
  auto bound = bind_transforms(target, input.transform, options, stop);
  prepared.made = made_columns(std::move(bound.columns));
  input.query = std::move(bound.query);
  input.texts = std::move(bound.texts);
  input.values = std::move(bound.values);
  static_cast<void>(target.execute("ROLLBACK TO SAVEPOINT leat_input", {}, stop));
  static_cast<void>(target.execute("RELEASE SAVEPOINT leat_input", {}, stop));
  return prepared;
}

void take_made(PreparedInput& prepared, PreparedLoad& stream, const std::vector<SourceColumn>& made,
               const TableFacts& target, WriteMode mode, const std::stop_token& stop) {
  TransformedInput& input = *prepared.input;
  ColumnMatch& match = stream.columns;
  for (std::size_t i = 0; i < match.targets.size(); ++i) {
    const auto& column = *find_by(made, &SourceColumn::target, match.targets[i]);
    const TableColumn& to = *target.info->find(match.targets[i]);
    const bool is_cast =
        fit({column.column.type, column.column.typmod}, {to.type, to.typmod}).passage == Passage::cast;
    std::string item = match.items[i].sql;
    std::string& how = match.planned[i].how;
    how = is_cast ? "converted by the target" : "";
    if (!is_cast && !assigns(column.column.type, to.type)) {
      // As it would get there by COPY: the target's type reads its text.
      const TypeUses use{{to.type.base, -1}};
      item = "(" + column.item.sql + ")::pg_catalog.text::" +
             postgres_detail::spell_types(*stream.target_session, use, stop).front().sql;
      how = "converted by the target, by its text";
    }
    input.items.push_back(std::move(item));
  }
  if (!target.insert_rules.empty() && !is_staged(mode) && target.info->kind != RelationKind::view) {
    stream.plan.findings.push_back(
        target_error("rules",
                     target.info->name.display() +
                         " has rules that would act on the INSERT of what transforms in the target make: " +
                         target.insert_rules,
                     "", "let the transforms run in the source, or drop the rules for the time of the load"));
  }
}

TargetModel model_of_made(const PreparedInput& prepared, Connection& target, const std::stop_token& stop) {
  std::vector<Oid> types;
  for (const auto& column : prepared.made) types.push_back(column.column.type.oid);
  return {.types = read_type_definitions(target, types, stop),
          .loaded = loaded_values(target, prepared.made, stop)};
}

}  // namespace leat::jobs_detail
