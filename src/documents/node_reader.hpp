#pragma once

#include <span>
#include <string>
#include <vector>

#include "leat/documents/diagnostic.hpp"
#include "leat/documents/node.hpp"

namespace leat::documents_detail {

/// Reads nodes whose keys are not those of a table alone, and says what is wrong with them.
class NodeReader {
 public:
  explicit NodeReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void fault(const Place& place, const std::string& path, const std::string& code, std::string message,
             std::string hint = {});
  /// `expected` is what it must be: "a list".
  void wrong_type(const Node& node, const std::string& path, const std::string& expected,
                  std::string hint = {});
  void unknown_key(const NodeEntry& entry, const std::string& path, const std::vector<std::string>& known);
  /// One of several words. `what` stands before it in the message: "the operator".
  void unknown_word(const Place& place, const std::string& path, const std::string& what,
                    const std::string& word, const std::vector<std::string>& known);

  /// Tells keys of a mapping that are none of these.
  void check_keys(const Node& mapping, const std::string& path, const std::vector<std::string>& known);
  /// A secret that stands in the document itself is taken, and is told.
  void secret_in_document(const Node& node, const std::string& path);

  [[nodiscard]] bool require_mapping(const Node& node, const std::string& path);
  [[nodiscard]] bool require_list(const Node& node, const std::string& path);
  /// Whether it is a text. If not, that is told.
  [[nodiscard]] bool require_text(const Node& node, const std::string& path);
  /// The value of a key that must be there, or null.
  [[nodiscard]] const Node* required(const Node& mapping, const std::string& path, const std::string& key);

 private:
  Diagnostics& diagnostics_;
};

}  // namespace leat::documents_detail
