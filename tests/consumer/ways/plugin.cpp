// A plugin whose user does not know of leat.
#include <leat/leat.hpp>

#define PLUGIN_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

void run_without_server() {
  const auto nowhere = leat::ConnectionFactory().resolve("host=/nonexistent dbname=nothing");
  leat::CopyTable({.source = nowhere, .target = nowhere, .table = {.from = "public.orders"}}).run();
}

}  // namespace

/// Runs a job whose source is not there. True if leat's error says so.
PLUGIN_EXPORT bool plugin_sees_error() {
  try {
    run_without_server();
  } catch (const leat::Error& error) {
    return error.kind() == leat::ErrorKind::source && error.sqlstate() == "08001";
  }
  return false;
}

/// Throws leat's error.
PLUGIN_EXPORT void plugin_fails() {
  run_without_server();
}
