#include "jobs/prepare/transform_json.hpp"

#include <optional>
#include <utility>

#include "jobs/report/document.hpp"

namespace leat::jobs_detail {
namespace {

Document value_json(const LiteralValue& value) {
  return Document::array({static_cast<int>(value.kind), value.text});
}

Document values_json(const std::vector<LiteralValue>& values) {
  Document all = Document::array();
  for (const auto& value : values) all.push_back(value_json(value));
  return all;
}

Document filter_json(const FilterCondition& condition) {
  Document parts = Document::array();
  for (const auto& part : condition.parts) parts.push_back(filter_json(part));
  return {{"kind", static_cast<int>(condition.kind)},
          {"column", condition.column.text},
          {"op", static_cast<int>(condition.op)},
          {"values", values_json(condition.values)},
          {"sql", condition.sql.text},
          {"parts", parts}};
}

Document of_change(const MapValues& map) {
  Document mapping = Document::array();
  for (const auto& [from, to] : map.mapping) mapping.push_back({value_json(from), value_json(to)});
  return {{"map", mapping},
          {"otherwise", static_cast<int>(map.otherwise)},
          {"value", value_json(map.other_value)}};
}
Document of_change(const ApplyFunction& apply) {
  return {{"apply", static_cast<int>(apply.function)}, {"arguments", values_json(apply.arguments)}};
}
Document of_change(const MaskValue& mask) {
  return {{"mask", static_cast<int>(mask.how)}, {"salt", mask.salt}, {"letters", mask.letters}};
}
Document of_change(const CheckedCast& cast) {
  return {{"cast", cast.type.text}};
}

Document changes_json(const std::vector<ColumnChange>& changes) {
  Document all = Document::array();
  for (const auto& change : changes) {
    all.push_back(
        {change.column.text, std::visit([](const auto& one) { return of_change(one); }, change.change)});
  }
  return all;
}

Document added_json(const std::vector<AddedColumn>& columns) {
  Document all = Document::array();
  for (const auto& column : columns) {
    const auto* const sql = std::get_if<SourcedText>(&column.value);
    all.push_back({column.name.text,
                   sql != nullptr ? Document(sql->text) : value_json(std::get<LiteralValue>(column.value))});
  }
  return all;
}

Document names_json(const std::vector<SourcedText>& names) {
  Document all = Document::array();
  for (const auto& name : names) all.push_back(name.text);
  return all;
}

Document text_json(const std::optional<SourcedText>& text) {
  return text ? Document(text->text) : Document();
}

Document aggregation_json(const Aggregation& aggregation) {
  Document keys = Document::array();
  for (const auto& key : aggregation.group_by) keys.push_back({key.name.text, text_json(key.sql)});
  Document calls = Document::array();
  for (const auto& one : aggregation.aggregates) calls.push_back({one.name.text, one.call.text});
  return {{"group_by", keys}, {"aggregates", calls}, {"having", text_json(aggregation.having)}};
}

Document config_json(const ConfigTransform& transform) {
  Document renames = Document::array();
  for (const auto& rename : transform.rename) renames.push_back({rename.from.text, rename.to.text});
  return {{"rename", renames},
          {"filter", transform.filter ? filter_json(*transform.filter) : Document()},
          {"select", transform.select ? names_json(*transform.select) : Document()},
          {"add_columns", added_json(transform.add_columns)},
          {"drop_columns", names_json(transform.drop_columns)},
          {"transformations", changes_json(transform.transformations)},
          {"aggregations", transform.aggregations ? aggregation_json(*transform.aggregations) : Document()},
          {"cast", changes_json(transform.cast)}};
}

}  // namespace

std::string transforms_text(const std::vector<TransformStage>& stages) {
  Document all = Document::array();
  for (const auto& stage : stages) {
    const auto* const sql = std::get_if<SourcedText>(&stage);
    all.push_back(sql != nullptr ? Document(sql->text) : config_json(std::get<ConfigTransform>(stage)));
  }
  return json_text(all);
}

}  // namespace leat::jobs_detail
