#include <nlohmann/json.hpp>

#include "documents/value_units.hpp"
#include "leat/documents/field_pages.hpp"
#include "leat/documents/node.hpp"
#include "leat/documents/read_document.hpp"

namespace leat {
namespace documents_detail {
namespace {

using nlohmann::ordered_json;

/// Makes a schema, and collects those of the tables within it.
class SchemaWriter {
 public:
  ordered_json of_table(const FieldTable& table) {
    ordered_json schema;
    schema["type"] = "object";
    if (!table.doc().empty()) schema["description"] = table.doc();
    schema["properties"] = ordered_json::object();
    ordered_json required = ordered_json::array();
    for (const auto& field : table.fields()) {
      schema["properties"][field.name] = of_field(field);
      if (field.required) required.push_back(field.name);
    }
    // Keys that are the user's own.
    schema["patternProperties"] = {{"^x-", true}};
    schema["additionalProperties"] = false;
    if (!required.empty()) schema["required"] = required;
    return schema;
  }

  [[nodiscard]] const ordered_json& definitions() const { return definitions_; }

 private:
  ordered_json of_field(const DocumentField& field) {
    ordered_json schema = of_type(field.type);
    schema["description"] = field.doc;
    if (field.secret) schema["writeOnly"] = true;
    if (!field.default_text.empty())
      schema["description"] = field.doc + " (default: " + field.default_text + ")";
    if (!field.example.empty()) schema["examples"] = ordered_json::array({example_of(field)});
    return schema;
  }

  /// The example as JSON has it.
  static ordered_json example_of(const DocumentField& field) {
    const auto source = std::make_shared<const SourceText>("example", field.example);
    Diagnostics ignored;
    const auto node = reads_documents() ? read_document(source, ignored) : std::nullopt;
    return node ? ordered_json::parse(to_json(*node)) : ordered_json(field.example);
  }

  static ordered_json text_like(const char* pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

  /// What is no text, or a text of a certain form, may also come from a reference.
  static ordered_json or_reference(std::initializer_list<ordered_json> shapes) {
    ordered_json any = ordered_json::array();
    for (const auto& shape : shapes) any.push_back(shape);
    any.push_back(text_like("\\$\\{(env|file|param|run):"));
    return {{"anyOf", any}};
  }

  ordered_json of_type(const ValueType& type) {
    const ordered_json number{{"type", "integer"}, {"minimum", type.least}, {"maximum", type.most}};
    switch (type.kind) {
      case ValueKind::text:
      case ValueKind::sql:
        return {{"type", "string"}};
      case ValueKind::table_name:
        return {{"type", "string"}, {"minLength", 1}};
      case ValueKind::boolean:
        return or_reference({{{"type", "boolean"}}});
      case ValueKind::whole_number:
        return or_reference({number});
      case ValueKind::size:
        return or_reference({number, text_like(size_pattern)});
      case ValueKind::rate:
        return or_reference({number, text_like(rate_pattern)});
      case ValueKind::duration: {
        if (!type.zero_is_no_limit) return or_reference({text_like(duration_pattern)});
        return or_reference(
            {{{"type", "integer"}, {"const", 0}}, text_like(duration_pattern), {{"const", "0"}}});
      }
      case ValueKind::word:
        return or_reference({{{"enum", type.words}}});
      case ValueKind::column_list: {
        const ordered_json name{{"type", "string"}, {"minLength", 1}};
        const ordered_json list{{"type", "array"}, {"minItems", 1}, {"items", name}};
        return {{"anyOf", ordered_json::array({name, list})}};
      }
      case ValueKind::list:
        return {{"type", "array"}, {"items", of_type(type.inner.front())}};
      case ValueKind::map:
        return {{"type", "object"}, {"additionalProperties", of_type(type.inner.front())}};
      case ValueKind::one_of: {
        ordered_json any = ordered_json::array();
        for (const auto& shape : type.inner) any.push_back(of_type(shape));
        return {{"anyOf", any}};
      }
      case ValueKind::node:
        return ordered_json::object();
      case ValueKind::structure:
        break;
    }
    const std::string name = type.fields->name();
    if (!definitions_.contains(name)) {
      definitions_[name] = nullptr;  // one that holds itself would not end
      definitions_[name] = of_table(*type.fields);
    }
    return {{"$ref", "#/$defs/" + name}};
  }

  ordered_json definitions_ = ordered_json::object();
};

}  // namespace
}  // namespace documents_detail

std::string json_schema(const FieldTable& table, const std::string& title) {
  documents_detail::SchemaWriter writer;
  nlohmann::ordered_json schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = title;
  schema.update(writer.of_table(table));
  if (!writer.definitions().empty()) schema["$defs"] = writer.definitions();
  return schema.dump(2) + "\n";
}

}  // namespace leat
