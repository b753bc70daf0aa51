#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"

namespace leat {

/// What a new version of a schema must keep, towards the one before it.
enum class SchemaRuleKind {
  backward,  ///< rows of the old schema have a place in the new one
  forward,   ///< rows of the new schema have a place in the old one
  full,      ///< both
  readers,   ///< a SELECT that works with the old schema works with the new one, and means the same
  none,      ///< nothing
};

/// A rule, by which a subject's versions are checked.
struct SchemaRule {
  SchemaRuleKind kind = SchemaRuleKind::readers;
  /// Towards all earlier versions, and not only the last one.
  bool transitive = false;

  friend bool operator==(const SchemaRule&, const SchemaRule&) = default;
};

/// "backward", "readers_transitive", …
[[nodiscard]] LEAT_EXPORT std::string to_string(const SchemaRule& rule);
/// Nothing for another text.
[[nodiscard]] LEAT_EXPORT std::optional<SchemaRule> parse_schema_rule(std::string_view text);
/// All of them, as to_string() has them.
[[nodiscard]] LEAT_EXPORT const std::vector<std::string>& schema_rule_names();

}  // namespace leat
