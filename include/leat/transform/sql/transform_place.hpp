#pragma once

#include <optional>
#include <string_view>

namespace leat {

/// Where transforms in SQL run.
enum class TransformPlace {
  /// In the source where it is a PostgreSQL server and every transform may run there; else in the target.
  auto_,
  /// The source reads what they make of the rows, so that nothing else travels.
  source,
  /// The rows travel as they are into a temporary table of the target, in the load's own transaction, and
  /// one statement there makes of them what is loaded. It may name the target's tables.
  target,
};

/// "auto", "source" or "target".
[[nodiscard]] constexpr std::string_view to_string(TransformPlace place) {
  switch (place) {
    case TransformPlace::source:
      return "source";
    case TransformPlace::target:
      return "target";
    case TransformPlace::auto_:
      break;
  }
  return "auto";
}

/// The place of that name; nullopt if there is none.
[[nodiscard]] constexpr std::optional<TransformPlace> parse_transform_place(std::string_view name) {
  for (const auto place : {TransformPlace::auto_, TransformPlace::source, TransformPlace::target}) {
    if (to_string(place) == name) return place;
  }
  return std::nullopt;
}

}  // namespace leat
