#include "jobs/sink/sink_run.hpp"

#include <utility>

namespace leat::jobs_detail {

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
