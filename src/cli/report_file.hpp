#pragma once

#include <string>

namespace leat::cli {

/// A file that is there whole or not at all: a file beside it takes its place.
class ReportFile {
 public:
  /// Tries whether it can be written, and leaves what is there. @throws Error (config)
  explicit ReportFile(std::string path);

  /// Replaces what is there. @throws Error (config)
  void write(const std::string& text) const;

 private:
  std::string path_;  // what a link leads to
};

}  // namespace leat::cli
