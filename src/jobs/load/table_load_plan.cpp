// What a plan tells of a load.
#include "jobs/load/merge_sql.hpp"
#include "jobs/load/table_load.hpp"
#include "jobs/load/target_sql.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {

std::vector<std::string> TableLoad::statements(RowFormat format) const {
  std::vector<std::string> sql{std::string("BEGIN ") + target_transaction};
  if (options_.triggers == Triggers::disable) sql.emplace_back(silence_triggers);
  const std::string table_only = only_sql(*facts_.info);
  if (setup_.input) {
    sql.push_back(setup_.input->create_sql);
    sql.push_back(copy_sql(format));
  }
  if (setup_.mode == WriteMode::replace) {
    if (deletes()) sql.push_back("LOCK TABLE " + table_only + " IN EXCLUSIVE MODE");
    sql.push_back((deletes() ? "DELETE FROM " : "TRUNCATE TABLE ") + table_only);
  }
  if (publication_) sql.push_back(publication_->create_staging_sql());
  if (setup_.copies_beside) sql.push_back("LOCK TABLE " + table_only + " IN SHARE UPDATE EXCLUSIVE MODE");
  if (setup_.rejects) {
    if (!setup_.rejects->check_at_once.empty()) sql.push_back(check_at_once_sql(*setup_.rejects));
    sql.emplace_back("SAVEPOINT leat_rows");
  }
  sql.push_back(setup_.input ? transforming_sql(*setup_.input, copied_into_, setup_.columns)
                             : copy_sql(format));
  if (setup_.rejects) sql.emplace_back("RELEASE SAVEPOINT leat_rows");
  if (setup_.beside) {
    for (const auto& beside : setup_.beside->tables()) sql.push_back(beside.copy_sql());
  }
  if (setup_.copies_beside) {
    sql.push_back("LOCK TABLE " + table_only + " IN EXCLUSIVE MODE");
    sql.push_back("DELETE FROM " + table_only + " WHERE NOT (" + is_own() + ")");
  }
  if (publication_) {
    for (auto& statement : publication_->statements()) sql.push_back(std::move(statement));
  }
  sql.emplace_back("COMMIT");
  if (options_.analyze) sql.push_back("ANALYZE " + facts_.info->name.sql());
  return sql;
}

std::vector<std::string> TableLoad::remarks() const {
  if (publication_) return publication_->remarks();
  if (setup_.copies_beside) {
    return {
        "swap: rows are copied beside the old ones, which nobody sees before the commit; at the end the old "
        "ones are deleted. Readers of " +
            table().name.display() +
            " never wait; writers do from then to the commit. It takes nearly twice as long as replace, "
            "and room for the rows twice, until VACUUM",
        "swap: the table stays the one it is, with its privileges, foreign keys, views and identity"};
  }
  if (setup_.mode == WriteMode::append) return {"append: the rows that are there stay"};
  if (!deletes()) {
    return {"replace: TRUNCATE and COPY in one transaction; from the first row to the commit readers of " +
            table().name.display() + " wait"};
  }
  if (facts_.referencing.empty()) {
    return {
        "replace: tables that are loaded with it are referenced from outside, so its rows go by DELETE in "
        "the same transaction instead of TRUNCATE; never by CASCADE"};
  }
  const auto& key = facts_.referencing.front();
  return {"replace: " + key.table.display() + " references the table (foreign key " +
          quote_identifier(key.constraint) +
          "), so its rows go by DELETE in the same transaction instead of TRUNCATE; never by CASCADE"};
}

}  // namespace leat::jobs_detail
