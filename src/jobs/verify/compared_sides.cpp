#include "jobs/verify/compared_sides.hpp"

#include <optional>
#include <span>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/verify/content_hash.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {
namespace {

// Of a value, and of a value of the key.
constexpr const char* most_shown_characters = "61";
constexpr const char* most_shown_key_characters = "200";

// Of a text, as a bound.
constexpr const char* most_bound_characters = "200";

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
      std::vector<std::string> compared;
      for (const auto& column : columns) compared.push_back(column.name);
      throw Error(ErrorKind::config,
                  "the key names the column " + shown + ", which is not compared" +
                      leat::detail::did_you_mean(name, compared),
                  {.hint = "name columns as the target has them"});
    }
    if (contains(positions, *position)) {
      throw Error(ErrorKind::config, "the key names the column " + shown + " twice");
    }
    positions.push_back(*position);
  }
  return positions;
}

/// The target's own key that is best to compare by, without NULLs: its primary key, or else the shortest;
/// empty for none.
std::vector<std::size_t> best_key(Connection& target, const TableInfo& table,
                                  std::span<const ComparedColumn> columns, const std::stop_token& stop) {
  std::vector<std::size_t> best;
  const auto keys = std::move(TableManager(target).unique_keys(std::span(&table.oid, 1), stop)[table.oid]);
  for (const auto& key : keys) {
    std::vector<std::size_t> positions;
    for (const auto& column : key.columns) {
      const auto position = position_of(column.name, columns);
      if (position && columns[*position].not_null[1]) positions.push_back(*position);
    }
    if (positions.size() != key.columns.size()) continue;
    if (key.is_primary) return positions;
    if (best.empty() || positions.size() < best.size()) best = std::move(positions);
  }
  return best;
}

/// The quickest that agrees on both sides.
HashMethod hash_method(const ComparedSides& compared) {
  constexpr int versions_in_a_major = 10000;
  const int source = compared.sides[0].session->server_version() / versions_in_a_major;
  const int target = compared.sides[1].session->server_version() / versions_in_a_major;
  if (!compared.same_encoding) return HashMethod::by_utf8;
  // hash_record_extended came with version 14.
  return source == target && source >= 14 ? HashMethod::by_type : HashMethod::by_bytes;
}

/// What rows are ordered by that have this column in their key.
KeyPart key_part(const ComparedColumn& column, std::size_t number, bool same_encoding) {
  const std::string& sql = column.sql[number];
  const ValueForm form = column.comparison.form;
  if (form != ValueForm::text && form != ValueForm::printed) {
    return {.sql = sql, .bound_sql = sql, .type = column.comparison.cast};
  }
  const std::string text = "(" + sql + ")::pg_catalog.text";
  if (!same_encoding) {
    const std::string bytes = utf8_sql(text);
    return {.sql = bytes,
            .bound_sql = "pg_catalog.substring(" + bytes + ", 1, " + most_bound_characters + ")",
            .type = "pg_catalog.bytea",
            .is_utf8 = true};
  }
  const std::string by_bytes = " COLLATE pg_catalog.\"C\"";
  return {.sql = text + by_bytes,
          .bound_sql = "pg_catalog.left(" + text + by_bytes + ", " + most_bound_characters + ")",
          .type = "pg_catalog.text" + by_bytes};
}

void add_side_sql(ComparedSides& compared, std::size_t number, HashMethod method) {
  auto& side = compared.sides[number];
  std::vector<ComparedColumn> key;
  for (const std::size_t position : compared.key_columns) {
    const ComparedColumn& column = key.emplace_back(compared.columns[position]);
    side.key.push_back(key_part(column, number, compared.same_encoding));
    side.key_has_nulls = side.key_has_nulls || !column.not_null[number];
  }
  side.row_hash = hash_sql(compared.columns, number, method);
  side.key_hash = key.empty() ? side.row_hash : hash_sql(key, number, method);
  if (key.empty()) side.key.push_back({.sql = side.row_hash, .type = "pg_catalog.int8"});
  for (std::size_t i = 0; i < compared.columns.size(); ++i) {
    const bool is_key = contains(compared.key_columns, i);
    const ComparedColumn& column = compared.columns[i];
    const std::string& shown = column.shown[number].empty() ? column.sql[number] : column.shown[number];
    side.values.push_back("pg_catalog.left((" + shown + ")::pg_catalog.text, " +
                          (is_key ? most_shown_key_characters : most_shown_characters) + ")");
    side.hashes.push_back(hash_sql(std::span(&compared.columns[i], 1), number, method));
  }
}

}  // namespace

void prepare_sides(ComparedSides& compared, const TableInfo& target, const std::vector<std::string>& wanted,
                   VerifyReport& report, const std::stop_token& stop) {
  const auto& columns = compared.columns;
  compared.key_columns = wanted.empty() ? best_key(*compared.sides[1].session, target, columns, stop)
                                        : named_key(wanted, columns);
  for (const auto& column : columns) report.columns.push_back(column.name);
  for (const std::size_t position : compared.key_columns) report.key.push_back(columns[position].name);
  const HashMethod method = hash_method(compared);
  add_side_sql(compared, 0, method);
  add_side_sql(compared, 1, method);
}

bool count_both(ComparedSides& compared, VerifyReport& report, const std::stop_token& stop) {
  std::array<Result, 2> found;
  on_both(compared.sides, stop, [&](std::size_t number, VerifySide& side, const std::stop_token& token) {
    found[number] = side.session->execute_long(
        "SELECT pg_catalog.count(*), pg_catalog.sum(" + side.row_hash + ")" + side.rows(""), {}, token);
  });
  report.source_rows = static_cast<std::uint64_t>(found[0].integer(0, 0));
  report.target_rows = static_cast<std::uint64_t>(found[1].integer(0, 0));
  return report.source_rows == report.target_rows && found[0].text(0, 1) == found[1].text(0, 1);
}

}  // namespace leat::jobs_detail
