#include "jobs/prepare/slice.hpp"

#include "jobs/options/sql_text.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {
namespace {

std::string tid(RowPlace place, std::uint64_t rows_per_page) {
  return "'(" + std::to_string(place / rows_per_page) + "," + std::to_string(place % rows_per_page) +
         ")'::pg_catalog.tid";
}

std::string key_condition(const KeySlice& keys) {
  const auto bound = [&keys](const std::string& value) { return sql_literal(value) + "::" + keys.type; };
  std::string condition;
  if (keys.from) condition = keys.key + " >= " + bound(*keys.from);
  if (keys.before) condition += (condition.empty() ? "" : " AND ") + keys.key + " < " + bound(*keys.before);
  return keys.from ? condition : "(" + condition + " OR " + keys.key + " IS NULL)";
}

std::string condition_of(const TablePart& part, const Slice& slice) {
  if (slice.keys) return key_condition(*slice.keys);
  std::string condition = "ctid >= " + tid(slice.begin, part.rows_per_page);
  if (slice.end) condition += " AND ctid < " + tid(*slice.end, part.rows_per_page);
  return condition;
}

std::string pages_text(const TablePart& part, const Slice& slice) {
  const auto row = [&part](RowPlace place) {
    const auto number = place % part.rows_per_page;
    return std::to_string(place / part.rows_per_page) + (number == 0 ? "" : " row " + std::to_string(number));
  };
  if (!slice.end) return "pages from " + row(slice.begin);
  if (*slice.end % part.rows_per_page != 0)
    return "pages " + row(slice.begin) + " to before " + row(*slice.end);
  return "pages " + row(slice.begin) + " to " + row(*slice.end - part.rows_per_page);
}

std::string keys_text(const KeySlice& keys) {
  if (!keys.from) return keys.key + " below " + *keys.before;
  return keys.key + " from " + *keys.from + (keys.before ? " to before " + *keys.before : "");
}

}  // namespace

std::string SlicedTable::sql(const Slice& slice, RowFormat format) const {
  const TablePart& part = parts[slice.part];
  if (slice.is_whole()) return postgres_detail::copy_to_sql(part.table, items, where, format);
  std::string condition = condition_of(part, slice);
  // The user's condition stands on lines of its own, so that a comment at its end swallows nothing.
  if (!where.empty()) condition = "(\n" + where + "\n) AND " + condition;
  return postgres_detail::copy_to_sql(part.table, items, condition, format);
}

std::string SlicedTable::weight_sql(const Slice& slice) const {
  const TablePart& part = parts[slice.part];
  return "SELECT COALESCE(pg_catalog.sum(" + part.row_bytes + "), 0)::pg_catalog.int8 FROM ONLY " +
         part.table.name.sql() + " WHERE " + condition_of(part, slice);
}

std::string SlicedTable::display(const Slice& slice) const {
  const TablePart& part = parts[slice.part];
  const std::string name = parts.size() == 1 ? "" : part.table.name.display();
  if (slice.is_whole()) return name.empty() ? "the whole table" : name;
  const std::string range = slice.keys ? keys_text(*slice.keys) : pages_text(part, slice);
  return name.empty() ? range : name + ", " + range;
}

}  // namespace leat::jobs_detail
