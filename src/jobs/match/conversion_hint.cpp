#include "jobs/match/conversion_hint.hpp"

#include <algorithm>

#include "jobs/match/type_fit.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "leat/data/type_oids.hpp"

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

bool has_cast(const KnowsCast& knows_cast, const TypeInfo& from, const TypeInfo& to) {
  return !knows_cast || knows_cast(from, to);
}

}  // namespace

KnowsCast casts_of(Connection& source, const std::stop_token& stop) {
  return [&source, &stop](const TypeInfo& from, const TypeInfo& to) {
    const auto ask = [&] {
      static_cast<void>(source.execute("SELECT NULL::" + from.name + "::" + to.name, {}, stop));
    };
    // Whatever else it says, it has found a cast.
    const auto refused = behind_savepoint(source, stop, ask, [](const Error&) { return true; });
    return !refused || refused->sqlstate() != "42846";
  };
}

std::string alter_hint(const SourceColumn& source, const TableColumn& target, const std::string& table,
                       const KnowsCast& knows_cast) {
  const TypeInfo& from = source.column.type;
  // Every type has a cast to text; of types that only one side has, nothing else is known.
  const bool is_text = from.base == oid::text || from.base == oid::varchar;
  const bool both_known = is_built_in(from) && is_built_in(target.type);
  if (!is_text && !(both_known && has_cast(knows_cast, target.type, from))) return {};
  const std::string column = quote_identifier(source.target);
  const std::string& type = source.column.type_name;
  return "; or change the target's type: ALTER TABLE " + table + " ALTER COLUMN " + column + " TYPE " + type +
         " USING " + column + "::" + type;
}

std::string conversion_hint(const SourceColumn& source, const TableColumn& target,
                            const KnowsCast& knows_cast) {
  const TypeInfo& from = source.column.type;
  const TypeInfo& to = target.type;
  const bool is_own_sql = !source.item.is_column && !source.column.generated;
  const std::string value = is_own_sql ? "(…)" : source.item.sql;
  const auto map = [&source](const std::string& sql) {
    return " (.map '" + display_identifier(source.target) + "=" + sql + "')";
  };
  const std::string or_leave_out = ", or leave it out (.exclude)";
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
  TypeInfo wanted = to;
  if (is_domain) wanted.name = to.base_name;
  if (!has_cast(knows_cast, from, wanted)) {
    return "no cast goes from " + source.column.type_name + " to " + type +
           ", so say what you mean by SQL of "
           "that type" +
           map("…") + or_leave_out;
  }
  return "convert it as you mean it" + map(value + "::" + type) + or_leave_out;
}

}  // namespace leat::jobs_detail
