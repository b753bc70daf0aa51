#include "registry/schema_json.hpp"

#include "leat/core/error.hpp"

namespace leat::registry_detail {
namespace {

std::string text_of(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string();
}

Json column_document(const RegisteredColumn& column) {
  Json out{{"name", column.name}, {"type", column.type}, {"nullable", column.nullable}};
  // What a column has not is left out, so that a registry reads what an older leat has written.
  if (column.default_value) out["default"] = *column.default_value;
  if (!column.collation.empty()) out["collation"] = column.collation;
  if (!column.description.empty()) out["description"] = column.description;
  if (column.key > 0) out["key"] = column.key;
  if (!column.labels.empty()) out["labels"] = column.labels;
  if (!column.base.empty()) out["base"] = column.base;
  if (!column.definition.empty()) out["definition"] = column.definition;
  return out;
}

}  // namespace

std::string json_line(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json columns_document(const RegisteredSchema& schema) {
  Json columns = Json::array();
  for (const auto& column : schema.columns) columns.push_back(column_document(column));
  return columns;
}

Json properties_document(const RegisteredSchema& schema) {
  return {{"strict", schema.strict}, {"allow_extra_columns", schema.allow_extra_columns}};
}

Json to_document(const RegisteredSchema& schema) {
  Json out{{"columns", columns_document(schema)}};
  out.update(properties_document(schema));
  return out;
}

RegisteredSchema schema_of(const std::string& columns, const std::string& properties) {
  RegisteredSchema schema;
  try {
    for (const auto& one : Json::parse(columns)) {
      RegisteredColumn column{.name = one.at("name").get<std::string>(),
                              .type = one.at("type").get<std::string>(),
                              .nullable = one.at("nullable").get<bool>(),
                              .collation = text_of(one, "collation"),
                              .description = text_of(one, "description"),
                              .key = one.value("key", 0),
                              .base = text_of(one, "base"),
                              .definition = text_of(one, "definition")};
      if (one.contains("default")) column.default_value = text_of(one, "default");
      if (one.contains("labels")) column.labels = one["labels"].get<std::vector<std::string>>();
      schema.columns.push_back(std::move(column));
    }
    const Json more = Json::parse(properties);
    schema.strict = more.value("strict", false);
    schema.allow_extra_columns = more.value("allow_extra_columns", false);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::target,
                std::string("what leat_meta.schemas has of a schema cannot be read: ") + error.what());
  }
  return schema;
}

}  // namespace leat::registry_detail
