#include "leat/core/log.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <utility>

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

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
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
  if (sink) sink_ = std::make_shared<const LogSink>(std::move(sink));
}

Logger Logger::to_stderr(LogLevel level, LogFormat format, std::stop_token stop) {
  auto backend =
      std::make_shared<spdlog::logger>("leat", std::make_shared<StandardErrorSink>(std::move(stop)));
  backend->set_level(to_spdlog(level));
  const bool json = format == LogFormat::json;
  const std::string time = "%Y-%m-%dT%H:%M:%S.%eZ";
  backend->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      json ? R"({"time":")" + time + R"(","level":"%l","message":%v})" : time + " %l %v",
      spdlog::pattern_time_type::utc));
  return Logger(level, [backend, json](LogLevel record_level, std::string_view message) {
    const std::string text = json ? json_string(message) : std::string(message);
    backend->log(to_spdlog(record_level), spdlog::string_view_t(text.data(), text.size()));
  });
}

void Logger::log(LogLevel level, std::string_view message) const noexcept {
  if (!enabled(level)) return;
  try {
    (*sink_)(level, message);
  } catch (...) {  // NOLINT(bugprone-empty-catch): a log never ends a job
  }
}

}  // namespace leat
