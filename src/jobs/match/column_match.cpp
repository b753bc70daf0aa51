#include "jobs/match/column_match.hpp"

#include <algorithm>
#include <span>

#include "jobs/match/conversion_hint.hpp"
#include "jobs/match/type_fit.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/postgres/catalog/detail/nearest_names.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {
namespace {

std::string name_of(const TableInfo& table, const std::string& column) {
  return quote_identifier(column) + " of " + table.name.display();
}

/// Whether rows without a value for it would break the target: COPY itself does not ask a domain. What a view
/// lacks the table below it may give.
bool wants_value(const TableColumn& column, const TableInfo& target) {
  if (column.generated || column.default_expression || column.identity != Identity::none ||
      column.type.has_default) {
    return false;
  }
  return column.not_null || (column.type.not_null && target.kind != RelationKind::view);
}

/// The source's cast makes an array of a built-in type; the target's may be of a domain, or of varchar.
void renumber_cast(ColumnMatch& match, const std::string& cast_to, const TypeInfo& target) {
  if (target.kind != TypeKind::array) return;
  TypeInfo made = target;
  made.parts.front().oid = cast_to == "pg_catalog.text[]" ? oid::text : target.parts.front().base;
  if (made.parts.front().oid != target.parts.front().oid) {
    match.renumbering.add(match.items.size(), made, target);
  }
}

/// What a row hook declares does not fit.
Finding declared_otherwise(const TableInfo& table, const SourceColumn& declared, const TableColumn& target,
                           const std::string& why) {
  return {
      .code = "type_differs",
      .side = ErrorKind::config,
      .message = "column " + name_of(table, declared.target) + ": the row hook declares " +
                 declared.column.type_name + ", and the target's is " + target.type_name + why,
      .sqlstate = "42804",
      .hint = "declare that column as " + target.type_name + " and write such values, or change the target"};
}

/// Whether a hook that writes text writes the type's own bytes: labels.
bool takes_labels(const TypeInfo& from, const TypeInfo& to) {
  const bool is_text = from.base == oid::text || from.base == oid::varchar;
  return is_text && to.kind == TypeKind::enumeration;
}

/// Adds how a column that a row hook writes gets into that of the target: by the same bytes, or not at all.
void add_declared(ColumnMatch& match, const SourceColumn& declared, const TableInfo& table,
                  const TableColumn& target, std::vector<Finding>& findings) {
  const TableColumn& from = declared.column;
  const TypeFit found = fit({from.type, from.typmod}, {target.type, target.typmod});
  std::string how;
  if (found.passage == Passage::renumbered) {
    how = found.reason;
    match.renumbering.add(match.targets.size(), from.type, target.type);
  } else if (found.passage == Passage::cast) {
    findings.push_back(declared_otherwise(table, declared, target, ": nothing converts what a hook writes"));
  } else if (found.passage != Passage::same && !takes_labels(from.type, target.type)) {
    findings.push_back(declared_otherwise(table, declared, target,
                                          found.reason.empty() ? "" : ": the hook's " + found.reason));
  }
  if (!found.warning.empty() && found.passage == Passage::same) {
    findings.push_back(target_warning("type_narrower", "column " + name_of(table, declared.target) + " (" +
                                                           from.type_name + " and " + target.type_name +
                                                           "): " + found.warning));
  }
  match.targets.push_back(declared.target);
  match.row.push_back(std::move(row_columns({from}).front()));
  match.planned.push_back({.name = declared.target,
                           .source_type = from.type_name,
                           .target_type = target.type_name,
                           .how = std::move(how)});
}

/// What to do about a column that one side lacks.
std::string hint_for(RowGiver giver, const char* of_source, const char* of_hook) {
  return giver == RowGiver::source ? of_source : of_hook;
}

/// Adds how a column of the source gets into that of the target.
void add_match(ColumnMatch& match, const SourceColumn& source, const TableInfo& table,
               const TableColumn& target, std::vector<Finding>& findings, bool evolves,
               const KnowsCast& knows_cast) {
  const TableColumn& from = source.column;
  const std::string name = name_of(table, source.target);
  const TypeFit found = fit({from.type, from.typmod}, {target.type, target.typmod});
  postgres_detail::SelectItem item = source.item;
  Column field = std::move(row_columns({from}).front());
  field.name = source.target;
  std::string how = source.how;
  switch (found.passage) {
    case Passage::same:
      break;
    case Passage::renumbered:
      how = found.reason;
      match.renumbering.add(match.items.size(), from.type, target.type);
      break;
    case Passage::cast:
      how = "converted by the source";
      renumber_cast(match, found.cast_to, target.type);
      item = {.sql = "(" + item.sql + ")::" + found.cast_to, .is_column = false};
      match.has_casts = true;
      field.type = found.cast_to == "pg_catalog.text" ? oid::text : target.type.base;
      field.typmod = -1;
      field.type_name = found.cast_to == "pg_catalog.text" ? "text" : target.type.name;
      break;
    case Passage::text:
      how = found.reason;
      if (match.format.format == RowFormat::binary) {
        match.format = {.format = RowFormat::text,
                        .reason = "column " + quote_identifier(source.target) + ": " + from.type.name + " " +
                                  found.reason};
      }
      break;
    case Passage::refused:
      findings.push_back(target_error("type_differs",
                                      "column " + name + ": the source's " + from.type_name +
                                          " does not go into the target's " + target.type_name + ": it " +
                                          found.reason,
                                      "42804", conversion_hint(source, target, knows_cast)));
      if (evolves) findings.back().hint += alter_hint(source, target, table.name.sql(), knows_cast);
      break;
  }
  if (!found.warning.empty()) {
    findings.push_back(target_warning("type_narrower", "column " + name + " (" + from.type_name + " and " +
                                                           target.type_name + "): " + found.warning));
  }
  match.holds_object_references = match.holds_object_references || holds_object_references(from.type);
  match.holds_xml = match.holds_xml || from.type.is_made_of(oid::xml);
  match.targets.push_back(source.target);
  match.items.push_back(std::move(item));
  match.row.push_back(std::move(field));
  match.planned.push_back({.name = source.target,
                           .source_type = from.type_name,
                           .target_type = target.type_name,
                           .how = std::move(how)});
}

}  // namespace

