#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"

// Files, pipes and terminals, where a stop is heard also while nobody is at the other end. Thread-safe.
namespace leat::detail {

/// Writes all of `text`. Waits where the other end takes nothing. No SIGPIPE comes of it. Returns 0, or the
/// number of the system's error: EPIPE where nobody reads any more, ECANCELED where a stop ended the wait.
[[nodiscard]] LEAT_EXPORT int write_all(int descriptor, std::string_view text, const std::stop_token& stop);

/// Whether a few bytes can be written without a wait.
[[nodiscard]] LEAT_EXPORT bool takes_bytes(int descriptor) noexcept;

/// All that a file holds, or what comes out of a pipe until its writers are gone. `what` names the file in
/// messages: "the file". What is longer than `most` is read until that is seen, and returned with more than
/// `most` bytes. @throws Error (config) where it cannot be read, (cancelled) after a stop.
[[nodiscard]] LEAT_EXPORT std::string read_all(const std::string& path, std::string_view what,
                                               const std::stop_token& stop,
                                               std::size_t most = std::string::npos);

}  // namespace leat::detail
