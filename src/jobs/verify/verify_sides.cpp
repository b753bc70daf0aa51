#include "jobs/verify/verify_sides.hpp"

#include <array>

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "leat/core/pool_group.hpp"

namespace leat::jobs_detail {
namespace {

// Rows that are looked at for each bound; more make slices more even.
constexpr std::size_t rows_a_bound = 20;

/// The values of a key as one: "a", or "ROW(a, b)" of many.
std::string as_one_key(const std::string& list, std::size_t values) {
  return values == 1 ? list : "ROW(" + list + ")";
}

std::string bound_sql(const std::vector<KeyPart>& key, const KeyBound& bound) {
  std::string list;
  for (std::size_t i = 0; i < key.size(); ++i) {
    list += (i == 0 ? "" : ", ") + sql_literal(bound[i]) + "::" + key[i].type;
  }
  return as_one_key(list, key.size());
}

std::string key_is_whole(const VerifySide& side) {
  return "ROW(" + side.key_list() + ") IS NOT NULL";
}

}  // namespace

std::string VerifySide::rows(const std::string& condition) const {
  std::string sql = " FROM " + from;
  // The user's condition stands on lines of its own, so that a comment at its end swallows nothing.
  if (!where.empty()) sql += " WHERE (\n" + where + "\n)";
  if (!condition.empty()) sql += (where.empty() ? " WHERE (" : " AND (") + condition + ")";
  return sql;
}

std::string VerifySide::key_list() const {
  return text_list(key, &KeyPart::sql);
}

std::string VerifySide::condition(std::span<const KeyRange> spans) const {
  const std::string own = as_one_key(key_list(), key.size());
  const std::string is_whole = key_is_whole(*this);
  std::string any;
  for (const auto& span : spans) {
    std::string one;
    if (span.from) one = own + " >= " + bound_sql(key, *span.from);
    if (span.before) one += (one.empty() ? "" : " AND ") + own + " < " + bound_sql(key, *span.before);
    if (one.empty()) return "true";
    if (key_has_nulls) {
      one = span.before ? is_whole + " AND " + one : "NOT (" + is_whole + ") OR " + one;
    }
    any += (any.empty() ? "(" : " OR (") + one + ")";
  }
  return any;
}

std::string VerifySide::slice(const std::vector<KeyBound>& bounds) const {
  const std::string list = text_list(bounds, [this](const auto& bound) { return bound_sql(key, bound); });
  // A query of its own is evaluated once, and not for each row.
  const std::string number =
      "pg_catalog.width_bucket(" + as_one_key(key_list(), key.size()) + ", (SELECT ARRAY[" + list + "]))";
  if (!key_has_nulls) return number;
  return "CASE WHEN " + key_is_whole(*this) + " THEN " + number + " ELSE " + std::to_string(bounds.size()) +
         " END";
}

std::string VerifySide::bounds_query(const KeyRange& span, std::size_t wanted) const {
  std::string names;
  std::string texts;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const std::string name = (i == 0 ? "k" : ", k") + std::to_string(i);
    names += name;
    texts += name + "::pg_catalog.text";
  }
  std::string chosen = "(" + condition(std::span(&span, 1)) + ")";
  if (key_has_nulls) chosen += " AND " + key_is_whole(*this);
  if (most_rows(span) > wanted * rows_a_bound) {
    chosen += " AND pg_catalog.random() * " + std::to_string(most_rows(span)) + " < " +
              std::to_string(wanted * rows_a_bound);
  }
  return "SELECT " + texts + " FROM (SELECT " + names + ", pg_catalog.row_number() OVER (ORDER BY " + names +
         ") AS position, pg_catalog.count(*) OVER () AS total FROM (SELECT " +
         text_list(key, &KeyPart::bound_sql) + rows(chosen) + ") AS s(" + names +
         ")) AS s WHERE position % (total / " + std::to_string(wanted) + " + 1) = 0 ORDER BY position";
}

void on_both(
    std::span<VerifySide, 2> sides, const std::stop_token& stop,
    const std::function<void(std::size_t number, VerifySide& side, const std::stop_token& stop)>& work) {
  constexpr std::array names{"leat-verify-s", "leat-verify-t"};
  PoolGroup group(stop);
  for (std::size_t number = 0; number < sides.size(); ++number) {
    group.add(
        {.options = {.name = names[number]}, .run = [&, number](std::size_t, const std::stop_token& token) {
           work(number, sides[number], token);
         }});
  }
  group.wait();
}

}  // namespace leat::jobs_detail
