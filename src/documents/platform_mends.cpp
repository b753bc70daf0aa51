#include "documents/platform_mends.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "documents/foreign_text.hpp"
#include "documents/native_nodes.hpp"
#include "documents/shown.hpp"
#include "documents/yaml_scalar.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/documents/read_document.hpp"

namespace leat::documents_detail {
namespace {

using Names = std::vector<std::string>;

/// The path of something within the steps, in their document.
std::string in_document(const std::string& steps, const std::string& inner) {
  return inner.empty() || steps.empty() || inner.front() == '[' ? steps + inner : steps + "." + inner;
}

std::string as_value(const std::string& text) {
  return "{value: " + yaml_text(text, ScalarPlace::flow) + "}";
}

/// What people write for a word, and the word.
using OtherWord = std::pair<std::string_view, std::string_view>;
constexpr std::array<OtherWord, 3> other_keys{
    {{"where", "filter"}, {"columns", "select"}, {"drop", "drop_columns"}}};
constexpr std::array<OtherWord, 3> other_operators{{{"=", "=="}, {"<>", "!="}, {"regex", "contains"}}};
constexpr std::array<OtherWord, 4> other_functions{
    {{"trim", "strip"}, {"capitalize", "title"}, {"uppercase", "upper"}, {"lowercase", "lower"}}};

class StepsMender {
 public:
  StepsMender(Node& steps, const MendOptions& options, Diagnostics& diagnostics)
      : steps_(steps), options_(options), diagnostics_(diagnostics) {}

  void mend() {
    if (steps_.kind != NodeKind::mapping) return;
    static const Names keys{"select",       "rename",          "filter",       "add_columns",
                            "drop_columns", "transformations", "aggregations", "description"};
    for (auto& entry : steps_.entries) {
      if (entry.key.starts_with("x-")) continue;
      word(entry.key, entry.key_place, "", "the key", keys, other_keys, &steps_);
    }
    for (const std::string_view key : {"select", "drop_columns"}) {
      if (Node* const names = find(steps_, key)) {
        if (is_text(*names) && correct(std::string(key), std::string(key) + ": " + names->text))
          bracket(*names);
      }
    }
    if (Node* const filter = find(steps_, "filter")) conditions(*filter);
    if (Node* const added = find(steps_, "add_columns")) add_columns(*added);
    if (Node* const changes = find(steps_, "transformations")) transformations(*changes);
    if (Node* const groups = find(steps_, "aggregations")) aggregations(*groups);
  }

 private:
  static Node* find(Node& mapping, std::string_view key) {
    const auto found = std::find_if(mapping.entries.begin(), mapping.entries.end(),
                                    [key](const NodeEntry& one) { return one.key == key; });
    return found == mapping.entries.end() ? nullptr : &found->value;
  }

  static void bracket(Node& text) { text = list_node({text}, text.place); }

  /// Whether to correct what stands at a path of the steps, and tells so.
  bool correct(const std::string& path, const std::string& stood) {
    if (options_.corrects) options_.on_correction(path, stood);
    return options_.corrects;
  }

  void fault(const Place& place, const std::string& path, const char* code, const std::string& message,
             std::string hint, Severity severity = Severity::error) {
    const std::string whole = in_document(options_.path, path);
    diagnostics_.add({.place = place,
                      .path = whole,
                      .code = code,
                      .severity = severity,
                      .message = whole + " " + message,
                      .hint = std::move(hint)});
  }

  /// Corrects a word that is none of those, if one is near. read_transforms() tells of it.
  /// @param mapping of which it is a key, which another one may be already; null for a value.
  template <std::size_t count>
  void word(std::string& word, const Place& place, const std::string& path, const std::string& what,
            const Names& known, const std::array<OtherWord, count>& others, const Node* mapping = nullptr) {
    if (std::find(known.begin(), known.end(), word) != known.end()) return;
    const auto other = std::find_if(others.begin(), others.end(),
                                    [&word](const OtherWord& one) { return one.first == word; });
    const std::string instead =
        other != others.end() ? std::string(other->second) : detail::nearest(word, known);
    if (instead.empty() || (mapping != nullptr && mapping->find(instead) != nullptr)) return;
    const std::string inner = path.empty() ? path_of_key("", instead) : path_of_key(path, instead);
    if (correct(inner, what + " " + word)) {
      word = instead;
    } else if (other != others.end()) {
      fault(place, path_of_key(path, word), "unknown-word", "is no " + what.substr(4) + " of leat's",
            "write " + instead);
      word = instead;  // so that it is told once
    }
  }

