#include "jobs/run/single_load.hpp"

#include "jobs/options/stopped.hpp"
#include "jobs/run/table_units.hpp"
#include "leat/work/local_coordinator.hpp"

namespace leat::jobs_detail {
namespace {

/// The only writer of a load by one transaction, which it ends as well: the thread that runs the job tells
/// the progress meanwhile.
class TableWriter final : public UnitWriter {
 public:
  TableWriter(PreparedLoad& load, LoadScope& scope, RowMove& move, LoadCounts& counts, bool commits)
      : load_(load), scope_(scope), move_(move), counts_(counts), commits_(commits) {}

  bool write(UnitChannel& channel, const std::stop_token& stop) override {
    const auto begin = [this](const std::stop_token& token) {
      if (load_.load->begun()) return;
      scope_.before_rows(token);
      load_.load->begin(load_.schema->format(), token);
    };
    if (load_.begins_at_once) begin(stop);
    // Else the table is emptied and locked only when there is something to put into it, or nothing more will
    // come.
    move_.pump(channel, *load_.load, begin, stop);
    begin(stop);
    counts_ = scope_.finish(stop);
    if (commits_) {
      move_.begin_commit(stop);
      scope_.commit(stop);
    }
    return true;
  }

 private:
  PreparedLoad& load_;
  LoadScope& scope_;
  RowMove& move_;
  LoadCounts& counts_;
  const bool commits_;
};

JobReport move_rows(PreparedLoad& load, LoadScope& scope, const SingleLoad& how,
                    const std::stop_token& stop) {
  log_start(load, how.stream);
  // While neither side has a COPY under way.
  if (load.objects) load.objects->copy(*load.source_session, *load.target_session, stop);
  LocalCoordinator coordinator(how.units != nullptr ? number_units(how.units->cut()) : std::vector<Unit>(1));
  LoadCounts counts;
  // What looks at the report comes when it is there.
  auto commit = how.commit;
  if (!commit && (how.stream.expect || how.stream.transaction)) {
    commit = [&](const JobReport& report, const std::stop_token& token) {
      scope.commit(token, [&] {
        if (how.stream.expect) how.stream.expect(*load.target_session, report, token);
      });
    };
  }
  RowMove move(load, {.stream = how.stream,
                      .transform = how.transform,
                      .workers = how.workers,
                      .coordinator = coordinator,
                      .units = how.units,
                      .make_writer = [&](RowMove& rows, std::size_t, const std::stop_token&) {
                        return std::make_unique<TableWriter>(load, scope, rows, counts,
                                                             !load.is_joined && !commit);
                      }});
  try {
    move.run(stop);
    JobReport report = scope.report(move.done(), counts);
    move.complete(report);
    if (commit) commit(report, stop);
    move.tell_end();
    return report;
  } catch (const Stopped&) {
    throw Error(ErrorKind::cancelled, job_was_stopped).with_work(move.work());
  } catch (const Error& error) {
    throw error.with_work(move.work());
  }
}

}  // namespace

JobReport run_single(PreparedLoad& load, LoadScope& scope, const SingleLoad& how,
                     const std::stop_token& stop) {
  const auto move = [&] {
    try {
      return move_rows(load, scope, how, stop);
    } catch (const Error& error) {
      throw with_reason(error, load);
    }
  };
  return scope.run(stop, [&] { return unless_stopped(stop, move); });
}

}  // namespace leat::jobs_detail
