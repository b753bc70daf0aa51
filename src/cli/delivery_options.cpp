#include "cli/delivery_options.hpp"

#include <CLI/CLI.hpp>

namespace leat::cli {

void add_delivery_options(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--readers", arguments.readers,
                  "Sessions that read the table at the same time, in one snapshot; 0: one, with --job as "
                  "many as keep up with "
                  "the writers")
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option(
          "--writers", arguments.writers,
          "Sessions that write at the same time; 0: one, with --job as many as keep up with the readers")
      ->capture_default_str()
      ->type_name("N");
  auto* job =
      command
          .add_option("--job", arguments.job,
                      "Name of the job: what is done is kept under it in the target's ledger, so that the "
                      "same command goes on where it ended")
          ->type_name("NAME");
  command.add_flag("--restart", arguments.restart, "Discard what was done under that name")->needs(job);
  command
      .add_option(
          "--on-lost-snapshot", arguments.on_lost_snapshot,
          "redo, continue or refuse: what becomes of slices that were read in a snapshot which is gone")
      ->check(CLI::IsMember({"redo", "continue", "refuse"}))
      ->capture_default_str()
      ->type_name("WHAT")
      ->needs(job);
  command
      .add_option(
          "--retries", arguments.retries,
          "How often a slice is tried again after an error that may pass; default 5 with --job, else 0")
      ->type_name("N");
}

Delivery delivery_options(const Arguments& arguments) {
  Delivery delivery{.job = arguments.job, .restart = arguments.restart, .retries = arguments.retries};
  if (arguments.on_lost_snapshot == "continue") delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  if (arguments.on_lost_snapshot == "refuse") delivery.on_lost_snapshot = OnLostSnapshot::refuse;
  return delivery;
}

}  // namespace leat::cli
