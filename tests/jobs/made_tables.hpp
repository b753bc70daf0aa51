#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "many_tables.hpp"

namespace leat::test {

/// A copy that makes the tables of these patterns.
[[nodiscard]] inline CopyTablesOptions making(std::vector<std::string> include,
                                              CreateTarget create = CreateTarget::full) {
  auto options = copy_of(std::move(include));
  options.stream.create = create;
  return options;
}

/// Every table of it is copied.
inline CopyTablesReport run_whole(const CopyTablesOptions& options) {
  CopyTablesReport report = CopyTables(options).run();
  for (const auto& table : report.tables) {
    INFO(table.table);
    if (table.error) FAIL_CHECK(table.error->what());
  }
  CHECK(report.status == JobStatus::done);
  return report;
}

[[nodiscard]] inline bool tells(const std::vector<std::string>& remarks, const std::string& text) {
  return std::any_of(remarks.begin(), remarks.end(),
                     [&text](const std::string& remark) { return remark.find(text) != std::string::npos; });
}

/// Every relation and how it hangs together with others.
[[nodiscard]] inline std::string shape(const std::string& schema) {
  return "SELECT c.relname, c.relkind, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid), "
         "(SELECT p.relname FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent WHERE h.inhrelid = "
         "c.oid) "
         "FROM pg_class c WHERE c.relnamespace = '" +
         schema + "'::regnamespace AND c.relkind <> 't' ORDER BY 1";
}

/// Every foreign key.
inline const std::string all_keys =
    "SELECT conrelid::regclass::text COLLATE \"C\", conname, pg_get_constraintdef(oid), obj_description(oid, "
    "'pg_constraint') "
    "FROM "
    "pg_constraint WHERE contype = 'f' AND conparentid = 0 AND connamespace::regnamespace::text <> "
    "'leat_meta' ORDER BY 1, 2";

}  // namespace leat::test
