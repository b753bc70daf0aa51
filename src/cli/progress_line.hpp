#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "leat/core/detail/report_lines.hpp"
#include "leat/core/progress.hpp"
#include "leat/jobs/copy_tables.hpp"

namespace leat::cli {

/// "1,234,567 rows  512.3 MiB  402,113 rows/s  166.9 MiB/s  62 %  ETA 0:12"; what is not known is left out.
[[nodiscard]] std::string progress_text(const Progress& progress);

/// A line for each table that is running, at most so many, and one for all of them.
[[nodiscard]] std::vector<std::string> progress_lines(const TablesProgress& progress, std::size_t most);

/// At most so many characters of a line in UTF-8.
[[nodiscard]] std::string shortened(const std::string& line, std::size_t width);

/// How much fits on a terminal.
struct Screen {
  std::size_t columns = 80;
  std::size_t lines = 24;
};

/// Draws progress on standard error: over and over in one place on a terminal, else lines each time.
class ProgressLine {
 public:
  ProgressLine(bool enabled, bool terminal, Screen screen)
      : enabled_(enabled), terminal_(terminal), screen_(screen) {}
  void draw(const Progress& progress);
  /// `what` stands before it: "orders (2 of 5)".
  void draw(const std::string& what, const Progress& progress);
  void draw(const TablesProgress& progress);
  /// Leaves the line, so that what follows begins on its own.
  void finish();

 private:
  void draw(const std::vector<std::string>& lines);

  bool enabled_;
  bool terminal_;
  Screen screen_;
  std::size_t drawn_ = 0;  // lines
};

using detail::with_thousands;

}  // namespace leat::cli
