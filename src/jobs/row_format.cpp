#include "leat/jobs/row_format.hpp"

#include <algorithm>
#include <array>

#include "leat/postgres/identifier.hpp"

namespace leat {
namespace {

// Oids below belong to types that every PostgreSQL server has under the same number (FirstNormalObjectId).
constexpr Oid first_user_oid = 16384;

// Their binary value is the oid of an object, which differs between databases: regproc, regprocedure,
// regoper, regoperator, regclass, regtype, regconfig, regdictionary, regnamespace, regrole, regcollation, and
// arrays of these.
constexpr std::array<Oid, 22> object_references{24,   2202, 2203, 2204, 2205, 2206, 3734, 3769,
                                                4089, 4096, 4191, 1008, 2207, 2208, 2209, 2210,
                                                2211, 3735, 3770, 4090, 4097, 4192};

constexpr Oid text_oid = 25;
constexpr Oid varchar_oid = 1043;

bool is_text(Oid type) {
  return type == text_oid || type == varchar_oid;
}

/// Why a pair cannot go as binary; empty when it can.
std::string obstacle(const TypeInfo& source, const TypeInfo& target) {
  if (!source.has_binary || !target.has_binary) return "has no binary form";
  if (source.base < first_user_oid && target.base < first_user_oid) {
    const auto refers = [](Oid type) {
      return std::find(object_references.begin(), object_references.end(), type) != object_references.end();
    };
    if (refers(source.base) || refers(target.base))
      return "holds object numbers, which differ between databases";
    if (source.base == target.base || (is_text(source.base) && is_text(target.base))) return {};
    return "differs from the target's " + target.name;
  }
  if (source.kind == 'e' && target.kind == 'e') {
    return source.labels == target.labels ? std::string()
                                          : "has other labels than the target's " + target.name;
  }
  if (source.base < first_user_oid || target.base < first_user_oid)
    return "differs from the target's " + target.name;
  return "is a type of the database's own, whose binary form may differ";
}

}  // namespace

FormatChoice choose_format(std::span<const ColumnPair> columns) {
  for (const auto& column : columns) {
    const std::string why = obstacle(column.source, column.target);
    if (!why.empty()) {
      return {.format = RowFormat::text,
              .reason = "column " + quote_identifier(column.name) + ": " + column.source.name + " " + why};
    }
  }
  return {.format = RowFormat::binary, .reason = "every column has the same binary form on both sides"};
}

std::string_view to_string(RowFormat format) {
  return format == RowFormat::binary ? "binary" : "text";
}

}  // namespace leat
