#pragma once

#include <optional>
#include <stop_token>

#include "jobs/prepare/stream_job.hpp"
#include "leat/core/bytes.hpp"

namespace leat::jobs_detail {

/// Decides what becomes of the indexes of a target that can be loaded, and adds that to the plan. `incoming`
/// is how much comes, as far as it is known.
void prepare_indexes(PreparedStream& stream, const ResolvedConnection& target, WriteMode mode,
                     const StreamOptions& options, std::optional<ByteCount> incoming,
                     std::optional<bool> same_database, const std::stop_token& stop);

/// After a load has failed: brings back what was dropped for it. What a user has to do then; empty for
/// nothing.
[[nodiscard]] std::string restore_after_failure(PreparedStream& stream, const std::stop_token& stop) noexcept;

/// The error with one more thing to do.
[[nodiscard]] Error with_hint(const Error& error, const std::string& hint);

/// Runs the load. Where it fails, what was dropped for it is brought back before the error is thrown.
template <class Load>
JobReport with_indexes(PreparedStream& stream, const std::stop_token& stop, Load load) {
  try {
    return load();
  } catch (const Error& error) {
    const std::string missing = restore_after_failure(stream, stop);
    if (missing.empty()) throw;
    throw with_hint(error, missing);
  } catch (...) {
    static_cast<void>(restore_after_failure(stream, stop));
    throw;
  }
}

}  // namespace leat::jobs_detail
