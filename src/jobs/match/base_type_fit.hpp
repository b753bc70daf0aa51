#pragma once

#include <cstdint>
#include <string>

#include "jobs/match/type_fit.hpp"

namespace leat::jobs_detail {

/// Compares two types that are made of no others. A pure function.
[[nodiscard]] TypeFit fit_base(const TypeUse& source, const TypeUse& target);
/// Any type into text or varchar, by a cast.
[[nodiscard]] TypeFit fit_into_text(const TypeUse& source, const TypeUse& target);
/// Text into a type that is not built in, whatever it takes.
[[nodiscard]] TypeFit read_as_text(const TypeInfo& target);

[[nodiscard]] TypeFit as_text(std::string reason);
[[nodiscard]] TypeFit refused(std::string reason);

/// The column's modifier, or that of its domain.
[[nodiscard]] std::int32_t modifier(const TypeUse& use);
/// What an array's elements are, or the type itself.
[[nodiscard]] Oid value_type(const TypeInfo& type);

[[nodiscard]] bool is_built_in(const TypeInfo& type);
/// text or varchar
[[nodiscard]] bool is_text(Oid base);
/// int2vector or oidvector: arrays to the catalog, types of their own to their functions.
[[nodiscard]] bool is_vector(Oid base);
/// Ranges over it are kept as [lower, upper), whatever they were written as.
[[nodiscard]] bool is_discrete(Oid base);
/// Its binary value is the number of an object of the database.
[[nodiscard]] bool refers_to_object(Oid base);
/// Whether a value's text, read by the target, is what its cast gives. It is not for bool, char(n) and inet
/// as text, for real as double precision, and for money.
[[nodiscard]] bool text_agrees_with_cast(Oid from, Oid to);

}  // namespace leat::jobs_detail
