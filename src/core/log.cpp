#include "leat/core/log.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "core/log_context.hpp"
#include "leat/core/detail/descriptor.hpp"
#include "leat/core/error.hpp"

namespace leat {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 7> levels{{
    {"trace", LogLevel::trace},
    {"debug", LogLevel::debug},
    {"info", LogLevel::info},
    {"warning", LogLevel::warning},
    {"warn", LogLevel::warning},
    {"error", LogLevel::error},
    {"off", LogLevel::off},
}};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

class StandardErrorSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StandardErrorSink(std::stop_token stop) : stop_(std::move(stop)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& record) override {
    spdlog::memory_buf_t line;
    formatter_->format(record, line);
    static_cast<void>(detail::write_all(STDERR_FILENO, {line.data(), line.size()}, stop_));
  }
  void flush_() override {}

 private:
  const std::stop_token stop_;
};

}  // namespace

LogLevel parse_log_level(std::string_view text) {
  for (const auto& [name, level] : levels) {
    if (name == text) return level;
  }
  throw Error(ErrorKind::config,
              fmt::format("\"{}\" is not a log level: use trace, debug, info, warning, error or off", text));
}

std::string_view to_string(LogLevel level) {
  for (const auto& [name, value] : levels) {
    if (value == level) return name;
  }
  return "off";
}

Logger::Logger(LogLevel level, LogSink sink) : level_(level) {
  if (!sink) return;
  sink_ = std::make_shared<const LogRecordSink>(
      [told = std::move(sink)](const LogRecord& record) { told(record.level, record.message); });
}

Logger::Logger(LogLevel level, LogRecordSink sink) : level_(level) {
  if (sink) sink_ = std::make_shared<const LogRecordSink>(std::move(sink));
}

Logger Logger::to_stderr(LogLevel level, LogFormat format, std::stop_token stop) {
  auto backend =
      std::make_shared<spdlog::logger>("leat", std::make_shared<StandardErrorSink>(std::move(stop)));
  backend->set_level(to_spdlog(level));
  const bool json = format == LogFormat::json;
  const std::string time = "%Y-%m-%dT%H:%M:%S.%eZ";
  backend->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      json ? R"({"time":")" + time + R"(",%v})" : time + " %l %v", spdlog::pattern_time_type::utc));
  return Logger(level, LogRecordSink([backend, json](const LogRecord& record) {
                  const std::string text = json ? json_members(record) : to_text(record);
                  backend->log(to_spdlog(record.level), spdlog::string_view_t(text.data(), text.size()));
                }));
}

Logger Logger::with(std::initializer_list<LogField> fields) const {
  if (!enabled(LogLevel::error)) return *this;
  auto context = std::make_shared<detail::LogContext>();
  if (context_) *context = *context_;
  for (const auto& field : fields) context->set(field);
  Logger more = *this;
  more.context_ = std::move(context);
  return more;
}

void Logger::log_event(LogLevel level, std::string_view event, std::string_view message,
                       std::initializer_list<LogField> fields) const noexcept {
  if (!enabled(level)) return;
  try {
    std::vector<LogField> all;
    if (context_) all = context_->fields();
    for (const auto& field : fields) {
      std::erase_if(all, [&field](const LogField& one) { return one.name == field.name; });
      all.push_back(field);
    }
    (*sink_)({.level = level, .event = event, .message = message, .fields = all});
  } catch (...) {  // NOLINT(bugprone-empty-catch): a log never ends a job
  }
}

void Logger::log(const LogRecord& record) const noexcept {
  if (!enabled(record.level)) return;
  try {
    (*sink_)(record);
  } catch (...) {  // NOLINT(bugprone-empty-catch): a log never ends a job
  }
}

}  // namespace leat
