#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "jobs/prepare/slice.hpp"
#include "jobs/run/snapshot_session.hpp"
#include "leat/data/store/unit_reader.hpp"

namespace leat::jobs_detail {

/// Reads slices of a table as units: in portions, so that one which takes longer than thought can be cut when
/// others have nothing left to do. Used by one thread.
class TableReader final : public UnitReader {
 public:
  /// All outlive it.
  TableReader(const SlicedTable& table, std::shared_ptr<const Schema> schema, SnapshotSessions& sessions)
      : table_(table), schema_(std::move(schema)), sessions_(sessions) {}

  void read(const Unit& unit, const ReadOptions& options, UnitFeed& feed,
            const std::stop_token& stop) override;
  [[nodiscard]] std::string name_of(const Unit& unit) const override;

 private:
  void read_on(Connection& session, const Unit& unit, const ReadOptions& options, UnitFeed& feed,
               const std::stop_token& stop);
  /// Rows of a part of the slice. Returns their bytes.
  std::uint64_t copy(const Slice& slice, Connection& session, const ReadOptions& options, UnitFeed& feed,
                     const std::stop_token& stop);
  /// Gives away what comes after `middle`, with how much of it to read first; false where it is too late.
  [[nodiscard]] bool cut(Slice& whole, RowPlace middle, RowPlace step, UnitFeed& feed,
                         const std::stop_token& stop);

  const SlicedTable& table_;
  const std::shared_ptr<const Schema> schema_;
  SnapshotSessions& sessions_;
};

}  // namespace leat::jobs_detail
