#include "leat/documents/read_document.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "documents/shown.hpp"
#include "documents/text_faults.hpp"
#include "documents/yaml_events.hpp"

namespace leat {
namespace {

using documents_detail::shown;
using documents_detail::YamlEvent;
using Kind = YamlEvent::Kind;

/// The document is larger than it may be, which has been said.
struct TooLarge {};

/// Makes a tree of a document's steps. An alias is what it stands for, with the places of that.
class TreeBuilder {
 public:
  TreeBuilder(const std::shared_ptr<const SourceText>& source, const std::vector<YamlEvent>& events,
              Diagnostics& diagnostics, DocumentLimits limits)
      : source_(source), events_(events), diagnostics_(diagnostics), limits_(limits) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto& event = events[i];
      if (event.anchor != 0 && event.kind != Kind::alias) anchors_.emplace(event.anchor, i);
    }
  }

  /// @throws TooLarge
  Node build() {
    std::size_t at = 0;
    return node(at, "", false);
  }

 private:
  /// The node that begins with the step `at`, which is then the one behind it.
  Node node(std::size_t& at, const std::string& path, bool in_block) {
    const std::size_t first = at++;
    const YamlEvent& event = events_[first];
    if (event.kind == Kind::alias) return alias(event, path);
    if (++nodes_ > limits_.nodes) {
      fault(place_of(event), path, "too-many-nodes",
            "the document has more than " + std::to_string(limits_.nodes) +
                " values, with all that aliases "
                "stand for");
      throw TooLarge{};
    }
    check_tag(event, path);
    if (in_block) check_indent(event, path);
    Node out;
    out.place = place_of(event);
    if (event.kind == Kind::scalar) {
      out.text = event.text;
      out.quoted = event.quoted;
      if (out.text.find('\0') != std::string::npos) {
        fault(out.place, path, "zero-character", "a text may not have the character U+0000 in it");
      }
      return out;
    }
    if (open_.size() >= limits_.depth) {
      fault(out.place, path, "too-deep",
            "lists and mappings are more than " + std::to_string(limits_.depth) + " deep in one another");
      throw TooLarge{};
    }
    open_.push_back(first);
    if (event.kind == Kind::sequence) {
      out.kind = NodeKind::sequence;
      while (events_[at].kind != Kind::end) {
        out.items.push_back(node(at, path_of_item(path, out.items.size()), !event.flow));
      }
    } else {
      out.kind = NodeKind::mapping;
      std::unordered_map<std::string, std::size_t> known;
      while (events_[at].kind != Kind::end) entry(out, known, at, path, !event.flow);
    }
    ++at;
    open_.pop_back();
    return out;
  }

  void entry(Node& mapping, std::unordered_map<std::string, std::size_t>& known, std::size_t& at,
             const std::string& path, bool in_block) {
    const YamlEvent& event = events_[at];
    Node key = node(at, path, in_block);
    const bool is_text = key.kind == NodeKind::scalar && (key.quoted || !key.text.empty());
    if (!is_text) {
      const bool is_missing = key.kind == NodeKind::scalar;
      fault(place_of(event), path, "bad-key", is_missing ? "a key is missing" : "a key must be text",
            is_missing ? "" : "lists and mappings in [] or {} stand behind a colon");
    }
    if (is_text && key.text == "<<" && !key.quoted) {
      fault(key.place, path, "merge-key", "merge keys (<<) are no part of YAML 1.2, and are not read",
            "write the keys themselves, or what is common to all under defaults");
    }
    const auto [first, is_new] = known.try_emplace(key.text, mapping.entries.size());
    const std::string inner = path_of_key(path, key.text);
    if (is_text && !is_new) {
      const Place& before = mapping.entries[first->second].key_place;
      fault(key.place, inner, "duplicate-key",
            "the key " + shown(key.text) + " is there twice: also in line " + std::to_string(before.line) +
                ", column " + std::to_string(before.column),
            "take one of them out");
    }
    Node value = node(at, inner, in_block);
    // What is not there stands at its key.
    if (value.kind == NodeKind::scalar && value.text.empty() && !value.quoted) value.place = key.place;
    if (!is_text || !is_new) return;
    mapping.entries.push_back(
        {.key = std::move(key.text), .key_place = std::move(key.place), .value = std::move(value)});
  }

