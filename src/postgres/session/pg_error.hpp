#pragma once

#include <string_view>

#include "leat/core/error.hpp"

struct pg_result;

namespace leat::postgres_detail {

/// The server's error as leat's: message, SQLSTATE, detail, hint, context.
[[nodiscard]] Error error_from_result(ErrorKind kind, const pg_result* result);

/// An error from a failed connect: libpq's verbose text, whose SQLSTATE and location are taken out of the
/// message.
[[nodiscard]] Error error_from_connect(ErrorKind kind, std::string_view verbose_text);

}  // namespace leat::postgres_detail
