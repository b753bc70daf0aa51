#include "cli/throttle_options.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/value_checks.hpp"
#include "leat/jobs/options/throttle.hpp"

namespace leat::cli {
namespace {

using namespace literals;

/// A number alone is bytes, and who writes 50 probably means more.
void warn_of_few_bytes(const std::string& rate, ByteCount bytes, const Logger& log) {
  const bool is_number = rate.find_first_not_of("0123456789.") == std::string::npos;
  if (!is_number || bytes >= 1_MiB) return;
  log.warning("--max-rate " + rate + " is " + format_bytes(bytes) + " a second, for which 1 GiB takes " +
              std::to_string((1_GiB).count() / bytes.count() / 3600) + " hours; write the unit, such as " +
              rate + "MiB/s");
}

}  // namespace

void add_throttle_options(CLI::App& command, Arguments& arguments) {
  command.add_option("--max-rate", arguments.max_rate, "No more bytes of rows a second: 50MiB/s")
      ->transform(rate_above_zero())
      ->type_name("RATE");
  command
      .add_option("--max-replica-lag", arguments.max_replica_lag_ms,
                  "Pause while a replica of the target is farther behind: 30s, 500ms, 2min")
      ->transform(waiting_time())
      ->type_name("TIME");
}

void set_throttle_options(StreamOptions& stream, const Arguments& arguments) {
  if (arguments.max_rate.empty() && arguments.max_replica_lag_ms == 0) return;
  const ByteCount rate = arguments.max_rate.empty() ? ByteCount{} : parse_byte_rate(arguments.max_rate);
  if (!arguments.max_rate.empty()) warn_of_few_bytes(arguments.max_rate, rate, stream.log);
  stream.throttle = std::make_shared<Throttle>(rate, std::chrono::milliseconds(arguments.max_replica_lag_ms));
}

}  // namespace leat::cli