  Node alias(const YamlEvent& event, const std::string& path) {
    const auto found = anchors_.find(event.anchor);
    Node nothing;
    nothing.place = place_of(event);
    if (found == anchors_.end()) return nothing;
    if (std::find(open_.begin(), open_.end(), found->second) != open_.end()) {
      fault(nothing.place, path, "alias-of-itself", "this alias stands within what it stands for");
      return nothing;
    }
    std::size_t at = found->second;
    return node(at, path, false);
  }

  void check_tag(const YamlEvent& event, const std::string& path) {
    if (event.tag.empty()) return;
    fault(place_at(source_, event.offset, 1), path, "tag", "tags are not read: " + shown(event.tag),
          "a text that looks like a number is written in quotes; a text that begins with ! is, too");
  }

  void check_indent(const YamlEvent& event, const std::string& path) {
    const std::string_view line = source_->line(source_->line_of(event.offset));
    const std::size_t begin = source_->begin_of(source_->line_of(event.offset));
    const std::string_view before = line.substr(0, std::min(event.offset - begin, line.size()));
    const std::size_t tab = before.find('\t');
    if (tab == std::string_view::npos || before.find_first_not_of(" \t-") != std::string_view::npos) return;
    if (begin + tab <= last_tab_ && last_tab_ > 0) return;
    last_tab_ = begin + tab + 1;
    fault(place_at(source_, begin + tab, 1), path, "tab", "a tab indents this line", "indent by spaces");
  }

  [[nodiscard]] Place place_of(const YamlEvent& event) const {
    const std::size_t begin = content_offset_of(event);
    std::size_t length = 1;
    if (event.kind == Kind::scalar) {
      length = documents_detail::scalar_length(source_->text(), begin, event.text, event.quoted);
    } else if (event.kind == Kind::alias) {
      length = source_->text().find_first_of(" \t\r\n,]}", begin) - begin;
    }
    return place_at(source_, begin, length);
  }

  [[nodiscard]] std::size_t content_offset_of(const YamlEvent& event) const {
    return event.anchor != 0 || !event.tag.empty()
               ? documents_detail::content_offset(source_->text(), event.offset)
               : event.offset;
  }

  void fault(const Place& place, const std::string& path, const char* code, std::string message,
             std::string hint = {}) {
    // Once, however many aliases stand for it.
    if (!told_.insert(std::string(code) + to_text(place)).second) return;
    diagnostics_.add(
        {.place = place, .path = path, .code = code, .message = std::move(message), .hint = std::move(hint)});
  }

  const std::shared_ptr<const SourceText>& source_;
  const std::vector<YamlEvent>& events_;
  Diagnostics& diagnostics_;
  DocumentLimits limits_;
  std::unordered_map<std::size_t, std::size_t> anchors_;  // where each stands in events_
  std::vector<std::size_t> open_;                         // what is being built
  std::unordered_set<std::string> told_;
  std::size_t nodes_ = 0;
  std::size_t last_tab_ = 0;
};

}  // namespace

std::optional<Node> read_document(const std::shared_ptr<const SourceText>& source, Diagnostics& diagnostics,
                                  DocumentLimits limits) {
  if (auto fault = documents_detail::text_fault(source)) {
    diagnostics.add(std::move(*fault));
    return std::nullopt;
  }
  const auto events = documents_detail::yaml_events(source, diagnostics, limits);
  if (!events) return std::nullopt;
  const YamlEvent* first = events->empty() ? nullptr : &events->front();
  if (first == nullptr || (first->kind == Kind::scalar && first->text.empty() && !first->quoted)) {
    diagnostics.add({.place = {.source = source}, .code = "empty", .message = "the document is empty"});
    return std::nullopt;
  }
  try {
    return TreeBuilder(source, *events, diagnostics, limits).build();
  } catch (const TooLarge&) {
    return std::nullopt;
  }
}

}  // namespace leat
