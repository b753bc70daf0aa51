#pragma once

#include <string>

namespace leat {

/// Where tables of CopyTables arrive under other names.
struct TableRename {
  /// A pattern of the source's tables (see TablePattern): `sales.orders`, `sales.tmp_*`.
  std::string from{};
  /// The target's table: `archive.orders`. Without a schema it is made in CopyTablesOptions::to_schema, or
  /// else in the schema of the source's name. A `*` in one of its two parts stands for what the one `*` in
  /// that part of `from` stands for: `archive.old_*`.
  std::string to{};
};

/// A column whose values SQL gives, in one or many tables of CopyTables.
struct TableColumnMap {
  /// A pattern of tables, a dot, and a column of the target: `sales.orders.email`, `*.*.email`.
  std::string column{};
  /// SQL of your own over the columns of the source's table, as in TableSelection::map.
  std::string sql{};
};

}  // namespace leat
