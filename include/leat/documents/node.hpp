#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/source_text.hpp"

namespace leat {

struct NodeEntry;

/// What a node is.
enum class NodeKind {
  scalar,    ///< text, a number, true, false or null
  sequence,  ///< a list
  mapping,   ///< keys with values
};

/// A value of a document, with its place. A plain value.
struct LEAT_EXPORT Node {
  NodeKind kind = NodeKind::scalar;
  Place place{};
  /// Of a scalar, without quotes and escapes. What it means says scalar_type().
  std::string text{};
  /// It stands in quotes, or is a block (`|`, `>`): it is text, whatever it looks like.
  bool quoted = false;
  /// Its text came from `${…}`: it is read as the field wants it, as if it were an option's value.
  bool substituted = false;
  /// A part of it came from the environment or from a file. It is never printed.
  bool tainted = false;
  /// What stands in the document, if `substituted`: "${env:PGPASSWORD}". This may be printed.
  std::string written{};
  /// Its text by pieces, if `substituted`: a text, a value, a text, and so on.
  std::vector<std::string> pieces{};
  /// Of a sequence.
  std::vector<Node> items;
  /// Of a mapping, as they stand in the document. No key is there twice.
  std::vector<NodeEntry> entries;

  /// The entry with that key, or null.
  [[nodiscard]] const NodeEntry* find(std::string_view key) const noexcept;
};

/// A key of a mapping, and its value.
struct NodeEntry {
  std::string key{};
  Place key_place{};
  Node value{};
};

/// What a scalar is, by the core schema of YAML 1.2. `yes`, `on`, `no` and `off` are text.
enum class ScalarType {
  text,
  null,      ///< null, ~, or nothing
  boolean,   ///< true, True, TRUE, false and so on
  integer,   ///< 12, -3, 0o17, 0x1F
  floating,  ///< 1.5, 1e3, .inf, .nan
  /// 012, which is ten in YAML 1.1, twelve in YAML 1.2, and most probably text.
  unclear,
};

[[nodiscard]] LEAT_EXPORT ScalarType scalar_type(const Node& scalar) noexcept;

/// The node as JSON, for people: what is tainted stands there as it is written in the document.
[[nodiscard]] LEAT_EXPORT std::string to_json(const Node& node);

}  // namespace leat
