#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/options/load_counts.hpp"
#include "jobs/prepare/prepared_load.hpp"
#include "leat/work/row_counters.hpp"

namespace leat::jobs_detail {

/// What stands around the rows of a load, in the order in which it happens.
enum class LoadStep {
  create,     ///< what the target lacks is made; committed first, where several transactions write
  restore,    ///< what an earlier run has left dropped comes back, or indexes are dropped for this load
  rows,       ///< the table is emptied as the mode says, and the rows come
  publish,    ///< what was collected beside the table gets into it
  count,      ///< the server counts as many rows, in the table that was looked at
  verify,     ///< the target has what the source has
  indexes,    ///< they are made again, with all that belongs to a table that was created
  sequences,  ///< they are moved beyond the largest values
  hook,       ///< before_commit, and rejected rows are on disk
  watermark,  ///< of an incremental load, it goes where the rows have come to
  commit,     ///< with an answer, or the server is asked
  analyze,
};

/// "create", "restore", …
[[nodiscard]] std::string_view to_string(LoadStep step);

/// The steps around the rows of one load, whichever way these travel. Each step is done once. Who runs a load
/// may leave steps out, by naming them; one that was forgotten is a std::logic_error. Used by one thread at a
/// time; before_rows() by the one that writes.
class LoadScope {
 public:
  /// `load` and `options` outlive it.
  LoadScope(PreparedLoad& load, const StreamOptions& options);
  LoadScope(const LoadScope&) = delete;
  LoadScope& operator=(const LoadScope&) = delete;
  ~LoadScope() = default;

  /// Runs the load. Where it fails, what was dropped for it is brought back before the error is thrown.
  /// @throws std::logic_error where a step was forgotten.
  template <class Body>
  auto run(const std::stop_token& stop, Body&& body) {
    try {
      auto result = body();
      require_all_done();
      return result;
    } catch (const Error& error) {
      const std::string missing = after_failure(stop);
      if (missing.empty()) throw;
      throw error.with_further_hint(missing);
    } catch (...) {
      static_cast<void>(after_failure(stop));
      throw;
    }
  }

  // What run() does, for who runs a load by several calls

  /// Brings back what was dropped for a load that has failed. Returns what to say if that has failed, too.
  [[nodiscard]] std::string after_failure(const std::stop_token& stop) noexcept;
  /// @throws std::logic_error where a step was forgotten.
  void require_all_done() const;

  // Before the rows

  // Where several transactions write. No transaction of the target is open then.

  /// Commits what was made, so that each sees it.
  void create(const std::stop_token& stop);
  /// Brings back what an earlier run has left dropped.
  void restore(const std::stop_token& stop);

  // Where one does

  /// The same, and drops what is planned, when the first row or the end has come, before the table is locked.
  void before_rows(const std::stop_token& stop);

  // After them

  /// Of one transaction: from the last row to before the hook. A load whose publication was left out ends
  /// with its COPY, and complete() follows when others have published it.
  [[nodiscard]] LoadCounts finish(const std::stop_token& stop);
  /// The same, of rows that parts have collected: so many.
  [[nodiscard]] LoadCounts finish_collected(std::uint64_t rows, const std::stop_token& stop);
  /// From the publication to before the hook.
  [[nodiscard]] LoadCounts complete(const std::stop_token& stop);
  /// Of several transactions that have committed the rows: sequences, in a transaction of their own, and
  /// ANALYZE. What fails is among the remarks.
  void finish_parts(const std::stop_token& stop);

  /// The hook, `last`, and the COMMIT as commit_or_ask() does it.
  void commit(const std::stop_token& stop, const std::function<void()>& last = {});
  /// The same by somebody else, who answers for what became of it.
  void commit_by(const std::function<void()>& commit, const std::stop_token& stop);
  /// When all is committed, where that is asked for: by a session with the target. Never throws for that.
  void analyze_on(Connection& session, const std::stop_token& stop);

  /// Others do these steps, or have done them, or nobody needs them.
  void mark(std::initializer_list<LoadStep> steps);
  /// Others have done all that was left.
  void mark_all() { left_.clear(); }
  /// What was done besides, or could not be, since the load was made.
  [[nodiscard]] std::vector<std::string> notes() const;
  /// What became of the rows.
  [[nodiscard]] JobReport report(const RowCounters& counters, const LoadCounts& counts) const;
  /// Takes in what became of rows that others have published.
  void complete_report(JobReport& report, const LoadCounts& counts) const;

 private:
  PreparedLoad& load_;
  const StreamOptions& options_;
  std::set<LoadStep> left_;                                          // to be done
  std::optional<std::chrono::steady_clock::time_point> publishing_;  // since then
  std::vector<std::string> notes_;
  std::uint64_t loaded_ = 0;  // rows that came, for the watermark
};

}  // namespace leat::jobs_detail
