#include "leat/registry/schema_rule.hpp"

#include <array>
#include <utility>

namespace leat {
namespace {

constexpr std::string_view transitive_ending = "_transitive";
constexpr std::array<std::pair<SchemaRuleKind, std::string_view>, 5> rule_words{{
    {SchemaRuleKind::readers, "readers"},
    {SchemaRuleKind::backward, "backward"},
    {SchemaRuleKind::forward, "forward"},
    {SchemaRuleKind::full, "full"},
    {SchemaRuleKind::none, "none"},
}};

}  // namespace

std::string to_string(const SchemaRule& rule) {
  for (const auto& [kind, word] : rule_words) {
    if (kind == rule.kind) return std::string(word) + std::string(rule.transitive ? transitive_ending : "");
  }
  return "none";
}

std::optional<SchemaRule> parse_schema_rule(std::string_view text) {
  const bool transitive = text.ends_with(transitive_ending);
  if (transitive) text.remove_suffix(transitive_ending.size());
  for (const auto& [kind, word] : rule_words) {
    // Nothing, towards all versions, is nothing still.
    if (word == text && !(transitive && kind == SchemaRuleKind::none)) return SchemaRule{kind, transitive};
  }
  return std::nullopt;
}

const std::vector<std::string>& schema_rule_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [kind, word] : rule_words) {
      all.emplace_back(word);
      if (kind != SchemaRuleKind::none) all.push_back(std::string(word) + std::string(transitive_ending));
    }
    return all;
  }();
  return names;
}

}  // namespace leat
