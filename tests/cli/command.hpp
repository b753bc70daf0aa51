#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/deadline.hpp"
#include "support/own_directory.hpp"

namespace leat::test {

/// What the command left behind.
struct Outcome {
  int exit_code = -1;  ///< 128 + n when signal n ended it
  std::string out;
  std::string err;
};

/// Where one of a command's standard streams leads.
enum class Sink {
  file,         ///< which Outcome comes from
  full,         ///< a disk that is full
  closed,       ///< nowhere: the descriptor is not there
  broken_pipe,  ///< a pipe whose reader is gone
  stuck_pipe,   ///< a pipe that is full, and whose reader does not read
};
struct Sinks {
  Sink out = Sink::file;
  Sink err = Sink::file;
};

/// The leat command as a process of its own. Its environment is this process's without the PG* variables,
/// with an empty directory for HOME, and without what else names a file of connections. Used by one thread at
/// a time.
class RunningCommand {
 public:
  /// What stands before it is a program with arguments that becomes the command: "/usr/bin/env", "-i".
  /// @throws std::runtime_error when it cannot be started.
  explicit RunningCommand(const std::vector<std::string>& arguments, Sinks sinks = {},
                          const std::vector<std::string>& variables = {},
                          const std::vector<std::string>& before = {});
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;
  ~RunningCommand();

  void send(int signal) const;
  [[nodiscard]] bool has_ended() const;
  /// Whether it listens to signals, and its first thread waits for something.
  [[nodiscard]] bool is_asleep() const;
  /// What it has written on standard error so far.
  [[nodiscard]] std::string err() const;
  /// @throws std::runtime_error when it has not ended by then; it is killed.
  [[nodiscard]] Outcome wait(std::chrono::milliseconds limit = patience);

 private:
  /// A descriptor for the command's writing, or -1 for a closed one.
  [[nodiscard]] int open_sink(Sink sink, const char* file);

  OwnDirectory directory_;
  std::vector<int> readers_;  // of stuck pipes
  pid_t process_ = -1;
};

/// Runs it to its end.
[[nodiscard]] Outcome run_leat(const std::vector<std::string>& arguments, Sinks sinks = {});
/// The same with environment variables more, "NAME=value".
[[nodiscard]] Outcome run_leat_with(const std::vector<std::string>& variables,
                                    const std::vector<std::string>& arguments);

}  // namespace leat::test
