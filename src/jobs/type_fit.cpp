#include "jobs/type_fit.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace leat::jobs_detail {
namespace {

// Numbers of types that every server has: pg_type.dat of PostgreSQL's sources.
constexpr Oid char_oid = 18;
constexpr Oid name_oid = 19;
constexpr Oid int8_oid = 20;
constexpr Oid int2_oid = 21;
constexpr Oid int4_oid = 23;
constexpr Oid text_oid = 25;
constexpr Oid oid_oid = 26;
constexpr Oid json_oid = 114;
constexpr Oid cidr_oid = 650;
constexpr Oid float4_oid = 700;
constexpr Oid float8_oid = 701;
constexpr Oid macaddr8_oid = 774;
constexpr Oid money_oid = 790;
constexpr Oid macaddr_oid = 829;
constexpr Oid inet_oid = 869;
constexpr Oid bpchar_oid = 1042;
constexpr Oid varchar_oid = 1043;
constexpr Oid date_oid = 1082;
constexpr Oid time_oid = 1083;
constexpr Oid timestamp_oid = 1114;
constexpr Oid timestamptz_oid = 1184;
constexpr Oid interval_oid = 1186;
constexpr Oid timetz_oid = 1266;
constexpr Oid bit_oid = 1560;
constexpr Oid varbit_oid = 1562;
constexpr Oid numeric_oid = 1700;
constexpr Oid jsonb_oid = 3802;

// Their binary value is the number of an object, which differs between databases: regproc, regprocedure,
// regoper, regoperator, regclass, regtype, regconfig, regdictionary, regnamespace, regrole, regcollation.
constexpr std::array<Oid, 11> object_references{24,   2202, 2203, 2204, 2205, 2206,
                                                3734, 3769, 4089, 4096, 4191};

// The server refuses the binary form of an empty one that it has written itself: int2vector, oidvector.
constexpr std::array<Oid, 2> vectors{22, 30};

struct Widening {
  Oid from;
  Oid to;
};
// Conversions that keep every value, with a cast that every server has.
constexpr std::array widenings{
    Widening{int2_oid, int4_oid},      Widening{int2_oid, int8_oid},        Widening{int2_oid, numeric_oid},
    Widening{int2_oid, float4_oid},    Widening{int2_oid, float8_oid},      Widening{int4_oid, int8_oid},
    Widening{int4_oid, numeric_oid},   Widening{int4_oid, float8_oid},      Widening{int8_oid, numeric_oid},
    Widening{oid_oid, int8_oid},       Widening{float4_oid, float8_oid},    Widening{money_oid, numeric_oid},
    Widening{date_oid, timestamp_oid}, Widening{time_oid, interval_oid},    Widening{jsonb_oid, json_oid},
    Widening{cidr_oid, inet_oid},      Widening{macaddr_oid, macaddr8_oid}, Widening{bit_oid, varbit_oid},
};

bool is_built_in(const TypeInfo& type) {
  return type.base < first_user_oid;
}
bool is_text(Oid base) {
  return base == text_oid || base == varchar_oid;
}
bool reads_like_text(Oid base) {
  return is_text(base) || base == name_oid;
}
/// What an array's elements are, or the type itself.
Oid value_type(const TypeInfo& type) {
  return type.kind == TypeKind::array ? value_type(type.parts.front()) : type.base;
}
bool is_discrete(Oid base) {
  return base == int4_oid || base == int8_oid || base == date_oid;
}
bool is_vector(Oid base) {
  return std::find(vectors.begin(), vectors.end(), base) != vectors.end();
}
bool refers_to_object(Oid base) {
  return std::find(object_references.begin(), object_references.end(), base) != object_references.end();
}

std::int32_t modifier(const TypeUse& use) {
  return use.typmod >= 0 ? use.typmod : use.type.base_typmod;
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

// Their text is not what their cast gives: bool, char(n) and inet as text, real as double precision, money.
constexpr Oid bool_oid = 16;
bool text_agrees_with_cast(Oid from, Oid to) {
  if (is_text(to)) return from != bool_oid && from != bpchar_oid && from != inet_oid;
  return from != float4_oid && from != money_oid;
}

TypeFit refused(std::string reason) {
  return {.passage = Passage::refused, .reason = std::move(reason)};
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
    case time_oid:
    case timetz_oid:
    case timestamp_oid:
    case timestamptz_oid:
      return typmod == full_precision;
    case interval_oid:
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
    case numeric_oid:
      return fit_numeric(numeric_limits(from), numeric_limits(to));
    case varchar_oid:
    case bpchar_oid:
      return from < 0 || from > to ? longer_text_than_target() : TypeFit{};
    case varbit_oid:
      return from < 0 || from > to ? longer_than_target() : TypeFit{};
    case bit_oid:
      return refused("has another length");
    case time_oid:
    case timetz_oid:
    case timestamp_oid:
    case timestamptz_oid:
      return from < 0 || from > to ? refused("has more digits of a second, which would be rounded")
                                   : TypeFit{};
    case interval_oid:
      return refused("has other fields or more digits of a second");
    default:
      return {.passage = Passage::text, .reason = "has another modifier"};
  }
}

/// Digits before the decimal point that an integer may need.
int digits_of(Oid integer) {
  if (integer == int2_oid) return 5;
  return integer == int4_oid ? 10 : 19;
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
    if (from == bpchar_oid) result.warning = fit_modifiers(source, target).warning;
    return result;
  }
  const bool known = std::any_of(widenings.begin(), widenings.end(),
                                 [&](const Widening& w) { return w.from == from && w.to == to; });
  if (!known) return std::nullopt;
  TypeFit result;
  if (to == numeric_oid) {
    const auto limits = numeric_limits(modifier(target));
    const int scale = from == money_oid ? 2 : 0;
    if (limits && limits->scale < scale) return refused("has more decimals, which would be rounded");
    if (limits && limits->whole_digits < digits_of(from)) result = larger_than_target();
  } else if (to == interval_oid && modifier(target) >= 0) {
    return refused("has other fields or more digits of a second");
  } else if (from == date_oid) {
    result.warning = "dates after the year 294276, which no timestamp reaches, will end the load";
  } else if (to == varbit_oid) {
    result = fit_modifiers(source, target);
  }
  result.passage = Passage::cast;
  // Without the target's modifier: an explicit cast to it would cut values off without an error.
  result.cast_to = "pg_catalog." + target.type.base_name;
  return result;
}

