#pragma once

#include <string>
#include <string_view>

namespace leat::documents_detail {

/// What the parser's own message says, in words for whoever wrote the document.
struct YamlWords {
  std::string message{};
  std::string hint{};
};

[[nodiscard]] YamlWords yaml_words(std::string_view message);

}  // namespace leat::documents_detail
