#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace leat::test {

enum class ChildUser {
  unprivileged,  ///< another one where this process is root: PostgreSQL refuses root
  same,
};

/// Programs that the private server needs, started without the PG* variables of the environment. `log` takes
/// what they write to stderr.
struct ChildProcess {
  std::vector<std::string> command;
  std::filesystem::path log;
  ChildUser user = ChildUser::unprivileged;

  /// Starts it with stdout in the log as well; it is sent SIGQUIT when the calling thread ends. The caller
  /// awaits it.
  /// @throws std::runtime_error
  [[nodiscard]] pid_t spawn() const;
  /// Runs it to its end and returns its stdout. @throws std::runtime_error with the end of the log when it
  /// fails.
  [[nodiscard]] std::string run() const;
};

/// Gives a path to the user that ChildProcess runs programs as.
void give_to_child_user(const std::filesystem::path& path);

/// The last 4,000 characters of a file, or nothing.
[[nodiscard]] std::string tail_of(const std::filesystem::path& file);

}  // namespace leat::test
