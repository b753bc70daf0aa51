#include "leat/transform/row_shape.hpp"

#include <algorithm>
#include <utility>

#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {
namespace {

std::vector<Column>::iterator find_column(RowShape& shape, std::string_view name) {
  const auto found = std::find_if(shape.columns.begin(), shape.columns.end(),
                                  [name](const Column& column) { return column.name == name; });
  if (found != shape.columns.end()) return found;
  std::vector<std::string> names;
  for (const auto& column : shape.columns) names.push_back(column.name);
  throw Error(ErrorKind::config, "the row hook's shape has no column \"" + std::string(name) + "\"" +
                                     detail::did_you_mean(name, names));
}

}  // namespace

namespace jobs_detail {

Oid usual_type(bool (*accepts)(Oid), const std::string& cpp_type) {
  // Of those that one codec takes the first is meant.
  for (const Oid type :
       {oid::text,        oid::bytea,    oid::boolean, oid::int2, oid::int4,   oid::int8,   oid::oid,
        oid::float4,      oid::float8,   oid::numeric, oid::date, oid::time,   oid::timetz, oid::timestamp,
        oid::timestamptz, oid::interval, oid::uuid,    oid::json, oid::jsonb,  oid::inet,   oid::cidr,
        oid::macaddr,     oid::macaddr8, oid::money,   oid::bit,  oid::varbit, oid::pg_lsn, oid::single_char,
        oid::xid8,        oid::tid,      oid::point,   oid::lseg, oid::path,   oid::box,    oid::polygon,
        oid::line,        oid::circle}) {
    if (accepts(type)) return type;
  }
  for (const auto& range : oid::ranges) {
    if (accepts(range.whole)) return range.whole;
  }
  // Text before its kin, as with single values.
  if (const Oid texts = 1009; accepts(texts)) return texts;
  for (const auto& array : oid::arrays) {
    if (accepts(array.whole)) return array.whole;
  }
  throw Error(ErrorKind::config, "no built-in type holds a " + cpp_type,
              {.hint = "name the column's type: {.name = …, .type = …}"});
}

}  // namespace jobs_detail

RowShape RowShape::with(Column column) const {
  RowShape shape = *this;
  for (auto& old : shape.columns) {
    if (old.name != column.name) continue;
    old = std::move(column);
    return shape;
  }
  shape.columns.push_back(std::move(column));
  return shape;
}

RowShape RowShape::without(std::string_view name) const {
  RowShape shape = *this;
  shape.columns.erase(find_column(shape, name));
  return shape;
}

RowShape RowShape::renamed(std::string_view name, std::string to) const {
  RowShape shape = *this;
  find_column(shape, name)->name = std::move(to);
  return shape;
}

RowShape RowShape::with_beside(std::string table, std::vector<Column> of_table) const {
  RowShape shape = *this;
  shape.beside.push_back({.table = std::move(table), .columns = std::move(of_table)});
  return shape;
}

}  // namespace leat
