#include "jobs/load/merge_sql.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "jobs/options/lists.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {
namespace {

/// "s.a, s.b"
std::string qualified(const std::string& alias, std::span<const std::string> columns) {
  return text_list(columns, [&alias](const auto& name) { return alias + quote_identifier(name); });
}

/// Columns of both tables as records that differ in any byte, which every type can be compared by.
std::string images_differ(std::span<const std::string> columns) {
  return "ROW(" + qualified("t.", columns) + ")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(" +
         qualified("s.", columns) + ")::pg_catalog.record";
}

}  // namespace

MergeSql::MergeSql(const TableInfo& table, TableName staging, std::vector<std::string> columns,
                   std::vector<KeyColumn> key, std::vector<std::string> updated)
    : only_(postgres_detail::only_sql(table)),
      name_(table.name.sql()),
      staging_(std::move(staging)),
      staged_(staging_.sql()),
      columns_(std::move(columns)),
      key_(std::move(key)),
      updated_(std::move(updated)) {}

void MergeSql::expect(std::uint64_t rows) {
  staged_ = "(SELECT * FROM " + staging_.sql() + " LIMIT " + std::to_string(rows) + ")";
}

std::string MergeSql::create_staging(const TableInfo& table) const {
  std::string definitions = text_list(columns_, [&](const auto& name) {
    const TableColumn& column = *table.find(name);
    const auto* const key_column = find_by(key_, &KeyColumn::name, name);
    const bool in_key = key_column != nullptr && !key_column->null_is_value;
    return quote_identifier(name) + " " + column.type_name +
           (column.collation.empty() ? "" : " COLLATE " + column.collation) + (in_key ? " NOT NULL" : "");
  });
  if (is_temporary()) {
    if (numbers_rows_ && !key_.empty()) {
      definitions +=
          ", " + order_column("leat_row") + " pg_catalog.int8 GENERATED ALWAYS AS IDENTITY (CACHE 1000)";
    }
    return "CREATE TEMPORARY TABLE " + staging_.sql() + " (" + definitions + ") ON COMMIT DROP";
  }
  if (!key_.empty()) {
    definitions += (definitions.empty() ? "" : ", ") +
                   (order_column("leat_slice") + " pg_catalog.int8 DEFAULT pg_catalog.current_setting('" +
                    slice_setting + "')::pg_catalog.int8, " + order_column("leat_row") +
                    " pg_catalog.int8 GENERATED ALWAYS AS IDENTITY (CACHE 1000)");
  }
  return "CREATE TABLE " + staging_.sql() + " (" + definitions + ") WITH (autovacuum_enabled = false)";
}

std::string MergeSql::order_column(std::string name) const {
  while (contains(columns_, name)) name += "_";
  return quote_identifier(name);
}

std::string MergeSql::key_list() const {
  return text_list(key_, [](const KeyColumn& column) { return quote_identifier(column.name); });
}

std::string MergeSql::matches(const std::string& table) const {
  const auto match = [&table](const KeyColumn& column) {
    const std::string name = quote_identifier(column.name);
    return column.equals.empty()
               ? "ROW(" + table + "." + name + ")::pg_catalog.record OPERATOR(pg_catalog.=) ROW(s." + name +
                     ")::pg_catalog.record"
               : table + "." + name + " " + column.equals + " s." + name;
  };
  return text_list(key_, match, " AND ");
}

std::string MergeSql::joined_row() const {
  // Where the key may be NULL, what every row has.
  const auto& first = key_.front();
  return first.null_is_value ? "t.tableoid" : "t." + quote_identifier(first.name);
}

std::string MergeSql::is_staged(const std::string& table) const {
  return "EXISTS (SELECT FROM " + staged_ + " AS s WHERE " + matches(table) + ")";
}

std::string MergeSql::are_deleted(DeletedRows which) const {
  return (which == DeletedRows::absent ? "NOT " : "") + is_staged();
}

