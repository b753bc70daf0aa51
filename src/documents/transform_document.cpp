#include "leat/documents/transform_document.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "documents/change_document.hpp"
#include "documents/filter_document.hpp"
#include "documents/node_reader.hpp"
#include "documents/test_document.hpp"
#include "documents/text_place.hpp"
#include "leat/documents/read_document.hpp"

namespace leat {
namespace documents_detail {
namespace {

using Names = std::vector<std::string>;

// A registered transform uses only those that were registered before it, so this is never reached.
constexpr int most_uses_in_uses = 16;

class TransformReader {
 public:
  TransformReader(TransformDocument& document, Diagnostics& diagnostics, const TransformSources& sources)
      : document_(document), diagnostics_(diagnostics), sources_(sources), reader_(diagnostics) {}

  void whole(const Node& node, const std::string& path) {
    static_cast<void>(origin_(node));
    stages_of_whole(node, path);
    read_beside(node, path);
  }

 private:
  /// What stands beside the steps.
  void read_beside(const Node& node, const std::string& path) {
    if (node.kind != NodeKind::mapping) return;
    if (const NodeEntry* const about = node.find("description")) {
      if (about->value.kind == NodeKind::scalar) document_.description = about->value.text;
    }
    if (const NodeEntry* const place = node.find("place")) {
      runs_in(place->value, path_of_key(path, place->key));
    }
    if (const NodeEntry* const columns = node.find("columns")) {
      document_.columns = texts(columns->value, path_of_key(path, "columns"));
    }
    if (const NodeEntry* const tests = node.find("tests")) {
      document_.tests = tests_of(tests->value, path_of_key(path, "tests"), reader_, origin_);
    }
  }

  void runs_in(const Node& node, const std::string& path) {
    static const Names places{"auto", "source", "target"};
    if (!reader_.require_text(node, path)) return;
    if (const auto place = parse_transform_place(node.text)) {
      document_.runs_in = *place;
    } else {
      reader_.unknown_word(node.place, path, "the place", node.text, places);
    }
  }

  void stages_of_whole(const Node& node, const std::string& path) {
    const NodeEntry* const steps = node.kind == NodeKind::mapping ? node.find("steps") : nullptr;
    if (steps == nullptr) return stages(node, path);
    for (const auto& entry : node.entries) {
      if (is_beside(entry.key) || entry.key == "steps") continue;
      reader_.fault(entry.key_place, path_of_key(path, entry.key), "wrong-form",
                    "beside steps there is no " + entry.key, "write it as one of the steps");
    }
    const std::string inner = path_of_key(path, "steps");
    if (reader_.require_list(steps->value, inner)) stages(steps->value, inner);
  }
  static bool is_beside(std::string_view key) {
    return key == "description" || key == "columns" || key == "tests" || key == "place" ||
           key.starts_with("x-");
  }
  /// Whether a key of a stage is none of its steps. In a chain, columns and tests are of the whole.
  bool is_other(const NodeEntry& entry, const std::string& path) {
    if (!is_beside(entry.key)) return false;
    if (is_in_chain_ && entry.key == "place") {
      reader_.fault(entry.key_place, path_of_key(path, entry.key), "wrong-form",
                    "one transform of a list has no place of its own", "write {place: …, steps: [{…}, {…}]}");
    } else if (is_in_chain_ && (entry.key == "columns" || entry.key == "tests")) {
      reader_.fault(entry.key_place, path_of_key(path, entry.key), "wrong-form",
                    entry.key + " is of the whole transform, not of a part of a chain",
                    "write it beside the chain: {steps: […], " + entry.key + ": …}");
    }
    return true;
  }

  void stages(const Node& node, const std::string& path) {
    if (node.kind != NodeKind::sequence) return stage(node, path);
    is_in_chain_ = true;
    if (node.items.empty()) reader_.fault(node.place, path, "no-value", path + " has no transform");
    for (std::size_t i = 0; i < node.items.size(); ++i) stage(node.items[i], path_of_item(path, i));
  }

