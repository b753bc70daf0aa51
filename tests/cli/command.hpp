#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/deadline.hpp"

namespace leat::test {

/// What the command left behind.
struct Outcome {
  int exit_code = -1;  ///< 128 + n when signal n ended it
  std::string out;
  std::string err;
};

/// The leat command as a process of its own, with PG* variables left out of its environment. Used by one
/// thread at a time.
class RunningCommand {
 public:
  /// Standard output goes to the file `out`, or else to where Outcome::out comes from.
  /// @throws std::runtime_error when it cannot be started.
  explicit RunningCommand(const std::vector<std::string>& arguments, std::string out = {});
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;
  ~RunningCommand();

  void send(int signal) const;
  [[nodiscard]] bool has_ended() const;
  /// What it has written on standard error so far.
  [[nodiscard]] std::string err() const;
  /// @throws std::runtime_error when it has not ended by then; it is killed.
  [[nodiscard]] Outcome wait(std::chrono::milliseconds limit = patience);

 private:
  std::filesystem::path directory_;
  pid_t process_ = -1;
};

/// Runs it to its end.
[[nodiscard]] Outcome run_leat(const std::vector<std::string>& arguments);
/// The same with its standard output on a disk that is full.
[[nodiscard]] Outcome run_leat_without_space(const std::vector<std::string>& arguments);

}  // namespace leat::test
