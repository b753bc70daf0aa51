#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "leat/registry/registered_schema.hpp"

namespace leat::registry_detail {

/// JSON whose members keep their order.
using Json = nlohmann::ordered_json;

/// On one line. Bytes that are no UTF-8 are replaced, so that this never throws.
[[nodiscard]] std::string json_line(const Json& document);

[[nodiscard]] Json to_document(const RegisteredSchema& schema);
[[nodiscard]] Json columns_document(const RegisteredSchema& schema);
/// What a store has kept. @throws Error (target) if it is no schema.
[[nodiscard]] RegisteredSchema schema_of(const std::string& columns, const std::string& properties);
/// What is kept beside the columns.
[[nodiscard]] Json properties_document(const RegisteredSchema& schema);

}  // namespace leat::registry_detail
