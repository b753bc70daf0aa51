#include "cli/progress_line.hpp"

#include <cstdio>

#include "cli/output.hpp"
#include "leat/core/bytes.hpp"
#include "leat/core/detail/printable.hpp"

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

std::string progress_text(const Progress& progress) {
  const auto speed = progress.rate();
  std::string text = with_thousands(progress.rows) + " rows  " + format_bytes(ByteCount{progress.bytes}) +
                     "  " + with_thousands(static_cast<std::uint64_t>(speed.rows)) + " rows/s  " +
                     format_bytes(ByteCount{static_cast<std::uint64_t>(speed.bytes)}) + "/s";
  if (const auto share = progress.fraction())
    text += "  " + std::to_string(static_cast<int>(*share * 100)) + " %";
  if (progress.slices && progress.slices->total > 1) {
    const SliceProgress& slices = *progress.slices;
    text += "  " + std::to_string(slices.done) + "/" + std::to_string(slices.total) + " slices, " +
            std::to_string(slices.running) + " running";
    if (slices.retried > 0) text += ", " + std::to_string(slices.retried) + " retried";
  }
  if (progress.rejected > 0) text += "  " + with_thousands(progress.rejected) + " rejected";
  const auto left = progress.eta();
  if (left && left->count() > 0) text += "  ETA " + clock_text(*left);
  return text;
}

std::vector<std::string> progress_lines(const TablesProgress& progress, std::size_t most) {
  std::vector<std::string> lines;
  const auto& running = progress.running;
  const std::size_t shown = running.size() < most ? running.size() : most - 1;
  for (std::size_t i = 0; i < shown; ++i) {
    lines.push_back(running[i].table + "  " + progress_text(running[i].progress));
  }
  if (shown < running.size()) lines.push_back("and " + std::to_string(running.size() - shown) + " more");
  std::string total =
      with_thousands(progress.tables_ended) + " of " + with_thousands(progress.tables) + " tables";
  if (progress.tables_failed > 0) total += " (" + with_thousands(progress.tables_failed) + " failed)";
  lines.push_back(total + "  " + progress_text(progress.total));
  return lines;
}

std::string shortened(const std::string& line, std::size_t width) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
    if (begins_character && characters++ == width) return line.substr(0, i);
  }
  return line;
}

void ProgressLine::draw(const Progress& progress) {
  draw(std::vector<std::string>{progress_text(progress)});
}

void ProgressLine::draw(const std::string& what, const Progress& progress) {
  draw(std::vector<std::string>{what + ": " + progress_text(progress)});
}

void ProgressLine::draw(const TablesProgress& progress) {
  // A line is left for the cursor, and the screen may be small.
  const std::size_t most = screen_.lines > 3 ? screen_.lines - 2 : 1;
  draw(progress_lines(progress, most));
}

void ProgressLine::draw(const std::vector<std::string>& lines) {
  if (!enabled_) return;
  std::string text;
  if (terminal_) {
    text = "\r";
    if (drawn_ > 1) text += "\x1b[" + std::to_string(drawn_ - 1) + "A";
    text += "\x1b[J";
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += (i > 0 ? "\n" : "") + shortened(detail::printable(lines[i]), screen_.columns - 1);
    }
  } else {
    for (const auto& line : lines) text += detail::printable(line) + "\n";
  }
  if (print_progress(text)) drawn_ = lines.size();
}

void ProgressLine::finish() {
  if (drawn_ > 0 && terminal_) print_progress("\n");
  drawn_ = 0;
}

}  // namespace leat::cli
