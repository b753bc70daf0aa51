#pragma once

#include <string>
#include <vector>

namespace leat::test {

/// Whether Python's jsonschema is there.
[[nodiscard]] bool has_jsonschema();

/// What it says of each document, which is JSON without line breaks: "yes" if the schema accepts it, or "no".
[[nodiscard]] std::vector<std::string> schema_answers(const std::string& schema,
                                                      const std::vector<std::string>& documents);

}  // namespace leat::test
