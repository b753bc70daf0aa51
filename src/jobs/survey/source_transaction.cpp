#include "jobs/survey/source_transaction.hpp"

#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

// A query sees the catalog of its snapshot, and this function that of now: where their files differ, the
// relation was rewritten in between. Those of the system may have no file in the catalog.
constexpr const char* rewritten_condition = R"(
  c.relfilenode <> 0 AND c.oid >= 16384 AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid))";

constexpr int most_attempts = 10;

/// Of everything that the transaction has read from.
std::string any_rewritten_sql() {
  return std::string(
             "SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation "
             "WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND ") +
         rewritten_condition + " LIMIT 1";
}

/// Begins a transaction and holds tables one by one, each as well as this role may. See begin_source().
std::vector<std::optional<Error>> hold_one_by_one(Connection& session, std::span<const TableName> tables,
                                                  const std::stop_token& stop) {
  std::vector<std::optional<Error>> errors(tables.size());
  // Whether it worked. An error of waiting for a lock is kept.
  const auto hold = [&](std::size_t table, const std::string& sql) {
    // It is released, since no snapshot can be exported with one open.
    const auto refused = behind_savepoint(
        session, stop, [&] { session.execute_long(sql, {}, stop); },
        [](const Error& /*error*/) { return true; });
    const bool is_of_lock = refused && refused->sqlstate() == sqlstate::lock_not_available;
    if (refused) errors[table] = is_of_lock ? refused : std::nullopt;
    return !refused;
  };
  for (int attempt = 1;; ++attempt) {
    session.begin(source_transaction, stop);
    std::vector<std::size_t> refused;
    // LOCK takes no snapshot.
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (!errors[i] && !hold(i, lock_sql(tables.subspan(i, 1)))) refused.push_back(i);
    }
    // It wants a privilege on the whole table, and SELECT only one on some column; but SELECT takes a
    // snapshot first, and then waits.
    bool selected = false;
    for (const std::size_t i : refused) {
      selected = hold(i, "SELECT FROM " + tables[i].sql() + " LIMIT 0") || selected;
    }
    if (!selected || attempt == most_attempts || session.execute(any_rewritten_sql(), {}, stop).empty()) {
      return errors;
    }
    session.rollback();
  }
}

}  // namespace

std::string lock_sql(std::span<const TableName> tables) {
  return "LOCK TABLE " + text_list(tables, &TableName::sql) + " IN ACCESS SHARE MODE";
}

std::vector<std::optional<Error>> begin_source(Connection& session, std::span<const TableName> tables,
                                               const std::stop_token& stop) {
  if (tables.empty()) {
    session.begin(source_transaction, stop);
    return {};
  }
  session.begin_with_next(source_transaction, stop);
  try {
    static_cast<void>(session.execute_long(lock_sql(tables) + " NOWAIT", {}, stop));
    return std::vector<std::optional<Error>>(tables.size());
  } catch (const Error&) {
    if (!session.is_open()) throw;
  }
  // Some cannot be locked, or not at once.
  session.rollback();
  return hold_one_by_one(session, tables, stop);
}

std::string unseen_sql(const TableInfo& table) {
  if (table.kind == RelationKind::view) return any_rewritten_sql();
  const std::string oid = std::to_string(table.oid);
  std::string parts = "c.oid = " + oid + "::pg_catalog.oid";
  if (table.kind == RelationKind::partitioned_table) {
    parts = "c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(" + oid + "))";
  } else if (table.with_inheriting) {
    parts = "c.oid IN (WITH RECURSIVE tree AS (SELECT " + oid +
            "::pg_catalog.oid AS relid UNION SELECT h.inhrelid FROM tree JOIN pg_catalog.pg_inherits h ON "
            "h.inhparent = tree.relid) SELECT relid FROM tree)";
  }
  return "SELECT FROM pg_catalog.pg_class c WHERE " + parts + " AND" + rewritten_condition;
}

Error unseen_error(const TableInfo& table) {
  return {ErrorKind::source,
          table.name.display() +
              " was truncated or rewritten after the snapshot, which does not see its "
              "rows; nothing of it was committed",
          {.sqlstate = "55000", .hint = "run the job again"}};
}

}  // namespace leat::jobs_detail
