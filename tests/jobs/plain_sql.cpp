#include "plain_sql.hpp"

#include <algorithm>
#include <stdexcept>

namespace leat::test {
namespace {

std::string comma(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + quote_identifier(name);
  return list;
}

}  // namespace

void PlainSql::take_target() {
  const std::string target = "public." + copy_.table_sql;
  bed_.dst("CREATE TABLE wanted (LIKE " + target + " INCLUDING ALL)");
  const std::string names = columns_of(target, "a.attgenerated = ''");
  bed_.dst("INSERT INTO wanted (" + names + ") OVERRIDING SYSTEM VALUE SELECT " + names + " FROM " + target +
           "; CREATE TABLE was AS SELECT * FROM wanted");
  const bool is_silent = copy_.options.stream.triggers == Triggers::disable;
  if (!copy_.trigger_sql.empty() && !is_silent) {
    std::string sql = copy_.trigger_sql;
    bed_.dst(sql.replace(sql.find('@'), 1, "wanted"));
    leaves_out_ = copy_.leaves_rows_out;
  }
  for (const auto& column : copy_.columns) {
    if (!column.is_missing_there) continue;
    bed_.dst("ALTER TABLE wanted ADD " + quote_identifier(column.to) + " " + column.type +
             (column.fallback.empty() ? "" : " DEFAULT " + column.fallback));
  }
}

bool PlainSql::change() {
  std::string types;
  std::string names;
  std::string values;
  std::string sets;
  std::string condition = where();
  std::string bad;
  for (const auto& column : copy_.columns) {
    if (!column.is_sent()) continue;
    const std::string name = quote_identifier(column.to);
    std::string value = column.sent();
    if (column.to == copy_.hooked) {
      condition += " AND (" + value + ") % 5 <> 0";
      value = "(" + value + ") + 1000";
    }
    types += name + " " + column.to_type + ", ";
    names += (names.empty() ? "" : ", ") + name;
    values += (values.empty() ? "" : ", ") + value;
    if (std::find(copy_.key.begin(), copy_.key.end(), column.to) == copy_.key.end())
      sets += (sets.empty() ? "" : ", ") + name + " = n." + name;
    if (column.has_bad_rows) bad = "length(" + quote_identifier(column.name) + ") > 8";
  }
  if (!bad.empty()) {
    rejected_ = bed_.dst("SELECT count(*) FROM came WHERE " + condition + " AND " + bad);
    if (copy_.options.stream.max_rejects == 0 && rejected_ != "0") return false;
    if (std::stoul(rejected_) > copy_.options.stream.max_rejects) return false;
    condition += " AND NOT (" + bad + ")";
  }
  const std::string key = comma(copy_.key);
  bed_.dst("CREATE TABLE sent (" + types + "\"#\" serial); INSERT INTO sent (" + names + ") SELECT " +
           values + " FROM came WHERE " + condition +
           " ORDER BY ctid; CREATE TABLE latest AS SELECT DISTINCT ON (" + key + ") * FROM sent ORDER BY " +
           key + ", \"#\" DESC");
  try {
    bed_.dst(statements(names, sets));
    count();
    return suppressed_ == 0 || copy_.options.stream.suppressed_rows == SuppressedRows::allow;
  } catch (const std::runtime_error& refused) {
    refusal_ = refused.what();
    return false;
  }
}

void PlainSql::check(const JobReport& report) const {
  const auto text = [](std::uint64_t number) { return "|" + std::to_string(number); };
  const std::string told = std::to_string(report.rows_read) + text(report.rows_rejected) +
                           text(report.rows_superseded) + text(report.rows_inserted + report.rows_suppressed);
  if (report.rows_deleted) {
    CHECK(told + text(*report.rows_deleted) == counts_);
  } else {
    CHECK(told == counts_.substr(0, counts_.rfind('|')));
  }
  CHECK(report.rows_suppressed == suppressed_);
  CHECK(report.rows_read == report.rows_written + report.rows_unchanged + report.rows_superseded +
                                report.rows_dropped + report.rows_rejected + report.rows_suppressed);
  CHECK(report.status == (rejected_ == "0" ? JobStatus::done : JobStatus::done_with_rejects));
}

void PlainSql::check_rows() const {
  // Rows as text, since not every type has an equality.
  const std::string names = columns_of("wanted", "true");
  const std::string is = "SELECT ROW(" + names + ")::text FROM public." + copy_.table_sql;
  const std::string wants = "SELECT ROW(" + names + ")::text FROM wanted";
  CHECK(bed_.dst("SELECT * FROM (SELECT 'more: ' || x FROM (" + is + " EXCEPT ALL " + wants +
                 ") a (x) UNION ALL SELECT 'missing: ' || x FROM (" + wants + " EXCEPT ALL " + is +
                 ") b (x)) c LIMIT 5")
            .empty());
  CHECK(columns_of("public." + copy_.table_sql, "true").size() == names.size());
}

void PlainSql::count() {
  const auto mode = copy_.options.mode;
  const bool by_key = uses_key(mode);
  const bool last_wins = by_key && (mode != WriteMode::delete_insert || copy_.has_unique_key);
  const std::string same = equal_keys("n", "w");
  const std::string fresh = "latest n WHERE NOT EXISTS (SELECT FROM was w WHERE " + same + ")";
  const std::string inserted = by_key && mode != WriteMode::delete_insert ? fresh
                               : last_wins                                ? "latest n WHERE true"
                                                                          : "sent n WHERE true";
  std::string deleted = "false";
  if (mode == WriteMode::swap || mode == WriteMode::replace) deleted = "true";
  if (mode == WriteMode::delete_insert) deleted = "EXISTS (SELECT FROM latest n WHERE " + same + ")";
  if (mode == WriteMode::sync) deleted = "NOT EXISTS (SELECT FROM latest n WHERE " + same + ")";
  // Read, rejected, superseded, inserted (or left out) and deleted.
  counts_ = bed_.dst("SELECT (SELECT count(*) FROM came WHERE " + where() + "), " + rejected_ + ", " +
                     (last_wins ? "(SELECT count(*) FROM sent) - (SELECT count(*) FROM latest)" : "0") +
                     ", (SELECT count(*) FROM " + inserted + "), (SELECT count(*) FROM was w WHERE " +
                     deleted + ")");
  if (leaves_out_) {
    suppressed_ = std::stoul(bed_.dst("SELECT count(*) FROM " + inserted + " AND n." +
                                      quote_identifier(copy_.columns[0].to) + " % 7 = 0"));
  }
}

std::string PlainSql::where() const {
  return copy_.options.table.where.empty() ? "true" : "(" + copy_.options.table.where + "\n)";
}

std::string PlainSql::columns_of(const std::string& table, const std::string& which) const {
  return bed_.dst(
      "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname) FROM pg_attribute a WHERE attrelid "
      "= '" +
      table + "'::regclass AND attnum > 0 AND NOT attisdropped AND " + which);
}

std::string PlainSql::equal_keys(const std::string& one, const std::string& other) const {
  std::string sql;
  for (const auto& name : copy_.key) {
    const std::string quoted = "." + quote_identifier(name);
    sql += (sql.empty() ? "" : " AND ") + one + quoted + " = " + other + quoted;
  }
  return sql;
}

std::string PlainSql::statements(const std::string& names, const std::string& sets) const {
  const std::string same = equal_keys("n", "w");
  const auto insert = [&names](const std::string& from) {
    return "INSERT INTO wanted (" + names + ") OVERRIDING SYSTEM VALUE SELECT " + names + " FROM " + from;
  };
  const std::string fresh = insert("latest n WHERE NOT EXISTS (SELECT FROM wanted w WHERE " + same + ")");
  const std::string update =
      sets.empty() ? "" : "UPDATE wanted w SET " + sets + " FROM latest n WHERE " + same + "; ";
  switch (copy_.options.mode) {
    case WriteMode::append:
      return insert("sent");
    case WriteMode::replace:
    case WriteMode::swap:
      return "DELETE FROM wanted; " + insert("sent");
    case WriteMode::upsert:
      return update + fresh;
    case WriteMode::insert_missing:
      return fresh;
    case WriteMode::delete_insert:
      return "DELETE FROM wanted w USING latest n WHERE " + same + "; " +
             insert(copy_.has_unique_key ? "latest" : "sent");
    case WriteMode::sync:
      return "DELETE FROM wanted w WHERE NOT EXISTS (SELECT FROM latest n WHERE " + same + "); " + update +
             fresh;
  }
  return {};
}

}  // namespace leat::test
