#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/node.hpp"
#include "leat/documents/value_type.hpp"

namespace leat {

/// Where the values of references come from.
struct SubstitutionSources {
  /// The value of a variable; nothing if it is not set. Left empty: the process's environment.
  std::function<std::optional<std::string>(const std::string& name)> environment{};
  /// Of files that are not named by an absolute path.
  std::filesystem::path directory{};
  std::map<std::string, std::string> params{};
  /// "id", "date" and "attempt", as far as they are known.
  std::map<std::string, std::string> run{};
  /// Heard while a file is read that is a pipe.
  std::stop_token stop{};
};

/// Puts values in the place of `${env:NAME}`, `${env:NAME:-default}`, `${file:PATH}`, `${param:x}` and
/// `${run:id|date|attempt}` in scalar values, after the document was parsed: a value may have any characters,
/// and nothing of it is read as YAML, or substituted again. `$${` is `${`. A variable that is empty has its
/// default; of a file one line break at its end is left out. Keys stay as they are, as does SQL.
///
/// What has a part from the environment or from a file is `tainted`. All references that have no value, or
/// are none, go to `diagnostics`, which never show a value.
/// @param type of the document, by which SQL is known, and keys that nobody reads are left alone. Null: every
/// scalar may have references.
/// @throws Error (cancelled) after a stop.
LEAT_EXPORT void substitute(Node& document, const SubstitutionSources& sources, Diagnostics& diagnostics,
                            const ValueType* type = nullptr);

}  // namespace leat
