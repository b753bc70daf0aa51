#include "registry/transform_sql.hpp"

#include <algorithm>
#include <array>

#include "leat/core/detail/characters.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/catalog/detail/nearest_names.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::registry_detail {
namespace {

/// All faults as one error.
Error error_of_faults(const std::vector<TransformFault>& faults, const TransformDocument& document) {
  std::string message;
  std::string hint;
  for (const auto& fault : faults) {
    message += (message.empty() ? "" : "; ") + fault.message;
    if (hint.empty()) hint = fault.hint;
  }
  const Place place = document.place(faults.front().origin, 1);
  return {ErrorKind::config, message, {.hint = hint, .where = place.line > 0 ? to_text(place) : ""}};
}

/// The error, which the server has told of a longer statement, as one of what begins behind so many
/// characters.
Error moved(const Error& error, std::size_t before) {
  return error.position() > before ? error.with_position(error.position() - before) : error;
}

}  // namespace

ReadOnly::ReadOnly(Connection& session, const std::stop_token& stop) : session_(session) {
  if (session.in_transaction()) {
    throw Error(ErrorKind::config, "the session is in a transaction, and this needs one of its own");
  }
  session.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY", stop);
}

ReadOnly::~ReadOnly() {
  session_.rollback();
}

WrittenSql& WrittenSql::operator+=(const std::string& sql) {
  compiled_.sql += sql;
  return *this;
}

void WrittenSql::add(const std::string& sql, std::size_t origin) {
  compiled_.fragments.push_back({.begin = compiled_.sql.size(), .size = sql.size(), .origin = origin});
  compiled_.sql += sql;
}

std::vector<QueryColumn> described(Connection& session, const std::string& sql, const std::stop_token& stop) {
  std::vector<QueryColumn> columns;
  for (auto& column : describe_query(session, sql, stop)) {
    columns.push_back({std::move(column.name), std::move(column.type_name)});
  }
  return columns;
}

std::vector<QueryColumn> described_exactly(Connection& session, const std::string& sql,
                                           const std::stop_token& stop) {
  const auto found = describe_query(session, sql, stop);
  std::vector<std::string> oids;
  std::vector<std::string> modifiers;
  for (const auto& column : found) {
    oids.push_back(std::to_string(column.type.oid));
    modifiers.push_back(std::to_string(column.typmod));
  }
  const std::array<Parameter, 2> values{postgres_detail::text_array(oids),
                                        postgres_detail::text_array(modifiers)};
  const Result types = session.execute(
      "SELECT pg_catalog.format_type(o::pg_catalog.oid, m::pg_catalog.int4) FROM ROWS FROM "
      "(pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) WITH ORDINALITY "
      "AS t (o, m, i) ORDER BY i",
      values, stop);
  std::vector<QueryColumn> columns;
  for (std::size_t i = 0; i < found.size(); ++i) {
    columns.push_back({found[i].name, std::string(types.text(i, 0))});
  }
  return columns;
}

std::vector<QueryColumn> columns_of_query(Connection& session, const std::string& query,
                                          const std::stop_token& stop) {
  try {
    return described_exactly(session, query, stop);
  } catch (const Error& error) {
    const Error own = error.position() > 0 ? error.in_sql(query, error.position()) : error;
    throw postgres_detail::with_table_meant(session, own, stop);
  }
}

TextPlaces places_of(const TransformDocument& document) {
  return [&document](std::size_t origin, std::size_t character) {
    const Place place = document.place(origin, character);
    return place.line > 0 ? to_text(place) : std::string();
  };
}

CompiledTransform compile(Connection& session, const std::string& query, const TransformDocument& document,
                          const std::stop_token& stop, const std::string* around) {
  const auto describe = [&](const std::string& sql) {
    if (around == nullptr) return described(session, sql, stop);
    try {
      return described(session, *around + sql + ") AS leat_made", stop);
    } catch (const Error& error) {
      throw moved(error, detail::characters_in(*around));
    }
  };
  auto compiled = compile_transforms(
      SourcedText(query, no_origin), document.stages,
      {.quote_identifier = [](std::string_view name) { return quote_identifier(name); },
       .quote_literal = [&session](std::string_view text) { return session.quote_literal(text); },
       .describe = describe,
       .places = places_of(document)});
  if (!compiled.faults.empty()) throw error_of_faults(compiled.faults, document);
  return compiled;
}

std::vector<QueryColumn> columns_made(Connection& session, const CompiledTransform& compiled,
                                      const TransformDocument& document, const std::stop_token& stop,
                                      const std::string& around) {
  try {
    return described_exactly(
        session, around.empty() ? compiled.sql : around + compiled.sql + "\n) AS leat_made", stop);
  } catch (const Error& error) {
    throw in_written(moved(error, detail::characters_in(around)), compiled, places_of(document));
  }
}

std::string no_rows(const std::vector<QueryColumn>& columns) {
  std::string sql;
  for (const auto& column : columns) {
    sql +=
        (sql.empty() ? "SELECT NULL::" : ", NULL::") + column.type + " AS " + quote_identifier(column.name);
  }
  return sql + " WHERE false";
}

std::vector<TextRow> rows_of(Connection& session, const std::string& sql, std::size_t before,
                             const CompiledTransform& compiled, const TransformDocument& document,
                             const std::stop_token& stop) {
  const Result found = [&] {
    try {
      return session.execute_long(sql, {}, stop);
    } catch (const Error& error) {
      const Error own = moved(error, detail::characters_in(std::string_view(sql).substr(0, before)));
      throw in_written(own, compiled, places_of(document));
    }
  }();
  std::vector<TextRow> rows(found.rows());
  for (std::size_t i = 0; i < found.rows(); ++i) {
    for (std::size_t j = 0; j < found.columns(); ++j) {
      rows[i].push_back(found.is_null(i, j) ? std::nullopt
                                            : std::optional<std::string>(std::string(found.text(i, j))));
    }
  }
  return rows;
}

std::vector<std::string> names_of(const std::vector<QueryColumn>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

void require_distinct(const std::vector<QueryColumn>& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (columns[i].name != columns[j].name) continue;
      throw Error(ErrorKind::config, "two columns are called \"" + columns[i].name + "\"",
                  {.hint = "give one of them another name in the query"});
    }
  }
}

}  // namespace leat::registry_detail
