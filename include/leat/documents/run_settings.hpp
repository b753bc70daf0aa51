#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/field_table.hpp"

namespace leat {

/// What becomes of a run if another one of the same key is at work.
enum class OnConflict { queue, skip, refuse };

/// What holds for a run of a document as a whole. A plain value.
struct RunSettings {
  /// Two runs of one key load once; the second must have the same content. Empty: none.
  std::string idempotency_key{};
  /// A run that takes longer is stopped.
  std::optional<std::chrono::milliseconds> timeout{};
  std::string concurrency_key{};
  OnConflict on_conflict = OnConflict::queue;
};

/// What becomes of times at which nothing ran.
enum class OnMissed { once, skip, all };

/// When a service runs a document.
struct RunSchedule {
  std::string cron{};
  std::string timezone = "UTC";
  OnMissed on_missed = OnMissed::once;
  std::chrono::milliseconds jitter{};
};

/// Whom a service tells of a run's end.
struct RunNotice {
  std::vector<std::string> on{};  ///< "failed", "unusual", …; empty: each end
  std::string webhook{};
  std::string secret{};
  std::string ping{};
};

/// The fields of `run`, `schedule` and one entry of `notify`. read_into() fills the structs above by them.
[[nodiscard]] LEAT_EXPORT const std::shared_ptr<const FieldTable>& run_fields();
[[nodiscard]] LEAT_EXPORT const std::shared_ptr<const FieldTable>& schedule_fields();
[[nodiscard]] LEAT_EXPORT const std::shared_ptr<const FieldTable>& notice_fields();

/// What is wrong with the text of a schedule, for people; empty: nothing. Five fields as of cron (minute,
/// hour, day of the month, month, day of the week: `*`, numbers, names, ranges, steps and lists of them), or
/// `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
[[nodiscard]] LEAT_EXPORT std::string cron_fault(const std::string& text);

}  // namespace leat