std::string MergeSql::assignments() const {
  return text_list(
      updated_, [](const auto& name) { return quote_identifier(name) + " = s." + quote_identifier(name); });
}

std::string MergeSql::insert_head() const {
  // As COPY does, which takes given values for identity columns.
  return "INSERT INTO " + name_ + (columns_.empty() ? "" : " (" + qualified("", columns_) + ")") +
         " OVERRIDING SYSTEM VALUE SELECT " + qualified("s.", columns_) + " FROM " + staged_ + " AS s";
}

std::string MergeSql::find_repeated() const {
  return "SELECT 1 FROM " + staging_.sql() + " GROUP BY " + key_list() +
         " HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 LIMIT 1";
}

std::string MergeSql::delete_superseded() const {
  // Rows of one COPY into a new table lie in the order in which they came. Of several they tell it
  // themselves.
  const std::string latest =
      is_temporary() ? (numbers_rows_ ? order_column("leat_row") + " DESC" : "ctid DESC")
                     : order_column("leat_slice") + " DESC, " + order_column("leat_row") + " DESC";
  return "DELETE FROM " + staging_.sql() +
         " AS s USING (SELECT ctid AS place, pg_catalog.row_number() OVER "
         "(PARTITION BY " +
         key_list() + " ORDER BY " + latest + ") AS from_last FROM " + staging_.sql() +
         ") AS r WHERE s.ctid OPERATOR(pg_catalog.=) r.place AND r.from_last OPERATOR(pg_catalog.>) 1";
}

std::string MergeSql::lock() const {
  return "LOCK TABLE " + only_ + " IN EXCLUSIVE MODE";
}

RowChange MergeSql::insert_all() const {
  return {.sql = insert_head(), .has_condition = false};
}

RowChange MergeSql::insert_missing() const {
  return {.sql =
              insert_head() + " WHERE NOT EXISTS (SELECT FROM " + only_ + " AS t WHERE " + matches() + ")"};
}

RowChange MergeSql::update_changed() const {
  return {.sql = "UPDATE " + only_ + " AS t SET " + assignments() + " FROM " + staged_ + " AS s WHERE " +
                 matches() + " AND " + images_differ(updated_)};
}

RowChange MergeSql::delete_all() const {
  return {.sql = "DELETE FROM " + only_ + " AS t", .has_condition = false};
}

RowChange MergeSql::delete_rows(DeletedRows which) const {
  return {.sql = "DELETE FROM " + only_ + " AS t WHERE " + are_deleted(which)};
}

std::string MergeSql::merge(const std::string& on_update) const {
  return "MERGE INTO " + only_ + " AS t USING " + staged_ + " AS s ON " + matches() +
         " WHEN MATCHED AND CASE WHEN " + images_differ(updated_) + " THEN " + on_update +
         " OPERATOR(pg_catalog.>) 0 ELSE false END THEN UPDATE SET " + assignments() +
         " WHEN NOT MATCHED THEN INSERT (" + qualified("", columns_) + ") OVERRIDING SYSTEM VALUE VALUES (" +
         qualified("s.", columns_) + ")";
}

std::string MergeSql::count_wanted() const {
  const std::string is_there = joined_row() + " IS NOT NULL";
  return "SELECT pg_catalog.count(*) FILTER (WHERE " + is_there +
         (updates() ? " AND " + images_differ(updated_) : " AND false") +
         "), pg_catalog.count(*) FILTER (WHERE NOT " + is_there + ") FROM " + staged_ + " AS s LEFT JOIN " +
         only_ + " AS t ON " + matches();
}

std::string MergeSql::count_rows(DeletedRows which) const {
  return count_all() + " AS t WHERE " + are_deleted(which);
}

std::string MergeSql::key_values() const {
  return text_list(key_, [](const KeyColumn& column) {
    return "s." + quote_identifier(column.name) + "::pg_catalog.text";
  });
}

