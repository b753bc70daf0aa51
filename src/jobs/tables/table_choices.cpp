#include "jobs/tables/table_choices.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "jobs/options/lists.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::size_t longest_table_name = 63;

bool fits(const TablePattern& pattern, const ListedTable& table) {
  return pattern.matches(table.name.schema, table.name.name, table.is_visible);
}

/// The first one would count, and the other be left out without a word.
template <class Choice>
void refuse_twice(const std::string& option, const std::vector<Choice>& choices, std::string Choice::*name) {
  std::set<std::string> names;
  for (const auto& choice : choices) {
    if (!names.insert(choice.*name).second) {
      throw Error(ErrorKind::config, option + " names " + choice.*name + " twice");
    }
  }
}

/// An option names tables of which none is copied.
Error fits_no_table(const std::string& option, const std::string& text, std::string_view pattern,
                    std::span<const ListedTable> tables) {
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back(table.name.display());
  std::string nearest = detail::did_you_mean(pattern, names);
  if (nearest.empty() && pattern.find('.') == std::string_view::npos) {
    names.clear();
    for (const auto& table : tables) names.push_back(display_identifier(table.name.name));
    nearest = detail::did_you_mean(pattern, names);
  }
  return {ErrorKind::config,
          option + " names " + text + ", which fits no table that is copied" + nearest,
          {.hint = "write it as in SQL, schema.table, with * and ? outside of double quotes"}};
}

/// An option names a column that none of the tables that it fits has.
Error fits_no_column(const std::string& option, const std::string& text, const std::string& column,
                     const std::vector<std::string>& known) {
  return {ErrorKind::config, option + " names " + text + ", and no table that it fits has such a column" +
                                 detail::did_you_mean(column, known)};
}

}  // namespace

TableChoices::ColumnChoice TableChoices::parse_column(const std::string& text, const std::string& option) {
  const auto parts = split_column(text);
  if (!parts || parts->first.empty() || parts->second.empty()) {
    throw Error(ErrorKind::config, option + " names " + text + ", which lacks a table or a column",
                {.hint = "write schema.table.column; *.*.column is that of every table"});
  }
  const auto column = name_parts(parts->second);
  return {.text = text,
          .tables = TablePattern::parse(parts->first),
          .column = TablePattern::parse(parts->second),
          .name = column.front().before};
}

TableChoices::TableChoices(const CopyTablesOptions& options) {
  if (!options.to_schema.empty()) {
    const auto schema = name_parts(options.to_schema);
    if (schema.size() != 1 || schema.front().stars + schema.front().questions > 0) {
      throw Error(ErrorKind::config, "to_schema names " + options.to_schema + ", which is no single schema");
    }
    schema_ = schema.front().before;
  }
  refuse_twice("rename_tables", options.rename_tables, &TableRename::from);
  refuse_twice("map", options.map, &TableColumnMap::column);
  for (const auto& rename : options.rename_tables) {
    Rename& one = renames_.emplace_back(Rename{.text = rename.from + "=" + rename.to,
                                               .pattern = TablePattern::parse(rename.from),
                                               .from = name_parts(rename.from),
                                               .to = name_parts(rename.to)});
    const auto fail = [&one](const std::string& what) {
      throw Error(ErrorKind::config, "rename_tables: " + one.text + ": " + what);
    };
    if (one.to.size() > 2) fail("a table's name has two parts at most");
    for (std::size_t i = 0; i < one.to.size(); ++i) {
      if (one.to[i].questions > 0 || one.to[i].stars > 1) {
        fail("each part of the target's name may have one * and no ?");
      }
      if (one.to[i].stars == 0) continue;
      if (i >= one.from.size() || one.from[i].stars != 1 || one.from[i].questions > 0) {
        fail(
            "a * of the target's name stands for what the one * in that part of the left name stands for, "
            "which has none");
      }
    }
  }
  for (const auto& text : options.exclude_columns) {
    excluded_.push_back(parse_column(text, "exclude_columns"));
  }
  for (const auto& column : options.map) {
    maps_.push_back(parse_column(column.column, "map"));
    if (!maps_.back().column.is_exact()) {
      throw Error(ErrorKind::config, "map names " + column.column + ", but a column is mapped by its name",
                  {.hint = "only the table may be a pattern: *.*.email"});
    }
    if (column.sql.find_first_not_of(" \t\r\n") == std::string::npos) {
      throw Error(ErrorKind::config, "map gives " + column.column + " no SQL");
    }
    maps_.back().sql = column.sql;
  }
}