  void stage(const Node& node, const std::string& path) {
    if (!reader_.require_mapping(node, path)) return;
    if (const NodeEntry* const sql = node.find("sql")) {
      require_alone(node, path, "sql");
      if (const auto text = sql_text(sql->value, path_of_key(path, "sql")))
        document_.stages.emplace_back(*text);
    } else if (const NodeEntry* const other = node.find("use")) {
      require_alone(node, path, "use");
      const auto text = sql_text(other->value, path_of_key(path, "use"));
      if (text) use(text->text, other->value.place, path_of_key(path, "use"));
    } else {
      document_.stages.emplace_back(config(node, path));
    }
  }

  void require_alone(const Node& node, const std::string& path, const std::string& key) {
    for (const auto& entry : node.entries) {
      if (entry.key == key || is_other(entry, path)) continue;
      reader_.fault(entry.key_place, path_of_key(path, entry.key), "wrong-form",
                    "beside " + key + " there is no " + entry.key,
                    "write a list of two transforms: [{" + key + ": …}, {…}]");
    }
  }

  void use(const std::string& reference, const Place& place, const std::string& path) {
    if (depth_ > 0 && !is_pinned(reference)) {
      return reader_.fault(place, path, "no-version",
                           "a registered transform uses a version, and \"" + reference + "\" names none",
                           "write its number: NAME@3");
    }
    if (!sources_.find || depth_ == most_uses_in_uses) {
      return reader_.fault(
          place, path, "no-registry",
          depth_ > 0 ? "too many transforms use each other" : "no registry of transforms is known here");
    }
    std::shared_ptr<const SourceText> text;
    try {
      text = sources_.find(reference);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::config) throw;
      return reader_.fault(place, path, "unknown-transform", error.what(), std::string(error.hint()));
    }
    document_.uses.push_back({reference, text ? text->name() : "", place});
    if (text) used(text);
  }
  /// Whether it ends in "@3".
  static bool is_pinned(std::string_view reference) {
    const auto at = reference.rfind('@');
    return at != std::string_view::npos && at + 1 < reference.size() &&
           reference.find_first_not_of("0123456789", at + 1) == std::string_view::npos;
  }
  void used(const std::shared_ptr<const SourceText>& text) {
    auto root = read_document(text, diagnostics_);
    if (!root) return;
    substitute(*root, sources_.references, diagnostics_);
    const bool was_in_chain = std::exchange(is_in_chain_, false);
    ++depth_;
    stages_of_whole(*root, "");
    --depth_;
    is_in_chain_ = was_in_chain;
  }

  ConfigTransform config(const Node& node, const std::string& path) {
    static const Names keys{"sql",          "rename",          "filter",       "select", "add_columns",
                            "drop_columns", "transformations", "aggregations", "cast",   "description",
                            "use",          "steps",           "columns",      "tests",  "place"};
    ConfigTransform transform;
    for (const auto& entry : node.entries) {
      const Node& value = entry.value;
      const std::string inner = path_of_key(path, entry.key);
      if (entry.key == "rename") {
        for (auto& [from, to] : texts(value, inner)) {
          transform.rename.push_back({std::move(from), std::move(to)});
        }
      } else if (entry.key == "filter") {
        transform.filter = filter_of(value, inner, reader_, origin_);
      } else if (entry.key == "select") {
        transform.select = names(value, inner);
      } else if (entry.key == "add_columns") {
        add_columns(value, inner, transform.add_columns);
      } else if (entry.key == "drop_columns") {
        transform.drop_columns = names(value, inner);
      } else if (entry.key == "transformations") {
        changes(value, inner, transform.transformations);
      } else if (entry.key == "aggregations") {
        transform.aggregations = aggregation(value, inner);
      } else if (entry.key == "cast") {
        for (auto& [column, type] : texts(value, inner)) {
          transform.cast.push_back({std::move(column), CheckedCast{std::move(type)}});
        }
      } else if (!is_other(entry, path)) {
        reader_.unknown_key(entry, path, keys);
      }
    }
    return transform;
  }

  [[nodiscard]] SourcedText key_text(const NodeEntry& entry) { return {entry.key, origin_(key_node(entry))}; }
  std::optional<SourcedText> sql_text(const Node& node, const std::string& path) {
    return text_of(node, path, reader_, origin_);
  }

