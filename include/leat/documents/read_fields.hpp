#pragma once

#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/field_table.hpp"
#include "leat/documents/node.hpp"

namespace leat {

/// Reads the values of a mapping by the fields of a table. All that is wrong goes to `diagnostics`, with its
/// place and path: keys that no field has (but for those that begin with `x-`), values of another type or
/// beyond their bounds, keys that are missing.
/// @param path of the mapping: "loads[2]".
/// @returns the values that are right, in the order of the document.
[[nodiscard]] LEAT_EXPORT FieldValue::Map read_fields(const FieldTable& table, const Node& mapping,
                                                      const std::string& path, Diagnostics& diagnostics);

/// Reads a value of that type. Nothing, if it is wrong.
[[nodiscard]] LEAT_EXPORT FieldValue read_value(const ValueType& type, const Node& node,
                                                const std::string& path, Diagnostics& diagnostics);

/// read_fields() into an object, of which nothing else changes.
template <class Owner>
void read_into(Owner& object, const FieldTable& table, const Node& mapping, const std::string& path,
               Diagnostics& diagnostics) {
  table.fill(&object, read_fields(table, mapping, path, diagnostics));
}

}  // namespace leat
