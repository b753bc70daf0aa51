#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "leat/core/log.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// Where to connect, as a job wants it.
struct ResolvedConnection {
  ConnectionTarget target{};
  /// The search_path to pin, one schema. Not set: what the server has for the role and database.
  std::optional<std::string> schema{};
  /// For people: the id, or the target without secrets.
  std::string label = "libpq's environment";

  /// The same of a session there: with what it is really connected, behind the id where there is one.
  [[nodiscard]] std::string label_of(const Connection& session) const;
};

/// Turns what a user writes (a connection id, a URI, a keyword string, or "" for libpq's environment) into a
/// place to connect to. Immutable after construction; thread-safe.
class ConnectionFactory {
 public:
  /// Knows no ids.
  ConnectionFactory() = default;

  /// Reads ids from a JSON file: {"id": {"host", "port", "database", "user", "password", "schema", "uri", or
  /// any other of libpq's keywords}, "other": "postgresql://…"}. A file that holds a password and that others
  /// may read is reported to `log`, as libpq does with .pgpass.
  /// @throws Error (config) that names the file, the id and the key, never a value.
  [[nodiscard]] static ConnectionFactory from_file(const std::string& file, const Logger& log = {});

  /// The same from text; `name` stands for the file in messages.
  [[nodiscard]] static ConnectionFactory from_json(std::string_view text,
                                                   std::string_view name = "the connections");

  /// @throws Error (config) for an id that is not known, listing those that are, and for a string that cannot
  /// be read.
  [[nodiscard]] ResolvedConnection resolve(std::string_view text) const;

  /// resolve() and Connection::open() in one.
  [[nodiscard]] Connection connect(std::string_view text, SessionOptions options,
                                   std::stop_token stop = {}) const;

 private:
  std::map<std::string, ResolvedConnection, std::less<>> connections_;
  bool has_file_ = false;
};

}  // namespace leat
