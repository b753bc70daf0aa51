#include "leat/documents/write_document.hpp"

#include <algorithm>
#include <string_view>

#include "documents/yaml_scalar.hpp"
#include "leat/documents/read_document.hpp"

namespace leat {
namespace documents_detail {
namespace {

constexpr std::size_t longest_flow = 76;
constexpr std::size_t step = 2;
constexpr std::size_t most_in_item = 3;

class YamlWriter {
 public:
  explicit YamlWriter(const DocumentComments& comments) : comments_(comments) {}

  std::string write(const Node& root) {
    comment("", 0);
    if (root.kind == NodeKind::scalar) {
      out_ += yaml_scalar(root, ScalarPlace::flow) + "\n";
    } else if (is_empty(root)) {
      out_ += flow(root) + "\n";
    } else {
      block(root, 0, "");
    }
    return std::move(out_);
  }

 private:
  static bool is_empty(const Node& node) { return node.items.empty() && node.entries.empty(); }

  static std::string flow(const Node& node) {
    if (node.kind == NodeKind::scalar) return yaml_scalar(node, ScalarPlace::flow);
    std::string inner;
    for (const auto& item : node.items) inner += (inner.empty() ? "" : ", ") + flow(item);
    for (const auto& entry : node.entries) {
      inner +=
          (inner.empty() ? "" : ", ") + yaml_text(entry.key, ScalarPlace::flow) + ": " + flow(entry.value);
    }
    return node.kind == NodeKind::sequence ? "[" + inner + "]" : "{" + inner + "}";
  }

  /// Whether a list or a mapping stands on one line.
  [[nodiscard]] bool suits_flow(const Node& node, std::size_t indent, const std::string& path) const {
    if (is_empty(node)) return true;
    const auto is_short = [](const Node& one) { return one.kind == NodeKind::scalar && !suits_block(one); };
    if (!std::all_of(node.items.begin(), node.items.end(), is_short)) return false;
    for (const auto& entry : node.entries) {
      if (!is_short(entry.value) || comments_.contains(path_of_key(path, entry.key))) return false;
    }
    return indent + flow(node).size() <= longest_flow;
  }

  void comment(const std::string& path, std::size_t indent) {
    const auto found = comments_.find(path);
    if (found == comments_.end()) return;
    std::string_view rest = found->second;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string line(rest.substr(0, end));
      std::replace_if(
          line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
          ' ');
      out_ += std::string(indent, ' ') + (line.empty() ? "#" : "# " + line) + "\n";
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  /// A list or a mapping that is not empty, by lines. The first one continues the line of a dash, if there
  /// is one.
  void block(const Node& node, std::size_t indent, const std::string& path, bool behind_dash = false) {
    const auto begin = [&](bool is_first) {
      if (!is_first || !behind_dash) out_ += std::string(indent, ' ');
    };
    if (node.kind == NodeKind::sequence) {
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        item(node.items[i], indent, path_of_item(path, i));
      }
      return;
    }
    for (const auto& entry : node.entries) {
      const bool is_first = &entry == &node.entries.front();
      const std::string inner = path_of_key(path, entry.key);
      if (!is_first || !behind_dash) comment(inner, indent);
      begin(is_first);
      out_ += yaml_text(entry.key, ScalarPlace::flow) + ":";
      value(entry.value, indent, inner);
    }
  }

  void item(const Node& node, std::size_t indent, const std::string& path) {
    comment(path, indent);
    const bool is_mapping = node.kind == NodeKind::mapping && !is_empty(node);
    if (is_mapping) comment(path_of_key(path, node.entries.front().key), indent);
    out_ += std::string(indent, ' ') + "-";
    // One that says much is read line by line.
    const bool is_block = node.entries.size() == 1 || node.entries.size() > most_in_item;
    if (is_mapping && (is_block || !suits_flow(node, indent, path))) {
      out_ += " ";
      block(node, indent + step, path, true);
    } else {
      value(node, indent, path);
    }
  }

  /// Behind a colon or a dash, to the end of the line or of the lines that are below it.
  void value(const Node& node, std::size_t indent, const std::string& path) {
    if (node.kind != NodeKind::scalar) {
      if (suits_flow(node, indent, path)) {
        out_ += " " + flow(node) + "\n";
      } else {
        out_ += "\n";
        block(node, indent + step, path);
      }
      return;
    }
    if (!suits_block(node)) {
      out_ += " " + yaml_scalar(node, ScalarPlace::block) + "\n";
      return;
    }
    std::string_view rest = written_text(node);
    out_ += rest.ends_with('\n') ? " |\n" : " |-\n";
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (end > 0) out_.append(indent + step, ' ').append(rest.substr(0, end));
      out_ += "\n";
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  const DocumentComments& comments_;
  std::string out_;
};

}  // namespace
}  // namespace documents_detail

std::string to_yaml(const Node& node, const DocumentComments& comments) {
  return documents_detail::YamlWriter(comments).write(node);
}

}  // namespace leat
