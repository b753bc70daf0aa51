#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "jobs/match/column_match.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Which columns of a match hold numbers of large objects: those that are `lo`, or a domain over it, on
/// either side. Positions in the match, rising.
[[nodiscard]] std::vector<std::size_t> large_object_columns(const ColumnMatch& match,
                                                            const std::vector<SourceColumn>& columns,
                                                            const TableInfo& target);

/// Tells of columns whose values are numbers of the source's large objects, which stay behind, and of those
/// that may hold such numbers behind what is looked at. `table` is read where the source has such objects at
/// all, and of each column a thousand values and one. Columns at `copied` come along.
void check_large_objects(Connection& source, const TableInfo& table, const std::string& where,
                         const ColumnMatch& match, const std::vector<SourceColumn>& columns,
                         const std::vector<std::size_t>& copied, std::vector<Finding>& findings,
                         const std::stop_token& stop);

/// The same of the rows of a query, whose columns do not say what they are: of the target's `lo` columns.
void tell_large_objects(const ColumnMatch& match, const TableInfo& target, std::vector<Finding>& findings);

/// SQL of what is compared of a value that is a large object's number: a hash of what it holds.
[[nodiscard]] std::string large_object_hash(const std::string& sql);

/// Copies the large objects that the rows of a load name, in the load's transaction, each as a new one of the
/// target's role, and gives the rows the new numbers. Holds some megabytes, and 16 bytes or so for each
/// object. Used by one thread at a time.
class LargeObjects {
 public:
  /// `positions` are fields of the rows, rising; `numbers` is a query of the source for the objects' numbers,
  /// each once.
  LargeObjects(std::vector<std::size_t> positions, std::string numbers)
      : positions_(std::move(positions)), numbers_(std::move(numbers)) {}

  /// Both sessions are in the transactions of the load, before its rows are read. @throws Error, also where
  /// this role may not read an object (42501).
  void copy(Connection& source, Connection& target, const std::stop_token& stop);

  /// Replaces the numbers in rows in binary form, in place.
  void apply(RowBatch& batch);

  /// What was done, for the report.
  [[nodiscard]] std::string note() const;

 private:
  void copy_rest(Connection& source, Connection& target, Oid from, Oid to, const std::stop_token& stop);

  const std::vector<std::size_t> positions_;
  const std::string numbers_;
  std::unordered_map<Oid, Oid> new_numbers_;
  std::uint64_t bytes_ = 0;
  std::uint64_t unknown_ = 0;  // values that name no object
};

}  // namespace leat::jobs_detail
