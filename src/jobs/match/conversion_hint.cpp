#include "jobs/match/conversion_hint.hpp"

#include <algorithm>

#include "jobs/match/type_fit.hpp"
#include "jobs/options/lists.hpp"

namespace leat::jobs_detail {
namespace {

bool holds_composite(const TypeInfo& type) {
  return std::any_of(type.parts.begin(), type.parts.end(), [](const TypeInfo& part) {
    return part.kind == TypeKind::composite || holds_composite(part);
  });
}

/// The composite's fields by the target's names and order, as SQL; empty if that does not say enough. The
/// text of a composite is read field by field, whatever they are called.
std::string fields_in_order(const std::string& value, const TypeInfo& from, const TypeInfo& to) {
  const bool has_all = from.kind == TypeKind::composite && !holds_composite(from) && !holds_composite(to) &&
                       from.field_names.size() == to.field_names.size() &&
                       std::is_permutation(from.field_names.begin(), from.field_names.end(),
                                           to.field_names.begin(), to.field_names.end());
  if (!has_all) return "ROW(…)";
  // ROW(NULL, NULL) is another value than NULL.
  return "CASE WHEN " + value + " IS DISTINCT FROM NULL THEN ROW(" +
         text_list(
             to.field_names,
             [&value](const std::string& field) { return "(" + value + ")." + quote_identifier(field); }) +
         ") END";
}

}  // namespace

std::string conversion_hint(const SourceColumn& source, const TableColumn& target) {
  const TypeInfo& from = source.column.type;
  const TypeInfo& to = target.type;
  const bool is_own_sql = !source.item.is_column && !source.column.generated;
  const std::string value = is_own_sql ? "(…)" : source.item.sql;
  const auto map = [&source](const std::string& sql) {
    return " (--map '" + display_identifier(source.target) + "=" + sql + "')";
  };
  const std::string or_leave_out = ", or leave it out (--exclude)";
  if (from.kind == TypeKind::pseudo) return "give it one value" + map("(…)::type") + or_leave_out;
  if (!is_built_in(to)) {
    // A cast to that type would be one to the source's type of that name; but text is read by the target.
    std::string written = holds_composite(to) ? "(…)" : value;
    if (to.kind == TypeKind::composite) written = fields_in_order(is_own_sql ? "…" : value, from, to);
    if (written.starts_with("CASE")) written = "(" + written + ")";
    return "write it as text that the target's type reads" + map(written + "::text") + or_leave_out;
  }
  // What a domain of the target asks for beside its type has no name in the source.
  const bool is_domain = to.oid != to.base;
  if (is_domain && to.base_typmod >= 0) return "convert it as you mean it" + map("…") + or_leave_out;
  const std::string type = is_domain ? to.base_name : target.type_name;
  return "convert it as you mean it" + map(value + "::" + type) + or_leave_out;
}

}  // namespace leat::jobs_detail
