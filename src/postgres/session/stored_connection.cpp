#include "postgres/session/stored_connection.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/detail/connection_pieces.hpp"
#include "postgres/session/conninfo_faults.hpp"
#include "postgres/session/value_references.hpp"

namespace leat::postgres_detail {
namespace {

using Entry = ConnectionsFile::Entry;
using ValueText = std::function<std::string(const ValuePart&)>;

const Entry& entry_of(const ConnectionsFile& file, std::string_view id) {
  return file.entries.find(id)->second;
}

/// The place of a value in messages: `ids.json, line 2: connection "shop": password`.
std::string place_of(const ConnectionsFile& file, std::string_view id, const std::string& key) {
  return file.place_of(id) + (entry_of(file, id).is_text ? "" : ": " + key);
}

/// target_of_pieces(), whose error then says which entry of the file it was.
ConnectionTarget parse_at(const std::string& place, const std::vector<std::string>& pieces) {
  try {
    return target_of_pieces(pieces);
  } catch (const Error& error) {
    throw error.with_message(place + ": " + error.what());
  }
}

std::string keyword_of(const std::string& key) {
  return key == "database" ? "dbname" : key;
}

[[noreturn]] void refuse_key(const std::string& place, const std::string& key) {
  auto keys = connection_keywords();
  for (const char* own : {"database", "schema", "uri"}) keys.emplace_back(own);
  throw Error(
      ErrorKind::config,
      place + ": \"" + key + "\" is no connection parameter" + detail::did_you_mean(key, keys),
      {.hint = "use host, port, database, user, password, schema, uri, or another of libpq's keywords"});
}

/// Stands for a reference while the text around it is parsed: a number, which may stand everywhere, and which
/// the text has nowhere else.
std::string stand_in(std::size_t index) {
  const std::string number = std::to_string(index);
  return "918273645501" + std::string(4 - std::min<std::size_t>(4, number.size()), '0') + number;
}

std::string put_in(std::string_view parsed, const std::vector<std::string>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = parsed.find(stand_in(i));
    if (at == std::string_view::npos) continue;
    text += parsed.substr(0, at);
    text += values[i];
    parsed.remove_prefix(at + stand_in(i).size());
  }
  return text + std::string(parsed);
}

/// A value by pieces: a text, what a reference stands for, and so on.
std::vector<std::string> pieces_of(const ValueParts& parts, const ValueText& value_of) {
  std::vector<std::string> pieces(1);
  for (const auto& part : parts) {
    if (part.kind == ValuePart::Kind::literal) {
      pieces.back() += value_of(part);
    } else {
      pieces.push_back(value_of(part));
      pieces.emplace_back();
    }
  }
  return pieces;
}

ResolvedConnection read_entry(const ConnectionsFile& file, std::string_view id, const ValueText& value_of) {
  const Entry& entry = entry_of(file, id);
  ResolvedConnection connection;
  connection.label = id;
  const auto has = [&entry](const char* key) {
    return std::any_of(entry.values.begin(), entry.values.end(),
                       [key](const auto& value) { return value.key == key; });
  };
  if (has("database") && has("dbname")) {
    throw Error(ErrorKind::config,
                file.place_of(id) + " has both \"database\" and \"dbname\", which mean the same");
  }
  for (const auto& value : entry.values) {
    if (value.key != "uri") continue;
    const std::string place = place_of(file, id, value.key);
    connection.target = parse_at(place, pieces_of(parse_value(value.text, place), value_of));
  }
  for (const auto& value : entry.values) {
    if (value.key == "uri") continue;
    const std::string place = place_of(file, id, value.key);
    std::string text;
    for (const auto& part : parse_value(value.text, place)) text += value_of(part);
    if (value.key == "schema") {
      connection.schema = std::move(text);
      continue;
    }
    const std::string keyword = keyword_of(value.key);
    if (!is_connection_keyword(keyword)) refuse_key(file.place_of(id), value.key);
    connection.target.set(keyword, std::move(text));
  }
  return connection;
}

bool refers(const ConnectionsFile& file, std::string_view id, const std::string& key) {
  const auto& values = entry_of(file, id).values;
  return std::any_of(values.begin(), values.end(), [&](const auto& value) {
    return (key.empty() || value.key == key) &&
           has_references(parse_value(value.text, place_of(file, id, value.key)));
  });
}

void refuse_empty_schema(const ConnectionsFile& file, std::string_view id,
                         const ResolvedConnection& connection) {
  if (connection.schema && connection.schema->empty()) {
    throw Error(ErrorKind::config, file.place_of(id) + ": schema is empty");
  }
}

std::string literal_only(const ValuePart& part) {
  return part.kind == ValuePart::Kind::literal ? part.text : "";
}

/// What the file says itself; nothing where that alone is no connection.
ResolvedConnection own_part(const ConnectionsFile& file, std::string_view id) {
  try {
    return read_entry(file, id, literal_only);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

ConnectionTarget target_of_pieces(const std::vector<std::string>& pieces) {
  std::string text;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool is_begin = i == 1 && pieces.front().empty();
    const bool is_value = i % 2 == 1 && !is_begin;
    text += is_value ? stand_in(values.size()) : pieces[i];
    if (is_value) values.push_back(pieces[i]);
  }
  ConnectionTarget parsed = ConnectionTarget::parse(text);
  if (values.empty()) return parsed;
  ConnectionTarget target;
  for (const auto& [keyword, value] : parsed.parameters()) {
    // libpq sets some by itself, as sslmode for a URI's ssl=true.
    target.set(keyword, put_in(value, values));
  }
  return target;
}

ResolvedConnection stored_connection(const ConnectionsFile& file, std::string_view id,
                                     const std::stop_token& stop) {
  ReferenceValues references(file.directory, stop);
  const auto value_of = [&references](const ValuePart& part) { return references.value_of(part); };
  std::optional<ResolvedConnection> connection;
  std::optional<Error> failure;
  try {
    connection = read_entry(file, id, value_of);
  } catch (const Error& error) {
    failure = error;
  }
  if (!references.missing().empty()) {
    std::string all;
    for (const auto& one : references.missing()) all += (all.empty() ? "" : "; ") + one;
    throw Error(ErrorKind::config, file.place_of(id) + ": " + all);
  }
  if (failure) throw *failure;
  refuse_empty_schema(file, id, *connection);
  return std::move(*connection);
}

void check_connections(const ConnectionsFile& file) {
  for (const auto& [id, entry] : file.entries) {
    const auto any_number = [](const ValuePart& part) {
      return part.kind == ValuePart::Kind::literal ? part.text : "1";
    };
    // All of a URI may come from a reference, and then "1" would be none.
    if (refers(file, id, "uri")) {
      for (const auto& value : entry.values) {
        static_cast<void>(parse_value(value.text, place_of(file, id, value.key)));
        if (value.key != "uri" && value.key != "schema" && !is_connection_keyword(keyword_of(value.key))) {
          refuse_key(file.place_of(id), value.key);
        }
      }
      continue;
    }
    refuse_empty_schema(file, id, read_entry(file, id, any_number));
  }
}

KnownConnection known_connection(const ConnectionsFile& file, std::string_view id) {
  const Entry& entry = entry_of(file, id);
  const ResolvedConnection own = own_part(file, id);
  KnownConnection known{.id = std::string(id), .file = file.name, .line = entry.line, .schema = own.schema};
  if (!own.target.parameters().empty()) known.place = own.target.describe();
  for (const auto& value : entry.values) {
    const auto parts = parse_value(value.text, place_of(file, id, value.key));
    if (has_references(parts)) known.references.emplace_back(value.key, references_text(parts));
  }
  return known;
}

bool holds_password(const ConnectionsFile& file) {
  return std::any_of(file.entries.begin(), file.entries.end(), [&file](const auto& entry) {
    const auto own = own_part(file, entry.first);
    return !own.target.get("password").empty() || !own.target.get("sslpassword").empty();
  });
}

}  // namespace leat::postgres_detail
