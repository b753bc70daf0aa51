#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

namespace postgres_detail {
struct ConnectionsFile;
}

/// A place to connect to, as a job's options take it: `.source = "postgresql://etl@db1/shop"`. A connection
/// id becomes one by ConnectionFactory::resolve().
struct LEAT_EXPORT ResolvedConnection {
  /// All parameters come from libpq's environment and defaults.
  ResolvedConnection() = default;
  /// Named by what the target says, without secrets.
  ResolvedConnection(ConnectionTarget place);  // NOLINT(google-explicit-constructor)
  /// parse() of a string. @throws Error (config) as parse() does, and for a null pointer.
  template <postgres_detail::ConnectionText Text>
  ResolvedConnection(const Text& text)  // NOLINT(google-explicit-constructor)
      : ResolvedConnection(parse(postgres_detail::connection_text(text))) {}

  /// A URI ("postgresql://etl@db1/shop"), a keyword string ("host=/tmp dbname=shop"), or "" for libpq's
  /// environment. @throws Error (config) for any other text; a connection id is one of a ConnectionFactory.
  [[nodiscard]] static ResolvedConnection parse(std::string_view text);

  ConnectionTarget target{};
  /// The search_path to pin, one schema. Not set: the server's setting for the role and database.
  std::optional<std::string> schema{};
  /// The URL of a store of another kind (see StoreRegistry), instead of `target`. Empty: PostgreSQL.
  std::string store{};
  /// A name for people: the connection id, or the target without secrets.
  std::string label = "libpq's environment";

  /// A store of another kind, for example "csv:/data/orders.csv". The job must have its scheme among its
  /// stores.
  [[nodiscard]] static ResolvedConnection of_store(std::string url);

  /// A name for people for an open session: the connection id, if there is one, and the place to which the
  /// session is really connected.
  [[nodiscard]] std::string label_of(const Connection& session) const;
};

/// A connection id for people, without any value that may be a secret.
struct KnownConnection {
  std::string id{};
  std::string file{};
  std::size_t line = 0;  ///< of the file
  /// "host=db1 dbname=shop": what the file says itself.
  std::string place{};
  std::optional<std::string> schema{};
  /// What comes from elsewhere: {"password", "${file:/run/secrets/shop}"}.
  std::vector<std::pair<std::string, std::string>> references{};
};

/// Turns a user's text into a place to connect to. The text is a connection id, a URI
/// ("postgresql://etl@db1/shop"), a keyword string ("host=/tmp dbname=shop"), or "" for libpq's environment.
/// Immutable after construction; thread-safe.
class LEAT_EXPORT ConnectionFactory {
 public:
  /// A factory without connection ids.
  ConnectionFactory() = default;

  /// Reads ids from a JSON file: {"id": {"host", "port", "database", "user", "password", "schema", "uri", or
  /// any other of libpq's keywords}, "other": "postgresql://…"}. A value may hold ${env:NAME},
  /// ${env:NAME:-otherwise} and ${file:PATH}, which resolve() replaces. If the file holds a password and
  /// others may read it, that is reported to `log`, as libpq does for .pgpass. A pipe is read until its
  /// writer is gone.
  /// @throws Error (config) that names the file, the id and the key, never a value; (cancelled) after a stop.
  [[nodiscard]] static ConnectionFactory from_file(const std::string& file, const Logger& log = {},
                                                   const std::stop_token& stop = {});

  /// The same of the file that default_file() names. Without such a file there are no ids.
  [[nodiscard]] static ConnectionFactory from_default_file(const Logger& log = {},
                                                           const std::stop_token& stop = {});

  /// The file that the environment variable LEAT_CONNECTIONS names; none where that is empty. If it is not
  /// set, $XDG_CONFIG_HOME/leat/connections.json, or else ~/.config/leat/connections.json, where there is
  /// one.
  [[nodiscard]] static std::optional<std::string> default_file();

  /// from_file() for a JSON text; `name` stands for the file in messages.
  [[nodiscard]] static ConnectionFactory from_json(std::string_view text,
                                                   std::string_view name = "the connections");

  /// Of the text itself nothing is replaced: it may come from a user who may not read this process's files.
  /// @throws Error (config) for an unknown id, with a list of the known ids and the nearest one, for a string
  /// that cannot be parsed, and for variables and files that are missing; (cancelled) if the stop that
  /// from_file() was given came while one of the files was read.
  [[nodiscard]] ResolvedConnection resolve(std::string_view text) const;

  /// The ids, by name. Nothing of what they refer to is looked at.
  [[nodiscard]] std::vector<KnownConnection> known() const;

  /// resolve() and Connection::open() in one call.
  [[nodiscard]] Connection connect(std::string_view text, SessionOptions options,
                                   std::stop_token stop = {}) const;

 private:
  std::shared_ptr<const postgres_detail::ConnectionsFile> file_;
  std::stop_token stop_;
};

}  // namespace leat
