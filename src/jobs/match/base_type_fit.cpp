#include "jobs/match/base_type_fit.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "jobs/options/lists.hpp"
#include "leat/data/type_oids.hpp"

namespace leat::jobs_detail {
namespace {

// Their binary value is the number of an object, which differs between databases.
constexpr std::array<Oid, 11> object_references{
    oid::regproc,   oid::regprocedure,  oid::regoper,      oid::regoperator, oid::regclass,    oid::regtype,
    oid::regconfig, oid::regdictionary, oid::regnamespace, oid::regrole,     oid::regcollation};

// The server refuses the binary form of an empty one that it has written itself.
constexpr std::array<Oid, 2> vectors{oid::int2vector, oid::oidvector};

struct Widening {
  Oid from;
  Oid to;
};
// Conversions that keep every value, with a cast that every server has.
constexpr std::array widenings{
    Widening{oid::int2, oid::int4},        Widening{oid::int2, oid::int8},
    Widening{oid::int2, oid::numeric},     Widening{oid::int2, oid::float4},
    Widening{oid::int2, oid::float8},      Widening{oid::int4, oid::int8},
    Widening{oid::int4, oid::numeric},     Widening{oid::int4, oid::float8},
    Widening{oid::int8, oid::numeric},     Widening{oid::oid, oid::int8},
    Widening{oid::float4, oid::float8},    Widening{oid::money, oid::numeric},
    Widening{oid::date, oid::timestamp},   Widening{oid::time, oid::interval},
    Widening{oid::jsonb, oid::json},       Widening{oid::cidr, oid::inet},
    Widening{oid::macaddr, oid::macaddr8}, Widening{oid::bit, oid::varbit},
};

bool reads_like_text(Oid base) {
  return is_text(base) || base == oid::name;
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

TypeFit longer_than_target() {
  return {.warning = "values that are longer than the target allows will end the load"};
}
TypeFit longer_text_than_target() {
  return {.warning =
              "values that are longer than the target allows will end the load, but for blanks at "
              "their end, which are cut off"};
}
TypeFit larger_than_target() {
  return {.warning = "values that are larger than the target allows will end the load"};
}

TypeFit fit_numeric(std::optional<NumericLimits> source, std::optional<NumericLimits> target) {
  if (!target) return {};
  if (!source || source->scale > target->scale) return refused("has more decimals, which would be rounded");
  return source->whole_digits > target->whole_digits ? larger_than_target() : TypeFit{};
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
  switch (target.type.base) {
    case oid::numeric:
      return fit_numeric(numeric_limits(from), numeric_limits(to));
    case oid::varchar:
    case oid::bpchar:
      return from < 0 || from > to ? longer_text_than_target() : TypeFit{};
    case oid::varbit:
      return from < 0 || from > to ? longer_than_target() : TypeFit{};
    case oid::bit:
      return refused("has another length");
    case oid::time:
    case oid::timetz:
    case oid::timestamp:
    case oid::timestamptz:
      return from < 0 || from > to ? refused("has more digits of a second, which would be rounded")
                                   : TypeFit{};
    case oid::interval:
      return refused("has other fields or more digits of a second");
    default:
      return as_text("has another modifier");
  }
}

/// Digits before the decimal point that an integer may need.
int digits_of(Oid integer) {
  if (integer == oid::int2) return 5;
  return integer == oid::int4 ? 10 : 19;
}

/// A built-in type into another one by a cast that keeps every value; nullopt where there is none.
std::optional<TypeFit> fit_by_cast(const TypeUse& source, const TypeUse& target) {
  const Oid from = source.type.base;
  const Oid to = target.type.base;
  if (is_text(to)) {
    // A blank at the end of char(n) means nothing, and its cast to text leaves it out.
    TypeFit result = modifier(target) >= 0 ? longer_text_than_target() : TypeFit{};
    result.passage = Passage::cast;
    result.cast_to = "pg_catalog.text";
    if (from == oid::bpchar) result.warning = fit_modifiers(source, target).warning;
    return result;
  }
  const bool known = std::any_of(widenings.begin(), widenings.end(),
                                 [&](const Widening& w) { return w.from == from && w.to == to; });
  if (!known) return std::nullopt;
  TypeFit result;
  if (to == oid::numeric) {
    const auto limits = numeric_limits(modifier(target));
    const int scale = from == oid::money ? 2 : 0;
    if (limits && limits->scale < scale) return refused("has more decimals, which would be rounded");
    if (limits && limits->whole_digits < digits_of(from)) result = larger_than_target();
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

}  // namespace

bool is_built_in(const TypeInfo& type) {
  return type.base < first_user_oid;
}

bool is_text(Oid base) {
  return base == oid::text || base == oid::varchar;
}

Oid value_type(const TypeInfo& type) {
  return type.kind == TypeKind::array ? value_type(type.parts.front()) : type.base;
}

bool is_discrete(Oid base) {
  return base == oid::int4 || base == oid::int8 || base == oid::date;
}

bool is_vector(Oid base) {
  return contains(vectors, base);
}

bool refers_to_object(Oid base) {
  return contains(object_references, base);
}

std::int32_t modifier(const TypeUse& use) {
  return use.typmod >= 0 ? use.typmod : use.type.base_typmod;
}

bool text_agrees_with_cast(Oid from, Oid to) {
  if (is_text(to)) return from != oid::boolean && from != oid::bpchar && from != oid::inet;
  return from != oid::float4 && from != oid::money;
}

TypeFit as_text(std::string reason) {
  return {.passage = Passage::text, .reason = std::move(reason)};
}

TypeFit refused(std::string reason) {
  return {.passage = Passage::refused, .reason = std::move(reason)};
}

TypeFit read_as_text(const TypeInfo& target) {
  return {.passage = Passage::text,
          .reason = "is read as text by the target's type",
          .warning = "values that " + target.name + " does not read will end the load"};
}

TypeFit fit_into_text(const TypeUse& source, const TypeUse& target) {
  return *fit_by_cast(source, target);
}

TypeFit fit_base(const TypeUse& source, const TypeUse& target) {
  const Oid from = source.type.base;
  const Oid to = target.type.base;
  const bool alike = from == to || (is_text(from) && is_text(to)) || (from == oid::name && is_text(to));
  if (is_built_in(source.type) && is_built_in(target.type)) {
    if (alike) {
      if (refers_to_object(from)) return as_text("holds object numbers, which differ between databases");
      if (is_vector(from)) return as_text("is not read back by the server in its binary form when empty");
      if (!source.type.has_binary || !target.type.has_binary) {
        return as_text("has no binary form that every value survives");
      }
      return fit_modifiers(source, target);
    }
    if (auto by_cast = fit_by_cast(source, target)) return *by_cast;
    return refused("does not convert to it without loss");
  }
  if (is_text(to)) return fit_into_text(source, target);
  if (reads_like_text(from) || from == oid::single_char) {
    return read_as_text(target.type);
  }
  if (source.type.base_name != target.type.base_name) return refused("is another type");
  if (source.type.extension.empty() || source.type.extension != target.type.extension) {
    return as_text("is a type of the database's own, whose binary form may differ");
  }
  if (!source.type.has_binary || !target.type.has_binary) return as_text("has no binary form");
  if (modifier(target) >= 0 && modifier(source) != modifier(target)) return as_text("has another modifier");
  return {};
}
}  // namespace leat::jobs_detail