TypeFit fit_base(const TypeUse& source, const TypeUse& target) {
  const Oid from = source.type.base;
  const Oid to = target.type.base;
  const bool alike = from == to || (is_text(from) && is_text(to)) || (from == name_oid && is_text(to));
  if (is_built_in(source.type) && is_built_in(target.type)) {
    if (alike) {
      if (refers_to_object(from)) {
        return {.passage = Passage::text, .reason = "holds object numbers, which differ between databases"};
      }
      if (is_vector(from)) {
        return {.passage = Passage::text,
                .reason = "is not read back by the server in its binary form when empty"};
      }
      if (!source.type.has_binary || !target.type.has_binary) {
        return {.passage = Passage::text, .reason = "has no binary form"};
      }
      return fit_modifiers(source, target);
    }
    if (auto by_cast = fit_by_cast(source, target)) return *by_cast;
    return refused("does not convert to it without loss");
  }
  if (is_text(to)) return *fit_by_cast(source, target);
  if (reads_like_text(from) || from == char_oid) {
    return {.passage = Passage::text,
            .reason = "is read as text by the target's type",
            .warning = "values that " + target.type.name + " does not read will end the load"};
  }
  if (source.type.base_name != target.type.base_name) return refused("is another type");
  if (source.type.extension.empty() || source.type.extension != target.type.extension) {
    return {.passage = Passage::text,
            .reason = "is a type of the database's own, whose binary form may differ"};
  }
  if (!source.type.has_binary || !target.type.has_binary) {
    return {.passage = Passage::text, .reason = "has no binary form"};
  }
  if (modifier(target) >= 0 && modifier(source) != modifier(target)) {
    return {.passage = Passage::text, .reason = "has another modifier"};
  }
  return {};
}

TypeFit fit_enum(const TypeInfo& source, const TypeInfo& target) {
  for (const auto& label : source.labels) {
    if (std::find(target.labels.begin(), target.labels.end(), label) == target.labels.end()) {
      return {.warning =
                  "the target's type lacks the label '" + label + "'; a row that has it will end the load"};
    }
  }
  return {};
}

/// What holds the values of another type in the same bytes, together with that type's number where
/// `numbered`.
TypeFit fit_holder(TypeFit inner, Oid source_part, Oid target_part, bool numbered) {
  const bool by_bytes = inner.passage == Passage::same || inner.passage == Passage::renumbered;
  if (by_bytes && numbered && source_part != target_part) {
    inner.passage = Passage::renumbered;
    inner.reason = "holds numbers of types, which are replaced by the target's";
  }
  return inner;
}

TypeFit fit_array(const TypeUse& source, const TypeUse& target) {
  const TypeInfo& from = source.type.parts.front();
  const TypeInfo& to = target.type.parts.front();
  TypeFit inner = fit({from, modifier(source)}, {to, modifier(target)});
  if (inner.passage == Passage::cast && from.kind == TypeKind::array) return refused("is an array of arrays");
  if (inner.passage == Passage::cast) inner.cast_to += "[]";
  return fit_holder(std::move(inner), from.oid, to.oid, true);
}

TypeFit fit_composite(const TypeInfo& source, const TypeInfo& target) {
  if (source.field_names != target.field_names) return refused("has other fields");
  TypeFit result;
  for (std::size_t i = 0; i < source.parts.size(); ++i) {
    const TypeInfo& from = source.parts[i];
    const TypeInfo& to = target.parts[i];
    TypeFit field = fit_holder(fit({from, source.field_typmods[i]}, {to, target.field_typmods[i]}), from.oid,
                               to.oid, true);
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
  const Oid from = source.parts.front().base;
  const Oid to = target.parts.front().base;
  if (inner.passage == Passage::cast) {
    if (!text_agrees_with_cast(from, to)) return refused("ranges over another type");
    // [1,4] of integers is stored as [1,5), which of numbers would hold 4.5 too.
    if (is_discrete(from) != is_discrete(to))
      return refused("ranges over whole steps, and the target's does not");
    return {.passage = Passage::text, .reason = "ranges over another type", .warning = inner.warning};
  }
  return fit_holder(std::move(inner), 0, 0, false);
}

}  // namespace

bool holds_object_references(const TypeInfo& type) {
  return refers_to_object(type.base) ||
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
  if (is_text(to.base)) return *fit_by_cast(source, target);
  if (is_text(from.base) && !is_built_in(to)) {
    return {.passage = Passage::text,
            .reason = "is read as text by the target's type",
            .warning = "values that " + to.name + " does not read will end the load"};
  }
  return refused("is another kind of type");
}

}  // namespace leat::jobs_detail
