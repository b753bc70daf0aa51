#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/data/schema.hpp"
#include "leat/jobs/options/reject.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// The values of a line of COPY's text format; nullopt is NULL. Source of the format: PostgreSQL manual,
/// COPY, "Text Format".
[[nodiscard]] std::vector<std::optional<std::string>> split_text_row(std::string_view line);

/// The values of a row as texts. Those in binary form are printed by the server; each that it cannot read is
/// given as the hexadecimal digits of its bytes. Rolls back to `savepoint` where that is needed.
[[nodiscard]] std::vector<RejectedValue> values_of(std::span<const std::byte> row, RowFormat format,
                                                   std::span<const TableColumn> columns,
                                                   Connection& connection, const std::string& savepoint,
                                                   const std::stop_token& stop);

/// What a COPY's error says of the place.
struct CopyPlace {
  std::optional<std::size_t> row{};  ///< among those that were sent, from zero
  std::string column{};
};

/// Reads the server's CONTEXT, in whatever language: "COPY t, line 7, column a: …". `table` is the name that
/// is copied into.
[[nodiscard]] CopyPlace place_of(std::string_view context, const std::string& table,
                                 std::span<const TableColumn> columns);

}  // namespace leat::jobs_detail
