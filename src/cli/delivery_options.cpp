#include "cli/delivery_options.hpp"

#include <CLI/CLI.hpp>

#include "cli/value_checks.hpp"

namespace leat::cli {
namespace {

constexpr std::uint64_t most_retries = 1'000'000;

}  // namespace

CLI::Option* add_job_options(CLI::App& command, Arguments& arguments, const std::string& job_help,
                             const std::string& retries_help) {
  auto* job = command.add_option("--job", arguments.job, job_help)->transform(job_name())->type_name("NAME");
  command.add_flag("--restart", arguments.restart, "Discard what was done under that name")->needs(job);
  command.add_option("--retries", arguments.retries, retries_help)
      ->transform(whole_number(0, most_retries))
      ->type_name("N");
  return job;
}

void add_delivery_options(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--readers", arguments.readers,
                  "Sessions that read the table at the same time, in one snapshot; 0: one, with --job as "
                  "many as keep up with "
                  "the writers")
      ->transform(worker_count())
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option(
          "--writers", arguments.writers,
          "Sessions that write at the same time; 0: one, with --job as many as keep up with the readers")
      ->transform(worker_count())
      ->capture_default_str()
      ->type_name("N");
  add_slice_job_options(command, arguments);
}

void add_slice_job_options(CLI::App& command, Arguments& arguments, bool retries_need_name) {
  auto* job =
      add_job_options(command, arguments,
                      "Name of the job: what is done is kept under it in the target's ledger, so that "
                      "the same command goes on where it ended",
                      "How often a slice is tried again after an error that may pass; default 5 with "
                      "--job, else 0");
  command
      .add_option(
          "--on-lost-snapshot", arguments.on_lost_snapshot,
          "redo, continue or refuse: what becomes of slices that were read in a snapshot which is gone")
      ->transform(one_of({"redo", "continue", "refuse"}))
      ->capture_default_str()
      ->type_name("WHAT")
      ->needs(job);
  if (retries_need_name) command.get_option("--retries")->needs(job);
}

Delivery delivery_options(const Arguments& arguments) {
  Delivery delivery{.job = arguments.job, .restart = arguments.restart, .retries = arguments.retries};
  if (arguments.on_lost_snapshot == "continue") delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  if (arguments.on_lost_snapshot == "refuse") delivery.on_lost_snapshot = OnLostSnapshot::refuse;
  return delivery;
}

}  // namespace leat::cli
