#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "leat/jobs/options/inheritance.hpp"
#include "leat/postgres/catalog/table_list.hpp"

namespace leat::jobs_detail {

/// Settles which rows are read of each of the tables, so that none is read twice. Those that come along with
/// the tree of another one are taken out of `tables`. @returns what is read of those that are left.
/// @throws Error (config) where a table is in two of the trees, or in one and among those to exclude.
[[nodiscard]] std::vector<Inheritance> choose_inheritance(Connection& source,
                                                          std::vector<ListedTable>& tables,
                                                          std::span<const TablePattern> exclude,
                                                          Inheritance choice, const std::stop_token& stop);

}  // namespace leat::jobs_detail