  /// Names with a text each.
  std::vector<std::pair<SourcedText, SourcedText>> texts(const Node& node, const std::string& path) {
    std::vector<std::pair<SourcedText, SourcedText>> all;
    if (!reader_.require_mapping(node, path)) return all;
    for (const auto& entry : node.entries) {
      if (auto text = sql_text(entry.value, path_of_key(path, entry.key))) {
        all.emplace_back(key_text(entry), std::move(*text));
      }
    }
    return all;
  }

  std::vector<SourcedText> names(const Node& node, const std::string& path) {
    std::vector<SourcedText> all;
    if (!reader_.require_list(node, path)) return all;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (auto text = sql_text(node.items[i], path_of_item(path, i))) all.push_back(std::move(*text));
    }
    return all;
  }

  void add_columns(const Node& node, const std::string& path, std::vector<AddedColumn>& columns) {
    if (!reader_.require_mapping(node, path)) return;
    for (const auto& entry : node.entries) {
      const std::string inner = path_of_key(path, entry.key);
      const Node* value = &entry.value;
      bool is_literal = false;
      if (value->kind == NodeKind::mapping) {
        reader_.check_keys(*value, inner, {"value"});
        value = reader_.required(*value, inner, "value");
        if (value == nullptr) continue;
        is_literal = true;
      }
      if (!is_literal && value->kind == NodeKind::scalar && scalar_type(*value) == ScalarType::text) {
        if (auto text = sql_text(*value, inner)) columns.push_back({key_text(entry), std::move(*text)});
      } else if (auto literal = literal_of(*value, inner, reader_, origin_)) {
        columns.push_back({key_text(entry), std::move(*literal)});
      }
    }
  }

  void changes(const Node& node, const std::string& path, std::vector<ColumnChange>& all) {
    if (!reader_.require_list(node, path)) return;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (auto one = change_of(node.items[i], path_of_item(path, i), reader_, origin_))
        all.push_back(std::move(*one));
    }
  }
  Aggregation aggregation(const Node& node, const std::string& path) {
    Aggregation aggregation;
    if (!reader_.require_mapping(node, path)) return aggregation;
    reader_.check_keys(node, path, {"group_by", "aggregate", "having"});
    if (const NodeEntry* const keys = node.find("group_by")) {
      for (auto& key : names(keys->value, path_of_key(path, "group_by"))) {
        aggregation.group_by.push_back(group_key(std::move(key)));
      }
    }
    if (const NodeEntry* const calls = node.find("aggregate")) {
      for (auto& [name, call] : texts(calls->value, path_of_key(path, "aggregate"))) {
        aggregation.aggregates.push_back({std::move(name), std::move(call)});
      }
    }
    if (const NodeEntry* const having = node.find("having")) {
      aggregation.having = sql_text(having->value, path_of_key(path, "having"));
    }
    return aggregation;
  }
  /// "status", or "extract(year FROM day) AS year".
  static GroupKey group_key(SourcedText written) {
    std::string lower = written.text;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const auto as = lower.rfind(" as ");
    const std::string name = as == std::string::npos ? "" : written.text.substr(as + 4);
    const bool is_name = !name.empty() && name.find_first_of(" ()'\",") == std::string::npos;
    if (!is_name) return {.name = std::move(written)};
    SourcedText sql(written.text.substr(0, as), written.origin);
    return {.name = {name, written.origin}, .sql = std::move(sql)};
  }

  TransformDocument& document_;
  Diagnostics& diagnostics_;
  const TransformSources& sources_;
  NodeReader reader_;
  bool is_in_chain_ = false;
  int depth_ = 0;
  const OriginOf origin_ = [this](const Node& node) {
    document_.origins.push_back(node);
    return document_.origins.size() - 1;
  };
};

}  // namespace
}  // namespace documents_detail

TransformDocument read_transforms(const Node& node, const std::string& path, Diagnostics& diagnostics,
                                  const TransformSources& sources) {
  TransformDocument document;
  documents_detail::TransformReader(document, diagnostics, sources).whole(node, path);
  return document;
}

Place TransformDocument::place(std::size_t origin, std::size_t character) const {
  return origin < origins.size() ? documents_detail::place_in_text(origins[origin], character) : Place{};
}

}  // namespace leat
