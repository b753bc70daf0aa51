#include <algorithm>

#include "leat/documents/field_pages.hpp"

namespace leat {
namespace documents_detail {
namespace {

/// A text within a cell of a table.
std::string in_cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
  return out;
}

/// Every table within a type, in the order in which they are met.
void add_tables(const ValueType& type, std::vector<const FieldTable*>& tables) {
  for (const auto& inner : type.inner) add_tables(inner, tables);
  const FieldTable* table = type.fields.get();
  if (table == nullptr || std::find(tables.begin(), tables.end(), table) != tables.end()) return;
  tables.push_back(table);
  for (const auto& field : table->fields()) add_tables(field.type, tables);
}

std::string section_of(const FieldTable& table) {
  std::string out = "## " + table.name() + "\n\n";
  if (!table.doc().empty()) out += table.doc() + "\n\n";
  out += "| key | value | default | |\n|---|---|---|---|\n";
  for (const auto& field : table.fields()) {
    out += "| `" + field.name + "`" + (field.required ? " (needed)" : "") + " | " +
           in_cell(expectation(field.type)) +
           (field.secret ? "; a secret, which is in no message" : std::string()) + " | " +
           in_cell(field.default_text) + " | " + in_cell(field.doc) + "." +
           (field.example.empty() ? std::string() : " `" + field.name + ": " + in_cell(field.example) + "`") +
           " |\n";
  }
  return out;
}

void add_options(const FieldTable& table, const std::string& path, std::vector<OptionDescription>& options) {
  for (const auto& field : table.fields()) {
    const std::string inner = path.empty() ? field.name : path + "." + field.name;
    if (!field.option_name().empty() && field.type.kind != ValueKind::structure) {
      const bool is_flag = field.type.kind == ValueKind::boolean;
      const bool is_value =
          !field.default_text.empty() && read_text_value(field.type, field.default_text).value.has_value();
      options.push_back({.name = field.option_name(),
                         .value_name = is_flag ? "" : value_name(field.type),
                         .help = field.doc + (field.default_text.empty() || is_value
                                                  ? std::string()
                                                  : " (default: " + field.default_text + ")"),
                         .default_value = is_value && !is_flag ? field.default_text : "",
                         .words = field.type.words,
                         .type = field.type,
                         .path = inner});
    }
    if (field.type.fields) add_options(*field.type.fields, inner, options);
    for (const auto& shape : field.type.inner) {
      if (shape.fields && field.type.kind == ValueKind::one_of) add_options(*shape.fields, inner, options);
    }
  }
}

}  // namespace
}  // namespace documents_detail

std::string reference_page(const FieldTable& table) {
  std::vector<const FieldTable*> tables{&table};
  for (const auto& field : table.fields()) documents_detail::add_tables(field.type, tables);
  std::string out;
  for (const auto* one : tables) out += (out.empty() ? "" : "\n") + documents_detail::section_of(*one);
  return out;
}

std::vector<OptionDescription> option_descriptions(const FieldTable& table) {
  std::vector<OptionDescription> options;
  documents_detail::add_options(table, "", options);
  return options;
}

}  // namespace leat
