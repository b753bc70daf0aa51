#include "jobs/publication.hpp"

#include <algorithm>

#include "jobs/staged_publication.hpp"

namespace leat::jobs_detail {
namespace {

// Sorting and joining a million rows by a key of 8 bytes within memory takes about this much.
constexpr const char* raise_memory =
    "SELECT pg_catalog.set_config('work_mem', '65536', true) FROM pg_catalog.pg_settings WHERE name = "
    "'work_mem' AND setting::pg_catalog.int8 < 65536";

/// Rows of a view are whatever its definition makes of them, so nothing but INSERT goes through it.
class ViewPublication final : public StagedPublication {
 public:
  explicit ViewPublication(const PublicationContext& context)
      : StagedPublication(context, MergeSql(*context.facts.info, staging_table(), context.columns, {}, {})) {}

  std::vector<std::string> statements() const override { return {sql().insert_all().sql}; }

  std::vector<std::string> remarks() const override {
    return {"append: " + table().name.display() +
            " is a view, so rows are collected in a temporary table and inserted through it at the end"};
  }

  LoadCounts publish(std::uint64_t staged, std::stop_token stop) override {
    const std::uint64_t inserted = run(sql().insert_all().sql, stop).affected();
    drop_staging(stop);
    return {.inserted = inserted, .suppressed = staged - std::min(staged, inserted)};
  }
};

}  // namespace

const TableName& staging_table() {
  static const TableName name{.schema = "pg_temp", .name = "leat_load"};
  return name;
}

std::unique_ptr<Publication> publish_through_view(const PublicationContext& context) {
  return std::make_unique<ViewPublication>(context);
}

std::vector<std::uint64_t> StagedPublication::change(const std::vector<RowChange>& changes, bool as_one,
                                                     const std::stop_token& stop) const {
  std::vector<std::uint64_t> counts;
  if (as_one && changes.size() > 1) {
    const Result found = run(as_one_statement(changes), stop);
    for (std::size_t i = 0; i < changes.size(); ++i) {
      counts.push_back(static_cast<std::uint64_t>(found.integer(0, i)));
    }
    return counts;
  }
  for (const auto& one : changes) counts.push_back(run(one.sql, stop).affected());
  return counts;
}

std::vector<std::string> StagedPublication::planned(const std::vector<RowChange>& changes, bool as_one) {
  if (as_one && changes.size() > 1) return {as_one_statement(changes)};
  std::vector<std::string> statements;
  for (const auto& one : changes) statements.push_back(one.sql);
  return statements;
}

void StagedPublication::use_memory(const std::stop_token& stop) const {
  static_cast<void>(connection_.execute(raise_memory, {}, stop));
}

void StagedPublication::keep_writers_out(const std::stop_token& stop) const {
  if (facts_.may_lock) static_cast<void>(run(sql_.lock(), stop));
}

void StagedPublication::drop_staging(const std::stop_token& stop) const {
  // More tables may follow in this transaction.
  static_cast<void>(connection_.execute("DROP TABLE " + sql_.staging().sql(), {}, stop));
}

Error rows_were_kept(const TableInfo& table, const std::string& triggers) {
  return {ErrorKind::target,
          table.name.display() + " kept rows that were to be deleted; nothing was committed",
          {.sqlstate = "P0001", .hint = "triggers of the target keep them: " + triggers}};
}

void StagedPublication::check_deleted(std::uint64_t wanted, std::uint64_t deleted) const {
  if (deleted < wanted) throw rows_were_kept(table(), facts_.triggers_on(on_delete, is_silent_));
}

}  // namespace leat::jobs_detail
