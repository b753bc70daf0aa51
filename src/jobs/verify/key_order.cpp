#include "jobs/verify/key_order.hpp"

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"

namespace leat::jobs_detail {
namespace {

// Rows that are looked at for each bound; more make slices more even.
constexpr std::size_t rows_a_bound = 20;

// Of a text, as a bound.
constexpr const char* most_bound_characters = "200";

}  // namespace

std::string KeyOrder::row(const std::vector<std::string>& bound) const {
  std::string sql;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    sql += (sql.empty() ? "" : ", ") + sql_literal(bound[i]) + "::" + parts_[i].type;
    if (parts_[i].is_text) sql += " COLLATE pg_catalog.\"C\"";
  }
  return parts_.size() == 1 ? sql : "ROW(" + sql + ")";
}

std::string KeyOrder::condition(const VerifySide& side, std::span<const KeyRange> spans) const {
  const std::string key = parts_.size() == 1 ? side.key.front() : "ROW(" + comma_list(side.key) + ")";
  const std::string no_nulls = "ROW(" + comma_list(side.key) + ") IS NOT NULL";
  std::string any;
  for (const auto& span : spans) {
    std::string one;
    if (span.from) one = key + " >= " + row(*span.from);
    if (span.before) one += (one.empty() ? "" : " AND ") + key + " < " + row(*span.before);
    if (one.empty()) return "true";
    if (side.key_has_nulls) {
      one = span.before ? no_nulls + " AND " + one : "NOT (" + no_nulls + ") OR " + one;
    }
    any += (any.empty() ? "(" : " OR (") + one + ")";
  }
  return any;
}

std::string KeyOrder::slice(const VerifySide& side,
                            const std::vector<std::vector<std::string>>& bounds) const {
  const std::string key = parts_.size() == 1 ? side.key.front() : "ROW(" + comma_list(side.key) + ")";
  const std::string values = text_list(bounds, [this](const auto& bound) { return row(bound); });
  // A query of its own is evaluated once, and not for each row.
  std::string number = "pg_catalog.width_bucket(" + key + ", (SELECT ARRAY[" + values + "]))";
  if (!side.key_has_nulls) return number;
  return "CASE WHEN ROW(" + comma_list(side.key) + ") IS NOT NULL THEN " + number + " ELSE " +
         std::to_string(bounds.size()) + " END";
}

std::string KeyOrder::bounds_query(const VerifySide& side, const KeyRange& span, std::uint64_t rows,
                                   std::size_t wanted) const {
  std::string keys;
  std::string names;
  std::string texts;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const std::string name = "k" + std::to_string(i);
    std::string key = side.key[i];
    // The beginning of a text is a bound as good as the whole.
    if (parts_[i].is_text) key = "pg_catalog.left(" + key + ", " + most_bound_characters + ")";
    if (parts_[i].is_utf8) key = "pg_catalog.substring(" + key + ", 1, " + most_bound_characters + ")";
    keys += (i == 0 ? "" : ", ") + key + " AS " + name;
    names += (i == 0 ? "" : ", ") + name;
    texts += (i == 0 ? "" : ", ") + name + "::pg_catalog.text";
  }
  std::string condition = "(" + this->condition(side, std::span(&span, 1)) + ")";
  if (side.key_has_nulls) condition += " AND ROW(" + comma_list(side.key) + ") IS NOT NULL";
  if (rows > wanted * rows_a_bound) {
    condition +=
        " AND pg_catalog.random() * " + std::to_string(rows) + " < " + std::to_string(wanted * rows_a_bound);
  }
  return "SELECT " + texts + " FROM (SELECT " + names + ", pg_catalog.row_number() OVER (ORDER BY " + names +
         ") AS position, pg_catalog.count(*) OVER () AS total FROM (SELECT " + keys + side.rows(condition) +
         ") AS s) AS s WHERE position % (total / " + std::to_string(wanted) + " + 1) = 0 ORDER BY position";
}

}  // namespace leat::jobs_detail
