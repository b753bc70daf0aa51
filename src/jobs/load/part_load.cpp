#include "jobs/load/part_load.hpp"

#include <algorithm>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {

void check_counts(const LoadCounts& counts, std::uint64_t sent, SuppressedRows suppressed,
                  const TableName& table) {
  const std::uint64_t written = counts.inserted + counts.updated;
  const std::uint64_t told = written + counts.unchanged + counts.superseded + counts.suppressed;
  if (told == sent && (counts.suppressed == 0 || suppressed == SuppressedRows::allow)) return;
  throw Error(ErrorKind::target,
              table.display() + " took " + std::to_string(told - counts.suppressed) + " of " +
                  std::to_string(sent) + " rows; nothing was committed",
              {.sqlstate = "P0001",
               .hint = "a trigger or rule of the target leaves rows out; allow that "
                       "(SuppressedRows::allow) if it is meant"});
}

void check_unchanged(Connection& connection, const TableInfo& table, const CopyEnd& end,
                     const std::stop_token& stop) {
  if (end.is_unchanged ? *end.is_unchanged : TableManager(connection).is_unchanged(table, stop)) return;
  throw Error(ErrorKind::target,
              table.name.display() +
                  " was changed by somebody else after it was looked at; nothing was "
                  "committed",
              {.sqlstate = "55000", .hint = "run the job again"});
}

PartLoad::PartLoad(Connection& connection, PartSetup setup)
    : connection_(connection),
      setup_(std::move(setup)),
      copy_(connection, {.table = setup_.staging ? *setup_.staging : setup_.table.name,
                         .columns = setup_.columns,
                         .rejects = setup_.rejects ? &*setup_.rejects : nullptr,
                         .pace = setup_.pace}) {}

void PartLoad::begin(RowFormat format, const std::stop_token& stop) {
  const bool silences = setup_.triggers == Triggers::disable;
  if (setup_.rejects) {
    if (silences) connection_.execute(silence_triggers, {}, stop);
    copy_.begin(format, stop);
    return;
  }
  BesideCopy beside;
  if (silences) beside.before = silence_triggers;
  if (!setup_.staging) beside.after = copy_end_question(connection_, setup_.table, setup_.asks_number);
  copy_.begin(format, beside, stop);
}

void PartLoad::end_copy(const std::stop_token& stop) {
  if (!copy_.begun()) return;
  copy_.finish(stop);
  end_ = to_copy_end(copy_.beside());
}

LoadCounts PartLoad::counts(const std::stop_token& stop) {
  LoadCounts counts{.inserted = copy_.rows_copied(),
                    .suppressed = copy_.rows_sent() - std::min(copy_.rows_sent(), copy_.rows_copied()),
                    .rejected = copy_.rows_rejected()};
  check_counts(counts, copy_.rows_sent(), setup_.suppressed, setup_.table.name);
  // The load's own lock keeps the table as it is from here on.
  if (!setup_.staging) check_unchanged(connection_, setup_.table, end_, stop);
  return counts;
}

LoadCounts PartLoad::end(const std::stop_token& stop) {
  end_copy(stop);
  return counts(stop);
}

}  // namespace leat::jobs_detail