  void conditions(Node& filter) {
    static const Names operators{">",           ">=",         "<",      "<=",     "==",       "equals",
                                 "!=",          "not_equals", "in",     "not_in", "contains", "is_null",
                                 "is_not_null", "gt",         "ge",     "lt",     "le",       "like",
                                 "ilike",       "between",    "matches"};
    if (filter.kind != NodeKind::mapping) return;
    for (auto& column : filter.entries) {
      const std::string path = path_of_key("filter", column.key);
      Node& value = column.value;
      if (is_null(value)) {
        if (correct(path, column.key + ": null, which met no row")) {
          value = one_entry("is_null", plain_node("true", value.place));
        }
      } else if (value.kind == NodeKind::sequence) {
        if (correct(path, "a list without an operator")) value = one_entry("in", value);
      } else if (value.kind == NodeKind::mapping) {
        for (auto& condition : value.entries) {
          word(condition.key, condition.key_place, path, "the operator", operators, other_operators, &value);
          null_test(condition, path, value);
        }
      }
    }
  }

  /// `is_null: false` was the same as `is_null: true`, and a comparison with null met no row, or all.
  void null_test(NodeEntry& condition, const std::string& path, const Node& all) {
    const bool is_test = condition.key == "is_null" || condition.key == "is_not_null";
    const bool is_false = condition.value.kind == NodeKind::scalar &&
                          scalar_type(condition.value) == ScalarType::boolean &&
                          condition.value.text.find_first_of("fF") == 0;
    const bool is_equal = condition.key == "==" || condition.key == "equals";
    const bool is_unequal = condition.key == "!=" || condition.key == "not_equals";
    std::string instead;
    if (is_test && is_false) instead = condition.key == "is_null" ? "is_not_null" : "is_null";
    if (is_null(condition.value) && is_equal) instead = "is_null";
    if (is_null(condition.value) && is_unequal) instead = "is_not_null";
    if (instead.empty() || all.find(instead) != nullptr) return;
    const std::string stood = condition.key + ": " + (is_false ? "false" : "null");
    if (!correct(path_of_key(path, instead), stood)) return;
    condition.key = instead;
    condition.value = plain_node("true", condition.value.place);
  }

  /// The columns that an expression saw: those that were selected, and those added before it.
  std::set<std::string> selected() {
    std::set<std::string> names;
    const Node* const select = find(steps_, "select");
    if (select == nullptr) return names;
    for (const auto& item : select->items) names.insert(item.text);
    if (const Node* const rename = find(steps_, "rename")) {
      for (const auto& entry : rename->entries) names.insert(entry.value.text);
    }
    return names;
  }

  void add_columns(Node& added) {
    if (added.kind != NodeKind::mapping) return;
    auto known = selected();
    const bool knows_all = !known.empty();
    for (auto& entry : added.entries) {
      const std::string path = path_of_key("add_columns", entry.key);
      if (is_text(entry.value)) expression(entry.value, path, known, knows_all);
      known.insert(entry.key);
    }
  }

