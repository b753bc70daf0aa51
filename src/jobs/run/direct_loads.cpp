#include "jobs/run/direct_loads.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jobs/load/target_sql.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/prepare/load_scope.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/run/part_loads.hpp"
#include "jobs/run/row_move.hpp"
#include "jobs/run/table_units.hpp"
#include "leat/work/local_coordinator.hpp"

namespace leat::jobs_detail {
namespace {

class DirectWriter final : public UnitWriter {
 public:
  DirectWriter(TableLoad& part, RowFormat format, RowMove& move)
      : part_(part), format_(format), move_(move) {}

  bool write(UnitChannel& channel, const std::stop_token& stop) override {
    try {
      move_.pump(
          channel, part_, [this](const std::stop_token& token) { part_.begin(format_, token); }, stop);
      return true;
    } catch (const Error& error) {
      throw explain_wait(error, "load with one writer, which tells the row");
    }
  }

 private:
  TableLoad& part_;
  const RowFormat format_;
  RowMove& move_;
};

/// What was done where no slice is committed.
WorkDone uncommitted(const RowMove& move) {
  WorkDone work = move.work();
  work.slices_done = 0;
  return work;
}

/// Runs `body`, whose errors then tell what `move` had done.
template <class Body>
auto telling_work(const RowMove& move, const Body& body) {
  try {
    return body();
  } catch (const Stopped&) {
    throw Error(ErrorKind::cancelled, job_was_stopped).with_work(uncommitted(move));
  } catch (const Error& error) {
    throw error.with_work(uncommitted(move));
  } catch (const PartlyCommitted& failure) {
    WorkDone work = uncommitted(move);
    work.rows_committed = failure.error.work().rows_committed;
    throw PartlyCommitted{failure.error.with_work(work)};
  }
}

JobReport move_directly(PreparedLoad& load, LoadScope& scope, const CopyTableOptions& options,
                        const std::stop_token& stop) {
  log_start(load, options.stream);
  scope.create(stop);
  scope.restore(stop);
  load.target_session->begin(target_transaction, stop);
  if (load.passes_text()) pass_text_as_it_is(*load.target_session, stop);
  PartLoads loads(
      load, options.target, options.stream,
      "with a job's name (.job) a load goes on where it ended; with one writer it is one transaction");
  const auto units = units_of(load, options);
  LocalCoordinator coordinator(number_units(units->cut()));
  RowMove move(load, {.stream = options.stream,
                      .transform = options.transform,
                      .workers = workers_of(options),
                      .coordinator = coordinator,
                      .units = units.get(),
                      .make_writer =
                          [&](RowMove& rows, std::size_t number, const std::stop_token& token) {
                            return std::make_unique<DirectWriter>(loads.open(number, token),
                                                                  load.schema->format(), rows);
                          },
                      .tells_units = true});
  std::vector<std::string> notes;
  LoadCounts counts;
  telling_work(move, [&] {
    move.run(stop);
    scope.mark({LoadStep::rows});
    // The snapshot holds VACUUM back, and has served its purpose.
    units->release();
    scope.commit_by([&] { counts = loads.commit(notes, stop); }, stop);
  });
  scope.mark({LoadStep::count});
  scope.finish_parts(stop);
  JobReport report = scope.report(move.done(), counts);
  move.complete(report);
  append_all(report.remarks, notes);
  return report;
}

}  // namespace

JobReport run_direct(PreparedLoad& load, const CopyTableOptions& options, const std::stop_token& stop) {
  // Each row is visible from its own transaction's commit on, so there is no moment before all of them.
  LoadScope scope(load, options.stream);
  scope.mark({LoadStep::publish, LoadStep::verify, LoadStep::indexes, LoadStep::hook});
  try {
    return unless_stopped(
        stop, [&] { return scope.run(stop, [&] { return move_directly(load, scope, options, stop); }); });
  } catch (const Error& error) {
    throw with_reason(error, load);
  } catch (const PartlyCommitted& failure) {
    throw failure.error;
  }
}

}  // namespace leat::jobs_detail
