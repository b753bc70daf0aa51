#include "jobs/schema/type_maker.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/options/savepoint.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/report/target_finding.hpp"
#include "jobs/schema/create_sql.hpp"
#include "jobs/schema/type_difference.hpp"
#include "leat/postgres/catalog/detail/type_questions.hpp"

namespace leat::jobs_detail {

bool is_refusal(const Error& error) {
  if (error.kind() == ErrorKind::cancelled || error.sqlstate().size() != 5) return false;
  for (const char* const trouble : {"08", "25", "40", "53", "55", "57", "58", "XX"}) {
    if (error.sqlstate().starts_with(trouble)) return false;
  }
  return true;
}

std::optional<Error> try_statement(Connection& target, const std::string& sql, const std::stop_token& stop) {
  return behind_savepoint(
      target, stop, [&] { target.execute_long(sql, {}, stop); }, is_refusal);
}

bool TypeMaker::check_schema(const std::string& schema, const std::string& instead) {
  const auto known = schemas_.find(schema);
  if (known != schemas_.end()) return known->second;
  const std::array<Parameter, 1> name{schema};
  const Result found = target_.execute(
      "SELECT "
      "pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_schema_privilege(n.oid, 'CREATE'), "
      "CURRENT_USER FROM pg_catalog.pg_namespace n WHERE n.nspname = $1",
      name, stop_);
  const std::string quoted = quote_identifier(schema);
  const std::string shown = display_identifier(schema);
  if (found.empty()) return schemas_.emplace(schema, make_schema(schema, instead)).first->second;
  if (!found.boolean(0, 0)) {
    findings_.push_back(target_error(
        "privilege_missing", "this role may not create anything in the target's schema " + shown, "42501",
        "GRANT USAGE, CREATE ON SCHEMA " + quoted + " TO " + quote_identifier(found.text(0, 1))));
  }
  return schemas_.emplace(schema, found.boolean(0, 0)).first->second;
}

bool TypeMaker::make_schema(const std::string& schema, const std::string& instead) {
  const std::string sql = "CREATE SCHEMA " + quote_identifier(schema);
  std::optional<Error> refused;
  if (makes_schemas_) {
    refused = run(sql);
    if (!refused) remarks_.push_back("schema " + display_identifier(schema) + " is made, too");
    if (!refused) return true;
  }
  findings_.push_back(target_error(
      "schema_missing",
      "schema " + display_identifier(schema) + " does not exist in the target, so nothing can be made in it",
      "3F000", sql + ", or " + instead));
  if (refused) findings_.back().detail = std::string("it cannot be made: ") + refused->what();
  return false;
}

void TypeMaker::make(std::span<const Oid> wanted) {
  for (const Oid oid : postgres_detail::types_in_order(types_, wanted)) {
    const TypeDefinition& type = types_.at(oid);
    const bool lacks_part =
        missing_.contains(type.base.element) ||
        std::any_of(type.fields.begin(), type.fields.end(),
                    [this](const FieldDefinition& field) { return missing_.contains(field.type.element); });
    const std::size_t findings_before = findings_.size();
    if (!lacks_part) make_one(type);
    if (lacks_part || has_error(std::span(findings_).subspan(findings_before))) missing_.insert(oid);
  }
}

void TypeMaker::make_one(TypeDefinition type) {
  respell(type.base);
  for (auto& field : type.fields) respell(field.type);
  const Oid found = postgres_detail::find_types(target_, std::span(&type.name, 1), stop_).front();
  if (!type.extension.empty()) {
    find_in_extension(type);
  } else if (found != 0) {
    compare_with(type, found);
  } else if (type.kind == DefinedKind::row) {
    findings_.push_back(
        target_error("type_missing",
                     "type " + type.name.display() + " is that of the rows of a table which the target lacks",
                     "42704", "make that table before: copy it first (.create)"));
  } else if (type.kind == DefinedKind::other || type.has_canonical) {
    findings_.push_back(target_error(
        "type_missing",
        "type " + type.name.display() +
            " does not exist in the target, and its functions are no SQL that could be made there",
        "42704", "make that type in the target, or leave its columns out (.exclude)"));
  } else if (check_schema(type.name.schema, "leave the columns of its types out (.exclude)")) {
    create(std::move(type));
  }
}

void TypeMaker::find_in_extension(const TypeDefinition& type) {
  const std::array<Parameter, 2> names{type.extension, type.name.name};
  const Result found = target_.execute(R"(
SELECT n.nspname
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid
  AND d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
WHERE e.extname = $1 AND t.typname = $2)",
                                       names, stop_);
  if (found.empty()) {
    findings_.push_back(
        target_error("extension_missing",
                     "type " + type.name.display() + " belongs to the extension " +
                         display_identifier(type.extension) + ", which the target lacks",
                     "42704", "CREATE EXTENSION " + quote_identifier(type.extension) + " in the target"));
  } else if (found.text(0, 0) != type.name.schema) {
    moved_.emplace(type.oid, found.text(0, 0));
  }
}

void TypeMaker::compare_with(const TypeDefinition& type, Oid found) {
  const auto own = read_type_definitions(target_, std::span(&found, 1), stop_);
  const auto target = own.find(found);
  if (target == own.end()) return;
  for (const auto& difference : compare(type, target->second)) {
    findings_.push_back({.severity = difference.severity,
                         .code = "type_definition",
                         .side = ErrorKind::target,
                         .message = "the target has a type " + type.name.display() + " of another definition",
                         .sqlstate = difference.severity == Severity::error ? "42710" : "",
                         .detail = difference.object + ": " + sides_text(difference)});
  }
}

std::optional<Error> TypeMaker::run(const std::string& sql) {
  auto refused = try_statement(target_, sql, stop_);
  if (!refused) statements_.push_back(sql);
  return refused;
}

void TypeMaker::create(TypeDefinition type) {
  auto refused = run(create_type_sql(type));
  if (refused && type.kind == DefinedKind::domain && (type.default_value || !type.checks.empty())) {
    // Made without what it may be that the server lacks.
    type.default_value.reset();
    type.checks.clear();
    auto still = run(create_type_sql(type));
    if (!still) {
      remarks_.push_back("domain " + type.name.display() +
                         " is made without its default and checks: " + refused->what());
    }
    refused = std::move(still);
  }
  if (refused) {
    findings_.push_back(to_finding(
        "create_refused", refused->with_message("type " + type.name.display() +
                                                " cannot be made in the target: " + refused->what())));
    return;
  }
  if (!with_comments_ || type.comment.empty()) return;
  static_cast<void>(run((type.kind == DefinedKind::domain ? "COMMENT ON DOMAIN " : "COMMENT ON TYPE ") +
                        type.name.sql() + " IS " + sql_literal(type.comment)));
}

void TypeMaker::respell(TypeSpelling& type) const {
  const auto moved = moved_.find(type.element);
  if (moved == moved_.end()) return;
  const std::string_view name = postgres_detail::without_schema(type.sql);
  if (name.size() == type.sql.size()) return;
  type.sql = quote_identifier(moved->second) + "." + std::string(name);
}

}  // namespace leat::jobs_detail
