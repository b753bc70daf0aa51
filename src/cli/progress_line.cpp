#include "cli/progress_line.hpp"

#include <cstdio>
#include <iostream>

#include "leat/core/bytes.hpp"

namespace leat::cli {
namespace {

std::string clock_text(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
  char text[32];
  if (seconds >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
                  static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
  }
  return text;
}

}  // namespace

std::string with_thousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3;) {
    i -= 3;
    text.insert(i, ",");
  }
  return text;
}

std::string progress_text(const Progress& progress) {
  const auto speed = rate(progress);
  std::string text = with_thousands(progress.rows) + " rows  " + format_bytes(ByteCount{progress.bytes}) +
                     "  " + with_thousands(static_cast<std::uint64_t>(speed.rows)) + " rows/s  " +
                     format_bytes(ByteCount{static_cast<std::uint64_t>(speed.bytes)}) + "/s";
  if (const auto share = fraction(progress))
    text += "  " + std::to_string(static_cast<int>(*share * 100)) + " %";
  const auto left = eta(progress);
  if (left && left->count() > 0) text += "  ETA " + clock_text(*left);
  return text;
}

void ProgressLine::draw(const Progress& progress) {
  if (!enabled_) return;
  if (terminal_) {
    std::cerr << '\r' << progress_text(progress) << "\x1b[K" << std::flush;
  } else {
    std::cerr << progress_text(progress) << '\n';
  }
  drawn_ = true;
}

void ProgressLine::finish() {
  if (drawn_ && terminal_) std::cerr << '\n';
  drawn_ = false;
}

}  // namespace leat::cli
