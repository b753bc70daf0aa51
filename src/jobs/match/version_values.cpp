#include "jobs/match/version_values.hpp"

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/postgres/session/detail/server_versions.hpp"

namespace leat::jobs_detail {
namespace {

bool comes_with(const TypeInfo& type, int first_version) {
  return type.server_version >= first_version;
}

/// What is known by the first one's server only.
bool only_first(const TypeInfo& first, const TypeInfo& second, int first_version) {
  return second.server_version != 0 && comes_with(first, first_version) && !comes_with(second, first_version);
}

/// The same value, but that one beyond ASCII is an error.
std::string ascii_only(const std::string& sql, const std::string& column) {
  const std::string told =
      " in column " + quote_identifier(column) + " is no character that PostgreSQL before 16 reads as text";
  return "CASE WHEN (" + sql + ")::pg_catalog.int4 < 0 THEN ((" + sql + ")::pg_catalog.text || " +
         sql_literal(told) + ")::pg_catalog.int4::pg_catalog.\"char\" ELSE " + sql + " END";
}

}  // namespace

bool knows_more_intervals(const TypeInfo& first, const TypeInfo& second) {
  return only_first(first, second, postgres_detail::first_version_with_infinite_intervals);
}

bool print_chars_alike(const TypeInfo& first, const TypeInfo& second) {
  constexpr int version = postgres_detail::first_version_with_char_numbers;
  return !only_first(first, second, version) && !only_first(second, first, version);
}

void guard_chars(ColumnMatch& match, const std::vector<SourceColumn>& columns, const TableInfo& target,
                 std::vector<Finding>& findings) {
  if (match.format.format != RowFormat::text) return;
  for (std::size_t i = 0; i < match.targets.size(); ++i) {
    const TypeInfo& to = target.find(match.targets[i])->type;
    const TypeInfo& from = find_by(columns, &SourceColumn::target, match.targets[i])->column.type;
    if (!to.is_made_of(oid::single_char) || !from.is_made_of(oid::single_char)) continue;
    if (!only_first(from, to, postgres_detail::first_version_with_char_numbers)) continue;
    if (to.kind == TypeKind::base) {
      match.items[i] = {.sql = ascii_only(match.items[i].sql, match.targets[i]), .is_column = false};
      continue;
    }
    findings.push_back(target_error(
        "type_differs",
        "column " + quote_identifier(match.targets[i]) + " of " + target.name.display() +
            " holds \"char\", and the table goes as text (" + match.format.reason +
            "): characters beyond ASCII would become backslashes, since the target's server does not read "
            "what the source's writes",
        "42804", "leave it out (.exclude), or copy it and the column that goes as text by themselves"));
  }
}

}  // namespace leat::jobs_detail
