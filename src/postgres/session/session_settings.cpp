#include "postgres/session/session_settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

#include "leat/postgres/session/identifier.hpp"

namespace leat::postgres_detail {
namespace {

std::string to_setting(std::chrono::milliseconds value) {
  return std::to_string(value.count());
}

std::string to_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80
               ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
               : c;
  });
  return lower;
}

/// A search_path as set_config() takes it, which is one text, as SET takes it: a list.
std::string path_as_list(std::string_view path) {
  std::string list;
  const auto add = [&list](std::string_view schema) {
    list += (list.empty() ? "" : ", ") + quote_identifier(schema);
  };
  std::size_t at = 0;
  while (at < path.size()) {
    if (path[at] == ',' || std::isspace(static_cast<unsigned char>(path[at])) != 0) {
      ++at;
    } else if (path[at] == '"') {
      std::string schema;
      for (++at; at < path.size(); ++at) {
        if (path[at] == '"' && (++at == path.size() || path[at] != '"')) break;
        schema += path[at];
      }
      add(schema);
    } else {
      const std::size_t end = std::min(path.find_first_of(", \t\r\n\v\f", at), path.size());
      add(to_lower_case(path.substr(at, end - at)));
      at = end;
    }
  }
  return list.empty() ? "''" : list;
}

}  // namespace

SessionSettings pinned_settings(const SessionOptions& options, int server_version) {
  SessionSettings settings{
      {"DateStyle", "ISO"},
      {"IntervalStyle", "postgres"},
      {"extra_float_digits", "3"},
      {"bytea_output", "hex"},
      {"xmloption", "content"},
      {"array_nulls", "on"},
      {"standard_conforming_strings", "on"},
      {"row_security", "off"},
      {"synchronize_seqscans", "off"},
      {"lock_timeout", to_setting(options.lock_timeout.value())},
      {"statement_timeout", to_setting(options.statement_timeout.value())},
      {"idle_in_transaction_session_timeout", "0"},
  };
  if (options.search_path) settings.emplace_back("search_path", *options.search_path);
  if (server_version >= 140000) {
    settings.emplace_back("idle_session_timeout", "0");
    settings.emplace_back("client_connection_check_interval", "500");
  }
  if (server_version >= 170000) settings.emplace_back("transaction_timeout", "0");
  return settings;
}

std::string may_silence_sql(int server_version) {
  // A privilege of its own since PostgreSQL 15.
  return std::string("SET LOCAL role TO DEFAULT; SELECT ") +
         (server_version >= 150000
              ? "pg_catalog.has_parameter_privilege('session_replication_role', 'SET')"
              : "rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) CURRENT_USER");
}

std::string local_settings_sql(const SessionSettings& settings, bool may_silence) {
  // The role first, since the others may depend on it.
  constexpr std::array<std::string_view, 6> as_usual{"role",      "search_path",        "lc_monetary",
                                                     "xmlbinary", "synchronous_commit", "default_tablespace"};
  std::string sql;
  const auto set = [&sql](std::string_view name, const std::string& value) {
    if (!sql.empty()) sql += "; ";
    sql.append("SET LOCAL ").append(name).append(" TO ").append(value);
  };
  for (const auto name : as_usual) set(name, "DEFAULT");
  if (may_silence) set("session_replication_role", "DEFAULT");
  // Numbers and words, none of which needs to be escaped.
  for (const auto& [name, value] : settings) {
    set(name, name == "search_path" ? path_as_list(value) : "'" + value + "'");
  }
  return sql;
}

bool may_be_wrapped(std::string_view sql) {
  constexpr std::array<std::string_view, 9> words{"select", "with",    "insert", "update", "delete",
                                                  "merge",  "analyze", "table",  "values"};
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  const auto* begin = std::find_if_not(sql.begin(), sql.end(), is_space);
  const auto* end = std::find_if_not(begin, sql.end(),
                                     [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; });
  const std::string word = to_lower_case(std::string_view(begin, static_cast<std::size_t>(end - begin)));
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace leat::postgres_detail
