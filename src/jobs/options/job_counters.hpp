#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "leat/jobs/options/stream_options.hpp"

namespace leat::jobs_detail {

using SteadyClock = std::chrono::steady_clock;

// How often a load without rows looks whether its server still works.
inline constexpr std::chrono::milliseconds idle_check{250};

/// What readers and writers count; the thread that called run() reads along.
struct JobCounters {
  std::atomic<std::uint64_t> rows_read{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::uint64_t> rows_sent{0};
  std::atomic<std::uint64_t> bytes_sent{0};
  std::atomic<std::uint64_t> rows_rejected{0};  // of those that were sent
};

/// Tells the user's callback how far the job is, where there is one.
inline void report_progress(const StreamOptions& options, const JobCounters& counters,
                            std::optional<std::uint64_t> expected, SteadyClock::time_point started) {
  if (!options.on_progress) return;
  options.on_progress(Progress{.rows = counters.rows_sent,
                               .bytes = counters.bytes_sent,
                               .rows_expected = expected,
                               .elapsed = SteadyClock::now() - started,
                               .rejected = counters.rows_rejected});
}

/// The last call, after the COMMIT: what it throws cannot end the job any more, and is logged.
inline void report_end(const StreamOptions& options, const JobCounters& counters,
                       SteadyClock::time_point started) noexcept {
  try {
    report_progress(options, counters, counters.rows_sent.load(), started);
  } catch (const std::exception& failure) {
    options.log.warning(std::string("on_progress failed after the COMMIT: ") + failure.what());
  } catch (...) {
    options.log.warning("on_progress failed after the COMMIT");
  }
}

}  // namespace leat::jobs_detail
