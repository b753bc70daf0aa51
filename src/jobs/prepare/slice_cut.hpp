#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/prepare/slice.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// How finely a table is cut.
struct Cutting {
  ByteCount slice_bytes{};  ///< of the table; zero: so that each reader gets several
  std::size_t readers = 1;
  bool exports = false;  ///< the snapshot, also where there is one slice
};

/// The parts of a table, with what the server knows of their sizes now. `remarks` get why something cannot be
/// cut.
[[nodiscard]] std::vector<TablePart> table_parts(Connection& session, const TableInfo& table,
                                                 std::vector<std::string>& remarks,
                                                 const std::stop_token& stop);

/// Values that cut a part's key into `slices` ranges of about as many rows each, from a sample of its pages.
[[nodiscard]] std::vector<std::string> sampled_bounds(Connection& session, const TablePart& part,
                                                      std::size_t slices, const std::stop_token& stop);

/// Cuts the table. Holds it (ACCESS SHARE) and exports the snapshot of the session's transaction, which must
/// be REPEATABLE READ, where there are several slices. `remarks` as above.
void cut_table(SlicedTable& table, Connection& session, const Cutting& cutting,
               std::vector<std::string>& remarks, const std::stop_token& stop);

/// Keeps a table's rows where they are until the transaction ends (ACCESS SHARE).
void hold_table(Connection& session, const TableInfo& table, const std::stop_token& stop);

}  // namespace leat::jobs_detail
