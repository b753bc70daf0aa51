#include "jobs/match/column_match.hpp"

#include "jobs/match/type_fit.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/data/type_oids.hpp"

namespace leat::jobs_detail {
namespace {

std::string name_of(const TableInfo& table, const std::string& column) {
  return quote_identifier(column) + " of " + table.name.display();
}

/// The target's column, if rows can be written into it.
const TableColumn* find_target(const std::string& name, const TableInfo& target,
                               std::vector<Finding>& findings) {
  const TableColumn* const column = target.find(name);
  if (column == nullptr) {
    findings.push_back(target_error(
        "column_missing",
        "column " + quote_identifier(name) + " of relation " + target.name.display() + " does not exist",
        "42703", "leave it out (--exclude), rename it (--rename), or add it to the target"));
    return nullptr;
  }
  if (column->generated) {
    findings.push_back(target_error("column_generated", "column " + name_of(target, name) + " is generated",
                                    "428C9", "leave it out (--exclude): the target computes it"));
    return nullptr;
  }
  return column;
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

/// Columns that no row gives a value for, though the target wants one.
void check_required(const std::vector<SourceColumn>& columns, const TableInfo& target,
                    std::vector<Finding>& findings) {
  for (const auto& column : target.columns) {
    if (!wants_value(column, target)) continue;
    if (find_by(columns, &SourceColumn::target, column.name) != nullptr) continue;
    const std::string domain = column.not_null ? "" : "of the domain " + column.type.name + ", which is ";
    findings.push_back(target_error("column_required",
                                    "column " + name_of(target, column.name) + " is " + domain +
                                        "NOT NULL without a default, and the source gives no value for it",
                                    "23502", "give it a value (--map), or a default in the target"));
  }
}

class Matcher {
 public:
  Matcher(const TableInfo& target, std::vector<Finding>& findings, bool evolves)
      : target_(target), findings_(findings), evolves_(evolves) {}

  void add(const SourceColumn& source, const TableColumn& target) {
    const TypeFit found = fit({source.column.type, source.column.typmod}, {target.type, target.typmod});
    SelectItem item = source.item;
    Column field{.name = source.target,
                 .type = source.column.type.base,
                 .typmod = source.column.typmod,
                 .nullable = !source.column.not_null,
                 .type_name = source.column.type_name};
    std::string how;
    match_.holds_object_references =
        match_.holds_object_references || holds_object_references(source.column.type);
    switch (found.passage) {
      case Passage::same:
        break;
      case Passage::renumbered:
        how = found.reason;
        match_.renumbering.add(match_.items.size(), source.column.type, target.type);
        break;
      case Passage::cast:
        how = "converted by the source";
        renumber_cast(found.cast_to, target.type);
        item = {.sql = "(" + item.sql + ")::" + found.cast_to, .is_column = false};
        match_.has_casts = true;
        field.type = found.cast_to == "pg_catalog.text" ? oid::text : target.type.base;
        field.typmod = -1;
        field.type_name = found.cast_to == "pg_catalog.text" ? "text" : target.type.name;
        break;
      case Passage::text:
        how = found.reason;
        if (match_.format.format == RowFormat::binary) {
          match_.format = {.format = RowFormat::text,
                           .reason = "column " + quote_identifier(source.target) + ": " +
                                     source.column.type.name + " " + found.reason};
        }
        break;
      case Passage::refused:
        findings_.push_back(target_error(
            "type_differs",
            "column " + name_of(target_, source.target) + ": the source's " + source.column.type_name +
                " does not go into the target's " + target.type_name + ": it " + found.reason,
            "42804",
            "convert it as you mean it (--map '" + source.target + "=" + source.item.sql +
                "::" + target.type_name + "'), or leave it out (--exclude)"));
        if (evolves_) {
          findings_.back().hint += "; or change the target's type: ALTER TABLE " + target_.name.sql() +
                                   " ALTER COLUMN " + quote_identifier(source.target) + " TYPE " +
                                   source.column.type_name;
        }
        break;
    }
    if (!found.warning.empty()) {
      findings_.push_back(target_warning("type_narrower", "column " + name_of(target_, source.target) + " (" +
                                                              source.column.type_name + " and " +
                                                              target.type_name + "): " + found.warning));
    }
    match_.targets.push_back(source.target);
    match_.items.push_back(std::move(item));
    match_.row.push_back(std::move(field));
    match_.planned.push_back({.name = source.target,
                              .source_type = source.column.type_name,
                              .target_type = target.type_name,
                              .how = std::move(how)});
  }

  [[nodiscard]] ColumnMatch finish() {
    // Text is read by the target's own input functions, so there is nothing to replace in it.
    if (match_.format.format == RowFormat::text) {
      match_.renumbering = {};
    } else {
      match_.format.reason =
          match_.has_casts || !match_.renumbering.empty()
              ? "every column has the same binary form on both sides, some after a conversion"
              : "every column has the same binary form on both sides";
    }
    return std::move(match_);
  }

 private:
  /// The source's cast makes an array of a built-in type; the target's may be of a domain, or of varchar.
  void renumber_cast(const std::string& cast_to, const TypeInfo& target) {
    if (target.kind != TypeKind::array) return;
    TypeInfo made = target;
    made.parts.front().oid = cast_to == "pg_catalog.text[]" ? oid::text : target.parts.front().base;
    if (made.parts.front().oid != target.parts.front().oid) {
      match_.renumbering.add(match_.items.size(), made, target);
    }
  }

  const TableInfo& target_;
  std::vector<Finding>& findings_;
  const bool evolves_;
  ColumnMatch match_;
};

}  // namespace

ColumnMatch match_columns(const std::vector<SourceColumn>& columns, const TableInfo& target,
                          std::vector<Finding>& findings, bool evolves) {
  Matcher matcher(target, findings, evolves);
  for (const auto& column : columns) {
    if (const TableColumn* const to = find_target(column.target, target, findings)) matcher.add(column, *to);
  }
  check_required(columns, target, findings);
  return matcher.finish();
}

}  // namespace leat::jobs_detail
