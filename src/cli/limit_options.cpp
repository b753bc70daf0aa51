#include "cli/limit_options.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/nearest.hpp"

namespace leat::cli {
namespace {

using std::chrono::milliseconds;

// The longest that a server knows.
constexpr std::int64_t longest_limit_ms = 2'147'483'647;

/// "10s", "500ms", "5min", "2h"; nullopt for all else, and for what is longer than a server can wait.
std::optional<milliseconds> duration_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> units{
      {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}}};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.empty() && number == 0) return milliseconds(0);
  for (const auto& [name, factor] : units) {
    if (unit == name && number <= longest_limit_ms / factor) return milliseconds(number * factor);
  }
  return std::nullopt;
}

void add_limit_option(CLI::App& command, const std::string& name, std::optional<milliseconds>& limit,
                      bool may_be_zero, const std::string& help) {
  const auto take = [name, &limit, may_be_zero](const std::string& text) {
    limit = duration_of(text);
    if (limit && (may_be_zero || limit->count() > 0)) return;
    throw CLI::ValidationError(name, std::string("a time from 1ms to 596h, such as 500ms, 10s, 5min or 2h") +
                                         (may_be_zero ? ", or 0 for no limit" : "") + ", not " + shown(text));
  };
  command.add_option_function<std::string>(name, take, help)->type_name("TIME");
}

}  // namespace

void add_limit_options(CLI::App& command, Arguments& arguments) {
  add_limit_option(command, "--connect-timeout", arguments.connect_timeout, false,
                   "Longest time for connecting with a server (default: the connection's connect_timeout, "
                   "else 10s)");
  add_limit_option(
      command, "--lock-timeout", arguments.lock_timeout, true,
      "Longest wait for a lock that another session holds; 0: no limit (default: lock_timeout in "
      "the connection's options, else 10s)");
  add_limit_option(command, "--statement-timeout", arguments.statement_timeout, true,
                   "Longest time for a statement, the COPY too; 0: no limit (default: statement_timeout in "
                   "the connection's options, else no limit)");
  add_limit_option(command, "--silence-timeout", arguments.silence_timeout, false,
                   "Longest time without a sign from a server at work (default: 1h, of verify 24h)");
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
