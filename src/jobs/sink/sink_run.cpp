#include "jobs/sink/sink_run.hpp"

#include <algorithm>
#include <utility>

namespace leat::jobs_detail {

void SinkRun::require_columns(const Schema& rows) const {
  if (have_same_columns(rows, *load_.schema)) return;
  throw Error(ErrorKind::config, "a batch has other columns than the first one that this sink was given",
              {.hint = "write rows of other columns into a sink of their own"});
}

Error SinkRun::with_work(const Error& error) const {
  const std::uint64_t committed = report().rows_written;
  WorkDone work{.rows_read = counters_.rows_read,
                .rows_written = counters_.rows_sent,
                // Of several transactions some may be there, which the error knows.
                .rows_committed = std::max<std::uint64_t>(committed, error.work().rows_committed),
                .bytes_read = counters_.bytes_read,
                .bytes_written = counters_.bytes_sent};
  work.elapsed = std::chrono::steady_clock::now() - started_;
  return error.with_work(work);
}

std::unique_ptr<SinkRun> make_sink_run(PreparedLoad load, const TableSinkOptions& options,
                                       const std::stop_token& stop) {
  switch (options.commit) {
    case CommitPoint::worker:
      return transaction_of_writers(std::move(load), options, stop);
    case CommitPoint::item:
      return transaction_of_items(std::move(load), options, stop);
    case CommitPoint::run:
      break;
  }
  return one_transaction(std::move(load), options);
}

}  // namespace leat::jobs_detail
