#include "leat/documents/source_text.hpp"

#include <algorithm>
#include <utility>

#include "leat/core/detail/characters.hpp"
#include "leat/core/detail/descriptor.hpp"

namespace leat {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

SourceText::SourceText(std::string name, std::string bytes)
    : name_(std::move(name)), text_(std::move(bytes)), begins_{0} {
  if (text_.starts_with(byte_order_mark)) text_.erase(0, byte_order_mark.size());
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') begins_.push_back(i + 1);
  }
}

std::shared_ptr<const SourceText> SourceText::of_file(const std::string& path, const std::stop_token& stop) {
  return std::make_shared<const SourceText>(
      path, detail::read_all(path, "the document", stop, most_bytes + byte_order_mark.size()));
}

std::string_view SourceText::line(std::size_t number) const noexcept {
  if (number == 0 || number > begins_.size()) return {};
  const std::size_t begin = begins_[number - 1];
  const std::size_t end = number < begins_.size() ? begins_[number] - 1 : text_.size();
  std::string_view line = std::string_view(text_).substr(begin, end - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t SourceText::line_of(std::size_t offset) const noexcept {
  const auto after = std::upper_bound(begins_.begin(), begins_.end(), offset);
  return static_cast<std::size_t>(after - begins_.begin());
}

Place place_at(const std::shared_ptr<const SourceText>& source, std::size_t offset, std::size_t bytes) {
  offset = std::min(offset, source->text().size());
  const std::size_t number = source->line_of(offset);
  const std::string_view line = source->line(number);
  const std::size_t before = std::min(offset - source->begin_of(number), line.size());
  const std::size_t length = detail::characters_in(line.substr(before, bytes));
  return {.source = source,
          .line = number,
          .column = detail::characters_in(line.substr(0, before)) + 1,
          .length = std::max<std::size_t>(length, 1)};
}

std::string to_text(const Place& place) {
  std::string text = place.source ? place.source->name() : std::string();
  if (place.line == 0) return text;
  return text + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

}  // namespace leat
