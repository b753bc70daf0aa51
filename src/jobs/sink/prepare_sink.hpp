#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/jobs/options/table_sink_options.hpp"

namespace leat::jobs_detail {

/// @throws Error (config) that names what is wrong with the options, whatever the table is like.
void validate_sink(const TableSinkOptions& options);

/// A session with the target, in the transaction in which the table is looked at; `before_load` has run.
[[nodiscard]] std::shared_ptr<Connection> open_sink(const TableSinkOptions& options,
                                                    const std::stop_token& stop);

/// The target's columns of these names, or all that can be written. @throws Error (config).
[[nodiscard]] std::shared_ptr<const Schema> sink_schema(Connection& session, const TableSinkOptions& options,
                                                        const std::vector<std::string>& names,
                                                        const std::stop_token& stop);

/// All that is to be known before the first row of these columns. @throws Error: what stands against them.
[[nodiscard]] PreparedLoad prepare_sink(std::shared_ptr<Connection> session, const TableSinkOptions& options,
                                        const Schema& rows, const std::stop_token& stop);

}  // namespace leat::jobs_detail
