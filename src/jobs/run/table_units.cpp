#include "jobs/run/table_units.hpp"

#include <utility>

#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/slice_definition.hpp"
#include "jobs/run/snapshot_session.hpp"
#include "jobs/run/table_reader.hpp"

namespace leat::jobs_detail {
namespace {

/// The slices of a table.
class TableUnits final : public UnitSource {
 public:
  TableUnits(PreparedLoad& load, const CopyTableOptions& options, SnapshotHolder holder)
      : load_(load), sessions_(snapshot_sessions(load, options)) {
    if (holder == SnapshotHolder::reads) sessions_.add(load.source_session);
  }

  [[nodiscard]] std::vector<std::string> cut() const override {
    std::vector<std::string> definitions;
    for (const auto& slice : load_.slices->slices)
      definitions.push_back(slice_definition(*load_.slices, slice));
    return definitions;
  }
  void check(const std::string& definition) const override {
    static_cast<void>(parse_slice(*load_.slices, definition));
  }
  [[nodiscard]] std::uint64_t order_of(const Unit& unit) const override {
    return reading_order(parse_slice(*load_.slices, unit.definition),
                         static_cast<std::uint64_t>(unit.number));
  }
  [[nodiscard]] std::unique_ptr<UnitReader> reader() override {
    return std::make_unique<TableReader>(*load_.slices, load_.schema, sessions_);
  }

  [[nodiscard]] std::string identity(const std::stop_token& stop) override {
    return snapshot_identity(*load_.source_session, load_.source_server.database, stop);
  }
  [[nodiscard]] std::optional<std::string> shared_snapshot() const override {
    const auto& snapshot = load_.slices->snapshot;
    return snapshot.empty() ? std::nullopt : std::optional(snapshot);
  }
  void check_alive(const std::stop_token& stop) override {
    // Nobody else would notice the loss of the session that holds the snapshot: readers have it themselves.
    static_cast<void>(load_.source_session->execute("SELECT", {}, stop));
  }
  void release() noexcept override { load_.source_session->rollback(); }

 private:
  PreparedLoad& load_;
  SnapshotSessions sessions_;
};

}  // namespace

std::shared_ptr<UnitSource> units_of(PreparedLoad& load, const CopyTableOptions& options,
                                     SnapshotHolder holder) {
  if (load.store_units) return load.store_units;
  return std::make_shared<TableUnits>(load, options, holder);
}

std::vector<Unit> number_units(std::vector<std::string> definitions) {
  std::vector<Unit> units;
  for (auto& definition : definitions) {
    units.push_back({.number = static_cast<std::int64_t>(units.size()), .definition = std::move(definition)});
  }
  return units;
}

}  // namespace leat::jobs_detail
