#include "leat/registry/transform_reference.hpp"

#include <algorithm>
#include <charconv>

#include "leat/core/error.hpp"

namespace leat {
namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

Error no_reference(std::string_view text, const std::string& why) {
  constexpr std::size_t most = 100;
  return {ErrorKind::config,
          "\"" + std::string(text.substr(0, most)) + (text.size() > most ? "…" : "") +
              "\" names no transform: " + why,
          {.hint = "write a name, and perhaps a version: clean_orders, clean_orders@3, clean_orders@latest"}};
}

}  // namespace

bool is_transform_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= TransformReference::longest_name && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

TransformReference TransformReference::parse(std::string_view text) {
  const auto at = text.find('@');
  TransformReference reference{.name = std::string(text.substr(0, at))};
  if (reference.name.size() > longest_name) throw no_reference(text, "the name is longer than 200 bytes");
  if (!is_transform_name(reference.name)) {
    throw no_reference(text, "names have letters, digits, _ and -, and begin with a letter or _");
  }
  const std::string_view version = at == std::string_view::npos ? "latest" : text.substr(at + 1);
  if (version == "latest") return reference;
  std::int32_t number = 0;
  const char* const end = version.data() + version.size();
  const auto [stop, failure] = std::from_chars(version.data(), end, number);
  if (failure != std::errc{} || stop != end || number < 1) {
    throw no_reference(text, "behind @ stands a number from 1 on, or latest");
  }
  reference.version = number;
  return reference;
}

std::string TransformReference::text() const {
  return name + "@" + (version ? std::to_string(*version) : "latest");
}

}  // namespace leat
