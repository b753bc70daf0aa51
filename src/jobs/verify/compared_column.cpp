#include "jobs/verify/compared_column.hpp"

#include <utility>

#include "jobs/load/large_objects.hpp"
#include "jobs/match/version_values.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/verify/inner_forms.hpp"
#include "leat/data/type_oids.hpp"

namespace leat::jobs_detail {
namespace {

// Their hash functions take in every bit. Those of 8-byte integers and times fold their halves, that of
// numeric leaves out the sign, that of interval takes a month for 30 days.
constexpr std::array<Oid, 8> types_hashed_whole{oid::boolean, oid::single_char, oid::int2, oid::int4,
                                                oid::oid,     oid::date,        oid::uuid, oid::bytea};

constexpr std::array<Oid, 6> text_types{oid::text, oid::varchar, oid::name,
                                        oid::json, oid::jsonb,   oid::jsonpath};

// Their hash functions do not, but their binary form has every difference.
constexpr std::array<Oid, 12> types_sent{oid::int8,   oid::numeric,   oid::money,    oid::time,
                                         oid::timetz, oid::timestamp, oid::interval, oid::timestamptz,
                                         oid::inet,   oid::cidr,      oid::macaddr,  oid::macaddr8};

/// The function that gives a value's binary form.
std::string sender_of(const TypeInfo& type) {
  if (type.base == oid::int8) return "int8send";
  return (type.base == oid::money ? "cash" : type.base_name) + "_send";
}

Comparison as_printed(std::string reason) {
  return {.form = ValueForm::printed, .reason = std::move(reason)};
}

/// Whether the same bytes may be two intervals.
bool differ_in_intervals(const TypeInfo& source, const TypeInfo& target) {
  return knows_more_intervals(source, target) || knows_more_intervals(target, source);
}

Comparison compare_base(const TypeUse& source, const TypeUse& target) {
  const TypeInfo& to = target.type;
  if (!is_built_in(to)) return as_printed("it is no built-in type");
  const std::string whole = "pg_catalog." + quote_identifier(to.base_name);
  if (contains(types_hashed_whole, to.base)) return {.form = ValueForm::hashed, .cast = whole};
  if (to.base == oid::float4 || to.base == oid::float8) return {.form = ValueForm::real, .cast = whole};
  if (to.base == oid::xml) return {.form = ValueForm::text, .is_xml = true};
  if (contains(text_types, to.base)) return {.form = ValueForm::text, .cast = "pg_catalog.text"};
  // Its cast leaves out the blanks at the end, which fill the length and mean nothing.
  if (to.base == oid::bpchar && modifier(target) >= 0) {
    return {.form = ValueForm::text, .cast = "pg_catalog.text"};
  }
  if (to.base == oid::interval && differ_in_intervals(source.type, to)) {
    return as_printed("it may be infinite, which only one of the servers knows");
  }
  if (contains(types_sent, to.base)) {
    const std::string scaled = to.base == oid::numeric ? scale_cast(source, target) : "";
    return {.form = ValueForm::sent, .send = sender_of(to), .cast = scaled.empty() ? whole : scaled};
  }
  return as_printed("its hash does not see every difference, or it has none");
}

Comparison compare_array(const TypeUse& source, const TypeUse& target) {
  Comparison comparison = as_printed("the hash of an array leaves out its dimensions");
  const TypeInfo& to = target.type.parts.front();
  // By their numbers, which all servers print alike.
  if (to.base == oid::single_char && !print_chars_alike(source.type, target.type)) {
    comparison.cast = "pg_catalog.int4[]";
  }
  if (to.base == oid::bpchar && modifier({to, modifier(target)}) >= 0) comparison.cast = "pg_catalog.text[]";
  if (to.base == oid::numeric && source.type.kind == TypeKind::array) {
    const std::string cast =
        scale_cast({source.type.parts.front(), modifier(source)}, {to, modifier(target)});
    if (!cast.empty()) comparison.cast = cast + "[]";
  }
  return comparison;
}

/// How a source column's values are compared with those that a copy makes of them in a target column of that
/// type.
Comparison comparison_of(const TypeUse& source, const TypeUse& target) {
  if (fit(source, target).passage == Passage::text) return as_printed("it is copied as text");
  switch (target.type.kind) {
    case TypeKind::base:
      return compare_base(source, target);
    case TypeKind::array:
      return compare_array(source, target);
    case TypeKind::enumeration:
      return as_printed("the hash of an enum is that of a number that differs between databases");
    case TypeKind::composite:
    case TypeKind::range:
    case TypeKind::multirange:
    case TypeKind::pseudo:
      break;
  }
  return as_printed("its hash does not see every difference, or it has none");
}

/// Where parts of what is printed are printed otherwise in the target, they are converted on both sides.
void show_alike(const TypeUse& source, const TypeUse& target, ComparedColumn& column) {
  // Where the copy converts a value, the source's has the target's type already.
  const bool is_converted = !column.comparison.cast.empty() || fit(source, target).passage == Passage::cast;
  if (column.comparison.form != ValueForm::printed || is_converted) return;
  const auto own = column.sql;
  for (auto& sql : column.sql) sql = alike_inside(source, target, sql);
  if (column.sql != own) column.shown = own;
}

}  // namespace

std::vector<ComparedColumn> compare_columns(const std::vector<SourceColumn>& columns,
                                            const ColumnMatch& match, const TableInfo& target,
                                            bool large_objects) {
  std::vector<std::size_t> objects;
  if (large_objects) objects = large_object_columns(match, columns, target);
  std::vector<ComparedColumn> compared;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const TableColumn& from = columns[i].column;
    const TableColumn& to = *target.find(match.targets[i]);
    ComparedColumn column{.name = to.name,
                          .sql = {match.items[i].sql, quote_identifier(to.name)},
                          .not_null = {from.not_null, to.not_null},
                          .comparison = comparison_of({from.type, from.typmod}, {to.type, to.typmod})};
    if (contains(objects, i)) {
      column.comparison = {.form = ValueForm::hashed, .cast = "pg_catalog.bytea"};
      for (auto& sql : column.sql) sql = large_object_hash(sql);
    }
    const std::string& cast = column.comparison.cast;
    if (column.comparison.is_xml) {
      for (auto& sql : column.sql) sql = sent_xml(sql);
    } else if (!cast.empty()) {
      for (auto& sql : column.sql) sql = "(" + sql + ")::" + cast;
    }
    if (column.comparison.form == ValueForm::printed) {
      column.prints_time_zone = to.type.is_made_of(oid::timestamptz);
      column.prints_money = to.type.is_made_of(oid::money);
      column.prints_objects = holds_object_references(to.type);
    }
    show_alike({from.type, from.typmod}, {to.type, to.typmod}, column);
    compared.push_back(std::move(column));
  }
  return compared;
}

}  // namespace leat::jobs_detail
