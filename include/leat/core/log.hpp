#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace leat {

/// The severity of a record, in rising order.
enum class LogLevel {
  trace,
  debug,
  info,
  warning,
  error,
  off,
};

/// The format in which Logger::to_stderr writes a record.
enum class LogFormat {
  text,  ///< "2026-01-31T12:00:00.000Z info message"
  json,  ///< one JSON object per line: time, level, message
};

/// Parses "trace", "debug", "info", "warning" (or "warn"), "error" and "off".
/// @throws Error (config) that lists these words.
[[nodiscard]] LogLevel parse_log_level(std::string_view text);
[[nodiscard]] std::string_view to_string(LogLevel level);

/// A function of the embedding program that receives leat's log. It is called from any thread, possibly from
/// several at the same time. An exception from it is dropped: a log never ends a job.
using LogSink = std::function<void(LogLevel, std::string_view message)>;

/// The only interface for logging. A value: copies share the sink. Silent if default-constructed.
/// Thread-safe.
class Logger {
 public:
  Logger() = default;
  Logger(LogLevel level, LogSink sink);

  /// A logger that writes to standard error (through spdlog). Behind a pipe a record waits for a reader until
  /// a stop is requested, then it is dropped; one without any reader drops it, and no SIGPIPE comes of it.
  [[nodiscard]] static Logger to_stderr(LogLevel level, LogFormat format = LogFormat::text,
                                        std::stop_token stop = {});

  [[nodiscard]] bool enabled(LogLevel level) const noexcept { return sink_ && level >= level_; }
  void log(LogLevel level, std::string_view message) const noexcept;

  void debug(std::string_view message) const noexcept { log(LogLevel::debug, message); }
  void info(std::string_view message) const noexcept { log(LogLevel::info, message); }
  void warning(std::string_view message) const noexcept { log(LogLevel::warning, message); }
  void error(std::string_view message) const noexcept { log(LogLevel::error, message); }

 private:
  LogLevel level_ = LogLevel::off;
  std::shared_ptr<const LogSink> sink_;
};

}  // namespace leat
