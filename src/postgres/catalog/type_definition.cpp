#include "leat/postgres/catalog/type_definition.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"
#include "leat/postgres/session/detail/questions.hpp"
#include "leat/postgres/session/detail/server_versions.hpp"
#include "postgres/catalog/read_enum_labels.hpp"
#include "postgres/catalog/type_sql.hpp"

namespace leat {
namespace {

using postgres_detail::collation_sql;
using postgres_detail::element_sql;
using postgres_detail::oid_array;
using postgres_detail::text_array;

/// The types of $1 and all that they are made of; an extension's are not taken apart.
std::string type_definition_query(int server_version) {
  return R"(
WITH RECURSIVE reached(oid) AS (
  SELECT u.oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS u(oid)
  UNION
  SELECT part.oid FROM reached r JOIN pg_catalog.pg_type t ON t.oid = r.oid
  CROSS JOIN LATERAL (
    SELECT t.typbasetype WHERE t.typtype = 'd'
    UNION ALL SELECT )" +
         element_sql("t", server_version) + R"(
    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
              WHERE t.typtype = 'c' AND c.relkind = 'c' AND c.oid = t.typrelid AND a.attnum > 0
                AND NOT a.attisdropped
    UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid
  ) AS part(oid)
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid
                      AND d.deptype = 'e')
)
SELECT t.oid, n.nspname, t.typname, t.typtype, COALESCE(c.relkind, ' '), COALESCE(e.extname, ''), b.oid,
       )" +
         element_sql("b", server_version) + R"(, pg_catalog.format_type(b.oid, t.typtypmod), )" +
         collation_sql("t.typcollation", "b.typcollation") + R"(, t.typnotnull,
       COALESCE(pg_catalog.pg_get_expr(t.typdefaultbin, 0), pg_catalog.quote_literal(t.typdefault)),
       COALESCE(pg_catalog.obj_description(t.oid, 'pg_type'), '')
FROM reached r
JOIN pg_catalog.pg_type t ON t.oid = r.oid
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
  AND d.objid = t.oid AND d.objsubid = 0 AND d.deptype = 'e'
  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
WHERE t.oid >= 16384 AND t.typtype NOT IN ('p', 'm') AND NOT (t.typtype = 'b' AND t.typcategory = 'A'))";
}

std::string field_definition_query(int server_version) {
  return "SELECT t.oid, a.attname, a.atttypid, " + element_sql("f", server_version) +
         ", pg_catalog.format_type(a.atttypid, a.atttypmod), " +
         collation_sql("a.attcollation", "f.typcollation") + R"(
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid
JOIN pg_catalog.pg_type f ON f.oid = a.atttypid
WHERE t.oid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY t.oid, a.attnum)";
}

constexpr const char* check_query = R"(
SELECT contypid, conname, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint
WHERE contypid = ANY ($1::pg_catalog.oid[]) AND contype = 'c' ORDER BY contypid, conname)";

std::string range_query(int server_version) {
  const std::string multirange =
      server_version >= postgres_detail::first_version_with_multiranges
          ? "COALESCE((SELECT m.typname::pg_catalog.text FROM pg_catalog.pg_type m WHERE m.oid = "
            "g.rngmultitypid), '')"
          : "''";
  return "SELECT g.rngtypid, g.rngsubtype, " + element_sql("b", server_version) +
         ", pg_catalog.format_type(g.rngsubtype, NULL), " +
         collation_sql("g.rngcollation", "b.typcollation") +
         R"(, CASE WHEN o.opcdefault THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' ||
                                             pg_catalog.quote_ident(o.opcname) END,
       CASE WHEN g.rngsubdiff = 0 THEN '' ELSE g.rngsubdiff::pg_catalog.text END, g.rngcanonical <> 0, )" +
         multirange + R"(
FROM pg_catalog.pg_range g JOIN pg_catalog.pg_type b ON b.oid = g.rngsubtype
JOIN pg_catalog.pg_opclass o ON o.oid = g.rngsubopc
JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace
WHERE g.rngtypid = ANY ($1::pg_catalog.oid[]))";
}

DefinedKind to_defined_kind(char typtype, char relkind) {
  switch (typtype) {
    case 'e':
      return DefinedKind::enumeration;
    case 'd':
      return DefinedKind::domain;
    case 'r':
      return DefinedKind::range;
    case 'c':
      return relkind == 'c' ? DefinedKind::composite : DefinedKind::row;
    default:
      return DefinedKind::other;
  }
}