TableName TableChoices::target_of(const ListedTable& table) const {
  TableName target = table.name;
  if (!schema_.empty()) target.schema = schema_;
  const auto rename = std::find_if(renames_.begin(), renames_.end(),
                                   [&table](const Rename& one) { return fits(one.pattern, table); });
  if (rename == renames_.end()) return target;
  const auto& [text, pattern, from, to] = *rename;
  target.name = to[0].with(from[0].captured(table.name.name));
  if (to.size() > 1) target.schema = to[1].with(to[1].stars > 0 ? from[1].captured(table.name.schema) : "");
  return target;
}

std::vector<TableName> TableChoices::targets_of(std::span<const ListedTable> tables,
                                                std::span<const ListedTable> above) const {
  std::vector<ListedTable> all(tables.begin(), tables.end());
  all.insert(all.end(), above.begin(), above.end());
  for (const auto& rename : renames_) {
    const bool is_used = std::any_of(all.begin(), all.end(),
                                     [&rename](const auto& table) { return fits(rename.pattern, table); });
    if (!is_used) throw fits_no_table("rename_tables", rename.text, rename.pattern.text(), all);
  }
  std::vector<TableName> targets;
  std::map<std::string, std::size_t> taken;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const TableName& target = targets.emplace_back(target_of(all[i]));
    for (const auto* const part : {&target.schema, &target.name}) {
      if (!part->empty() && part->size() <= longest_table_name) continue;
      throw Error(ErrorKind::config, all[i].name.display() + " would be called " + target.schema + "." +
                                         target.name + " in the target, and a name has 1 to 63 bytes");
    }
    const auto [other, is_free] = taken.emplace(target.sql(), i);
    if (is_free) continue;
    throw Error(ErrorKind::config,
                all[other->second].name.display() + " and " + all[i].name.display() +
                    " would both arrive in " + target.display(),
                {.hint = "give one of them another name (.rename_tables), or leave it out (.exclude)"});
  }
  targets.resize(tables.size());
  return targets;
}

void TableChoices::exclude(const ColumnChoice& choice, std::span<const ListedTable> tables,
                           std::span<const KnownColumns> columns,
                           std::span<TableSelection> selections) const {
  bool fits_table = false;
  bool fits_column = false;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (!fits(choice.tables, tables[i])) continue;
    fits_table = true;
    // What it is like its own job tells.
    if (columns[i].source == nullptr) fits_column = true;
    if (columns[i].source == nullptr) continue;
    for (const auto& column : columns[i].source->columns) {
      known.push_back(display_identifier(column.name));
      if (!choice.column.matches({}, column.name, true)) continue;
      fits_column = true;
      auto& excluded = selections[i].exclude;
      if (!contains(excluded, column.name)) excluded.push_back(column.name);
    }
  }
  if (!fits_table) throw fits_no_table("exclude_columns", choice.text, choice.tables.text(), tables);
  if (!fits_column) throw fits_no_column("exclude_columns", choice.text, choice.column.text(), known);
}

void TableChoices::map(const ColumnChoice& choice, std::span<const ListedTable> tables,
                       std::span<const KnownColumns> columns, std::span<TableSelection> selections) const {
  bool fits_table = false;
  bool fits_column = false;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (!fits(choice.tables, tables[i])) continue;
    fits_table = true;
    // Of a pattern those that have it, of a single table even one that only the target is to have.
    bool has_column = choice.tables.is_exact() || columns[i].source == nullptr;
    for (const TableInfo* const side : {columns[i].source, columns[i].target}) {
      if (side == nullptr) continue;
      has_column = has_column || side->find(choice.name) != nullptr;
      for (const auto& column : side->columns) known.push_back(display_identifier(column.name));
    }
    if (!has_column) continue;
    fits_column = true;
    selections[i].map.emplace(choice.name, choice.sql);
  }
  if (!fits_table) throw fits_no_table("map", choice.text, choice.tables.text(), tables);
  if (!fits_column) throw fits_no_column("map", choice.text, choice.column.text(), known);
}

void TableChoices::choose_columns_above(const ListedTable& table, const TableInfo& source,
                                        TableSelection& selection) const {
  for (const auto& column : source.columns) {
    for (const auto& choice : excluded_) {
      if (!fits(choice.tables, table) || !choice.column.matches({}, column.name, true)) continue;
      if (!contains(selection.exclude, column.name)) selection.exclude.push_back(column.name);
    }
    for (const auto& choice : maps_) {
      if (fits(choice.tables, table) && choice.name == column.name)
        selection.map.emplace(choice.name, choice.sql);
    }
  }
}

void TableChoices::choose_columns(std::span<const ListedTable> tables, std::span<const KnownColumns> columns,
                                  std::span<TableSelection> selections) const {
  for (const auto& choice : excluded_) exclude(choice, tables, columns, selections);
  for (const auto& choice : maps_) map(choice, tables, columns, selections);
}

}  // namespace leat::jobs_detail
