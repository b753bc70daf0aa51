#include "jobs/tables/tables_work.hpp"

#include <string>
#include <utility>

#include "jobs/tables/named_tables.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {

TablesWork::TablesWork(const CopyTablesOptions& its_options, const std::stop_token& stop)
    : options(its_options),
      set(survey_set(options, stop)),
      sessions({.open =
                    [this](const std::stop_token& token) {
                      auto target = has_target.exchange(false) ? std::move(set.target_session) : nullptr;
                      return open_pair(options, set, std::move(target), token);
                    },
                .is_fit = [](SessionPair& pair) { return std::exchange(pair.works, false); },
                .refusals = {sqlstate::too_many_connections},
                .on_refusal =
                    [this](const Error& error) {
                      options.stream.log.warning(std::string("tables are copied by fewer sessions: ") +
                                                 error.what());
                    },
                .grows_after_loss = true}),
      board(set) {
  if (!options.delivery.job.empty()) validate_job_names(options, set.names);
}

StreamOptions TablesWork::stream_of(std::size_t table) const {
  StreamOptions stream = options.stream;
  stream.log = stream.log.with({{"table", set.names[table].display()}});
  if (options.before_commit) {
    stream.before_commit = [this, table](Connection& target, const std::stop_token& stop) {
      options.before_commit(target, {set.targets[table]}, stop);
    };
  }
  return stream;
}

Error TablesWork::error_of_joined(std::size_t other, const Error& error) const {
  const bool makes_types = options.stream.create != CreateTarget::never || options.stream.evolve;
  // What else the error tells is of the other table.
  return {error.kind(),
          std::string("it is joined by ") + (makes_types ? "foreign keys or new types" : "foreign keys") +
              " with " + set.names[other].display() + ", which was not copied, so neither was it",
          {.sqlstate = std::string(error.sqlstate())}};
}

}  // namespace leat::jobs_detail
