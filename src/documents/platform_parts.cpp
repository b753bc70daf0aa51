#include "documents/platform_parts.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "documents/native_nodes.hpp"
#include "documents/sql_tokens.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::documents_detail {
namespace {

/// The type that a number has in SQL.
std::string type_of_number(const Node& number) {
  if (scalar_type(number) == ScalarType::floating) return "numeric";
  constexpr std::size_t digits_of_integer = 9;
  return number.text.size() <= digits_of_integer ? "integer" : "bigint";
}

bool is_simple_name(std::string_view name) {
  const bool begins = !name.empty() && ((name.front() >= 'a' && name.front() <= 'z') || name.front() == '_');
  return begins && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

}  // namespace

DatabaseUrl database_url(const Node& url) {
  DatabaseUrl found{.node = url};
  std::string& text = found.node.text;
  const auto colon = text.find("://");
  if (colon == std::string::npos) return found;
  const std::string kind = in_lower_case(text.substr(0, std::min(text.find('+'), colon)));
  const bool is_reference = text.find("${") < colon;
  if (kind != "postgresql" && kind != "postgres" && !is_reference) found.other = kind;
  const std::string_view user = std::string_view(text).substr(colon + 3, text.find('@', colon) - colon - 3);
  const auto password = user.find(':');
  const bool is_given = text.find('@') != std::string::npos && password != std::string_view::npos;
  found.has_password = is_given && user.substr(password + 1).find("${") == std::string_view::npos;
  if (found.other.empty() && !is_reference) text = "postgresql" + text.substr(colon);
  return found;
}

std::optional<Node> param_of(const NodeEntry& entry, const std::string& path, NodeReader& reader) {
  const Node& value = entry.value;
  if (value.kind != NodeKind::scalar) {
    reader.wrong_type(
        value, path, "a text, a number, true or false",
        "of several values write one text, \"{1,2}\", and = ANY (:" + entry.key + ") in the query");
    return std::nullopt;
  }
  Node param = mapping_node(value.place);
  switch (scalar_type(value)) {
    case ScalarType::null:
      reader.fault(value.place, path, "no-value", path + " is null",
                   "write NULL into the query, where :" + entry.key + " stands");
      return std::nullopt;
    case ScalarType::unclear:
      reader.fault(value.place, path, "unclear-number", path + " begins with a zero",
                   "write it without the zero, or in quotes");
      return std::nullopt;
    case ScalarType::boolean:
      add_entry(param, "type", text_node("boolean", value.place));
      break;
    case ScalarType::integer:
    case ScalarType::floating:
      add_entry(param, "type", text_node(type_of_number(value), value.place));
      break;
    case ScalarType::text:
      break;
  }
  Node text = value;
  text.quoted = true;
  add_entry(param, "default", std::move(text));
  return param;
}

void name_relation(std::string& sql) {
  constexpr std::string_view placeholder = ":table_name";
  for (std::size_t at = sql.find(placeholder); at != std::string::npos; at = sql.find(placeholder, at + 1)) {
    const std::size_t behind = at + placeholder.size();
    constexpr std::string_view more = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (behind < sql.size() && more.find(sql[behind]) != std::string_view::npos) continue;
    sql.replace(at, placeholder.size(), "input_data");
  }
}

std::string table_as_sql(const std::string& schema, const std::string& table) {
  const auto quoted = [](const std::string& name) {
    return is_simple_name(name) ? name : quote_identifier(name);
  };
  if (!schema.empty()) return quoted(schema) + "." + quoted(table);
  return table.find('.') == std::string::npos ? quoted(table) : table;
}

std::string as_name(const std::string& text) {
  constexpr std::size_t longest = 100;
  std::string name = in_lower_case(text).substr(0, longest);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        return !is_letter && c != '.' && c != '_' && c != '-';
      },
      '-');
  return name;
}

std::optional<Node> steps_of_file(const Node& name, const std::string& path, const StepsFiles& files,
                                  NodeReader& reader, Diagnostics& diagnostics) {
  const auto extension = std::filesystem::path(name.text).extension();
  if (extension != ".yaml" && extension != ".yml" && extension != ".json") {
    reader.fault(name.place, path, "missing-file", path + " must be steps, or name a file of YAML or JSON",
                 "write the steps here: config: {select: [id]}, or a name that ends with .yaml or .json");
    return std::nullopt;
  }
  try {
    const auto source = SourceText::of_file((files.directory / name.text).string(), files.stop);
    return read_document(source, diagnostics);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    reader.fault(name.place, path, "missing-file", path + ": " + error.what());
    return std::nullopt;
  }
}

}  // namespace leat::documents_detail
