#pragma once

#include <stop_token>

#include "cli/arguments.hpp"
#include "cli/command_context.hpp"
#include "leat/documents/transform_document.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --transform, and --store for what it uses.
void add_transform_option(CLI::App& command, Arguments& arguments);

/// The transforms of the file that --transform names; none without it. What is wrong with them is printed.
/// @throws Error (config) if something is; what the store throws of which it uses transforms.
[[nodiscard]] TransformDocument read_transform_option(const Arguments& arguments,
                                                      const CommandContext& context,
                                                      const std::stop_token& stop);

/// All SQL in which parameters may stand: of the query and of its transforms.
[[nodiscard]] std::string with_sql_of(const std::string& query, const TransformDocument& transforms);

}  // namespace leat::cli
