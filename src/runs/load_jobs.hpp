#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/documents/load_document.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "leat/jobs/ad_hoc_query.hpp"
#include "leat/jobs/copy_table.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "leat/jobs/options/kept_sessions.hpp"
#include "leat/ledger/done_job.hpp"

namespace leat::runs_detail {

/// What the loads of one run have in common.
struct RunContext {
  const PipelineDocument& document;
  /// By the names that the document gives them.
  std::map<std::string, ResolvedConnection> connections{};
  /// The database of registered transforms and schemas.
  std::optional<ResolvedConnection> store{};
  std::map<std::string, std::optional<std::string>> params{};
  std::shared_ptr<KeptSessions> sessions{};
  Logger log{};
  std::string application_name = "leat";
  /// "run/<id>/"; empty: the jobs have no names, since nothing is loaded.
  std::string prefix{};
};

[[nodiscard]] std::string job_name(const RunContext& run, const LoadDocument& load);

/// The options of the job that does a load. @throws Error (config) that names the load's key.
[[nodiscard]] CopyTableOptions table_options(const RunContext& run, const LoadDocument& load,
                                             const std::stop_token& stop);
[[nodiscard]] AdHocQueryOptions query_options(const RunContext& run, const LoadDocument& load);
/// The tables that a load chooses, but for those that are done, each with its target.
[[nodiscard]] std::vector<TableSelection> chosen_tables(const RunContext& run, const LoadDocument& load,
                                                        const std::set<std::string>& done,
                                                        const std::stop_token& stop);
/// `chosen` are all that is left of them, at least one. `run` and `load` outlive the job.
[[nodiscard]] CopyTablesOptions tables_options(const RunContext& run, const LoadDocument& load,
                                               const std::vector<TableSelection>& chosen);

/// What the ledger keeps of a job that has nothing to tell.
[[nodiscard]] DoneJob marker(std::string job);

/// Whether a load is done by a query, and else by the copy of a table.
[[nodiscard]] bool is_query(const LoadDocument& load);

/// Params that the SQL of the load has.
[[nodiscard]] std::set<std::string> params_of(const LoadDocument& load);

/// A session of a load's side, of those that are kept.
[[nodiscard]] std::shared_ptr<Connection> session_of(const RunContext& run, const LoadDocument& load,
                                                     ErrorKind side, const std::stop_token& stop);

}  // namespace leat::runs_detail
