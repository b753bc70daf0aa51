#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {

/// Where to connect: libpq's connection parameters, parsed. A value; it holds the password if one was given.
/// Parameters that are missing here come from libpq's environment (PGHOST …), service files and .pgpass, as
/// always with libpq.
class ConnectionTarget {
 public:
  /// All parameters come from libpq's environment and defaults.
  ConnectionTarget() = default;

  /// Parses a URI ("postgresql://user@host/db"), a keyword string ("host=/tmp dbname=shop"), or "" for the
  /// environment alone.
  /// @throws Error (config) whose message does not repeat the text, since it may hold a password.
  [[nodiscard]] static ConnectionTarget parse(std::string_view conninfo);

  /// True if the text looks like a URI or a keyword string, and so is not a connection id.
  [[nodiscard]] static bool looks_like_conninfo(std::string_view text);

  /// Sets one parameter by libpq's name for it ("host", "port", "dbname", "user", "password", …).
  void set(std::string_view keyword, std::string value);
  [[nodiscard]] std::string_view get(std::string_view keyword) const;

  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& parameters() const {
    return parameters_;
  }

  /// A text for people without secrets: "host=db1 port=5432 dbname=shop user=etl".
  [[nodiscard]] std::string describe() const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// True if this libpq knows a parameter of that name.
[[nodiscard]] bool is_connection_keyword(std::string_view keyword);

/// Replaces passwords by "***" in a text that may hold URIs or keyword strings.
[[nodiscard]] std::string redact_secrets(std::string_view text);

}  // namespace leat
