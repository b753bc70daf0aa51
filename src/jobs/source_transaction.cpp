#include "jobs/source_transaction.hpp"

#include <string_view>

namespace leat::jobs_detail {
namespace {

constexpr std::string_view lock_not_available = "55P03";

/// The error, where it is one of waiting for a lock.
std::optional<Error> only_of_locks(const Error& error) {
  return error.sqlstate() == lock_not_available ? std::optional(error) : std::nullopt;
}

}  // namespace

std::string lock_sql(std::span<const TableName> tables) {
  std::string list;
  for (const auto& table : tables) list += (list.empty() ? "" : ", ") + table.sql();
  return "LOCK TABLE " + list + " IN ACCESS SHARE MODE";
}

std::vector<std::optional<Error>> begin_source(Connection& session, std::span<const TableName> tables,
                                               const std::stop_token& stop) {
  std::vector<std::optional<Error>> errors(tables.size());
  session.begin(source_transaction, stop);
  if (tables.empty()) return errors;
  const bool alone = tables.size() == 1;
  try {
    // Nothing else waits for the first table that is locked.
    static_cast<void>(session.execute_long(lock_sql(tables) + (alone ? "" : " NOWAIT"), {}, stop));
    return errors;
  } catch (const Error& error) {
    if (!session.is_open()) throw;
    if (alone) errors.front() = only_of_locks(error);
  }
  session.rollback();
  session.begin(source_transaction, stop);
  if (alone) return errors;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    static_cast<void>(session.execute("SAVEPOINT leat_lock", {}, stop));
    try {
      static_cast<void>(session.execute_long(lock_sql(tables.subspan(i, 1)), {}, stop));
    } catch (const Error& error) {
      if (!session.is_open()) throw;
      errors[i] = only_of_locks(error);
      static_cast<void>(session.execute("ROLLBACK TO SAVEPOINT leat_lock", {}, stop));
    }
    static_cast<void>(session.execute("RELEASE SAVEPOINT leat_lock", {}, stop));
  }
  return errors;
}

}  // namespace leat::jobs_detail
