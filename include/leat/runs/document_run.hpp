#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/core/progress.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/runs/run_report.hpp"

namespace leat {

/// Which load of a run is at work.
struct RunningLoad {
  std::string name{};
  std::size_t number = 0;  ///< counted from 1
  std::size_t loads = 0;   ///< of the run
};

/// How a document is run.
struct DocumentRunOptions {
  // Behaviour

  /// Knows the ids of connections that the document does not define.
  ConnectionFactory connections{};
  /// The database of registered schemas, instead of the document's `store`.
  std::optional<ResolvedConnection> store{};
  /// Values of the document's params; nullopt is NULL.
  std::map<std::string, std::optional<std::string>> params{};
  /// Only these loads: `{"orders"}`. With "+downstream" also those that wait for one of them, with
  /// "+upstream" those that they wait for. Empty: all.
  std::vector<std::string> only{};
  /// Begins a new run, although the last one of this document is not done. Cannot be used with a key.
  bool begins_new = false;
  /// Instead of the document's run.idempotency_key: runs of one document and one key load once, from however
  /// many machines they are started. A second run waits for the first one to end. Empty: the document's.
  std::string idempotency_key{};
  /// How long a run with a key waits for another process that runs the same one.
  std::chrono::milliseconds longest_wait = std::chrono::hours{24};
  /// How many runs of a document the ledger remembers, the last ones. Must be > 0.
  std::size_t kept_runs = 10;
  /// Called on the thread that called run(), while a load is at work.
  std::function<void(const RunningLoad&, const Progress&)> on_progress{};
  std::function<void(const RunningLoad&, const TablesProgress&)> on_tables_progress{};
  /// Called when a load has ended. An exception from it ends the run.
  std::function<void(const LoadOutcome&)> on_load{};
  Logger log{};
};

/// Runs a document: its loads one after the other, each of them a named job of its target's ledger,
/// `run/<id>/<load>`, which is done once.
///
/// If a load fails, those that wait for it are not begun, and the others are. The same document, run again,
/// goes on with its last run if that is not done: loads that are done stay as they are. The run itself is a
/// row of leat_meta.runs in the target of the document's first load. Two processes do not work on the same
/// run at the same time.
///
/// An object may run again; different objects may run at the same time.
class LEAT_EXPORT DocumentRun {
 public:
  /// @throws Error (config) for a load that is wrong, a parameter that is missing or unknown, a connection
  /// that nobody knows, `only` that names no load.
  DocumentRun(PipelineDocument document, DocumentRunOptions options);

  /// Connects, looks at both sides of each load, and tells what run() would do. Changes nothing.
  [[nodiscard]] RunPlan plan(std::stop_token stop = {}) const;

  /// Runs the loads. What a load has thrown is in the report. @throws Error if no load could be begun: the
  /// ledger cannot be used (target), another process is at work on this run (target, 55006), the key was used
  /// for other content (config).
  RunReport run(std::stop_token stop = {}) const;

 private:
  PipelineDocument document_;
  DocumentRunOptions options_;
};

}  // namespace leat
