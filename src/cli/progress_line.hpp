#pragma once

#include <string>

#include "leat/core/progress.hpp"

namespace leat::cli {

/// "1,234,567 rows  512.3 MiB  402,113 rows/s  166.9 MiB/s  62 %  ETA 0:12"; what is not known is left out.
[[nodiscard]] std::string progress_text(const Progress& progress);

/// Draws progress on standard error: over and over on one line on a terminal, else a line each time.
class ProgressLine {
 public:
  ProgressLine(bool enabled, bool terminal) : enabled_(enabled), terminal_(terminal) {}
  void draw(const Progress& progress);
  /// Leaves the line, so that what follows begins on its own.
  void finish();

 private:
  bool enabled_;
  bool terminal_;
  bool drawn_ = false;
};

/// "1,234,567"
[[nodiscard]] std::string with_thousands(std::uint64_t number);

}  // namespace leat::cli
