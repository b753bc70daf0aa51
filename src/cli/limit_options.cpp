#include "cli/limit_options.hpp"

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/field_options.hpp"
#include "leat/documents/field_binding.hpp"

namespace leat::cli {
namespace {

using std::chrono::milliseconds;

void add_limit_option(CLI::App& command, const std::string& path, std::optional<milliseconds>& limit) {
  add_stream_field_option(command, path,
                          [&limit](const FieldValue& value) { detail::put_value(limit, value); });
}

}  // namespace

void add_limit_options(CLI::App& command, Arguments& arguments) {
  add_limit_option(command, "connect_timeout", arguments.connect_timeout);
  add_limit_option(command, "lock_timeout", arguments.lock_timeout);
  add_limit_option(command, "statement_timeout", arguments.statement_timeout);
  add_limit_option(command, "silence_timeout", arguments.silence_timeout);
}

void set_limits(JobLimits& limits, const Arguments& arguments) {
  const auto set = [](auto& limit, const auto& given) {
    if (given) limit = given;
  };
  set(limits.connect_timeout, arguments.connect_timeout);
  set(limits.lock_timeout, arguments.lock_timeout);
  set(limits.statement_timeout, arguments.statement_timeout);
  set(limits.silence_timeout, arguments.silence_timeout);
}

}  // namespace leat::cli
