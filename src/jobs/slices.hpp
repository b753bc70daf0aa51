#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/postgres/connection.hpp"
#include "leat/postgres/table_manager.hpp"

namespace leat::jobs_detail {

/// A part of a table: its heap pages from `first_page` to before `end_page`, the last one without an end, so
/// that no page is left out. A table that is not cut is one slice from page 0.
struct Slice {
  std::uint64_t first_page = 0;
  std::optional<std::uint64_t> end_page{};

  [[nodiscard]] bool is_whole() const { return first_page == 0 && !end_page; }
};

/// "pages 128 to 255", "pages from 256", "the whole table".
[[nodiscard]] std::string display(const Slice& slice);

/// Cuts `size` bytes of heap into slices of `slice_bytes`, or of a size that gives each reader several where
/// that is zero. A pure function.
[[nodiscard]] std::vector<Slice> cut(ByteCount size, ByteCount page_bytes, ByteCount slice_bytes,
                                     std::size_t readers);

/// A table in slices that several sessions read in one snapshot.
struct SlicedTable {
  TableInfo table{};
  std::vector<SelectItem> items{};
  std::string where{};
  std::vector<Slice> slices{};
  std::string snapshot{};  ///< of pg_export_snapshot(); empty where one session reads

  /// The COPY … TO STDOUT of a slice.
  [[nodiscard]] std::string sql(const Slice& slice, RowFormat format) const;
};

/// Why a table cannot be cut into ranges of pages; nullopt where it can.
[[nodiscard]] std::optional<std::string> reason_not_to_cut(const TableInfo& table, int server_version);

/// Cuts the table. Locks it (ACCESS SHARE) and exports the snapshot of the session's transaction, which must
/// be REPEATABLE READ, where there are several slices.
void cut_table(SlicedTable& table, Connection& session, ByteCount slice_bytes, std::size_t readers,
               const std::stop_token& stop);

/// Keeps a table's pages where they are until the transaction ends (ACCESS SHARE).
void hold_table(Connection& session, const TableInfo& table, const std::stop_token& stop);

}  // namespace leat::jobs_detail
