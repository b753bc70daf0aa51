#include "cli/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/exit_code.hpp"
#include "leat/core/detail/descriptor.hpp"
#include "leat/core/detail/printable.hpp"

namespace leat::cli {
namespace {

std::stop_token output_stop;
// What the first write that failed said.
int write_failure = 0;
LogFormat error_format = LogFormat::text;

void put_out(const std::string& text) {
  if (write_failure == 0) write_failure = detail::write_all(STDOUT_FILENO, text, output_stop);
}

/// What is opened next would get the number of a standard stream that is closed, and the words meant for it.
/// Files opened the wrong way fail like one that is closed.
void keep_number(int descriptor, int flags) {
  if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) return;
  const int null = ::open("/dev/null", flags);
  if (null < 0 || null == descriptor) return;
  ::dup2(null, descriptor);
  ::close(null);
}

/// Whether the code says that nothing failed.
bool is_result(int code) {
  return code == 0 || code == exit_different || code == exit_rejects;
}

/// What is known of the error, as fields of a record.
Logger with_error(Logger log, const Error& error, int code) {
  log = log.with({{"kind", to_string(error.kind())}, {"exit_code", code}});
  const auto add = [&log](std::string_view name, std::string_view value) {
    if (!value.empty()) log = log.with({{name, value}});
  };
  add("sqlstate", error.sqlstate());
  add("detail", error.detail());
  add("context", error.context());
  add("where", error.where());
  add("sql", error.sql());
  if (error.position() > 0) log = log.with({{"position", error.position()}});
  if (error.in_doubt()) log = log.with({{"in_doubt", true}});
  add("hint", error.hint());
  return log;
}

const char* reason(int failure) {
  return failure == ECANCELED ? "nobody has read it until the stop" : std::strerror(failure);
}

}  // namespace

void begin_output(std::stop_token stop) {
  output_stop = std::move(stop);
  keep_number(STDIN_FILENO, O_WRONLY);
  keep_number(STDOUT_FILENO, O_RDONLY);
  keep_number(STDERR_FILENO, O_WRONLY);
}

void print_text(const std::string& text) {
  put_out(detail::printable(text));
}

void print_json(const std::string& json) {
  put_out(json + "\n");
}

void print_report(Output output, const std::string& json, const std::string& text) {
  if (output == Output::json) {
    print_json(json);
  } else if (output == Output::text) {
    print_text(text);
  }
}

bool has_lost_output() {
  return write_failure != 0;
}

void print_error(const std::string& text) {
  static_cast<void>(detail::write_all(STDERR_FILENO, detail::printable(text), output_stop));
}

void set_error_format(LogFormat format) {
  error_format = format;
}

void print_failure(const Error& error, int exit_code, const std::string& text) {
  if (error_format == LogFormat::text) {
    print_error(text);
    return;
  }
  with_error(Logger::to_stderr(LogLevel::error, error_format, output_stop), error, exit_code)
      .log_event(LogLevel::error, "error", error.what());
}

bool print_progress(const std::string& text) {
  return detail::takes_bytes(STDERR_FILENO) && detail::write_all(STDERR_FILENO, text, output_stop) == 0;
}

bool output_is_lost() {
  if (write_failure != 0) return true;
  pollfd polled{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  if (::poll(&polled, 1, 0) > 0 && (polled.revents & (POLLERR | POLLHUP)) != 0) write_failure = EPIPE;
  // What begin_output() has opened in the place of a stream that was closed.
  const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) write_failure = EBADF;
  return write_failure != 0;
}

int end_output(int code, std::string_view stands) {
  // A file on another machine may say only now that its disk is full.
  if (::close(STDOUT_FILENO) != 0 && write_failure == 0 && errno != EINTR) write_failure = errno;
  if (write_failure == 0) return code;
  const std::string message = "standard output cannot be written: " + std::string(reason(write_failure)) +
                              "; what it was to say is lost" + (stands.empty() ? "" : ", but ") +
                              std::string(stands);
  const int lost = is_result(code) ? exit_output : code;
  print_failure(Error(ErrorKind::config, message), lost, "leat: " + message + "\n");
  return lost;
}

}  // namespace leat::cli
