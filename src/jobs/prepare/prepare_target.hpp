#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/match/shape_match.hpp"
#include "jobs/prepare/prepared_load.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat::jobs_detail {

/// A session for one side of a job, where answers to statements on catalogs may take that long.
[[nodiscard]] std::shared_ptr<Connection> connect(
    const ResolvedConnection& where, ErrorKind side, const StreamOptions& options, std::stop_token stop,
    std::chrono::milliseconds reply_timeout = SessionOptions().reply_timeout);

/// What a session needs to know of the options of a command that loads nothing.
template <class Options>
[[nodiscard]] StreamOptions session_part(const Options& options) {
  return {.limits = options.limits, .application_name = options.application_name, .log = options.log};
}

/// Connects with the target, where there is no session with it yet, and looks at the server and the table
/// there, in the transaction of the load; nullopt where it cannot be loaded, which is then among the plan's
/// findings. Where the options say so, `model` tells how to make what is missing there.
[[nodiscard]] std::optional<TableFacts> open_target(PreparedLoad& stream, const ResolvedConnection& where,
                                                    const TableName& table, WriteMode mode,
                                                    const StreamOptions& options, const JobContext& context,
                                                    const ReadModel& model, const std::stop_token& stop);

struct PreparedInput;

/// What is loaded.
struct JobRows {
  const std::vector<SourceColumn>& columns;  ///< that the source gives
  const Transform& transform;
  const std::optional<ShapedRows>& shaped;  ///< what that hook declares, if it changes the shape of rows
  std::vector<std::string> key{};           ///< columns that tell them apart, by the target's names
  /// Transforms in the target that make `columns` of what is read; null where there are none.
  PreparedInput* input = nullptr;
};

/// Matches these columns with the target's, decides on the format, and fills columns, schema and load, and
/// the plan's columns, format, target statements, remarks and findings.
void prepare_target(PreparedLoad& stream, TableFacts target, const JobRows& rows, Writing writing,
                    const StreamOptions& options, const std::stop_token& stop);

/// What a table is made after whose rows a hook declares. `types` knows their numbers.
[[nodiscard]] TargetModel model_of(const ShapedRows& rows, Connection& types, const std::stop_token& stop);

/// Has the load compared with the source before the commit. `from` is what may stand after FROM; names of
/// objects are printed with their schema where nothing else is looked up by name. `large_objects`: what they
/// hold is compared.
void prepare_verification(PreparedLoad& stream, const std::vector<SourceColumn>& columns,
                          const std::string& from, const std::string& where, bool qualify_names,
                          bool large_objects, const std::stop_token& stop);

/// For the rest of the transaction. Between two databases of no encoding nothing is known of text.
void pass_text_as_it_is(Connection& session, const std::stop_token& stop);

}  // namespace leat::jobs_detail
