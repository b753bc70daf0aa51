#include "leat/registry/registered_schema.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "leat/core/error.hpp"
#include "registry/schema_json.hpp"

namespace leat {
namespace {

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

/// All but name and type: "not null, key 1, default now()".
std::string properties_text(const RegisteredColumn& column) {
  std::string text;
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : ", ") + more; };
  if (!column.nullable) add("not null");
  if (column.key > 0) add("key " + std::to_string(column.key));
  if (column.default_value) add("default " + *column.default_value);
  if (!column.collation.empty()) add("collation " + column.collation);
  if (!column.labels.empty()) {
    std::string labels;
    for (const auto& label : column.labels) labels += (labels.empty() ? "" : ", ") + label;
    add("labels " + labels);
  }
  if (!column.base.empty()) add("over " + column.base);
  if (!column.description.empty()) add("\"" + column.description + "\"");
  return text;
}

}  // namespace

const RegisteredColumn* RegisteredSchema::find(std::string_view column) const noexcept {
  for (const auto& one : columns) {
    if (one.name == column) return &one;
  }
  return nullptr;
}

std::vector<std::string> RegisteredSchema::key() const {
  std::vector<const RegisteredColumn*> parts;
  for (const auto& column : columns) {
    if (column.key > 0) parts.push_back(&column);
  }
  std::sort(parts.begin(), parts.end(),
            [](const RegisteredColumn* a, const RegisteredColumn* b) { return a->key < b->key; });
  std::vector<std::string> names;
  for (const auto* part : parts) names.push_back(part->name);
  return names;
}

void require_sound(const RegisteredSchema& schema) {
  if (schema.columns.empty()) throw Error(ErrorKind::config, "a schema without columns cannot be registered");
  std::set<std::string_view> names;
  for (const auto& column : schema.columns) {
    if (column.name.empty()) throw Error(ErrorKind::config, "a column of the schema has no name");
    if (column.type.empty()) {
      throw Error(ErrorKind::config, "the column \"" + column.name + "\" of the schema has no type");
    }
    if (!names.insert(column.name).second) {
      throw Error(ErrorKind::config, "the schema has two columns \"" + column.name + "\"");
    }
  }
}

std::string to_json(const RegisteredSchema& schema) {
  return registry_detail::json_line(registry_detail::to_document(schema));
}

std::string to_text(const RegisteredSchema& schema) {
  std::size_t name_width = 0;
  std::size_t type_width = 0;
  for (const auto& column : schema.columns) {
    name_width = std::max(name_width, column.name.size());
    type_width = std::max(type_width, column.type.size());
  }
  std::string text;
  for (const auto& column : schema.columns) {
    const std::string properties = properties_text(column);
    text += "  " + padded(column.name, name_width) + "  ";
    text += properties.empty() ? column.type : padded(column.type, type_width) + "  " + properties;
    text += "\n";
  }
  if (schema.allow_extra_columns) text += "  loads may have other columns\n";
  return text;
}

}  // namespace leat
