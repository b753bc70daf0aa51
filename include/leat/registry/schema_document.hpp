#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/field_table.hpp"
#include "leat/documents/node.hpp"
#include "leat/registry/registered_schema.hpp"

namespace leat {

/// The fields of a document that describes a schema.
[[nodiscard]] LEAT_EXPORT const std::shared_ptr<const FieldTable>& schema_fields();

/// Reads a schema: {columns: [{name, type, nullable, default, collation, description, key, labels}], key,
/// description, strict, allow_extra_columns}. A column may have `dtype` instead of `type`, with the words of
/// data frames: string is text, int bigint, float double precision, bool boolean; datetime, date and
/// timestamp are timestamp without time zone. Its default is a value then, and not SQL. All that is wrong
/// goes to `diagnostics`, with its place; what is read is of use only if there is no error.
[[nodiscard]] LEAT_EXPORT RegisteredSchema read_schema(const Node& document, Diagnostics& diagnostics);

/// The same of a file of YAML or JSON. Nothing if it has an error.
/// @throws Error (config) where the file cannot be read, (cancelled) after a stop.
[[nodiscard]] LEAT_EXPORT std::optional<RegisteredSchema> read_schema_file(const std::string& path,
                                                                           Diagnostics& diagnostics,
                                                                           const std::stop_token& stop = {});

}  // namespace leat
