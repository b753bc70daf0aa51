#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "cli/arguments.hpp"
#include "leat/core/error.hpp"

// For the main thread, but for print_progress().
namespace leat::cli {

/// To be called before anything is opened. What is printed waits for a reader, as behind a pipe, until a
/// stop is requested.
void begin_output(std::stop_token stop);

/// Prints what is meant for people on standard output, without control characters of names and of servers'
/// texts. For errors of writing see end_output().
void print_text(const std::string& text);
/// The same for programs: as it is, and a line break.
void print_json(const std::string& json);
/// The one or the other, or none.
void print_report(Output output, const std::string& json, const std::string& text);
/// Whether something could not be written so far.
[[nodiscard]] bool has_lost_output();
/// The same as print_text(), on standard error. What cannot be written is lost.
void print_error(const std::string& text);
/// What print_failure() writes; text is what it begins with.
void set_error_format(LogFormat format);
/// Says on standard error why the command has failed, with that exit code: `text`, or one line of the log as
/// JSON.
void print_failure(const Error& error, int exit_code, const std::string& text);
/// On standard error, as it is; nothing where that would have to wait. Returns whether it was written. For
/// any thread.
bool print_progress(const std::string& text);

/// Whether nothing can be written on standard output any more, as where a pipe's reader is gone. For what
/// would go on without anybody to tell; end_output() tells of it then.
[[nodiscard]] bool output_is_lost();

/// Closes standard output. Where not all could be written it says so on standard error, and what `stands`
/// all the same: "the load stands". Returns the exit code: `code`, or exit_output if that tells of no error
/// and not all could be written.
[[nodiscard]] int end_output(int code, std::string_view stands);

}  // namespace leat::cli
