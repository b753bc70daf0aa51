#include <algorithm>
#include <span>
#include <utility>

#include "jobs/load/publication.hpp"
#include "jobs/options/lists.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {
namespace {

// Counts the rows that a MERGE updates, which it does not tell apart from those that it inserts.
constexpr const char* create_counter = "CREATE TEMPORARY SEQUENCE pg_temp.leat_updated";
constexpr const char* count_one = "pg_catalog.nextval('pg_temp.leat_updated')";
constexpr const char* read_counter =
    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM pg_temp.leat_updated";
constexpr const char* drop_counter = "DROP SEQUENCE pg_temp.leat_updated";

constexpr int first_with_merge = 150000;

// Sorting and joining a million rows by a key of 8 bytes within memory takes about this much.
const std::string raise_memory =
    "SELECT CASE WHEN pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem')) "
    "OPERATOR(pg_catalog.<) 67108864 THEN pg_catalog.set_config('work_mem', '65536', true) END";

// A table in which keys are looked up again and again is in memory, where a page by an index costs about as
// much as the next one of a scan. By the default of 4 the planner would read all of the table for each load
// until it has some hundred times as many rows.
const std::string cheapen_lookups =
    ", CASE WHEN pg_catalog.current_setting('random_page_cost')::pg_catalog.float8 "
    "OPERATOR(pg_catalog.>) 1.1::pg_catalog.float8 THEN "
    "pg_catalog.set_config('random_page_cost', '1.1', true) END";

class KeyPublication final : public Publication {
 public:
  KeyPublication(const PublicationContext& context, WriteMode mode, MergeKey key)
      : Publication(context, MergeSql(*context.facts.info, context.staging, context.columns, key.columns,
                                      updated_columns(*context.facts.info, context.columns, mode, key))),
        mode_(mode),
        key_(std::move(key)),
        may_leave_out_(triggers_fire(on_insert | on_update | on_delete)) {}

  std::vector<std::string> statements() const override {
    std::vector<std::string> all;
    if (collapses()) all.push_back(sql().delete_superseded());
    if (facts().may_lock) all.push_back(sql().lock());
    std::vector<RowChange> changes;
    if (deletes_first() || replaces_keys()) changes.push_back(sql().delete_rows(deleted()));
    if (merges()) {
      changes.push_back({.sql = sql().merge(count_one)});
    } else {
      for (auto& change : additions()) changes.push_back(std::move(change));
    }
    if (is_sync() && !deletes_first()) changes.push_back(sql().delete_rows(deleted()));
    for (auto& statement : planned(changes, is_one_statement())) all.push_back(std::move(statement));
    return all;
  }

