#include "jobs/match/type_fit.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "jobs/match/version_values.hpp"
#include "jobs/options/lists.hpp"
#include "leat/data/type_oids.hpp"

namespace leat::jobs_detail {
namespace {

// Their binary value is the number of an object, which differs between databases.
constexpr std::array<Oid, 11> object_references{
    oid::regproc,   oid::regprocedure,  oid::regoper,      oid::regoperator, oid::regclass,    oid::regtype,
    oid::regconfig, oid::regdictionary, oid::regnamespace, oid::regrole,     oid::regcollation};

// Conversions that keep every value, with a cast that every server has.
constexpr std::array<std::pair<Oid, Oid>, 18> widenings{{
    {oid::int2, oid::int4},
    {oid::int2, oid::int8},
    {oid::int2, oid::numeric},
    {oid::int2, oid::float4},
    {oid::int2, oid::float8},
    {oid::int4, oid::int8},
    {oid::int4, oid::numeric},
    {oid::int4, oid::float8},
    {oid::int8, oid::numeric},
    {oid::oid, oid::int8},
    {oid::float4, oid::float8},
    {oid::money, oid::numeric},
    {oid::date, oid::timestamp},
    {oid::time, oid::interval},
    {oid::jsonb, oid::json},
    {oid::cidr, oid::inet},
    {oid::macaddr, oid::macaddr8},
    {oid::bit, oid::varbit},
}};

constexpr const char* longer_than_target = "values that are longer than the target allows will end the load";
constexpr const char* longer_text_than_target =
    "values that are longer than the target allows will end the load, but for blanks at their end, which are "
    "cut off";
constexpr const char* larger_than_target = "values that are larger than the target allows will end the load";

TypeFit as_text(std::string reason) {
  return {.passage = Passage::text, .reason = std::move(reason)};
}

TypeFit refused(std::string reason) {
  return {.passage = Passage::refused, .reason = std::move(reason)};
}

/// text or varchar
bool is_text(Oid base) {
  return base == oid::text || base == oid::varchar;
}

/// int2vector or oidvector: arrays to the catalog, types of their own to their functions. The server refuses
/// the binary form of an empty one that it has written itself.
bool is_vector(Oid base) {
  return base == oid::int2vector || base == oid::oidvector;
}

/// A numeric's modifier. Source: PostgreSQL, src/backend/utils/adt/numeric.c, make_numeric_typmod.
struct NumericLimits {
  int whole_digits;
  int scale;
};
std::optional<NumericLimits> numeric_limits(std::int32_t typmod) {
  constexpr std::int32_t header = 4;
  if (typmod < header) return std::nullopt;
  const std::int32_t packed = typmod - header;
  const int precision = (packed >> 16) & 0xffff;
  const int scale = ((packed & 0x7ff) ^ 1024) - 1024;
  return NumericLimits{.whole_digits = precision - scale, .scale = scale};
}

TypeFit fit_numeric(std::optional<NumericLimits> source, std::optional<NumericLimits> target) {
  if (!target) return {};
  if (!source || source->scale > target->scale) return refused("has more decimals, which would be rounded");
  return {.warning = source->whole_digits > target->whole_digits ? larger_than_target : ""};
}

/// A modifier that is what the type has without one. Source: PostgreSQL, src/include/utils/timestamp.h,
/// INTERVAL_TYPMOD, MAX_TIMESTAMP_PRECISION.
bool limits_nothing(Oid base, std::int32_t typmod) {
  constexpr std::int32_t full_precision = 6;
  constexpr std::int32_t all_fields = 0x7fff;
  switch (base) {
    case oid::time:
    case oid::timetz:
    case oid::timestamp:
    case oid::timestamptz:
      return typmod == full_precision;
    case oid::interval:
      return typmod >> 16 == all_fields && (typmod & 0xffff) >= full_precision;
    default:
      return false;
  }
}

/// The target's modifier against the source's, for the same built-in type or two kinds of text.
TypeFit fit_modifiers(const TypeUse& source, const TypeUse& target) {
  const std::int32_t from = modifier(source);
  const std::int32_t to = modifier(target);
  if (to < 0 || to == from || limits_nothing(target.type.base, to)) return {};
  const bool is_narrower = from < 0 || from > to;
  switch (target.type.base) {
    case oid::numeric:
      return fit_numeric(numeric_limits(from), numeric_limits(to));
    case oid::varchar:
    case oid::bpchar:
      return {.warning = is_narrower ? longer_text_than_target : ""};
    case oid::varbit:
      return {.warning = is_narrower ? longer_than_target : ""};
    case oid::bit:
      return refused("has another length");
    case oid::time:
    case oid::timetz:
    case oid::timestamp:
    case oid::timestamptz:
      return is_narrower ? refused("has more digits of a second, which would be rounded") : TypeFit{};
    case oid::interval:
      return refused("has other fields or more digits of a second");
    default:
      return as_text("has another modifier");
  }
}

/// Any type into text or varchar, by a cast.
TypeFit fit_into_text(const TypeUse& source, const TypeUse& target) {
  TypeFit result{.passage = Passage::cast, .cast_to = "pg_catalog.text"};
  // A blank at the end of char(n) means nothing, and its cast to text leaves it out.
  if (source.type.base == oid::bpchar) {
    result.warning = fit_modifiers(source, target).warning;
  } else if (modifier(target) >= 0) {
    result.warning = longer_text_than_target;
  }
  return result;
}

/// Text into a type that is not built in, whatever it takes.
TypeFit read_as_text(const TypeInfo& target) {
  return {.passage = Passage::text,
          .reason = "is read as text by the target's type",
          .warning = "values that " + target.name + " does not read will end the load"};
}

/// A built-in type into another one that is no text, by a cast that keeps every value.
TypeFit fit_by_widening(const TypeUse& source, const TypeUse& target) {
  const Oid from = source.type.base;
  const Oid to = target.type.base;
  if (!contains(widenings, std::pair(from, to))) return refused("does not convert to it without loss");
  TypeFit result;
  if (to == oid::numeric) {
    const auto limits = numeric_limits(modifier(target));
    const int scale = from == oid::money ? 2 : 0;
    const int whole_digits = from == oid::int2 ? 5 : from == oid::int4 ? 10 : 19;
    if (limits && limits->scale < scale) return refused("has more decimals, which would be rounded");
    if (limits && limits->whole_digits < whole_digits) result.warning = larger_than_target;
  } else if (to == oid::interval && modifier(target) >= 0) {
    return refused("has other fields or more digits of a second");
  } else if (from == oid::date) {
    result.warning = "dates after the year 294276, which no timestamp reaches, will end the load";
  } else if (to == oid::varbit) {
    result = fit_modifiers(source, target);
  }
  result.passage = Passage::cast;
  // Without the target's modifier: an explicit cast to it would cut values off without an error.
  result.cast_to = "pg_catalog." + target.type.base_name;
  return result;
}

/// Compares two types that are made of no others.
TypeFit fit_base(const TypeUse& source, const TypeUse& target) {
  const Oid from = source.type.base;
  const Oid to = target.type.base;
  const bool built_in = is_built_in(source.type) && is_built_in(target.type);
  const bool have_binary = source.type.has_binary && target.type.has_binary;
  const bool reads_like_text = is_text(from) || from == oid::name;
  if (built_in && (from == to || (reads_like_text && is_text(to)))) {
    if (contains(object_references, from)) {
      return as_text("holds object numbers, which differ between databases");
    }
    if (is_vector(from)) return as_text("is not read back by the server in its binary form when empty");
    if (!have_binary) return as_text("has no binary form that every value survives");
    TypeFit found = fit_modifiers(source, target);
    // As text the target refuses it, by row and column; its bytes would become another value.
    if (from == oid::interval && found.passage == Passage::same &&
        knows_more_intervals(source.type, target.type)) {
      found.passage = Passage::text;
      found.reason = "may be infinite, which the target's server does not know";
    }
    return found;
  }
  if (is_text(to)) return fit_into_text(source, target);
  if (built_in) return fit_by_widening(source, target);
  if (reads_like_text || from == oid::single_char) return read_as_text(target.type);
  if (source.type.base_name != target.type.base_name) return refused("is another type");
  if (source.type.extension.empty() || source.type.extension != target.type.extension) {
    return as_text("is a type of the database's own, whose binary form may differ");
  }
  if (!have_binary) return as_text("has no binary form");
  if (modifier(target) >= 0 && modifier(source) != modifier(target)) return as_text("has another modifier");
  return {};
}

TypeFit fit_enum(const TypeInfo& source, const TypeInfo& target) {
  for (const auto& label : source.labels) {
    if (!contains(target.labels, label)) {
      return {.warning =
                  "the target's type lacks the label '" + label + "'; a row that has it will end the load"};
    }
  }
  return {};
}

/// What holds the values of another type in the same bytes, together with that type's number.
TypeFit fit_numbered(TypeFit inner, Oid source_part, Oid target_part) {
  const bool by_bytes = inner.passage == Passage::same || inner.passage == Passage::renumbered;
  if (by_bytes && source_part != target_part) {
    inner.passage = Passage::renumbered;
    inner.reason = "holds numbers of types, which are replaced by the target's";
  }
  return inner;
}

/// Whether a value's text, read by the target, is what its cast gives. It is not for bool, char(n) and inet
/// as text, for real as double precision, and for money.
bool text_agrees_with_cast(Oid from, Oid to) {
  if (is_text(to)) return from != oid::boolean && from != oid::bpchar && from != oid::inet;
  return from != oid::float4 && from != oid::money;
}

/// Ranges over it are kept as [lower, upper), whatever they were written as.
bool is_discrete(Oid base) {
  return base == oid::int4 || base == oid::int8 || base == oid::date;
}

/// What an array's elements are, or the type itself.
Oid value_type(const TypeInfo& type) {
  return type.kind == TypeKind::array ? value_type(type.parts.front()) : type.base;
}

TypeFit fit_array(const TypeUse& source, const TypeUse& target) {
  const TypeInfo& from = source.type.parts.front();
  const TypeInfo& to = target.type.parts.front();
  TypeFit inner = fit({from, modifier(source)}, {to, modifier(target)});
  if (inner.passage == Passage::cast && from.kind == TypeKind::array) return refused("is an array of arrays");
  if (inner.passage == Passage::cast) inner.cast_to += "[]";
  return fit_numbered(std::move(inner), from.oid, to.oid);
}

TypeFit fit_composite(const TypeInfo& source, const TypeInfo& target) {
  if (source.field_names != target.field_names) return refused("has other fields");
  TypeFit result;
  for (std::size_t i = 0; i < source.parts.size(); ++i) {
    const TypeInfo& from = source.parts[i];
    const TypeInfo& to = target.parts[i];
    TypeFit field =
        fit_numbered(fit({from, source.field_typmods[i]}, {to, target.field_typmods[i]}), from.oid, to.oid);
    // A field cannot be cast alone, so it goes as text where that gives the same.
    if (field.passage == Passage::cast) {
      field.passage =
          text_agrees_with_cast(value_type(from), value_type(to)) ? Passage::text : Passage::refused;
    }
    if (result.warning.empty()) result.warning = std::move(field.warning);
    if (field.passage > result.passage) {
      result.passage = field.passage;
      result.reason = field.passage == Passage::renumbered
                          ? field.reason
                          : "has a field " + source.field_names[i] + " whose type " + from.name +
                                (field.reason.empty() ? " is not " + to.name : " " + field.reason);
    }
  }
  return result;
}

TypeFit fit_range(const TypeInfo& source, const TypeInfo& target) {
  TypeFit inner = fit({source.parts.front()}, {target.parts.front()});
  if (inner.passage != Passage::cast) return inner;
  const Oid from = source.parts.front().base;
  const Oid to = target.parts.front().base;
  if (!text_agrees_with_cast(from, to)) return refused("ranges over another type");
  // [1,4] of integers is stored as [1,5), which of numbers would hold 4.5 too.
  if (is_discrete(from) != is_discrete(to))
    return refused("ranges over whole steps, and the target's does not");
  return {.passage = Passage::text, .reason = "ranges over another type", .warning = inner.warning};
}

}  // namespace

bool is_built_in(const TypeInfo& type) {
  return type.base < first_user_oid;
}

std::int32_t modifier(const TypeUse& use) {
  return use.typmod >= 0 ? use.typmod : use.type.base_typmod;
}

bool holds_object_references(const TypeInfo& type) {
  return contains(object_references, type.base) ||
         std::any_of(type.parts.begin(), type.parts.end(), holds_object_references);
}

TypeFit fit(const TypeUse& source, const TypeUse& target) {
  const TypeInfo& from = source.type;
  const TypeInfo& to = target.type;
  if (from.kind == TypeKind::pseudo || to.kind == TypeKind::pseudo) return refused("is no type of a column");
  if (is_vector(from.base) || is_vector(to.base)) return fit_base(source, target);
  if (from.kind == to.kind) {
    switch (from.kind) {
      case TypeKind::base:
        return fit_base(source, target);
      case TypeKind::array:
        return fit_array(source, target);
      case TypeKind::composite:
        return fit_composite(from, to);
      case TypeKind::enumeration:
        return fit_enum(from, to);
      case TypeKind::range:
      case TypeKind::multirange:
        return fit_range(from, to);
      case TypeKind::pseudo:
        break;
    }
  }
  if (is_text(to.base)) return fit_into_text(source, target);
  if (is_text(from.base) && !is_built_in(to)) return read_as_text(to);
  return refused("is another kind of type");
}

}  // namespace leat::jobs_detail
