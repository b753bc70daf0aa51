#include <algorithm>

#include "leat/documents/read_document.hpp"

namespace leat {
namespace {

bool is_word(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

std::string path_of_key(std::string_view path, std::string_view key) {
  std::string out(path);
  if (is_word(key)) {
    if (!out.empty()) out += '.';
    return out.append(key);
  }
  return out.append("[\"").append(key).append("\"]");
}

std::string path_of_item(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

}  // namespace leat
