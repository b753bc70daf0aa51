#include "jobs/verify/compared_sides.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/verify/difference_search.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {
namespace {

// Of a value, and of a value of the key.
constexpr const char* most_shown_characters = "61";
constexpr const char* most_shown_key_characters = "200";

/// Where the column of that name stands; nullopt where it is not compared.
std::optional<std::size_t> position_of(const std::string& name, std::span<const ComparedColumn> columns) {
  const auto* const column = find_by(columns, &ComparedColumn::name, name);
  if (column == nullptr) return std::nullopt;
  return static_cast<std::size_t>(column - columns.data());
}

/// The key that a user names.
std::vector<std::size_t> named_key(const std::vector<std::string>& names,
                                   std::span<const ComparedColumn> columns) {
  std::vector<std::size_t> positions;
  for (const auto& name : names) {
    const std::string shown = display_identifier(name);
    const auto position = position_of(name, columns);
    if (!position) {
      throw Error(ErrorKind::config, "the key names the column " + shown + ", which is not compared",
                  {.hint = "name columns as the target has them"});
    }
    if (contains(positions, *position)) {
      throw Error(ErrorKind::config, "the key names the column " + shown + " twice");
    }
    positions.push_back(*position);
  }
  return positions;
}

/// Where the columns of a key that has no NULLs stand; nullopt where one may be NULL or is not compared.
std::optional<std::vector<std::size_t>> positions_of(const UniqueKey& key,
                                                     std::span<const ComparedColumn> columns) {
  std::vector<std::size_t> positions;
  for (const auto& column : key.columns) {
    const auto position = position_of(column.name, columns);
    if (!position || !columns[*position].target_not_null) return std::nullopt;
    positions.push_back(*position);
  }
  return positions;
}

/// The target's own key that is best to compare by; empty for none.
std::vector<std::size_t> best_key(Connection& target, const TableInfo& table,
                                  std::span<const ComparedColumn> columns, const std::stop_token& stop) {
  auto keys = std::move(TableManager(target).unique_keys(std::span(&table.oid, 1), stop)[table.oid]);
  // The primary key first, then the shortest.
  std::stable_sort(keys.begin(), keys.end(), [](const UniqueKey& a, const UniqueKey& b) {
    return std::pair(!a.is_primary, a.columns.size()) < std::pair(!b.is_primary, b.columns.size());
  });
  for (const auto& key : keys) {
    if (auto positions = positions_of(key, columns)) return std::move(*positions);
  }
  return {};
}

/// The columns of the key, and what they are ordered by.
std::vector<ComparedColumn> add_parts(ComparedSides& compared, bool same_encoding) {
  std::vector<ComparedColumn> key;
  for (const std::size_t position : compared.key_columns) {
    const ComparedColumn& column = compared.columns[position];
    key.push_back(column);
    const ValueForm form = column.comparison.form;
    const bool is_text = form == ValueForm::text || form == ValueForm::printed;
    compared.parts.push_back(
        {.type = is_text ? (same_encoding ? "pg_catalog.text" : "pg_catalog.bytea") : column.type,
         .is_text = is_text && same_encoding,
         .is_utf8 = is_text && !same_encoding});
  }
  if (key.empty()) compared.parts.push_back({.type = "pg_catalog.int8"});
  return key;
}

void add_side_sql(ComparedSides& compared, std::size_t number, std::span<const ComparedColumn> key,
                  HashMethod method) {
  auto& side = compared.sides[number];
  const auto value = number == 0 ? &ComparedColumn::source : &ComparedColumn::target;
  side.row_hash = hash_sql(compared.columns, value, method);
  side.key_hash = key.empty() ? side.row_hash : hash_sql(key, value, method);
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string sql = key[i].*value;
    if (compared.parts[i].is_text) sql = "(" + sql + ")::pg_catalog.text COLLATE pg_catalog.\"C\"";
    if (compared.parts[i].is_utf8) sql = "pg_catalog.convert_to((" + sql + ")::pg_catalog.text, 'UTF8')";
    side.key.push_back(std::move(sql));
    const bool not_null = number == 0 ? key[i].source_not_null : key[i].target_not_null;
    side.key_has_nulls = side.key_has_nulls || !not_null;
  }
  if (key.empty()) side.key.push_back(side.row_hash);
  for (std::size_t i = 0; i < compared.columns.size(); ++i) {
    const bool is_key = contains(compared.key_columns, i);
    side.values.push_back("pg_catalog.left((" + compared.columns[i].*value + ")::pg_catalog.text, " +
                          (is_key ? most_shown_key_characters : most_shown_characters) + ")");
    side.hashes.push_back(hash_sql(std::span(&compared.columns[i], 1), value, method));
  }
}

/// Leaves out the last of the characters that were fetched, which only shows that there are more.
void cut(ShownValue& value) {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  if (!value || std::count_if(value->begin(), value->end(), begins) <= 60) return;
  while (!begins(value->back())) value->pop_back();
  value->pop_back();
  *value += "…";
}

}  // namespace

void choose_key(ComparedSides& compared, const TableInfo& target, const std::vector<std::string>& wanted,
                VerifyReport& report, const std::stop_token& stop) {
  compared.key_columns = wanted.empty() ? best_key(*compared.sides[1].session, target, compared.columns, stop)
                                        : named_key(wanted, compared.columns);
  for (const std::size_t position : compared.key_columns) {
    report.key.push_back(compared.columns[position].name);
  }
}

void build_sides(ComparedSides& compared, HashMethod method, bool same_encoding) {
  const auto key = add_parts(compared, same_encoding);
  add_side_sql(compared, 0, key, method);
  add_side_sql(compared, 1, key, method);
}

bool count_both(ComparedSides& compared, VerifyReport& report, const std::stop_token& stop) {
  std::array<ContentHash, 2> contents;
  on_both(
      compared.sides,
      [&](std::size_t number, const std::stop_token& token) {
        auto& side = compared.sides[number];
        contents[number] = read_content(*side.session, side.row_hash,
                                        side.rows("").substr(std::string_view(" FROM ").size()), token);
      },
      stop);
  report.source_rows = contents[0].rows;
  report.target_rows = contents[1].rows;
  return contents[0] == contents[1];
}

void locate_differences(ComparedSides& compared, VerifyReport& report, std::size_t most,
                        const std::stop_token& stop) {
  const KeyOrder order(compared.parts);
  const bool has_key = !compared.key_columns.empty();
  if (!has_key) {
    report.remarks.emplace_back(
        "no key tells the rows apart, so those that only one side has are shown as they are; --key names "
        "one");
  }
  DifferenceSearch(compared.sides, order, has_key, compared.key_columns, report).run(most, stop);
  for (auto& difference : report.differences) {
    for (auto& column : difference.columns) {
      cut(column.source);
      cut(column.target);
    }
  }
}

}  // namespace leat::jobs_detail
