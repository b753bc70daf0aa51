#pragma once

#include <span>
#include <string>
#include <vector>

#include "jobs/tables/name_part.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/options/table_selection.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/catalog/table_list.hpp"

namespace leat::jobs_detail {

/// The columns of a table on both sides; null where they are not known, or where there is no such table.
struct KnownColumns {
  const TableInfo* source = nullptr;
  const TableInfo* target = nullptr;
};

/// What the options of CopyTables say of each table: where it arrives, and what becomes of its columns. Of
/// several that fit a table or a column the first one counts.
class TableChoices {
 public:
  /// @throws Error (config) that quotes what is wrong.
  explicit TableChoices(const CopyTablesOptions& options);

  /// The target's names of these tables. `above`: the partitioned tables above them, which renames may mean,
  /// too. @throws Error (config) where a rename fits none of all of them, or where two of them would arrive
  /// in one.
  [[nodiscard]] std::vector<TableName> targets_of(std::span<const ListedTable> tables,
                                                  std::span<const ListedTable> above) const;
  /// Whether some tables get other names, so that it counts what stands above those that are copied.
  [[nodiscard]] bool renames() const { return !renames_.empty(); }

  /// Adds to each selection the columns that are left out and those that SQL gives. @throws Error (config)
  /// for an option that fits no table, or no column of those that it fits.
  void choose_columns(std::span<const ListedTable> tables, std::span<const KnownColumns> columns,
                      std::span<TableSelection> selections) const;

  /// The target's name of a table that is none of those to copy, but above some of them.
  [[nodiscard]] TableName target_of(const ListedTable& table) const;
  /// Which of the columns of such a table are left out, and which SQL gives.
  void choose_columns_above(const ListedTable& table, const TableInfo& source,
                            TableSelection& selection) const;

 private:
  struct Rename {
    std::string text;
    TablePattern pattern;
    std::vector<NamePart> from;
    std::vector<NamePart> to;
  };
  struct ColumnChoice {
    std::string text;
    TablePattern tables;
    TablePattern column;
    std::string name{};  ///< of the column to map
    std::string sql{};
  };

  [[nodiscard]] static ColumnChoice parse_column(const std::string& text, const std::string& option);
  void exclude(const ColumnChoice& choice, std::span<const ListedTable> tables,
               std::span<const KnownColumns> columns, std::span<TableSelection> selections) const;
  void map(const ColumnChoice& choice, std::span<const ListedTable> tables,
           std::span<const KnownColumns> columns, std::span<TableSelection> selections) const;

  std::string schema_;
  std::vector<Rename> renames_;
  std::vector<ColumnChoice> excluded_;
  std::vector<ColumnChoice> maps_;
};

}  // namespace leat::jobs_detail
