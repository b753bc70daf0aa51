#pragma once

#include <stop_token>

#include "cli/arguments.hpp"
#include "cli/command_context.hpp"
#include "leat/registry/schema_registry.hpp"

namespace leat::cli {

/// A schema, and where it comes from.
struct GivenSchema {
  RegisteredSchema schema{};
  SchemaOrigin origin = SchemaOrigin::declared;
};

/// What --from names: a file of YAML or JSON, or a table of a connection, `shop:public.orders`. What is wrong
/// with a file is printed. @throws Error.
[[nodiscard]] GivenSchema read_given_schema(const Arguments& arguments, const CommandContext& context,
                                            const std::stop_token& stop);

}  // namespace leat::cli