  std::vector<std::string> remarks() const override {
    const std::string names = sql().key_list();
    const std::string mode(to_string(mode_));
    std::vector<std::string> remarks{
        mode + ": rows are collected in a temporary table, matched by the key (" + names +
        ") and published at the end in one transaction. Readers of " + table().name.display() +
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

  void begin(std::uint64_t staged, const std::stop_token& stop) override {
    static_cast<void>(
        connection().execute(is_one_of_many() ? raise_memory + cheapen_lookups : raise_memory, {}, stop));
    if (collapses() && finds(sql().find_repeated(), stop)) {
      counts_.superseded = run(sql().delete_superseded(), stop).affected();
    }
    rows_ = staged - counts_.superseded;
    if (is_one_of_many()) expect(rows_);
    keep_writers_out(stop);
    look_at_table(rows_, stop);
    if (facts().references_itself && !is_silent())
      self_keys_ = TableManager(connection()).self_keys(table(), stop);
    for (const auto& key : facts().referencing) {
      if (!(deletes() && key.changes_rows()) && !(upserts() && key.follows_updates())) continue;
      hold(key, stop);
      if (deletes()) check_deletion(key, stop);
      check_followers(key, stop);
    }
    for (const auto& key : facts().joined) check_followers(key, stop);
    for (const auto& key : self_keys_) check_followers(key, stop);
  }

  void publish(const std::stop_token& stop) override {
    if (!deletes() || !is_one_statement()) {
      if (replaces_keys() || deletes_first()) delete_rows(stop);
      put(stop);
      if (is_sync() && !deletes_first()) delete_rows(stop);
      return;
    }
    const Wanted wanted = count_wanted(stop);
    const std::uint64_t old = wanted_deletes(stop);
    std::vector<RowChange> changes{sql().delete_rows(deleted())};
    for (auto& change : additions()) changes.push_back(std::move(change));
    const auto counts = change_as_one(changes, stop);
    counts_.deleted = counts.front();
    check_deleted(old, *counts_.deleted);
    count_additions(std::span(counts).subspan(1), wanted);
  }

  void remove(const std::stop_token& stop) override {
    if (replaces_keys()) delete_rows(stop);
  }

  void put(const std::stop_token& stop) override {
    if (!merges()) {
      const Wanted wanted = count_wanted(stop);
      count_additions(change_as_one(additions(), stop), wanted);
      return;
    }
    connection().execute(create_counter, {}, stop);
    const std::uint64_t changed = join(sql().merge(count_one), stop).affected();
    counts_.updated = count_in(run(read_counter, stop));
    counts_.inserted = changed - counts_.updated;
    connection().execute(drop_counter, {}, stop);
  }

  void prune(const std::stop_token& stop) override {
    if (is_sync()) delete_rows(stop);
  }

  void check(const std::stop_token& stop) const override {
    const Result different = join(replaces_keys() ? sql().find_lacking()
                                  : upserts()     ? sql().find_different()
                                                  : sql().find_different_new(),
                                  stop);
    bool is_equal = different.empty();
    if (is_equal && replaces_keys()) is_equal = count_in(join(sql().count_rows(deleted()), stop)) == rows_;
    if (is_equal && is_sync()) is_equal = count_in(run(sql().count_all(), stop)) == rows_;
    if (is_equal) return;
    std::string values;
    for (std::size_t i = 0; !different.empty() && i < key_.columns.size(); ++i) {
      values += (i == 0 ? "" : ", ") + std::string(different.text(0, i));
    }
    throw Error(
        ErrorKind::verify,
        table().name.display() + " does not hold what " + std::string(to_string(mode_)) +
            " was to put into it; nothing was committed",
        {.detail = different.empty() ? "it has rows that are not the source's"
                                     : "the first that differs: (" + sql().key_list() + ")=(" + values + ")",
         .hint = "look for triggers of the target that change rows"});
  }

  LoadCounts end(const std::stop_token& stop) override {
    const std::uint64_t told = counts_.inserted + counts_.updated + counts_.suppressed;
    // Triggers may delete what has just been put there, and others where they could not be kept out.
    const bool may_be_missing = (may_leave_out_ && counts_.suppressed == 0) || !facts().may_lock;
    if (told > rows_ || (may_be_missing && !join(sql().find_missing(), stop).empty())) {
      throw Error(ErrorKind::target,
                  table().name.display() +
                      " does not have a row of each key that was loaded; nothing was "
                      "committed",
                  {.sqlstate = "40001",
                   .hint = "look for triggers that delete rows, and for others that write to it; run the job "
                           "again"});
    }
    counts_.unchanged = rows_ - told;
    return Publication::end(stop);
  }

 private:
  /// What triggers could keep from being done.
  struct Wanted {
    std::uint64_t updates = 0;
    std::uint64_t inserts = 0;
  };

  /// Whether of rows with one key only the last is to stay.
  [[nodiscard]] bool collapses() const { return key_.is_unique && key_.may_repeat; }
  [[nodiscard]] bool is_sync() const { return mode_ == WriteMode::sync; }
  [[nodiscard]] bool replaces_keys() const { return mode_ == WriteMode::delete_insert; }
  [[nodiscard]] bool deletes() const { return is_sync() || replaces_keys(); }
  [[nodiscard]] bool upserts() const { return mode_ == WriteMode::upsert || is_sync(); }
  /// MERGE is quicker than UPDATE and INSERT, but takes rows in their order: one may be refused because of a
  /// value that another one has until it is updated.
  [[nodiscard]] bool merges() const {
    return upserts() && sql().updates() && connection().server_version() >= first_with_merge &&
           !key_.has_other_unique && facts().may_lock && !may_leave_out_ && !facts().references_itself;
  }
  /// Whether foreign keys are to be checked when all is done. What deletes along, a key of the table's own or
  /// a trigger, is to come before new rows.
  [[nodiscard]] bool is_one_statement() const {
    if (triggers_fire(on_delete) || facts().changes_itself) return false;
    if (replaces_keys()) return !facts().referencing.empty() || facts().references_itself;
    return !merges();
  }
  /// Of a sync. What rows that stay reference is known when they are updated.
  [[nodiscard]] bool deletes_first() const { return is_sync() && !facts().changes_itself; }
  [[nodiscard]] DeletedRows deleted() const { return is_sync() ? DeletedRows::absent : DeletedRows::staged; }
  /// UPDATE where there is something to update, and INSERT.
  [[nodiscard]] std::vector<RowChange> additions() const {
    if (replaces_keys()) return {sql().insert_all()};
    if (!sql().updates()) return {sql().insert_missing()};
    return {sql().update_changed(), sql().insert_missing()};
  }

  /// That no other row is changed along.
  void check_followers(const ReferencingKey& key, const std::stop_token& stop) const {
    if (!upserts() || !key.follows_updates()) return;
    // A trigger may change it too, and a generated column changes with others.
    const bool by_any_change =
        triggers_fire(on_update) ||
        std::any_of(key.referenced.begin(), key.referenced.end(),
                    [this](const auto& name) { return table().find(name)->generated; });
    const std::string changed = sql().find_reference_to_changed(key, by_any_change);
    if (changed.empty() || !finds(changed, stop)) return;
    throw Error(ErrorKind::target,
                "rows of " + key.table.display() + " reference values of " + table().name.display() +
                    " that the load changes, and would be changed along with them",
                {.sqlstate = "23503",
                 .detail = "foreign key " + quote_identifier(key.constraint) + " has an ON UPDATE action",
                 .hint = "leave what it references out, or drop that constraint for the time of the load"});
  }

  /// That no row goes along which references one that is deleted; with `only_staged` none that itself stays.
  void check_deletion(const ReferencingKey& key, const std::stop_token& stop,
                      bool only_staged = false) const {
    if (key.changes_rows() && finds(sql().find_reference_to_deleted(key, deleted(), only_staged), stop)) {
      throw postgres_detail::would_go_along(table().name, key);
    }
  }

  [[nodiscard]] Wanted count_wanted(const std::stop_token& stop) const {
    if (replaces_keys()) return {.inserts = rows_};
    if (!may_leave_out_) return {};
    const Result found = join(sql().count_wanted(), stop);
    return {.updates = count_in(found), .inserts = count_in(found, 1)};
  }

  [[nodiscard]] std::uint64_t wanted_deletes(const std::stop_token& stop) const {
    return may_leave_out_ ? count_in(join(sql().count_rows(deleted()), stop)) : 0;
  }

  void delete_rows(const std::stop_token& stop) {
    // Tables that are loaded with this one are as they are just before rows are deleted.
    for (const auto& key : facts().joined) check_deletion(key, stop);
    // Rows that stay have the source's values by now.
    for (const auto& key : self_keys_) check_deletion(key, stop, is_sync());
    const std::uint64_t wanted = wanted_deletes(stop);
    counts_.deleted = join(sql().delete_rows(deleted()).sql, stop).affected();
    check_deleted(wanted, *counts_.deleted);
  }

  /// Takes in how many rows the additions have changed.
  void count_additions(std::span<const std::uint64_t> counts, const Wanted& wanted) {
    counts_.inserted = counts.back();
    if (counts.size() > 1) counts_.updated = counts.front();
    if (may_leave_out_ || replaces_keys()) {
      counts_.suppressed = (wanted.updates - counts_.updated) + (wanted.inserts - counts_.inserted);
    }
  }

  const WriteMode mode_;
  const MergeKey key_;
  const bool may_leave_out_;  // triggers may
  std::vector<ReferencingKey> self_keys_;
  std::uint64_t rows_ = 0;  // that are to be in the table
};

}  // namespace

std::vector<std::string> updated_columns(const TableInfo& table, const std::vector<std::string>& columns,
                                         WriteMode mode, const MergeKey& key) {
  std::vector<std::string> updated;
  if (mode != WriteMode::upsert && mode != WriteMode::sync) return updated;
  for (const auto& name : columns) {
    // Equal keys may still differ in their bytes, as 1.0 and 1.00 do.
    const KeyColumn* const settled = find_by(key.columns, &KeyColumn::name, name);
    if ((settled != nullptr && settled->is_exact) || table.find(name)->identity == Identity::always) continue;
    updated.push_back(name);
  }
  return updated;
}

std::unique_ptr<Publication> publish_by_key(const PublicationContext& context, WriteMode mode, MergeKey key) {
  return std::make_unique<KeyPublication>(context, mode, std::move(key));
}

}  // namespace leat::jobs_detail
