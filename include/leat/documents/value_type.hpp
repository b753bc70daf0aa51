#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/export.hpp"

namespace leat {

class FieldTable;

/// Which values a field takes.
enum class ValueKind {
  text,
  sql,           ///< text in which nothing is substituted
  boolean,       ///< true or false
  whole_number,  ///< within bounds
  size,          ///< bytes: 64MiB
  rate,          ///< bytes a second: 50MiB/s
  duration,      ///< a time with its unit: 10s
  word,          ///< one of some words
  table_name,    ///< a table as in SQL
  column_list,   ///< columns as in SQL with commas between them, or a list of their names
  list,
  map,        ///< names that the user chooses, with values
  one_of,     ///< one of several shapes, told by what the document has: a scalar, a list, a mapping
  structure,  ///< the fields of a table
  node,       ///< what a reader of its own understands, who looks at the document itself
};

/// Describes the values of a field: the only place that says how they are read, what a message says of them,
/// and what the schema and the command have of them. A plain value; made by the functions of `value_types`.
struct ValueType {
  ValueKind kind = ValueKind::text;
  /// Of numbers, bytes, bytes a second, milliseconds.
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  /// Of times: 0 is written without a unit, and means no limit.
  bool zero_is_no_limit = false;
  /// Of texts: what is meant, for messages: "a file, or table:NAME".
  std::string what{};
  std::vector<std::string> words{};
  /// Of a list and a map, what is in it; of one_of, each of the shapes.
  std::vector<ValueType> inner{};
  std::shared_ptr<const FieldTable> fields{};
};

namespace value_types {

[[nodiscard]] LEAT_EXPORT ValueType text(std::string what = "text");
[[nodiscard]] LEAT_EXPORT ValueType sql(std::string what = "SQL");
[[nodiscard]] LEAT_EXPORT ValueType boolean();
[[nodiscard]] LEAT_EXPORT ValueType whole_number(std::uint64_t least, std::uint64_t most);
[[nodiscard]] LEAT_EXPORT ValueType size(ByteCount least, ByteCount most);
/// One byte a second or more.
[[nodiscard]] LEAT_EXPORT ValueType rate();
/// From a millisecond to 596 hours, which is the most that a server can wait.
[[nodiscard]] LEAT_EXPORT ValueType duration();
/// The same, or 0.
[[nodiscard]] LEAT_EXPORT ValueType duration_or_no_limit();
[[nodiscard]] LEAT_EXPORT ValueType word(std::vector<std::string> words);
[[nodiscard]] LEAT_EXPORT ValueType table_name();
[[nodiscard]] LEAT_EXPORT ValueType column_list();
[[nodiscard]] LEAT_EXPORT ValueType list_of(ValueType item);
[[nodiscard]] LEAT_EXPORT ValueType map_of(ValueType value);
/// No two of them may be of the same shape: a scalar, a list, a mapping.
[[nodiscard]] LEAT_EXPORT ValueType one_of(std::vector<ValueType> shapes);
[[nodiscard]] LEAT_EXPORT ValueType structure(std::shared_ptr<const FieldTable> fields);
/// `what` it is, for messages: "the steps of a transform".
[[nodiscard]] LEAT_EXPORT ValueType node(std::string what);

}  // namespace value_types

/// A value as it was read: of its kind, within its bounds. A plain value.
struct FieldValue {
  using List = std::vector<FieldValue>;
  using Map = std::vector<std::pair<std::string, FieldValue>>;
  /// Nothing: it is not set. Numbers, bytes, bytes a second and milliseconds are a number.
  std::variant<std::monostate, bool, std::uint64_t, std::string, List, Map> value{};
  /// A part of it came from the environment or from a file.
  bool tainted = false;

  [[nodiscard]] bool is_set() const noexcept { return value.index() > 0; }
};

/// A value, or why a text is none.
struct TextValue {
  std::optional<FieldValue> value{};
  /// What it must be: "a time from 1ms to 596h, such as 10s, not "ten"".
  std::string fault{};
  /// The fault is a sentence of its own: ""a.b.c" is not a table name: …".
  bool is_sentence = false;
  /// What is wrong: "wrong-type", "out-of-range", "unknown-word", "wrong-form".
  std::string code{};
  std::string hint{};
};

/// What values of a type are, for people: "a whole number from 0 to 64".
[[nodiscard]] LEAT_EXPORT std::string expectation(const ValueType& type);

/// What the manual calls a value: "TIME".
[[nodiscard]] LEAT_EXPORT std::string value_name(const ValueType& type);

/// Reads a value of a kind that is written as one text, such as an option of the command.
/// @param shows_text false for a secret, which is in no message.
[[nodiscard]] LEAT_EXPORT TextValue read_text_value(const ValueType& type, std::string_view text,
                                                    bool shows_text = true);

/// A value as a document has it: "10s", "1MiB", "a, b". Nothing for one that is not set.
[[nodiscard]] LEAT_EXPORT std::string to_text(const ValueType& type, const FieldValue& value);

}  // namespace leat
