#include "jobs/load/copy_end.hpp"

#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/session/detail/transaction_number.hpp"

namespace leat::jobs_detail {

std::string copy_end_question(const Connection& connection, const TableInfo& table, bool asks_number) {
  std::string sql = "SELECT " + postgres_detail::unchanged_sql(connection, table);
  if (asks_number) sql += ", " + postgres_detail::current_transaction_sql(connection);
  return sql;
}

CopyEnd to_copy_end(const std::vector<BesideRow>& rows) {
  if (rows.empty()) return {};
  const BesideRow& answer = rows.back();
  CopyEnd end{.is_unchanged = !answer.empty() && answer.front() == "t"};
  if (answer.size() > 1 && answer[1]) end.transaction = postgres_detail::to_transaction_id(*answer[1]);
  return end;
}

}  // namespace leat::jobs_detail
