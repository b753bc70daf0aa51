#include "leat/postgres/catalog/detail/type_questions.hpp"

#include <array>
#include <functional>
#include <set>

#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"
#include "postgres/catalog/type_sql.hpp"

namespace leat::postgres_detail {

std::string_view without_schema(std::string_view spelling) {
  std::size_t end = 0;
  if (spelling.starts_with('"')) {
    end = 1;
    while (end < spelling.size() && (spelling[end] != '"' || spelling.substr(end, 2) == "\"\"")) {
      end += spelling[end] == '"' ? 2 : 1;
    }
    ++end;
  } else {
    end = spelling.find_first_of(".( [");
  }
  return end < spelling.size() && spelling[end] == '.' ? spelling.substr(end + 1) : spelling;
}

std::vector<Oid> types_in_order(const TypeDefinitions& types, std::span<const Oid> wanted) {
  std::vector<Oid> order;
  std::set<Oid> seen;
  const std::function<void(Oid)> visit = [&](Oid oid) {
    const auto type = types.find(oid);
    if (type == types.end() || !seen.insert(oid).second) return;
    if (type->second.extension.empty()) {
      visit(type->second.base.element);
      for (const auto& field : type->second.fields) visit(field.type.element);
    }
    order.push_back(oid);
  };
  for (const Oid oid : wanted) visit(oid);
  return order;
}

std::vector<Oid> find_types(Connection& connection, std::span<const TableName> names,
                            const std::stop_token& stop) {
  std::vector<Oid> oids(names.size(), 0);
  if (names.empty()) return oids;
  std::vector<std::string> schemas;
  std::vector<std::string> types;
  for (const auto& name : names) {
    schemas.push_back(name.schema);
    types.push_back(name.name);
  }
  const std::array<Parameter, 2> parameters{text_array(schemas), text_array(types)};
  const Result found = connection.execute(R"(
SELECT u.position, t.oid
FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]))
  WITH ORDINALITY AS u(schema, name, position)
JOIN pg_catalog.pg_namespace n ON n.nspname = u.schema
JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typname = u.name)",
                                          parameters, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    oids[static_cast<std::size_t>(found.integer(i, 0)) - 1] = found.oid(i, 1);
  }
  return oids;
}

std::vector<TypeSpelling> spell_types(Connection& connection,
                                      std::span<const std::pair<Oid, std::int32_t>> types,
                                      const std::stop_token& stop) {
  std::vector<TypeSpelling> spellings;
  if (types.empty()) return spellings;
  std::vector<Oid> oids;
  std::vector<std::string> modifiers;
  for (const auto& [oid, modifier] : types) {
    oids.push_back(oid);
    modifiers.push_back(std::to_string(modifier));
  }
  const std::array<Parameter, 2> parameters{oid_array(oids), text_array(modifiers)};
  QualifiedNames names(connection, stop);
  const Result found = connection.execute("SELECT t.oid, " + element_sql("t", connection.server_version()) +
                                              R"(, pg_catalog.format_type(t.oid, u.modifier)
FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int4[]))
  WITH ORDINALITY AS u(oid, modifier, position)
JOIN pg_catalog.pg_type t ON t.oid = u.oid
ORDER BY u.position)",
                                          parameters, stop);
  names.restore(stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    spellings.push_back(
        {.oid = found.oid(i, 0), .element = found.oid(i, 1), .sql = std::string(found.text(i, 2))});
  }
  return spellings;
}

}  // namespace leat::postgres_detail
