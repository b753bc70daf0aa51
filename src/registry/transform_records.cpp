#include "registry/transform_records.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "leat/core/detail/nearest.hpp"

namespace leat {

using TransformJson = nlohmann::ordered_json;

namespace registry_detail {
namespace {

std::string text_of_json(const TransformJson& json) {
  return json.dump(-1, ' ', false, TransformJson::error_handler_t::replace);
}

TransformJson list_of(const std::vector<QueryColumn>& columns) {
  TransformJson list = TransformJson::array();
  for (const auto& column : columns) list.push_back({{"name", column.name}, {"type", column.type}});
  return list;
}

/// "1 to 4 and 7".
std::string ranges(const std::vector<std::int32_t>& versions) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < versions.size();) {
    std::size_t end = i;
    while (end + 1 < versions.size() && versions[end + 1] == versions[end] + 1) ++end;
    parts.push_back(std::to_string(versions[i]) + (end > i ? " to " + std::to_string(versions[end]) : ""));
    i = end + 1;
  }
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  }
  return text;
}

/// So many names are shown.
constexpr std::size_t most_names = 20;

std::string some_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most_names; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most_names) text += " and " + std::to_string(names.size() - most_names) + " more";
  return text;
}

}  // namespace

void require_sound_transform(const NewTransform& transform) {
  if (!is_transform_name(transform.name)) {
    throw Error(ErrorKind::config, "\"" + transform.name.substr(0, 100) + "\" is no name for a transform",
                {.hint = "names have letters, digits, _ and -, begin with a letter or _, and have 200 bytes "
                         "at most"});
  }
  if (transform.text.size() > SourceText::most_bytes) {
    throw Error(ErrorKind::config, "the document of " + transform.name + " is longer than 1 MiB");
  }
}

Error unknown_transform(const TransformReference& wanted, const std::string& store,
                        const std::vector<std::string>& names, const std::vector<std::int32_t>& versions) {
  if (!versions.empty()) {
    return {ErrorKind::config,
            "the transform \"" + wanted.name + "\" in " + store + " has no version " +
                std::to_string(wanted.version.value_or(0)),
            {.hint = (versions.size() == 1 ? "its version is " : "its versions are ") + ranges(versions)}};
  }
  return {
      ErrorKind::config,
      "there is no transform \"" + wanted.name + "\" in " + store + detail::did_you_mean(wanted.name, names),
      {.hint = names.empty() ? "no transform is registered there" : "registered are " + some_of(names)}};
}

std::string columns_json(const std::vector<QueryColumn>& columns) {
  return text_of_json(list_of(columns));
}

std::vector<QueryColumn> columns_of(const std::string& json) {
  std::vector<QueryColumn> columns;
  const TransformJson list = TransformJson::parse(json, nullptr, false);
  if (!list.is_array()) return columns;
  for (const auto& one : list) {
    if (one.is_object()) columns.push_back({one.value("name", ""), one.value("type", "")});
  }
  return columns;
}

std::string tests_json(const std::string& document) {
  const TransformJson parsed = TransformJson::parse(document, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("tests")) return "[]";
  return text_of_json(parsed["tests"]);
}

}  // namespace registry_detail

TransformVersions::~TransformVersions() = default;

std::string transform_kind(const TransformDocument& document) {
  if (document.stages.size() != 1 || !document.uses.empty()) return "chain";
  return std::holds_alternative<SourcedText>(document.stages.front()) ? "sql" : "config";
}

std::size_t test_count(const NewTransform& transform) {
  const TransformJson parsed = TransformJson::parse(transform.document, nullptr, false);
  return parsed.is_object() && parsed.contains("tests") ? parsed["tests"].size() : 0;
}

std::string to_json(const RegisteredTransform& transform) {
  using namespace registry_detail;
  return text_of_json({{"name", transform.name},
                       {"version", transform.version},
                       {"kind", transform.kind},
                       {"description", transform.description},
                       {"sha256", transform.sha256},
                       {"created_at", transform.created_at},
                       {"created_by", transform.created_by},
                       {"input_columns", list_of(transform.input)},
                       {"output_columns", list_of(transform.output)},
                       {"document", TransformJson::parse(transform.document, nullptr, false)},
                       {"text", transform.text}});
}

std::string to_json(const std::vector<TransformSummary>& transforms) {
  TransformJson list = TransformJson::array();
  for (const auto& one : transforms) {
    list.push_back({{"name", one.name},
                    {"version", one.version},
                    {"versions", one.versions},
                    {"kind", one.kind},
                    {"description", one.description},
                    {"created_at", one.created_at},
                    {"created_by", one.created_by}});
  }
  return registry_detail::text_of_json({{"transforms", std::move(list)}});
}

}  // namespace leat
