#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {

/// Where a row lies in a heap, as one number: its page times what a page can hold, plus its number there.
using RowPlace = std::uint64_t;

/// Values of a key from one to before another one, as text; nullopt: without a bound. Where there is no lower
/// bound NULL belongs to it.
struct KeySlice {
  std::string key{};   ///< the column, quoted
  std::string type{};  ///< as SQL
  std::optional<std::string> from{};
  std::optional<std::string> before{};
};

/// What is read at a time of a table that is read in parts: rows of one of SlicedTable::parts that lie from
/// `begin` to before `end`, the last of them without an end, so that none is left out; or those of a range of
/// its key; or all of them.
struct Slice {
  std::size_t part = 0;
  RowPlace begin = 0;
  std::optional<RowPlace> end{};
  std::optional<KeySlice> keys{};

  [[nodiscard]] bool is_whole() const { return begin == 0 && !end && !keys; }
};

/// A table whose rows are its own: the one that is copied, or a leaf of its partitions.
struct TablePart {
  TableInfo table{};
  std::uint64_t file = 0;  ///< where its rows are (pg_class.relfilenode); another one after a rewrite
  std::uint64_t pages = 0;
  std::uint64_t rows_per_page = 0;  ///< the most a page can hold; zero where no range of pages can be read
  ByteCount bytes{};                ///< with what lies out of line (TOAST)
  /// SQL: what a row's columns of varying length take in storage. Empty where less lies out of line than in
  /// the pages, so that these tell enough.
  std::string row_bytes{};
  std::string key{};       ///< the column that is cut into ranges instead, quoted; empty: none
  std::string key_type{};  ///< as SQL
};

/// A table in slices that several sessions read in one snapshot.
struct SlicedTable {
  TableInfo table{};
  std::vector<postgres_detail::SelectItem> items{};
  std::string where{};
  std::string bounds{};  ///< of an incremental load, which `where` has as well, as JSON; "" for none
  std::vector<TablePart> parts{};
  std::vector<Slice> slices{};
  std::string snapshot{};  ///< of pg_export_snapshot(); empty where one session reads

  /// The COPY … TO STDOUT of a slice.
  [[nodiscard]] std::string sql(const Slice& slice, RowFormat format) const;
  /// Selects the bytes that a slice's rows take in storage, without reading what lies out of line. For slices
  /// by places of a part that has `row_bytes`.
  [[nodiscard]] std::string weight_sql(const Slice& slice) const;
  /// "pages 128 to 255", "the whole table", with the part's name where there are several.
  [[nodiscard]] std::string display(const Slice& slice) const;
};

}  // namespace leat::jobs_detail
