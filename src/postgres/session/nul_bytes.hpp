#pragma once

#include <string>
#include <string_view>

#include "leat/core/error.hpp"

namespace leat::postgres_detail {

/// @throws Error (config, 22021) where the text, which `what` names, contains a NUL byte: libpq would cut it
/// off there, and the server would do something else than what was asked for.
inline void refuse_nul(std::string_view text, std::string_view what) {
  const auto at = text.find('\0');
  if (at == std::string_view::npos) return;
  throw Error(
      ErrorKind::config,
      std::string(what) + " contains a NUL byte (byte " + std::to_string(at + 1) + "); nothing was sent",
      {.sqlstate = "22021", .hint = "no text of PostgreSQL can contain one; a bytea can"});
}

}  // namespace leat::postgres_detail
