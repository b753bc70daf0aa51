#include "leat/postgres/session/connection_factory.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "leat/core/detail/descriptor.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "postgres/session/connections_file.hpp"
#include "postgres/session/stored_connection.hpp"

namespace leat {
namespace {

bool is_id(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

ResolvedConnection::ResolvedConnection(ConnectionTarget place)
    : target(std::move(place)), label(target.describe()) {}

ResolvedConnection ResolvedConnection::parse(std::string_view text) {
  return ConnectionFactory().resolve(text);
}

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
  auto file = postgres_detail::parse_connections(text, std::string(name));
  postgres_detail::check_connections(file);
  ConnectionFactory factory;
  factory.file_ = std::make_shared<const postgres_detail::ConnectionsFile>(std::move(file));
  return factory;
}

ConnectionFactory ConnectionFactory::from_file(const std::string& file, const Logger& log,
                                               const std::stop_token& stop) {
  auto parsed =
      postgres_detail::parse_connections(detail::read_all(file, "the connections file", stop), file);
  parsed.directory = std::filesystem::path(file).parent_path();
  postgres_detail::check_connections(parsed);
  using std::filesystem::perms;
  const auto others = std::filesystem::status(file).permissions() & (perms::group_all | perms::others_all);
  if (others != perms::none && postgres_detail::holds_password(parsed)) {
    log.warning(file + " holds a password and others may read it: chmod 600 it");
  }
  ConnectionFactory factory;
  factory.file_ = std::make_shared<const postgres_detail::ConnectionsFile>(std::move(parsed));
  factory.stop_ = stop;
  return factory;
}

std::optional<std::string> ConnectionFactory::default_file() {
  if (const auto named = variable("LEAT_CONNECTIONS")) {
    return named->empty() ? std::nullopt : std::optional(*named);
  }
  std::filesystem::path directory = variable("XDG_CONFIG_HOME").value_or("");
  // The rule of that variable: a path that is not absolute is none.
  if (!directory.is_absolute()) {
    const std::string home = variable("HOME").value_or("");
    if (home.empty()) return std::nullopt;
    directory = std::filesystem::path(home) / ".config";
  }
  const auto file = directory / "leat" / "connections.json";
  std::error_code failure;
  const bool is_missing =
      std::filesystem::status(file, failure).type() == std::filesystem::file_type::not_found;
  return is_missing ? std::nullopt : std::optional(file.string());
}

ConnectionFactory ConnectionFactory::from_default_file(const Logger& log, const std::stop_token& stop) {
  const auto file = default_file();
  return file ? from_file(*file, log, stop) : ConnectionFactory();
}

ResolvedConnection ConnectionFactory::resolve(std::string_view text) const {
  if (ConnectionTarget::looks_like_conninfo(text)) return ConnectionTarget::parse(text);
  if (file_ && file_->entries.contains(text)) return postgres_detail::stored_connection(*file_, text, stop_);
  // What is no id may be a mistyped URI, with a password in it.
  const bool may_be_shown = is_id(text);
  const std::string shown = may_be_shown ? "connection id \"" + std::string(text) + "\"" : "that connection";
  if (!file_) {
    throw Error(ErrorKind::config, shown + " is not known",
                {.hint = "give a postgresql:// URI, a keyword string, or name a file of ids: "
                         "ConnectionFactory::from_file(), "
                         "LEAT_CONNECTIONS, or ~/.config/leat/connections.json"});
  }
  std::vector<std::string> ids;
  std::string known;
  for (const auto& [id, entry] : file_->entries) {
    ids.push_back(id);
    known += (known.empty() ? "" : ", ") + id;
  }
  throw Error(ErrorKind::config,
              shown + " is not known" + (may_be_shown ? detail::did_you_mean(text, ids) : ""),
              {.hint = file_->name + (known.empty() ? " has no connection" : " has " + known)});
}

std::vector<KnownConnection> ConnectionFactory::known() const {
  std::vector<KnownConnection> all;
  if (!file_) return all;
  for (const auto& [id, entry] : file_->entries) all.push_back(postgres_detail::known_connection(*file_, id));
  return all;
}

Connection ConnectionFactory::connect(std::string_view text, SessionOptions options,
                                      std::stop_token stop) const {
  const auto connection = resolve(text);
  if (connection.schema) options.search_path = quote_identifier(*connection.schema);
  return Connection::open(connection.target, std::move(options), std::move(stop));
}

}  // namespace leat