std::string MergeSql::find_different_new() const {
  return "SELECT " + key_values() + " FROM " + staged_ + " AS s LEFT JOIN " + only_ + " AS t ON " +
         matches() + " WHERE " + joined_row() + " IS NULL OR (" + is_of_this_transaction("t.") + " AND " +
         images_differ(columns_) + ") LIMIT 1";
}

std::string MergeSql::find_lacking() const {
  return "SELECT " + key_values() + " FROM " + staged_ + " AS s WHERE NOT EXISTS (SELECT FROM " + only_ +
         " AS t WHERE " + matches() + " AND ROW(" + qualified("t.", columns_) +
         ")::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(" + qualified("s.", columns_) +
         ")::pg_catalog.record) LIMIT 1";
}

std::string MergeSql::find_different() const {
  const std::string is_changed = updates() ? " OR " + images_differ(updated_) : "";
  return "SELECT " + key_values() + " FROM " + staged_ + " AS s LEFT JOIN " + only_ + " AS t ON " +
         matches() + " WHERE " + joined_row() + " IS NULL" + is_changed + " LIMIT 1";
}

namespace {

std::string references(const ReferencingKey& key) {
  std::string condition;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    condition += (i == 0 ? "t." : " AND t.") + quote_identifier(key.referenced[i]) + " " + key.equals[i] +
                 " c." + quote_identifier(key.columns[i]);
  }
  return condition;
}

}  // namespace

std::string MergeSql::find_reference_to_deleted(const ReferencingKey& key, DeletedRows which,
                                                bool only_staged) const {
  return "SELECT 1 FROM " + key.from_sql() + " AS c JOIN " + only_ + " AS t ON " + references(key) +
         " WHERE " + are_deleted(which) + (only_staged ? " AND " + is_staged("c") : "") + " LIMIT 1";
}

std::string MergeSql::find_reference_to_changed(const ReferencingKey& key, bool by_any_change) const {
  std::vector<std::string> changed = by_any_change ? updated_ : key.referenced;
  std::erase_if(changed, [this](const auto& name) { return !contains(updated_, name); });
  if (changed.empty()) return {};
  return "SELECT 1 FROM " + staged_ + " AS s JOIN " + only_ + " AS t ON " + matches() + " JOIN " +
         key.from_sql() + " AS c ON " + references(key) + " WHERE " + images_differ(changed) + " LIMIT 1";
}

std::string MergeSql::find_missing() const {
  return "SELECT 1 FROM " + staged_ + " AS s WHERE NOT EXISTS (SELECT FROM " + only_ + " AS t WHERE " +
         matches() + ") LIMIT 1";
}

std::string is_of_this_transaction(const std::string& alias) {
  return alias +
         "xmin OPERATOR(pg_catalog.=) (pg_catalog.txid_current() OPERATOR(pg_catalog.%) "
         "4294967296::pg_catalog.int8)::pg_catalog.text::pg_catalog.xid";
}

std::string is_in_progress(const std::string& alias) {
  const std::string xmin = alias + "xmin::pg_catalog.text::pg_catalog.int8";
  return "(" + xmin + " OPERATOR(pg_catalog.>=) pg_catalog.txid_current() AND pg_catalog.txid_status(" +
         xmin + ") OPERATOR(pg_catalog.=) 'in progress')";
}

std::string as_one_statement(const std::vector<RowChange>& statements) {
  std::string with;
  std::string counts;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const std::string name = "step" + std::to_string(i + 1);
    std::string statement = statements[i].sql;
    if (i > 0) {
      // Reading what the one before has returned makes the server end it first.
      statement += (statements[i].has_condition ? " AND " : " WHERE ") +
                   ("(SELECT pg_catalog.count(*) FROM step" + std::to_string(i)) +
                   ") OPERATOR(pg_catalog.>=) 0";
    }
    with += (i == 0 ? "" : ", ") + name + " AS (" + statement + " RETURNING 1)";
    counts += (i == 0 ? "" : ", ") + ("(SELECT pg_catalog.count(*) FROM " + name) + ")";
  }
  return "WITH " + with + " SELECT " + counts;
}

}  // namespace leat::jobs_detail