/// Reads what belongs to each kind.
class TypeDefinitionReader {
 public:
  TypeDefinitionReader(Connection& connection, const std::stop_token& stop)
      : connection_(connection), stop_(stop), version_(connection.server_version()) {}

  [[nodiscard]] TypeDefinitions read(std::span<const Oid> wanted) {
    const Result found = ask(type_definition_query(version_), wanted);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      TypeDefinition type{
          .name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
          .oid = found.oid(i, 0),
          .kind = to_defined_kind(found.character(i, 3), found.character(i, 4)),
          .extension = std::string(found.text(i, 5)),
          .comment = std::string(found.text(i, 12))};
      if (type.kind == DefinedKind::domain) {
        type.base = {
            .oid = found.oid(i, 6), .element = found.oid(i, 7), .sql = std::string(found.text(i, 8))};
        type.collation = found.text(i, 9);
        type.not_null = found.boolean(i, 10);
        if (!found.is_null(i, 11)) type.default_value = std::string(found.text(i, 11));
      }
      types_.emplace(type.oid, std::move(type));
    }
    read_labels();
    read_fields();
    read_checks();
    read_ranges();
    return std::move(types_);
  }

 private:
  [[nodiscard]] Result ask(const std::string& sql, std::span<const Oid> oids) {
    const std::array<Parameter, 1> parameters{oid_array(oids)};
    return postgres_detail::ask_one(connection_, sql, parameters, stop_);
  }
  /// The types of that kind which are not an extension's.
  [[nodiscard]] std::vector<Oid> of_kind(DefinedKind kind) const {
    std::vector<Oid> oids;
    for (const auto& [oid, type] : types_) {
      if (type.kind == kind) oids.push_back(oid);
    }
    return oids;
  }
  void read_labels() {
    const auto enums = of_kind(DefinedKind::enumeration);
    for (auto& [oid, labels] : postgres_detail::read_enum_labels(connection_, enums, stop_)) {
      types_.at(oid).labels = std::move(labels);
    }
  }
  void read_fields() {
    const auto composites = of_kind(DefinedKind::composite);
    if (composites.empty()) return;
    const Result found = ask(field_definition_query(version_), composites);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      types_.at(found.oid(i, 0))
          .fields.push_back({.name = std::string(found.text(i, 1)),
                             .type = {.oid = found.oid(i, 2),
                                      .element = found.oid(i, 3),
                                      .sql = std::string(found.text(i, 4))},
                             .collation = std::string(found.text(i, 5))});
    }
  }
  void read_checks() {
    const auto domains = of_kind(DefinedKind::domain);
    if (domains.empty()) return;
    const Result found = ask(check_query, domains);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      types_.at(found.oid(i, 0))
          .checks.push_back(
              {.name = std::string(found.text(i, 1)), .definition = std::string(found.text(i, 2))});
    }
  }
  void read_ranges() {
    const auto ranges = of_kind(DefinedKind::range);
    if (ranges.empty()) return;
    const Result found = ask(range_query(version_), ranges);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      TypeDefinition& type = types_.at(found.oid(i, 0));
      type.base = {.oid = found.oid(i, 1), .element = found.oid(i, 2), .sql = std::string(found.text(i, 3))};
      type.collation = found.text(i, 4);
      type.operator_class = found.text(i, 5);
      type.difference = found.text(i, 6);
      type.has_canonical = found.boolean(i, 7);
      type.multirange = found.text(i, 8);
    }
  }

  Connection& connection_;
  const std::stop_token& stop_;
  const int version_;
  TypeDefinitions types_;
};

}  // namespace

std::string_view to_string(DefinedKind kind) {
  switch (kind) {
    case DefinedKind::enumeration:
      return "enum";
    case DefinedKind::domain:
      return "domain";
    case DefinedKind::composite:
      return "composite type";
    case DefinedKind::range:
      return "range type";
    case DefinedKind::row:
      return "row type of a table";
    case DefinedKind::other:
      break;
  }
  return "base type";
}

TypeDefinitions read_type_definitions(Connection& connection, std::span<const Oid> types,
                                      const std::stop_token& stop) {
  if (std::all_of(types.begin(), types.end(), [](Oid oid) { return oid < first_user_oid; })) return {};
  postgres_detail::QualifiedNames names(connection, stop);
  auto definitions = TypeDefinitionReader(connection, stop).read(types);
  names.restore(stop);
  return definitions;
}

}  // namespace leat
