#pragma once

#include <string>

#include "cli/arguments.hpp"
#include "leat/jobs/options/delivery.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace leat::cli {

/// --job, --restart and --retries, with help for two of them. Returns --job.
CLI::Option* add_job_options(CLI::App& command, Arguments& arguments, const std::string& job_help,
                             const std::string& retries_help);
/// --readers, --writers, --job and what belongs to it.
void add_delivery_options(CLI::App& command, Arguments& arguments);
/// --job and what belongs to it in a job of slices. `retries_need_name`: --retries is for jobs that have one.
void add_slice_job_options(CLI::App& command, Arguments& arguments, bool retries_need_name = false);
[[nodiscard]] Delivery delivery_options(const Arguments& arguments);

}  // namespace leat::cli
