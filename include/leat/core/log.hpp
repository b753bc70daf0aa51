#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "leat/core/detail/export.hpp"

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
  text,  ///< "2026-01-31T12:00:00.000Z info message event=slice rows=7"
  json,  ///< one JSON object per line: time, level, event, message, and the fields
};

/// Parses "trace", "debug", "info", "warning" (or "warn"), "error" and "off".
/// @throws Error (config) that lists these words.
[[nodiscard]] LEAT_EXPORT LogLevel parse_log_level(std::string_view text);
[[nodiscard]] LEAT_EXPORT std::string_view to_string(LogLevel level);

/// What a field of a record holds.
using LogValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;

/// A named value of a record. It refers to texts, which live until the call that it is given to has returned.
struct LogField {
  template <class T>
  requires std::integral<T> || std::floating_point<T> LogField(std::string_view field, T number)
      : name(field), value(of_number(number)) {}
  template <class T>
  requires std::convertible_to<const T&, std::string_view> LogField(std::string_view field, const T& text)
      : name(field), value(std::string_view(text)) {}
  /// In seconds.
  template <class Number, class Period>
  LogField(std::string_view field, std::chrono::duration<Number, Period> time)
      : name(field), value(std::chrono::duration<double>(time).count()) {}
  LogField(std::string_view field, LogValue known) : name(field), value(known) {}

  std::string_view name;
  LogValue value;

 private:
  template <class T>
  [[nodiscard]] static LogValue of_number(T number) {
    if constexpr (std::same_as<T, bool>) {
      return number;
    } else if constexpr (std::floating_point<T>) {
      return static_cast<double>(number);
    } else if constexpr (std::unsigned_integral<T>) {
      return static_cast<std::uint64_t>(number);
    } else {
      return static_cast<std::int64_t>(number);
    }
  }
};

/// What is logged. It refers to texts that live during the call.
struct LogRecord {
  LogLevel level = LogLevel::info;
  /// What has happened, in a word that stays the same: "begin", "slice", … Empty: the message alone tells.
  std::string_view event{};
  std::string_view message{};
  /// Of the logger first, then of the record.
  std::span<const LogField> fields{};
};

/// A function of the embedding program that receives leat's log. It is called from any thread, possibly from
/// several at the same time. An exception from it is dropped: a log never ends a job.
using LogSink = std::function<void(LogLevel, std::string_view message)>;
/// The same with events and fields.
using LogRecordSink = std::function<void(const LogRecord& record)>;

namespace detail {
struct LogContext;
}

/// The only interface for logging. A value: copies share the sink. Silent if default-constructed. It may
/// carry fields, which all of its records have. Thread-safe.
class LEAT_EXPORT Logger {
 public:
  Logger() = default;
  Logger(LogLevel level, LogSink sink);
  Logger(LogLevel level, LogRecordSink sink);

  /// A logger that writes to standard error (through spdlog). Behind a pipe a record waits for a reader until
  /// a stop is requested, then it is dropped; one without any reader drops it, and no SIGPIPE comes of it.
  [[nodiscard]] static Logger to_stderr(LogLevel level, LogFormat format = LogFormat::text,
                                        std::stop_token stop = {});

  /// The same logger, whose records have these fields, too; one of a name that is there already replaces
  /// that. It costs nothing where nothing is logged.
  [[nodiscard]] Logger with(std::initializer_list<LogField> fields) const;

  [[nodiscard]] bool enabled(LogLevel level) const noexcept { return sink_ && level >= level_; }
  void log(LogLevel level, std::string_view message) const noexcept { log_event(level, {}, message, {}); }
  void log_event(LogLevel level, std::string_view event, std::string_view message,
                 std::initializer_list<LogField> fields = {}) const noexcept;

  /// Passes on a record of another logger, with its fields in place of this one's.
  void log(const LogRecord& record) const noexcept;

  void debug(std::string_view message) const noexcept { log(LogLevel::debug, message); }
  void info(std::string_view message) const noexcept { log(LogLevel::info, message); }
  void warning(std::string_view message) const noexcept { log(LogLevel::warning, message); }
  void error(std::string_view message) const noexcept { log(LogLevel::error, message); }

 private:
  LogLevel level_ = LogLevel::off;
  std::shared_ptr<const LogRecordSink> sink_;
  std::shared_ptr<const detail::LogContext> context_;
};

/// The record without its time, as Logger::to_stderr writes it: "message event=slice rows=7". It is one line
/// without control characters: those of messages and fields are written as in JSON (\n, \u001b), and what is
/// no UTF-8 is replaced.
[[nodiscard]] LEAT_EXPORT std::string to_text(const LogRecord& record);
/// `"level":"info","event":"slice","message":"…","rows":7`: the members of its JSON object. A field that has
/// the name of one of the first three, or of "time", has a "_" behind it.
[[nodiscard]] LEAT_EXPORT std::string json_members(const LogRecord& record);

}  // namespace leat
