#include "jobs/verify/compared_column.hpp"

#include <array>
#include <utility>

#include "jobs/options/lists.hpp"
#include "leat/data/type_oids.hpp"

namespace leat::jobs_detail {
namespace {

// Their hash functions take in every bit. Those of 8-byte integers and times fold their halves, that of
// numeric leaves out the sign, that of interval takes a month for 30 days.
constexpr std::array<Oid, 8> types_hashed_whole{oid::boolean, oid::single_char, oid::int2, oid::int4,
                                                oid::oid,     oid::date,        oid::uuid, oid::bytea};

constexpr std::array<Oid, 7> text_types{oid::text, oid::varchar, oid::name,    oid::json,
                                        oid::xml,  oid::jsonb,   oid::jsonpath};

struct Sender {
  Oid type;
  const char* function;
};
constexpr std::array senders{
    Sender{oid::int8, "int8send"},          Sender{oid::numeric, "numeric_send"},
    Sender{oid::money, "cash_send"},        Sender{oid::time, "time_send"},
    Sender{oid::timetz, "timetz_send"},     Sender{oid::timestamp, "timestamp_send"},
    Sender{oid::interval, "interval_send"}, Sender{oid::timestamptz, "timestamptz_send"},
    Sender{oid::inet, "inet_send"},         Sender{oid::cidr, "cidr_send"},
    Sender{oid::macaddr, "macaddr_send"},   Sender{oid::macaddr8, "macaddr8_send"},
};

Comparison as_printed(std::string reason) {
  return {.form = ValueForm::printed, .reason = std::move(reason)};
}

/// The cast that gives numbers the decimals of a target that has a scale; empty where they have them already.
/// Source: PostgreSQL, src/backend/utils/adt/numeric.c, make_numeric_typmod.
std::string scale_cast(const TypeUse& source, const TypeUse& target) {
  const std::int32_t to = modifier(target);
  const bool alike = source.type.base == oid::numeric && modifier(source) == to;
  const std::int32_t scale = (((to - 4) & 0x7ff) ^ 1024) - 1024;
  if (to < 4 || alike || scale < 0) return {};
  // Any number of digits before the point, so that this never fails.
  return "pg_catalog.numeric(1000," + std::to_string(scale) + ")";
}

Comparison compare_base(const TypeUse& source, const TypeUse& target) {
  const TypeInfo& to = target.type;
  if (!is_built_in(to)) return as_printed("it is no built-in type");
  const std::string whole = "pg_catalog." + quote_identifier(to.base_name);
  if (contains(types_hashed_whole, to.base)) return {.form = ValueForm::hashed, .cast = whole};
  if (to.base == oid::float4 || to.base == oid::float8) return {.form = ValueForm::real, .cast = whole};
  if (contains(text_types, to.base)) return {.form = ValueForm::text, .cast = "pg_catalog.text"};
  // Its cast leaves out the blanks at the end, which fill the length and mean nothing.
  if (to.base == oid::bpchar && modifier(target) >= 0) {
    return {.form = ValueForm::text, .cast = "pg_catalog.text"};
  }
  for (const auto& [type, function] : senders) {
    if (type != to.base) continue;
    const std::string scaled = to.base == oid::numeric ? scale_cast(source, target) : "";
    return {.form = ValueForm::sent, .send = function, .cast = scaled.empty() ? whole : scaled};
  }
  return as_printed("its hash does not see every difference, or it has none");
}

Comparison compare_array(const TypeUse& source, const TypeUse& target) {
  Comparison comparison = as_printed("the hash of an array leaves out its dimensions");
  const TypeInfo& to = target.type.parts.front();
  if (to.base == oid::bpchar && modifier({to, modifier(target)}) >= 0) comparison.cast = "pg_catalog.text[]";
  if (to.base == oid::numeric && source.type.kind == TypeKind::array) {
    const std::string cast =
        scale_cast({source.type.parts.front(), modifier(source)}, {to, modifier(target)});
    if (!cast.empty()) comparison.cast = cast + "[]";
  }
  return comparison;
}

}  // namespace

Comparison compare(const TypeUse& source, const TypeUse& target) {
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

std::vector<ComparedColumn> compare_columns(std::span<const SourceColumn> columns, const ColumnMatch& match,
                                            const TableInfo& target) {
  std::vector<ComparedColumn> compared;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const TableColumn& from = columns[i].column;
    const TableColumn& to = *target.find(match.targets[i]);
    ComparedColumn column{.name = to.name,
                          .source = match.items[i].sql,
                          .target = quote_identifier(to.name),
                          .comparison = compare({from.type, from.typmod}, {to.type, to.typmod}),
                          .source_not_null = from.not_null,
                          .target_not_null = to.not_null};
    const std::string& cast = column.comparison.cast;
    if (!cast.empty()) {
      column.source = "(" + column.source + ")::" + cast;
      column.target += "::" + cast;
    }
    if (column.comparison.form == ValueForm::printed) {
      column.prints_time_zone = to.type.is_made_of(oid::timestamptz);
      column.prints_money = to.type.is_made_of(oid::money);
      column.prints_objects = holds_object_references(to.type);
    } else {
      column.type = column.comparison.form == ValueForm::text
                        ? "pg_catalog.text"
                        : "pg_catalog." + quote_identifier(to.type.base_name);
    }
    compared.push_back(std::move(column));
  }
  return compared;
}

}  // namespace leat::jobs_detail
