#include "jobs/staged_publication.hpp"

namespace leat::jobs_detail {
namespace {

class SwapPublication final : public StagedPublication {
 public:
  explicit SwapPublication(const PublicationContext& context)
      : StagedPublication(context, MergeSql(*context.facts.info, staging_table(), context.columns, {}, {})),
        // As one statement the keys of other tables are checked when the new rows are there. A key of the
        // table's own that deletes along would take new rows then.
        as_one_(!context.facts.referencing.empty() && !context.facts.changes_itself) {}

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

  LoadCounts publish(std::uint64_t staged, std::stop_token stop) override {
    keep_writers_out(stop);
    TableManager manager(connection());
    for (const auto& key : facts().referencing) {
      if (!key.changes_rows()) continue;
      static_cast<void>(run("LOCK TABLE " + key.table.sql() + " IN SHARE MODE", stop));
      if (manager.has_references(key, stop)) throw would_go_along(table().name, key);
    }
    const bool may_keep = triggers_fire(on_delete);
    const std::uint64_t old =
        may_keep ? count("SELECT pg_catalog.count(*) FROM " + only_sql(table()), stop) : 0;
    const auto counts = change(changes(), as_one_, stop);
    check_deleted(old, counts[0]);
    drop_staging(stop);
    return {.inserted = counts[1], .suppressed = staged - counts[1], .deleted = counts[0]};
  }

 private:
  [[nodiscard]] std::vector<RowChange> changes() const { return {sql().delete_all(), sql().insert_all()}; }

  const bool as_one_;
};

}  // namespace

std::unique_ptr<Publication> publish_by_swap(const PublicationContext& context) {
  return std::make_unique<SwapPublication>(context);
}

}  // namespace leat::jobs_detail
