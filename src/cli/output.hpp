#pragma once

#include <string>

#include "cli/arguments.hpp"

// For the main thread.
namespace leat::cli {

/// Prints what is meant for people on standard output, without control characters of names and of servers'
/// texts. For errors of writing see end_output().
void print_text(const std::string& text);
/// The same for programs: as it is, and a line break.
void print_json(const std::string& json);
/// The one or the other, or none.
void print_report(Output output, const std::string& json, const std::string& text);
/// The same as print_text(), on standard error.
void print_error(const std::string& text);

/// Writes what is still in memory. Returns the exit code: `code`, or exit_output where that is zero and not
/// all could be written. Says so on standard error.
[[nodiscard]] int end_output(int code);

}  // namespace leat::cli
