#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"

namespace leat {

namespace postgres_detail {

/// What can name a place to connect to: a string of any kind.
template <class Text>
concept ConnectionText = std::convertible_to<const Text&, std::string_view> && !std::is_null_pointer_v<Text>;

/// @throws Error (config) for a null pointer, such as std::getenv() returns.
[[nodiscard]] LEAT_EXPORT std::string_view connection_text(const char* text);
[[nodiscard]] inline std::string_view connection_text(std::string_view text) {
  return text;
}

}  // namespace postgres_detail

/// Where to connect: libpq's connection parameters, parsed. A value; it holds the password if one was given.
/// Parameters that are missing here come from libpq's environment (PGHOST …), service files and .pgpass, as
/// always with libpq.
class LEAT_EXPORT ConnectionTarget {
 public:
  /// All parameters come from libpq's environment and defaults.
  ConnectionTarget() = default;

  /// parse() of a string: `Connection::open("postgresql://etl@db1/shop", {})`.
  /// @throws Error (config) as parse() does, and for a null pointer.
  template <postgres_detail::ConnectionText Text>
  ConnectionTarget(const Text& conninfo)  // NOLINT(google-explicit-constructor)
      : ConnectionTarget(parse(postgres_detail::connection_text(conninfo))) {}

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
[[nodiscard]] LEAT_EXPORT bool is_connection_keyword(std::string_view keyword);

/// Replaces passwords by "***" in a text that may hold URIs or keyword strings.
[[nodiscard]] LEAT_EXPORT std::string redact_secrets(std::string_view text);

}  // namespace leat
