#pragma once

#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/documents/pipeline_file.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// For read_pipeline_file(): finds registered transforms in a database. "clean_orders@latest" is the same
/// version from its first use on.
/// @param store a connection that holds instead of the document's; empty: the document's.
/// @param connections knows the ids that the document does not define.
[[nodiscard]] LEAT_EXPORT TransformsOfStore transforms_of_store(const ConnectionFactory& connections,
                                                                const std::string& store,
                                                                const Logger& log = {},
                                                                const std::stop_token& stop = {});

}  // namespace leat