  void expression(Node& value, const std::string& path, const std::set<std::string>& known, bool knows_all) {
    const std::string text = value.text;
    if (const auto foreign = foreign_expression(text)) {
      const std::string instead = foreign->is_literal ? as_value(text) : foreign->instead;
      if (!instead.empty() && correct(path, text)) {
        set_value(value, *foreign);
      } else {
        fault(value.place, path, "no-sql", foreign->message,
              instead.empty() ? "write an SQL expression" : "write " + instead);
      }
    } else if (knows_all && is_one_word(text) && !known.contains(text)) {
      if (correct(path, text)) {
        set_value(value, {.instead = text, .is_literal = true});
      } else {
        fault(value.place, path, "column-or-text",
              "means the column " + text + " of the query, which was not selected; it was read as text once",
              "for the text write " + as_value(text), Severity::warning);
      }
    }
  }

  static void set_value(Node& value, const ForeignText& foreign) {
    Node text = text_node(foreign.instead, value.place);
    value = foreign.is_literal ? one_entry("value", std::move(text)) : std::move(text);
  }

  void transformations(Node& changes) {
    static const Names types{"map", "apply"};
    static const Names functions{"upper", "lower", "strip", "lstrip", "rstrip",
                                 "title", "abs",   "round", "trunc"};
    for (std::size_t i = 0; i < changes.items.size(); ++i) {
      Node& change = changes.items[i];
      if (change.kind != NodeKind::mapping) continue;
      const std::string path = path_of_item("transformations", i);
      Node* const type = find(change, "type");
      if (type == nullptr || !is_text(*type)) continue;
      word(type->text, type->place, path, "the type", types, std::array<OtherWord, 0>{});
      Node* const function = find(change, "function");
      if (function != nullptr && is_text(*function)) {
        word(function->text, function->place, path, "the function", functions, other_functions);
      }
      // Values that the mapping does not have became NULL.
      const bool is_map = type->text == "map" && find(change, "otherwise") == nullptr;
      if (is_map) add_entry(change, "otherwise", plain_node("null", change.place));
    }
  }

  void aggregations(Node& groups) {
    if (groups.kind != NodeKind::mapping) return;
    if (Node* const keys = find(groups, "group_by"); keys != nullptr && is_text(*keys)) bracket(*keys);
    Node* const calls = find(groups, "aggregate");
    if (calls == nullptr || calls->kind != NodeKind::mapping) return;
    const std::string all = path_of_key("aggregations", "aggregate");
    for (auto& entry : calls->entries) {
      if (!is_text(entry.value)) continue;
      const std::string path = path_of_key(all, entry.key);
      const std::string text = entry.value.text;
      const auto foreign = foreign_aggregate(text);
      if (!foreign) {
        entry.value.text = aggregate_by_sql_name(text);
      } else if (!foreign->instead.empty() && correct(path, text)) {
        entry.value = text_node(foreign->instead, entry.value.place);
      } else {
        fault(entry.value.place, path, "no-aggregate", foreign->message,
              foreign->instead.empty() ? "write the aggregate whose value it is to have: SUM(" + text + ")"
                                       : "write " + foreign->instead);
      }
    }
  }

  Node& steps_;
  const MendOptions& options_;
  Diagnostics& diagnostics_;
};

}  // namespace

void mend_steps(Node& steps, const MendOptions& options, Diagnostics& diagnostics) {
  StepsMender(steps, options, diagnostics).mend();
}

void mend_select(Node& select, const std::string& path, const MendOptions& options,
                 Diagnostics& diagnostics) {
  auto calls = unnamed_calls(select.text);
  std::reverse(calls.begin(), calls.end());
  std::vector<Diagnostic> told;
  for (const auto& call : calls) {
    if (options.corrects && call.name != call.given) {
      options.on_correction("sql", call.call + " without a name");
      select.text.insert(call.end, " AS " + call.name);
      continue;
    }
    const std::string name = call.name == call.given ? "NAME" : call.name;
    told.push_back({.place = select.place,
                    .path = path,
                    .code = "unnamed-column",
                    .severity = Severity::warning,
                    .message = path + ": the server calls the column " + shown(call.call) + " " + call.given +
                               ", and the target must have one of that name",
                    .hint = "write " + call.call + " AS " + name});
  }
  std::reverse(told.begin(), told.end());
  for (auto& one : told) diagnostics.add(std::move(one));
}

}  // namespace leat::documents_detail