ColumnMatch match_columns(const std::vector<SourceColumn>& columns, const TableInfo& target,
                          std::vector<Finding>& findings, bool evolves, const KnowsCast& knows_cast,
                          RowGiver giver) {
  ColumnMatch match;
  const std::size_t findings_before = findings.size();
  for (const auto& column : columns) {
    const TableColumn* const to = target.find(column.target);
    if (to == nullptr) {
      findings.push_back(target_error(
          "column_missing",
          "column " + quote_identifier(column.target) + " of relation " + target.name.display() +
              " does not exist" + postgres_detail::did_you_mean_column(column.target, target),
          "42703",
          hint_for(giver, "leave it out (.exclude), rename it (.rename), or add it to the target",
                   "leave it out of what the row hook declares, or add it to the target")));
    } else if (to->generated) {
      findings.push_back(target_error(
          "column_generated", "column " + name_of(target, column.target) + " is generated", "428C9",
          hint_for(giver, "leave it out (.exclude): the target computes it",
                   "leave it out of what the row hook declares: the target computes "
                   "it")));
    } else if (giver == RowGiver::hook) {
      add_declared(match, column, target, *to, findings);
    } else {
      add_match(match, column, target, *to, findings, evolves, knows_cast);
    }
  }
  // Columns that no row gives a value for, though the target wants one.
  for (const auto& column : target.columns) {
    if (!wants_value(column, target)) continue;
    if (find_by(columns, &SourceColumn::target, column.name) != nullptr) continue;
    const std::string domain = column.not_null ? "" : "of the domain " + column.type.name + ", which is ";
    findings.push_back(target_error(
        "column_required",
        "column " + name_of(target, column.name) + " is " + domain + "NOT NULL without a default, and " +
            hint_for(giver, "the source gives", "the row hook declares") + " no value for it",
        "23502",
        hint_for(giver, "give it a value (.map), or a default in the target",
                 "declare it and write it, or give it a default in the target")));
  }
  // COPY has no list of no columns, so rows without a value go into a table that computes all of its own
  // alone.
  const auto takes_values = [](const TableColumn& column) { return !column.generated; };
  if (match.targets.empty() && !has_error(findings) && target.kind != RelationKind::view &&
      std::any_of(target.columns.begin(), target.columns.end(), takes_values)) {
    findings.push_back(target_error("no_columns",
                                    "no column of " + target.name.display() + " gets a value from the source",
                                    "42703", "rename columns (.rename), or give them values (.map)"));
  }
  if (giver == RowGiver::hook) {
    // The declaration is the program's own.
    for (auto& finding : std::span(findings).subspan(findings_before)) {
      if (finding.severity == Severity::error) finding.side = ErrorKind::config;
    }
  }
  // Text is read by the target's own input functions, so there is nothing to replace in it.
  if (match.format.format == RowFormat::text) {
    match.renumbering = {};
  } else {
    match.format.reason = "every column has the same binary form on both sides";
    if (match.has_casts || !match.renumbering.empty()) match.format.reason += ", some after a conversion";
  }
  return match;
}

}  // namespace leat::jobs_detail
