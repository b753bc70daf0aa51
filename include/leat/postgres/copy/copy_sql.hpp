#pragma once

#include <span>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {

/// COPY (query) TO STDOUT. The query is SQL of the user's own; a ';' at its end is left out.
[[nodiscard]] LEAT_EXPORT std::string copy_query_sql(std::string_view query, RowFormat format);

/// COPY … FROM STDIN into these columns; an empty list means all columns of the table.
[[nodiscard]] LEAT_EXPORT std::string copy_from_sql(const TableName& table,
                                                    std::span<const std::string> columns, RowFormat format);

}  // namespace leat
