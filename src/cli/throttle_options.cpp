#include "cli/throttle_options.hpp"

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>

#include "leat/jobs/options/throttle.hpp"

namespace leat::cli {

void add_throttle_options(CLI::App& command, Arguments& arguments) {
  const std::map<std::string, std::int64_t> units{{"ms", 1}, {"s", 1000}, {"min", 60'000}};
  command.add_option("--max-rate", arguments.max_rate, "No more bytes of rows a second: 50MiB/s")
      ->type_name("RATE");
  command
      .add_option("--max-replica-lag", arguments.max_replica_lag_ms,
                  "Pause while a replica of the target is farther behind: 30s, 500ms, 2min")
      ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED).description(""))
      ->type_name("TIME");
}

void set_throttle_options(StreamOptions& stream, const Arguments& arguments) {
  if (arguments.max_rate.empty() && arguments.max_replica_lag_ms == 0) return;
  stream.throttle = std::make_shared<Throttle>(
      arguments.max_rate.empty() ? ByteCount{} : parse_byte_rate(arguments.max_rate),
      std::chrono::milliseconds(arguments.max_replica_lag_ms));
}

}  // namespace leat::cli
