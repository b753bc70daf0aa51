#include "jobs/prepare/query_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/options/savepoint.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/catalog/detail/nearest_names.hpp"
#include "leat/postgres/catalog/detail/type_names.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/session/detail/own_sql.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::in_own_query;

// The server parses all of a statement, so long values are better sent beside it.
constexpr std::size_t most_written = std::size_t{1} << 20U;

/// @throws Error (config) where the server does not know one of the types.
void check_own_types(Connection& source, const std::map<std::string, std::string>& types,
                     const std::stop_token& stop) {
  for (const auto& [name, type] : types) {
    std::string why = "the server has no such type";
    try {
      const std::array<Parameter, 1> asked{type};
      const Result known = source.execute("SELECT pg_catalog.to_regtype($1)", asked, stop);
      if (!known.is_null(0, 0)) continue;
    } catch (const Error& error) {
      if (!source.is_open() || error.kind() == ErrorKind::cancelled || error.sqlstate().empty()) throw;
      why = error.what();
    }
    throw Error(ErrorKind::config, "the type of :" + name + ", " + type + ", is none: " + why,
                {.hint = "write it as in SQL: timestamptz, numeric(10,2), int[]"});
  }
}

bool are_same(const std::vector<TableColumn>& some, const std::vector<TableColumn>& others) {
  return std::equal(some.begin(), some.end(), others.begin(), others.end(),
                    [](const TableColumn& a, const TableColumn& b) {
                      return a.name == b.name && a.type.oid == b.type.oid && a.typmod == b.typmod;
                    });
}

/// What stands for each parameter where it is bound: "$1", or a cast of it.
std::vector<std::string> bound_texts(const ParameterizedSql& query, const OwnQuery& own) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < query.names.size(); ++i) {
    const std::string number = "$" + std::to_string(i + 1);
    const auto type = own.types.find(query.names[i]);
    texts.push_back(type == own.types.end() ? number : "(" + number + "::" + type->second + ")");
  }
  return texts;
}

/// Writes the values into `text`, or says there why not.
void write_values(Connection& source, const ParameterizedSql& query, const OwnQuery& own,
                  const std::vector<Oid>& types, QueryText& text, const std::stop_token& stop) {
  std::size_t length = 0;
  for (const auto& place : query.places) {
    const auto& name = query.names[place.name];
    // A cast of the user's names the column as well.
    if (place.may_name_column && !own.types.contains(name)) {
      text.why_not_copied = ":" + name + " may be a column without a name (write AS behind it)";
      return;
    }
    const auto& value = text.parameters[place.name];
    if (value) length += value->size();
  }
  if (length > most_written) {
    text.why_not_copied = "the values are longer than 1 MiB";
    return;
  }
  const auto names = postgres_detail::type_names(source, types, stop);
  if (names.size() != query.names.size()) {
    text.why_not_copied = "a parameter has a type of which no value can be written";
    return;
  }
  std::vector<std::string> literals;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& value = text.parameters[i];
    std::string literal = "(" + (value ? source.quote_literal(*value) : "NULL") + "::" + names[i] + ")";
    const auto type = own.types.find(query.names[i]);
    if (type != own.types.end()) literal = "(" + literal + "::" + type->second + ")";
    literals.push_back(std::move(literal));
  }
  std::string written = query.with(literals);
  std::vector<TableColumn> columns;
  const auto refused = behind_savepoint(
      source, stop, [&] { columns = describe_query(source, written, stop); },
      [](const Error& error) { return error.kind() != ErrorKind::cancelled && !error.sqlstate().empty(); });
  constexpr std::string_view data_exceptions = "22";
  if (refused && refused->sqlstate().starts_with(data_exceptions) && refused->position() != 0) {
    // Of a wrong value the server says the same when it is bound, but not which one it is.
    throw in_own_query(*refused, query, literals, own.sql);
  }
  if (refused) {
    text.why_not_copied =
        "the server refuses the query with its values in it (" + std::string(refused->sqlstate()) + ")";
  } else if (!are_same(columns, text.columns)) {
    text.why_not_copied = "its columns would be other ones with the values in it";
  } else {
    text.sql = std::move(written);
    text.parameters.clear();
  }
}

QueryDescription describe_own(Connection& source, const ParameterizedSql& query,
                              const std::vector<std::string>& texts, const std::string& own_sql,
                              const std::stop_token& stop) {
  try {
    return describe_parameters(source, query.with(texts), stop);
  } catch (const Error& error) {
    if (error.position() == 0) throw;
    throw postgres_detail::with_table_meant(source, in_own_query(error, query, texts, own_sql), stop);
  }
}

}  // namespace

QueryText read_query_text(Connection& source, const OwnQuery& own, const std::stop_token& stop) {
  const auto query = parse_named_parameters(own.sql);
  const auto texts = bound_texts(query, own);
  check_own_types(source, own.types, stop);
  QueryText text{.sql = query.with(texts), .parameters = bind_parameters(query, own.values)};
  auto described = describe_own(source, query, texts, own.sql, stop);
  text.columns = std::move(described.columns);
  if (!query.names.empty()) write_values(source, query, own, described.parameters, text, stop);
  return text;
}

BoundQuery bind_query(Connection& server, const OwnQuery& own, const std::stop_token& stop) {
  BoundQuery bound{.query = parse_named_parameters(own.sql)};
  bound.texts = bound_texts(bound.query, own);
  check_own_types(server, own.types, stop);
  bound.values = bind_parameters(bound.query, own.values);
  bound.columns = describe_own(server, bound.query, bound.texts, own.sql, stop).columns;
  return bound;
}

std::vector<TableColumn> query_columns(Connection& source, const OwnQuery& own, const std::stop_token& stop) {
  const auto query = parse_named_parameters(own.sql);
  return describe_own(source, query, bound_texts(query, own), own.sql, stop).columns;
}

void check_parameters(const OwnQuery& own) {
  const auto query = parse_named_parameters(own.sql);
  static_cast<void>(bind_parameters(query, own.values));
  for (const auto& [name, type] : own.types) {
    if (!own.values.contains(name)) {
      throw Error(ErrorKind::config, "parameter " + name + " has a type (" + type + "), but no value");
    }
    if (type.empty()) throw Error(ErrorKind::config, "the type of parameter " + name + " is empty");
  }
}

}  // namespace leat::jobs_detail
