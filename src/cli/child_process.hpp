#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace leat::cli {

/// A program to run beside this one.
struct ChildProgram {
  std::string path{};
  std::vector<std::string> words{};  ///< behind its name
  /// Of its environment, beside what this process has; an empty value takes the name away.
  std::vector<std::pair<std::string, std::string>> variables{};
  /// Receives each line that it writes on standard error, on the thread that called run_child().
  std::function<void(const std::string& line)> on_line{};
};

/// What became of it.
struct ChildEnd {
  int code = 0;  ///< its exit code, or 128 + n if signal n has ended it
  std::string output{};
};

/// Runs a program to its end, with nothing to read on standard input. It runs in a process group of its own
/// and does not outlive the calling thread, which is to be the main one. A stop ends it and its children: by
/// SIGTERM, and a few seconds later by SIGKILL.
/// @throws Error (config) if it cannot be started, (cancelled) after a stop.
[[nodiscard]] ChildEnd run_child(const ChildProgram& program, const std::stop_token& stop);

}  // namespace leat::cli
