#pragma once

#include "leat/core/error.hpp"

namespace leat::jobs_detail {

/// @throws Error (config) if the options are `wrong`; `hint` says what would do instead.
inline void refuse_if(bool wrong, const char* message, const char* hint = "") {
  if (wrong) throw Error(ErrorKind::config, message, {.hint = hint});
}

}  // namespace leat::jobs_detail
