#include "jobs/prepare/load_scope.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "jobs/load/analyze.hpp"
#include "jobs/load/sequences.hpp"
#include "jobs/load/target_sql.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/prepare/prepare_incremental.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/survey/commit_inquiry.hpp"

namespace leat::jobs_detail {
namespace {

// In their order.
constexpr std::array<std::string_view, 12> step_names{"create", "restore",   "rows",    "publish",
                                                      "count",  "verify",    "indexes", "sequences",
                                                      "hook",   "watermark", "commit",  "analyze"};
static_assert(step_names.size() == static_cast<std::size_t>(LoadStep::analyze) + 1);

}  // namespace

std::string_view to_string(LoadStep step) {
  return step_names.at(static_cast<std::size_t>(step));
}

LoadScope::LoadScope(PreparedLoad& load, const StreamOptions& options) : load_(load), options_(options) {
  for (std::size_t step = 0; step < step_names.size(); ++step) left_.insert(static_cast<LoadStep>(step));
  if (!load_.incremental) mark({LoadStep::watermark});
}

void LoadScope::mark(std::initializer_list<LoadStep> steps) {
  for (const LoadStep step : steps) left_.erase(step);
}

void LoadScope::create(const std::stop_token& stop) {
  const auto& rejects = load_.setup.rejects;
  if (load_.creation.empty() && !(rejects && rejects->reject_table)) {
    load_.target_session->rollback();  // it has only looked
  } else {
    load_.creation.finish(*load_.target_session, stop);
    load_.target_session->commit(stop);
  }
  mark({LoadStep::create});
}

void LoadScope::restore(const std::stop_token& stop) {
  if (load_.indexes) load_.indexes->restore(stop);
  mark({LoadStep::restore});
}

void LoadScope::before_rows(const std::stop_token& stop) {
  if (load_.indexes) load_.indexes->before_load(stop);
  mark({LoadStep::restore});
}

LoadCounts LoadScope::finish(const std::stop_token& stop) {
  TableLoad& load = *load_.load;
  load.finish(stop);
  mark({LoadStep::rows});
  if (load_.verification && load.publication() != nullptr) {
    load_.verification->check_staged(load.staging(), stop);
  }
  if (!left_.contains(LoadStep::publish)) return {};
  publishing_ = std::chrono::steady_clock::now();
  load.publish(stop);
  return complete(stop);
}

LoadCounts LoadScope::finish_collected(std::uint64_t rows, const std::stop_token& stop) {
  publishing_ = std::chrono::steady_clock::now();
  load_.load->publish_collected(rows, stop);
  mark({LoadStep::rows});
  return complete(stop);
}

LoadCounts LoadScope::complete(const std::stop_token& stop) {
  mark({LoadStep::publish});
  if (!publishing_) publishing_ = std::chrono::steady_clock::now();
  TableLoad& load = *load_.load;
  // The publication still has what was collected.
  const bool is_staged = load.publication() != nullptr;
  if (load_.verification && is_staged) load_.verification->check_table(load.publication(), stop);
  const LoadCounts counts = load.complete(stop);
  loaded_ = counts.inserted + counts.updated + counts.unchanged;
  load.count_beside();
  mark({LoadStep::count, LoadStep::sequences});
  if (load_.verification && !is_staged) load_.verification->check_table(nullptr, stop);
  mark({LoadStep::verify});
  if (load_.indexes) load_.indexes->after_load(stop);
  load_.creation.finish(*load_.target_session, stop);
  mark({LoadStep::indexes, LoadStep::create});
  options_.log.log_event(LogLevel::info, "publish", "the rows are in their table, and not yet committed",
                         {{"rows", counts.inserted + counts.updated}, {"seconds", since(*publishing_)}});
  return counts;
}

void LoadScope::finish_parts(const std::stop_token& stop) {
  Connection& session = *load_.target_session;
  const TableFacts& facts = load_.load->facts();
  try {
    bool has_sequences = !facts.sequences.empty();
    const auto beside = load_.setup.beside ? load_.setup.beside->tables() : std::vector<BesideTarget>();
    for (const auto& table : beside) has_sequences = has_sequences || !table.facts.sequences.empty();
    if (options_.advance_sequences && has_sequences) {
      session.begin(target_transaction, stop);
      advance_sequences(session, facts, load_.setup.columns, notes_, stop);
      for (const auto& table : beside) advance_sequences(session, table.facts, table.columns, notes_, stop);
      session.commit(stop);
    }
  } catch (const Stopped&) {
    // The rows are committed, so nothing that happens now is a failure of the load.
    session.rollback();
    notes_.push_back("sequences were not advanced: the job was stopped");
  } catch (const Error& error) {
    session.rollback();
    notes_.push_back(std::string("sequences were not advanced: ") + error.what());
  }
  mark({LoadStep::sequences});
  analyze_on(session, stop);
}

void LoadScope::commit(const std::stop_token& stop, const std::function<void()>& last) {
  commit_by(
      [&] {
        if (last) last();
        if (options_.transaction) return;  // whoever owns it commits
        if (auto note = commit_or_ask(*load_.target_session, load_.target_server.run, stop,
                                      load_.load->transaction())) {
          notes_.push_back(std::move(*note));
        }
      },
      stop);
  // In a transaction of others a statement that fails would end it.
  if (options_.transaction) return mark({LoadStep::analyze});
  analyze_on(*load_.target_session, stop);
}

void LoadScope::commit_by(const std::function<void()>& commit, const std::stop_token& stop) {
  if (left_.contains(LoadStep::hook)) {
    if (options_.before_commit) options_.before_commit(*load_.target_session, stop);
    if (RejectSetup* const rejects = load_.load->rejects()) rejects->book->sync();
    mark({LoadStep::hook});
  }
  if (left_.contains(LoadStep::watermark)) commit_watermark(load_, loaded_, stop);
  mark({LoadStep::watermark});
  const auto begin = std::chrono::steady_clock::now();
  commit();
  mark({LoadStep::commit});
  options_.log.log_event(LogLevel::info, "commit", "the rows are committed", {{"seconds", since(begin)}});
}

void LoadScope::analyze_on(Connection& session, const std::stop_token& stop) {
  if (options_.analyze) analyze(session, load_.load->table(), notes_, stop);
  mark({LoadStep::analyze});
}

std::string LoadScope::after_failure(const std::stop_token& stop) noexcept {
  return load_.indexes ? load_.indexes->after_failure(stop) : std::string();
}

void LoadScope::require_all_done() const {
  if (left_.empty()) return;
  throw std::logic_error("a load has ended without the step " + std::string(to_string(*left_.begin())));
}

std::vector<std::string> LoadScope::notes() const {
  std::vector<std::string> all = load_.creation.remarks;
  if (load_.indexes) append_all(all, load_.indexes->notes());
  if (load_.verification && !load_.verification->note.empty()) all.push_back(load_.verification->note);
  if (load_.objects) all.push_back(load_.objects->note());
  append_all(all, load_.load->notes());
  append_all(all, notes_);
  return all;
}

JobReport LoadScope::report(const RowCounters& counters, const LoadCounts& counts) const {
  JobReport report{.source = load_.plan.source,
                   .target = load_.plan.target,
                   .rows_read = counters.rows_read,
                   .rows_dropped = counters.rows_read + counters.rows_added - counters.rows_sent,
                   .rows_added = counters.rows_added,
                   .bytes_read = ByteCount{counters.bytes_read},
                   .bytes_written = ByteCount{counters.bytes_sent},
                   .format = load_.plan.format};
  if (const auto made = load_.load->rows_made()) {
    // Transforms in the target have left some out, or made more of them.
    report.rows_dropped += report.rows_read - std::min(report.rows_read, *made);
    report.rows_added += *made - std::min(report.rows_read, *made);
  }
  complete_report(report, counts);
  return report;
}

void LoadScope::complete_report(JobReport& report, const LoadCounts& counts) const {
  report.elapsed = std::chrono::steady_clock::now() - load_.started;
  report.rows_written = counts.inserted + counts.updated;
  report.rows_inserted = counts.inserted;
  report.rows_updated = counts.updated;
  report.rows_unchanged = counts.unchanged;
  report.rows_superseded = counts.superseded;
  report.rows_deleted = counts.deleted;
  report.rows_suppressed = counts.suppressed;
  report.rows_rejected = counts.rejected;
  if (load_.incremental) {
    const IncrementalBounds& bounds = *load_.incremental;
    report.watermark = WatermarkMove{.name = bounds.name,
                                     .column = bounds.column,
                                     .before = bounds.was,
                                     .after = bounds.is_backfill ? bounds.was : bounds.upto,
                                     .rows = bounds.display()};
  }
  if (load_.setup.beside) report.rows_beside = load_.setup.beside->counts();
  if (counts.rejected > 0) report.status = JobStatus::done_with_rejects;
  report.remarks = notes();
}

}  // namespace leat::jobs_detail
