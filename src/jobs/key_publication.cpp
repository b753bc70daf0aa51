#include <algorithm>
#include <optional>
#include <utility>

#include "jobs/staged_publication.hpp"

namespace leat::jobs_detail {
namespace {

// Counts the rows that a MERGE updates, which it does not tell apart from those that it inserts.
constexpr const char* create_counter = "CREATE TEMPORARY SEQUENCE pg_temp.leat_updated";
constexpr const char* count_one = "pg_catalog.nextval('pg_temp.leat_updated')";
constexpr const char* read_counter =
    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM pg_temp.leat_updated";
constexpr const char* drop_counter = "DROP SEQUENCE pg_temp.leat_updated";

constexpr int first_with_merge = 150000;

std::vector<std::string> updated_columns(const PublicationContext& context, WriteMode mode,
                                         const MergeKey& key) {
  std::vector<std::string> updated;
  if (mode != WriteMode::upsert && mode != WriteMode::sync) return updated;
  for (const auto& name : context.columns) {
    // Equal keys may still differ in their bytes, as 1.0 and 1.00 do.
    const bool is_settled = std::any_of(key.columns.begin(), key.columns.end(), [&name](const auto& column) {
      return column.name == name && column.is_exact;
    });
    if (is_settled || context.facts.info->find(name)->identity == Identity::always) continue;
    updated.push_back(name);
  }
  return updated;
}

class KeyPublication final : public StagedPublication {
 public:
  KeyPublication(const PublicationContext& context, WriteMode mode, MergeKey key)
      : StagedPublication(context, MergeSql(*context.facts.info, staging_table(), context.columns,
                                            key.columns, updated_columns(context, mode, key))),
        mode_(mode),
        key_(std::move(key)),
        counts_before_(triggers_fire(on_insert | on_update | on_delete)) {}

  std::vector<std::string> statements() const override {
    std::vector<std::string> all;
    if (collapses()) all.push_back(sql().delete_superseded());
    if (facts().may_lock) all.push_back(sql().lock());
    if (merges()) {
      if (mode_ == WriteMode::sync) all.push_back(sql().delete_absent().sql);
      all.push_back(sql().merge(count_one));
      return all;
    }
    for (auto& statement : planned(changes(), as_one())) all.push_back(std::move(statement));
    return all;
  }

  std::vector<std::string> remarks() const override;
  LoadCounts publish(std::uint64_t staged, std::stop_token stop) override;

 private:
  /// Whether of rows with one key only the last is to stay.
  [[nodiscard]] bool collapses() const { return key_.is_unique && key_.may_repeat; }
  [[nodiscard]] bool upserts() const { return mode_ == WriteMode::upsert || mode_ == WriteMode::sync; }
  /// MERGE is quicker than UPDATE and INSERT, but takes rows in their order: one may be refused because of a
  /// value that another one has until it is updated.
  [[nodiscard]] bool merges() const {
    return upserts() && sql().updates() && connection().server_version() >= first_with_merge &&
           !key_.has_other_unique && facts().may_lock && !counts_before_ && !facts().references_itself;
  }
  /// Foreign keys are to be checked when all is done.
  [[nodiscard]] bool as_one() const {
    if (mode_ == WriteMode::delete_insert) return !facts().referencing.empty() || facts().references_itself;
    return true;
  }
  [[nodiscard]] std::vector<RowChange> changes() const;
  [[nodiscard]] std::uint64_t collapse(const std::stop_token& stop) const;
  void check_others(const std::stop_token& stop) const;
  void publish_by_merge(LoadCounts& counts, const std::stop_token& stop) const;
  void publish_by_changes(LoadCounts& counts, std::uint64_t rows, const std::stop_token& stop) const;

