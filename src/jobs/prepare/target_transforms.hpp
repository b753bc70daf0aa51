#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "jobs/load/transformed_input.hpp"
#include "jobs/match/column_match.hpp"
#include "jobs/prepare/prepared_load.hpp"
#include "leat/jobs/options/ad_hoc_query_options.hpp"

namespace leat::jobs_detail {

/// What is known of transforms in the target before the first row.
struct PreparedInput {
  ColumnMatch read{};                ///< how the query's columns get into the temporary table
  std::vector<SourceColumn> made{};  ///< what the transforms make of them, as the target describes it
  std::shared_ptr<TransformedInput> input = std::make_shared<TransformedInput>();
};

/// Has the target describe what the options' transforms make of rows of these columns. Leaves no table and no
/// lock there. @throws Error (config) that tells all faults of a transform, or a parameter that is missing or
/// unused; Error (target) that stands in the author's text, or where the target can make no temporary table
/// for such rows.
[[nodiscard]] PreparedInput prepare_input(PreparedLoad& stream, const AdHocQueryOptions& options,
                                          const std::vector<SourceColumn>& read, const std::stop_token& stop);

/// Takes in how the columns that are made get into the target's, which `stream.columns` tells, by SQL. What
/// INSERT would do otherwise than COPY is among the findings.
void take_made(PreparedInput& prepared, PreparedLoad& stream, const std::vector<SourceColumn>& made,
               const TableFacts& target, WriteMode mode, const std::stop_token& stop);

/// What a target that is made or extended is made after.
[[nodiscard]] TargetModel model_of_made(const PreparedInput& prepared, Connection& target,
                                        const std::stop_token& stop);

}  // namespace leat::jobs_detail
