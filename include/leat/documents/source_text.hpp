#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"

namespace leat {

/// The text of a document, and where its lines begin. Thread-safe: nothing of it changes.
class LEAT_EXPORT SourceText {
 public:
  /// A document has no more bytes than that (1 MiB).
  static constexpr std::size_t most_bytes = std::size_t{1} << 20U;

  /// @param name what messages call it, such as the file's path.
  /// @param bytes all of it. A byte order mark of UTF-8 at its beginning is left out. Whether the rest is
  /// text that a document may have says read_document().
  SourceText(std::string name, std::string bytes);

  /// The content of a file, or of a pipe until its writers are gone. What is longer than a document may be is
  /// read no further.
  /// @throws Error (config) where it cannot be read, (cancelled) after a stop.
  [[nodiscard]] static std::shared_ptr<const SourceText> of_file(const std::string& path,
                                                                 const std::stop_token& stop = {});

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// How many lines there are, at least one.
  [[nodiscard]] std::size_t lines() const noexcept { return begins_.size(); }
  /// A line without its line break; lines are counted from 1. Empty for one that is not there.
  [[nodiscard]] std::string_view line(std::size_t number) const noexcept;
  /// The number of the line in which that byte of text() stands; its end is in the last line.
  [[nodiscard]] std::size_t line_of(std::size_t offset) const noexcept;
  /// Where in text() a line begins.
  [[nodiscard]] std::size_t begin_of(std::size_t line) const noexcept { return begins_[line - 1]; }

 private:
  // Constant after construction
  std::string name_;
  std::string text_;
  std::vector<std::size_t> begins_;
};

/// Where something stands in a document. A plain value; it keeps the document's text.
struct Place {
  std::shared_ptr<const SourceText> source{};
  std::size_t line = 0;    ///< counted from 1; zero: it stands nowhere
  std::size_t column = 0;  ///< in characters, counted from 1
  std::size_t length = 0;  ///< in characters, within the line
};

/// The place of `bytes` bytes from `offset` on. What goes beyond the end of its line ends there; every place
/// has at least one character.
[[nodiscard]] LEAT_EXPORT Place place_at(const std::shared_ptr<const SourceText>& source, std::size_t offset,
                                         std::size_t bytes);

/// "orders.yaml:14:39", or the document's name alone.
[[nodiscard]] LEAT_EXPORT std::string to_text(const Place& place);

}  // namespace leat
