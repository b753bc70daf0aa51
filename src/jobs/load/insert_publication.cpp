#include <algorithm>

#include "jobs/load/publication.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {
namespace {

/// All new rows come. Rows of a view are whatever its definition makes of them, so nothing but INSERT goes
/// through it.
class InsertPublication : public Publication {
 public:
  explicit InsertPublication(const PublicationContext& context)
      : Publication(context, MergeSql(*context.facts.info, context.staging, context.columns, {}, {})) {}

  std::vector<std::string> statements() const override { return {sql().insert_all().sql}; }

  std::vector<std::string> remarks() const override {
    if (table().kind != RelationKind::view) return {};
    return {"append: " + table().name.display() +
            " is a view, so rows are collected in a temporary table and inserted through it at the end"};
  }

  void begin(std::uint64_t staged, const std::stop_token& /*stop*/) override { staged_ = staged; }
  void put(const std::stop_token& stop) override {
    count_inserted(run(sql().insert_all().sql, stop).affected());
  }

 protected:
  void count_inserted(std::uint64_t inserted) {
    counts_.inserted = inserted;
    counts_.suppressed = staged_ - std::min(staged_, inserted);
  }

 private:
  std::uint64_t staged_ = 0;
};

/// All old rows go before.
class SwapPublication final : public InsertPublication {
 public:
  explicit SwapPublication(const PublicationContext& context)
      : InsertPublication(context),
        // As one statement the keys of other tables are checked when the new rows are there. What deletes
        // along, a key of the table's own or a trigger, would take new rows then.
        as_one_(!context.facts.referencing.empty() && !context.facts.changes_itself &&
                context.facts.triggers_on(on_delete, context.is_silent).empty()) {}

  std::vector<std::string> statements() const override {
    std::vector<std::string> all{sql().lock()};
    for (auto& statement : planned(changes(), as_one_)) all.push_back(std::move(statement));
    return all;
  }

  std::vector<std::string> remarks() const override {
    return {
        "swap: rows are collected in a temporary table; at the end the old ones are deleted and the new "
        "ones inserted in one transaction. Readers of " +
            table().name.display() +
            " never wait; writers do from then to the commit. It takes about twice as long as replace, and "
            "room for the rows three times: old, collected and new, until VACUUM",
        "swap: the table stays the one it is, with its privileges, foreign keys, views and identity"};
  }

  void begin(std::uint64_t staged, const std::stop_token& stop) override {
    InsertPublication::begin(staged, stop);
    keep_writers_out(stop);
    TableManager manager(connection());
    for (const auto& key : facts().referencing) {
      if (!key.changes_rows()) continue;
      hold(key, stop);
      if (manager.has_references(key, stop)) throw postgres_detail::would_go_along(table().name, key);
    }
    if (triggers_fire(on_delete)) old_ = count_in(run(sql().count_all(), stop));
  }

  void publish(const std::stop_token& stop) override {
    if (!as_one_) return Publication::publish(stop);
    const auto counts = change_as_one(changes(), stop);
    check_deleted(old_, counts[0]);
    counts_.deleted = counts[0];
    count_inserted(counts[1]);
  }

  void remove(const std::stop_token& stop) override {
    counts_.deleted = run(sql().delete_all().sql, stop).affected();
    check_deleted(old_, *counts_.deleted);
  }

 private:
  [[nodiscard]] std::vector<RowChange> changes() const { return {sql().delete_all(), sql().insert_all()}; }

  const bool as_one_;
  std::uint64_t old_ = 0;  // rows that must go, where triggers may keep some
};

}  // namespace

std::unique_ptr<Publication> publish_by_insert(const PublicationContext& context) {
  return std::make_unique<InsertPublication>(context);
}

std::unique_ptr<Publication> publish_by_swap(const PublicationContext& context) {
  return std::make_unique<SwapPublication>(context);
}

}  // namespace leat::jobs_detail
