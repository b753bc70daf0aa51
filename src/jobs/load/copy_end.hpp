#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/copy/beside_copy.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// What a server says with the end of a COPY into a table, where it was asked.
struct CopyEnd {
  std::optional<bool> is_unchanged{};          ///< as TableManager::is_unchanged() has it
  std::optional<std::uint64_t> transaction{};  ///< the number of the one that is open
};

/// The SELECT that asks for it: BesideCopy::after. `asks_number`: for the transaction, too.
[[nodiscard]] std::string copy_end_question(const Connection& connection, const TableInfo& table,
                                            bool asks_number);
/// Its answer, which is the last row.
[[nodiscard]] CopyEnd to_copy_end(const std::vector<BesideRow>& rows);

}  // namespace leat::jobs_detail
