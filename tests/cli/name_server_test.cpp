// The command while the name server of the machine keeps silent. The machine is this test's own:
// /etc/resolv.conf is another file to the command, which only root can have it be.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include "command.hpp"
#include "support/catch.hpp"
#include "support/name_server.hpp"
#include "words.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

/// A folder with a resolv.conf that names a server of this process's own; empty `reason`: it can be used.
class SilentNames {
 public:
  SilentNames() {
#ifndef LEAT_HAS_CARES
    reason = "this build has no c-ares: install libc-ares-dev and configure it again";
    return;
#endif
    if (::geteuid() != 0) {
      reason = "a resolv.conf of one's own needs root";
      return;
    }
    // Another address of the loopback than any that a machine has its name server on.
    const std::string address =
        "127.91." + std::to_string(::getpid() / 250 % 250 + 1) + "." + std::to_string(::getpid() % 250 + 1);
    try {
      server = std::make_unique<NameServer>(address, 53);
    } catch (const std::system_error& error) {
      reason = error.what();
      return;
    }
    directory_ = std::filesystem::temp_directory_path() / ("leat-names-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory_);
    std::ofstream(directory_ / "resolv.conf") << "nameserver " << address << "\n";
    if (std::system(("unshare --mount mount --bind " + (directory_ / "resolv.conf").string() +
                     " /etc/resolv.conf >/dev/null 2>&1")
                        .c_str()) != 0) {
      reason = "this machine lets nobody mount a file";
    }
  }
  SilentNames(const SilentNames&) = delete;
  SilentNames& operator=(const SilentNames&) = delete;
  ~SilentNames() {
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }

  /// The command where that server is asked for names.
  [[nodiscard]] std::unique_ptr<RunningCommand> run(const Words& words) const {
    const Words before{
        "/bin/sh", "-c",
        "exec unshare --mount /bin/sh -c 'mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"' "
        "\"$0\" \"$@\"",
        (directory_ / "resolv.conf").string()};
    return std::make_unique<RunningCommand>(words, Sinks{}, Words{}, before);
  }

  std::string reason;
  std::unique_ptr<NameServer> server;

 private:
  std::filesystem::path directory_;
};

const std::string nowhere = "postgresql://u@silent.leat.test/d";

}  // namespace

#define SKIP_UNLESS_SILENT(names)        \
  if (!(names).reason.empty()) {         \
    WARN("SKIPPED: " << (names).reason); \
    return;                              \
  }

TEST_CASE("leat: a stop is heard while a name server keeps silent", "[cli]") {
  const SilentNames names;
  SKIP_UNLESS_SILENT(names);
  const Words one{"jobs", "list", "--target", nowhere};
  const Words two{"copy-table", "--source", nowhere, "--target", nowhere, "--from", "t"};
  const auto running = names.run(GENERATE_COPY(one, two));
  names.server->wait_until_asked();
  running->send(SIGINT);
  const Outcome outcome = running->wait(promised(3s));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 130);
}

TEST_CASE("leat: a name that nobody answers is given up by --connect-timeout", "[cli]") {
  const SilentNames names;
  SKIP_UNLESS_SILENT(names);
  const auto running = names.run({"jobs", "list", "--target", nowhere, "--connect-timeout", "1s"});
  const Outcome outcome = running->wait(promised(4s));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 4);
  CHECK(names.server->asked() > 0);
  CHECK(has(outcome.err, "the host name \"silent.leat.test\" could not be looked up"));
  CHECK(has(outcome.err, "1000 ms"));
}

TEST_CASE("leat: localhost is known while a name server keeps silent", "[cli]") {
  const SilentNames names;
  SKIP_UNLESS_SILENT(names);
  // Nothing listens on port 1.
  const auto running = names.run({"jobs", "list", "--target", "postgresql://u@localhost:1/d"});
  const Outcome outcome = running->wait(promised(4s));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.err, "onnection refused"));
  CHECK(names.server->asked() == 0);
}
