#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/options/write_mode.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat {

/// What AdHocQuery runs, and where its rows go.
struct AdHocQueryOptions {
  // Behaviour

  ResolvedConnection source{};
  ResolvedConnection target{};
  /// A query; its columns are matched with the target's by name. `:name` stands for a parameter.
  std::string sql{};
  /// A value for every `:name` in the query, as text; nullopt is NULL. They are sent as parameters, never as
  /// SQL.
  std::map<std::string, std::optional<std::string>> parameters{};
  /// The table to load, which must exist unless `stream.create` has it made.
  std::string to{};
  WriteMode mode = WriteMode::replace;
  /// Columns of the target that tell its rows apart, for the modes that match rows. Empty: its primary key.
  std::vector<std::string> key{};
  /// Reads, drops and rewrites rows on the way. A hook needs leat/jobs/transform.hpp.
  Transform transform{};

  // Behaviour and performance

  StreamOptions stream{};
};

/// Runs a query in one database and loads its rows into a table of another, in one transaction. The query
/// runs READ ONLY. Promises, errors and thread-safety are those of CopyTable.
class AdHocQuery {
 public:
  /// @throws Error (config) that names the option that is wrong; parameters that are missing or unused too.
  explicit AdHocQuery(AdHocQueryOptions options);

  /// Connects, looks at both sides, and tells what run() would do. Runs and changes nothing.
  [[nodiscard]] JobPlan plan(std::stop_token stop = {}) const;

  /// Runs the query and loads its rows. @throws as CopyTable::run does.
  JobReport run(std::stop_token stop = {}) const;

 private:
  AdHocQueryOptions options_;
};

}  // namespace leat