  const WriteMode mode_;
  const MergeKey key_;
  const bool counts_before_;  // triggers may leave rows out
};

std::vector<RowChange> KeyPublication::changes() const {
  switch (mode_) {
    case WriteMode::insert_missing:
      return {sql().insert_missing()};
    case WriteMode::delete_insert:
      return {sql().delete_staged(), sql().insert_all()};
    default:
      break;
  }
  std::vector<RowChange> changes;
  if (mode_ == WriteMode::sync) changes.push_back(sql().delete_absent());
  if (sql().updates()) changes.push_back(sql().update_changed());
  changes.push_back(sql().insert_missing());
  return changes;
}

std::vector<std::string> KeyPublication::remarks() const {
  std::string names;
  for (const auto& column : key_.columns) {
    names += (names.empty() ? "" : ", ") + quote_identifier(column.name);
  }
  const std::string mode(to_string(mode_));
  std::vector<std::string> remarks{mode + ": rows are collected in a temporary table, matched by the key (" +
                                   names + ") and published at the end in one transaction. Readers of " +
                                   table().name.display() +
                                   " never wait; writers do from then to the commit"};
  if (collapses()) {
    remarks.push_back(mode + ": of several rows with one key the one that is read last wins");
  } else if (key_.is_unique) {
    remarks.push_back(mode + ": a unique index of the source keeps two rows from having one key");
  }
  if (!facts().may_lock) {
    remarks.push_back(mode +
                      ": this role may not lock the table, so a row that somebody else inserts "
                      "meanwhile may end the load");
  }
  return remarks;
}

std::uint64_t KeyPublication::collapse(const std::stop_token& stop) const {
  if (!collapses() || !finds(sql().find_repeated(), stop)) return 0;
  return run(sql().delete_superseded(), stop).affected();
}

void KeyPublication::check_others(const std::stop_token& stop) const {
  const bool deletes = mode_ == WriteMode::sync || mode_ == WriteMode::delete_insert;
  for (const auto& key : facts().referencing) {
    const bool goes_along = deletes && key.changes_rows();
    const std::string changed =
        key.on_update == 'a' || key.on_update == 'r' ? "" : sql().find_reference_to_changed(key);
    if (!goes_along && changed.empty()) continue;
    static_cast<void>(run("LOCK TABLE " + key.table.sql() + " IN SHARE MODE", stop));
    if (goes_along && finds(sql().find_reference_to_deleted(key, mode_ == WriteMode::sync), stop)) {
      throw would_go_along(table().name, key);
    }
    if (!changed.empty() && finds(changed, stop)) {
      throw Error(ErrorKind::target,
                  "rows of " + key.table.display() + " reference values of " + table().name.display() +
                      " that the load changes, and would be changed along with them",
                  {.sqlstate = "23503",
                   .detail = "foreign key " + quote_identifier(key.constraint) + " has an ON UPDATE action",
                   .hint = "leave that column out, or drop that constraint for the time of the load"});
    }
  }
}

void KeyPublication::publish_by_merge(LoadCounts& counts, const std::stop_token& stop) const {
  if (mode_ == WriteMode::sync) counts.deleted = run(sql().delete_absent().sql, stop).affected();
  static_cast<void>(connection().execute(create_counter, {}, stop));
  const std::uint64_t changed = run(sql().merge(count_one), stop).affected();
  counts.updated = count(read_counter, stop);
  counts.inserted = changed - counts.updated;
  static_cast<void>(connection().execute(drop_counter, {}, stop));
}

void KeyPublication::publish_by_changes(LoadCounts& counts, std::uint64_t rows,
                                        const std::stop_token& stop) const {
  std::uint64_t wanted_deletes = 0;
  std::uint64_t wanted_updates = 0;
  std::uint64_t wanted_inserts = rows;
  if (counts_before_) {
    if (mode_ != WriteMode::delete_insert) {
      const Result wanted = run(sql().count_wanted(), stop);
      wanted_updates = static_cast<std::uint64_t>(wanted.integer(0, 0));
      wanted_inserts = static_cast<std::uint64_t>(wanted.integer(0, 1));
    }
    if (mode_ == WriteMode::sync) wanted_deletes = count(sql().count_absent(), stop);
    if (mode_ == WriteMode::delete_insert) wanted_deletes = count(sql().count_staged(), stop);
  }
  const auto all = changes();
  const auto done = change(all, as_one(), stop);
  std::size_t at = 0;
  if (mode_ == WriteMode::sync || mode_ == WriteMode::delete_insert) counts.deleted = done[at++];
  if (at + 1 < all.size()) counts.updated = done[at++];
  counts.inserted = done[at];
  if (mode_ == WriteMode::delete_insert) counts.suppressed = rows - counts.inserted;
  if (!counts_before_) return;
  check_deleted(wanted_deletes, *counts.deleted);
  counts.suppressed = (wanted_updates - counts.updated) + (wanted_inserts - counts.inserted);
}

LoadCounts KeyPublication::publish(std::uint64_t staged, std::stop_token stop) {
  use_memory(stop);
  LoadCounts counts{.superseded = collapse(stop)};
  const std::uint64_t rows = staged - counts.superseded;
  keep_writers_out(stop);
  check_others(stop);
  if (merges()) {
    publish_by_merge(counts, stop);
  } else {
    publish_by_changes(counts, rows, stop);
  }
  counts.unchanged = rows - counts.inserted - counts.updated - counts.suppressed;
  if (mode_ == WriteMode::sync && facts().changes_itself && finds(sql().find_different(), stop)) {
    throw Error(ErrorKind::target,
                "rows of " + table().name.display() +
                    " were deleted or changed along with others that the source no longer has; nothing was "
                    "committed",
                {.sqlstate = "23503",
                 .detail = "a foreign key of the table to itself has an ON DELETE action, and rows of the "
                           "source do not meet it",
                 .hint = "make the source meet it, or drop that constraint for the time of the load"});
  }
  drop_staging(stop);
  return counts;
}

}  // namespace

std::unique_ptr<Publication> publish_by_key(const PublicationContext& context, WriteMode mode, MergeKey key) {
  return std::make_unique<KeyPublication>(context, mode, std::move(key));
}

}  // namespace leat::jobs_detail
