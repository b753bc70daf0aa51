#pragma once

#include <functional>
#include <string>

#include "leat/documents/value_type.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// The option of a field of StreamOptions that documents have, too: its name, help and check come from the
/// field's description. `take` gets each value.
void add_stream_field_option(CLI::App& command, const std::string& path,
                             const std::function<void(const FieldValue& value)>& take);

}  // namespace leat::cli
