#include "leat/postgres/session/connection_factory.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "leat/core/detail/descriptor.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {
namespace {

bool is_id(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

std::string scalar(const nlohmann::json& value, const std::string& place) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_unsigned()) return std::to_string(value.get<std::uint64_t>());
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  throw Error(ErrorKind::config, place + " must be text or a whole number");
}

/// ConnectionTarget::parse, whose error then says which entry of the file it was.
ConnectionTarget parse_at(const std::string& place, const std::string& text) {
  try {
    return ConnectionTarget::parse(text);
  } catch (const Error& error) {
    throw error.with_message(place + ": " + error.what());
  }
}

ResolvedConnection read_connection(const std::string& id, const nlohmann::json& entry,
                                   const std::string& file) {
  const std::string place = file + ": connection \"" + id + "\"";
  ResolvedConnection connection{.label = id};
  if (entry.is_string()) {
    connection.target = parse_at(place, entry.get<std::string>());
    return connection;
  }
  if (!entry.is_object()) throw Error(ErrorKind::config, place + " must be an object or a URI");
  if (const auto uri = entry.find("uri"); uri != entry.end()) {
    connection.target = parse_at(place + ": uri", scalar(*uri, place + ": uri"));
  }
  if (entry.contains("database") && entry.contains("dbname")) {
    throw Error(ErrorKind::config, place + " has both \"database\" and \"dbname\", which mean the same");
  }
  for (const auto& [key, value] : entry.items()) {
    if (key == "uri") continue;
    auto text = scalar(value, place + ": " + key);
    if (key == "schema") {
      if (text.empty()) throw Error(ErrorKind::config, place + ": schema is empty");
      connection.schema = std::move(text);
      continue;
    }
    const std::string keyword = key == "database" ? "dbname" : key;
    if (!is_connection_keyword(keyword)) {
      throw Error(
          ErrorKind::config, place + ": \"" + key + "\" is no connection parameter",
          {.hint = "use host, port, database, user, password, schema, uri, or another of libpq's keywords"});
    }
    connection.target.set(keyword, std::move(text));
  }
  return connection;
}

}  // namespace

ResolvedConnection ResolvedConnection::of_store(std::string url) {
  ResolvedConnection connection;
  connection.label = redact_secrets(url);
  connection.store = std::move(url);
  return connection;
}

std::string ResolvedConnection::label_of(const Connection& session) const {
  const bool is_named = label != target.describe() && label != ResolvedConnection().label;
  return is_named ? label + " (" + session.endpoint() + ")" : session.endpoint();
}

ConnectionFactory ConnectionFactory::from_json(std::string_view text, std::string_view name) {
  const std::string file(name);
  const auto json = nlohmann::json::parse(text, nullptr, false, true);
  if (json.is_discarded()) throw Error(ErrorKind::config, file + " is not valid JSON");
  if (!json.is_object()) throw Error(ErrorKind::config, file + " must be an object of connection ids");
  ConnectionFactory factory;
  factory.has_file_ = true;
  for (const auto& [id, entry] : json.items()) {
    if (id.empty() || !is_id(id)) {
      throw Error(ErrorKind::config,
                  file + ": a connection id may have letters, digits, '_', '-' and '.' only");
    }
    factory.connections_.emplace(id, read_connection(id, entry, file));
  }
  return factory;
}

ConnectionFactory ConnectionFactory::from_file(const std::string& file, const Logger& log,
                                               const std::stop_token& stop) {
  auto factory = from_json(detail::read_all(file, "the connections file", stop), file);
  const bool secret =
      std::any_of(factory.connections_.begin(), factory.connections_.end(), [](const auto& entry) {
        const auto& target = entry.second.target;
        return !target.get("password").empty() || !target.get("sslpassword").empty();
      });
  using std::filesystem::perms;
  const auto others = std::filesystem::status(file).permissions() & (perms::group_all | perms::others_all);
  if (secret && others != perms::none) {
    log.warning(file + " holds a password and others may read it: chmod 600 it");
  }
  return factory;
}

ResolvedConnection ConnectionFactory::resolve(std::string_view text) const {
  if (ConnectionTarget::looks_like_conninfo(text)) {
    ResolvedConnection connection{.target = ConnectionTarget::parse(text)};
    connection.label = connection.target.describe();
    return connection;
  }
  if (const auto found = connections_.find(text); found != connections_.end()) return found->second;
  // What is no id may be a mistyped URI, with a password in it.
  const std::string shown = is_id(text) ? "connection id \"" + std::string(text) + "\"" : "that connection";
  std::string known;
  for (const auto& [id, connection] : connections_) known += (known.empty() ? "" : ", ") + id;
  throw Error(
      ErrorKind::config, shown + " is not known",
      {.hint = !has_file_
                   ? "give a postgresql:// URI, a keyword string, or name a file of ids with --connections"
               : known.empty() ? "the connections file is empty"
                               : "the connections file has " + known});
}

Connection ConnectionFactory::connect(std::string_view text, SessionOptions options,
                                      std::stop_token stop) const {
  const auto connection = resolve(text);
  if (connection.schema) options.search_path = quote_identifier(*connection.schema);
  return Connection::open(connection.target, std::move(options), std::move(stop));
}

}  // namespace leat
