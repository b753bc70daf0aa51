#include "jobs/match/type_fit.hpp"

#include <algorithm>
#include <utility>

#include "jobs/match/base_type_fit.hpp"
#include "jobs/options/lists.hpp"

namespace leat::jobs_detail {
namespace {

TypeFit fit_enum(const TypeInfo& source, const TypeInfo& target) {
  for (const auto& label : source.labels) {
    if (!contains(target.labels, label)) {
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
  if (is_text(to.base)) return fit_into_text(source, target);
  if (is_text(from.base) && !is_built_in(to)) return read_as_text(to);
  return refused("is another kind of type");
}

}  // namespace leat::jobs_detail
