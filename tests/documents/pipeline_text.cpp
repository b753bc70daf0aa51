#include "documents/pipeline_text.hpp"

#include <optional>
#include <variant>

#include "leat/documents/pipeline_document.hpp"
#include "leat/documents/substitution.hpp"

namespace leat::test {
namespace {

/// What transforms make of some columns, as SQL.
std::string sql_of(const TransformDocument& transform) {
  const auto quoted = [](const std::string& sign) {
    return [sign](std::string_view text) { return sign + std::string(text) + sign; };
  };
  const CompiledTransform compiled = compile_transforms(
      SourcedText("SELECT"), transform.stages,
      {.quote_identifier = quoted("\""), .quote_literal = quoted("'"), .describe = [](const std::string&) {
         std::vector<QueryColumn> columns;
         for (const char* const name : {"id", "name", "email", "status", "created_at", "name_upper"}) {
           columns.push_back({name, "text"});
         }
         return columns;
       }});
  std::string text = compiled.sql;
  for (const auto& fault : compiled.faults) text += "\nfault: " + fault.message;
  return text;
}

}  // namespace

PipelineText read_pipeline_of(const Node& document) {
  Node copy = document;
  Diagnostics diagnostics;
  const ValueType type = value_types::structure(pipeline_fields());
  substitute(copy,
             {.environment =
                  [](const std::string& name) {
                    return std::optional<std::string>("postgresql://env@" + name + "/");
                  }},
             diagnostics, &type);
  const PipelineDocument read = read_pipeline(copy, diagnostics);
  std::string text = "name: " + read.name + "\n";
  for (const auto& [key, value] : read.labels) text += "label " + key + ": " + value + "\n";
  for (const auto& [key, param] : read.params) {
    text += "param " + key + ": " + param.type + " " + param.otherwise.value_or("(none)") + "\n";
  }
  for (const auto& [key, connection] : read.connections) {
    text += "connection " + key + ":";
    for (const char* const keyword : {"host", "port", "dbname", "user", "password"}) {
      const auto value = connection.target.get(keyword);
      if (!value.empty()) text += std::string(" ") + keyword + "=" + std::string(value);
    }
    text += "\n";
  }
  for (const auto& load : read.loads) {
    for (const auto& field : load_fields()->fields()) {
      const FieldValue value = field.get(&load);
      if (!value.is_set()) continue;
      const std::string shown = to_text(field.type, value);
      if (!shown.empty()) text += field.name + ": " + shown + "\n";
    }
    text += "transform: " + sql_of(load.transform) + "\n";
  }
  return {.text = std::move(text), .said = to_text(diagnostics)};
}

}  // namespace leat::test
