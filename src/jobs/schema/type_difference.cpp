#include "jobs/schema/type_difference.hpp"

#include <algorithm>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/schema/create_sql.hpp"

namespace leat::jobs_detail {
namespace {

std::string range_text(const TypeDefinition& type) {
  std::string text = "over " + type.base.sql;
  if (!type.operator_class.empty()) text += " by " + type.operator_class;
  text += collate(type.collation);
  if (!type.difference.empty()) text += " with " + type.difference;
  return text;
}

bool has_check(const TypeDefinition& domain, const DomainCheck& wanted) {
  return find_by(domain.checks, &DomainCheck::definition, wanted.definition) != nullptr;
}

}  // namespace

void add_difference(std::vector<Difference>& differences, Difference difference) {
  if (difference.source != difference.target) differences.push_back(std::move(difference));
}

std::string sides_text(const Difference& difference) {
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("none") : text; };
  return shown(difference.source) + " in the source, " + shown(difference.target) + " in the target";
}

std::string null_text(bool not_null) {
  return not_null ? "NOT NULL" : "NULL";
}

std::vector<Difference> compare(const TypeDefinition& source, const TypeDefinition& target) {
  std::vector<Difference> differences;
  // Extensions come in versions of their own; whether values fit is asked of each column.
  if (!source.extension.empty() || !target.extension.empty()) return differences;
  const auto add = [&differences](const std::string& what, const std::string& from, const std::string& to,
                                  Severity severity) {
    add_difference(differences, {DifferenceKind::type_definition, what, from, to, severity});
  };
  if (source.kind != target.kind) {
    add("kind", std::string(to_string(source.kind)), std::string(to_string(target.kind)), Severity::error);
    return differences;
  }
  const auto lacks_label = [&target](const std::string& label) { return !contains(target.labels, label); };
  const bool lacks_some = std::any_of(source.labels.begin(), source.labels.end(), lacks_label);
  switch (source.kind) {
    case DefinedKind::enumeration:
      add("labels", labels_sql(source.labels), labels_sql(target.labels),
          lacks_some ? Severity::warning : Severity::note);
      break;
    case DefinedKind::composite:
      add("fields", fields_sql(source.fields), fields_sql(target.fields), Severity::warning);
      break;
    case DefinedKind::domain:
      add("base type", source.base.sql + collate(source.collation),
          target.base.sql + collate(target.collation), Severity::warning);
      add("nullability", null_text(source.not_null), null_text(target.not_null),
          target.not_null ? Severity::warning : Severity::note);
      add("default", source.default_value.value_or(""), target.default_value.value_or(""), Severity::note);
      for (const auto& check : source.checks) {
        if (!has_check(target, check))
          add("check " + quote_identifier(check.name), check.definition, "", Severity::note);
      }
      for (const auto& check : target.checks) {
        if (!has_check(source, check))
          add("check " + quote_identifier(check.name), "", check.definition, Severity::warning);
      }
      break;
    case DefinedKind::range:
      add("subtype", range_text(source), range_text(target), Severity::warning);
      break;
    case DefinedKind::row:
    case DefinedKind::other:
      break;
  }
  return differences;
}

}  // namespace leat::jobs_detail
