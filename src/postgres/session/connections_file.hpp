#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace leat::postgres_detail {

/// What a file of connection ids says, before it means anything.
struct ConnectionsFile {
  struct Value {
    std::string key{};
    std::string text{};
    std::size_t line = 0;
  };
  struct Entry {
    bool is_text = false;  ///< a URI or a keyword string alone: the only value, with the key "uri"
    std::vector<Value> values{};
    std::size_t line = 0;
  };

  std::string name{};                 ///< for messages
  std::filesystem::path directory{};  ///< of what the file names
  std::map<std::string, Entry, std::less<>> entries{};

  /// "ids.json: connection "shop"".
  [[nodiscard]] std::string place_of(std::string_view id) const;
};

/// @throws Error (config) that names the file, the line or the id, and the key; never a value. An id, or a
/// key of one, that is there twice is an error with both lines.
[[nodiscard]] ConnectionsFile parse_connections(std::string_view text, const std::string& name);

}  // namespace leat::postgres_detail
