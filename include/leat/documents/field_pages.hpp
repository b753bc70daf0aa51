#pragma once

#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/field_table.hpp"

namespace leat {

/// JSON Schema (draft 2020-12) of a document whose fields those are, as text. What the reader takes, it
/// accepts. It refuses what the reader refuses, but for what a schema cannot say: whether a size or a time
/// that is written with a unit is within its bounds, whether a text is a name as SQL has them, and a number
/// with a zero before it, which is one in YAML alone.
/// @param title of the whole, with the version of leat.
[[nodiscard]] LEAT_EXPORT std::string json_schema(const FieldTable& table, const std::string& title);

/// The reference of the fields, and of those within them: Markdown, a section for each table.
[[nodiscard]] LEAT_EXPORT std::string reference_page(const FieldTable& table);

/// An option of the command, as the field describes it.
struct OptionDescription {
  std::string name{};        ///< "--lock-timeout"
  std::string value_name{};  ///< "TIME"; empty for a flag
  std::string help{};        ///< with the default, where it is no value
  std::string default_value{};
  std::vector<std::string> words{};  ///< of which it is one, for completion
  ValueType type{};                  ///< by which read_text_value() reads it
  std::string path{};                ///< of the field in a document: "rejects.max"
};

/// The options that the fields are, and those within them, in their order.
[[nodiscard]] LEAT_EXPORT std::vector<OptionDescription> option_descriptions(const FieldTable& table);

}  // namespace leat
