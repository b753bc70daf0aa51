#pragma once

#include <memory>
#include <string>
#include <vector>

#include "leat/documents/field_table.hpp"

namespace leat::registry_detail {

/// A column as a document has it.
struct SchemaColumnText {
  std::string name{};
  std::string type{};
  std::string dtype{};
  bool nullable = true;
  std::string collation{};
  std::string description{};
  bool key = false;
  std::vector<std::string> labels{};
};

/// The rest of the document.
struct SchemaText {
  std::string description{};
  std::vector<std::string> key{};
  bool strict = false;
  bool allow_extra_columns = false;
};

/// The fields of a column; they fill a SchemaColumnText.
[[nodiscard]] const std::shared_ptr<const FieldTable>& schema_column_fields();

}  // namespace leat::registry_detail
