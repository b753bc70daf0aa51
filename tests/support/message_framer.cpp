#include "support/message_framer.hpp"

#include <algorithm>
#include <utility>

namespace leat::test {
namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + 4; ++i) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

std::string_view up_to_zero(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

}  // namespace

bool MessageFramer::collect(std::string_view& input, std::size_t size) {
  const std::size_t taken = std::min(input.size(), size - std::min(size, held_.size()));
  held_ += input.substr(0, taken);
  input.remove_prefix(taken);
  return held_.size() >= size;
}

bool MessageFramer::take(std::string_view& input, Piece& piece) {
  piece = {};
  if (body_left_ > 0) {
    if (input.empty()) return false;
    const std::size_t taken = std::min(body_left_, input.size());
    piece.bytes = input.substr(0, taken);
    input.remove_prefix(taken);
    body_left_ -= taken;
    return true;
  }
  if (starting_) {
    if (!collect(input, 8) || !collect(input, number_at(held_, 0))) return false;
    piece.code = number_at(held_, 4);
    piece.bytes = std::exchange(held_, {});
    return true;
  }
  if (!collect(input, 5)) return false;
  const char type = held_.front();
  const std::size_t size = std::size_t{1} + std::max(4U, number_at(held_, 1));
  const bool has_text = type == 'Q' || type == 'P';
  if (has_text && !collect(input, size)) return false;
  piece.type = type;
  body_left_ = size - held_.size();
  piece.bytes = std::exchange(held_, {});
  if (has_text) {
    const auto body = std::string_view(piece.bytes).substr(5);
    // A Parse names its statement first.
    piece.text = up_to_zero(type == 'Q' ? body : body.substr(std::min(body.size(), body.find('\0') + 1)));
  }
  return true;
}

}  // namespace leat::test
