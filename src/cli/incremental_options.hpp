#pragma once

#include <optional>

#include "cli/arguments.hpp"
#include "leat/jobs/options/incremental.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// Adds --incremental and what belongs to it; `of_tables`: with --bound.
void add_incremental_options(CLI::App& command, Arguments& arguments, bool of_tables);

/// What they say; nullopt without --incremental. @throws Error (config) for a range that is none.
[[nodiscard]] std::optional<IncrementalOptions> incremental_options(const Arguments& arguments);

}  // namespace leat::cli
