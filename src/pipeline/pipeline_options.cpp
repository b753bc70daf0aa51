#include "leat/pipeline/pipeline_options.hpp"

#include <string>
#include <string_view>

#include "leat/core/detail/validate_retry.hpp"
#include "leat/core/error.hpp"
#include "leat/pipeline/detail/validate_options.hpp"

namespace leat::detail {
namespace {

[[noreturn]] void reject(const std::string& rule) {
  throw Error(ErrorKind::config, rule);
}

}  // namespace

void validate(const StageOptions& options, std::string_view name) {
  if (options.workers == 0) reject(std::string(name) + ".workers must be greater than 0");
  if (options.queue_items == 0) reject(std::string(name) + ".queue_items must be greater than 0");
  validate(options.retry, std::string(name) + ".retry");
  validate(options.batch, std::string(name) + ".batch");
}

void validate(const BatchOptions& options, std::string_view name) {
  if (options.items == 0) reject(std::string(name) + ".items must be greater than 0");
  if (options.wait.count() < 0) reject(std::string(name) + ".wait must not be negative");
}

void validate(const PipelineOptions& options) {
  if (options.name.empty()) reject("name must not be empty");
  validate(options.fetch, "fetch");
  validate(options.process, "process");
  validate(options.store, "store");
  validate(options.refill_retry, "refill_retry");
  if (options.on_failure == OnFailure::dead_letter && !options.dead_letter) {
    reject("dead_letter must be set where on_failure is OnFailure::dead_letter");
  }
  if (options.on_failure != OnFailure::dead_letter && options.dead_letter) {
    reject("dead_letter is called only where on_failure is OnFailure::dead_letter");
  }
  if (options.idle_delay.count() <= 0) reject("idle_delay must be greater than 0");
  if (options.stats_interval.count() < 0) reject("stats_interval must not be negative");
}

}  // namespace leat::detail
