#pragma once

#include "cli/arguments.hpp"
#include "leat/jobs/options/delivery.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --readers, --writers, --job and what belongs to it.
void add_delivery_options(CLI::App& command, Arguments& arguments);
/// --job and what belongs to it. `retries_need_name`: --retries is for jobs that have one.
void add_job_options(CLI::App& command, Arguments& arguments, bool retries_need_name = false);
[[nodiscard]] Delivery delivery_options(const Arguments& arguments);

}  // namespace leat::cli
