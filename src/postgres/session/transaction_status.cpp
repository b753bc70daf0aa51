#include "leat/postgres/session/transaction_status.hpp"

#include <array>
#include <string>

#include "leat/postgres/session/detail/server_versions.hpp"
#include "leat/postgres/session/detail/transaction_number.hpp"

namespace leat {

std::string_view to_string(TransactionStatus status) {
  switch (status) {
    case TransactionStatus::committed:
      return "committed";
    case TransactionStatus::aborted:
      return "aborted";
    case TransactionStatus::in_progress:
      return "in_progress";
    case TransactionStatus::unknown:
      return "unknown";
  }
  return "unknown";
}

std::uint64_t current_transaction_id(Connection& connection, std::stop_token stop) {
  if (!connection.in_transaction()) {
    throw Error(ErrorKind::config, "the session is in no transaction, so that there is no number of one");
  }
  const Result found =
      connection.execute("SELECT " + postgres_detail::current_transaction_sql(connection), {}, stop);
  return postgres_detail::to_transaction_id(found.text(0, 0));
}

TransactionStatus transaction_status(Connection& connection, std::uint64_t transaction,
                                     std::stop_token stop) {
  const std::array<Parameter, 1> number{std::to_string(transaction)};
  const char* sql = connection.server_version() >= postgres_detail::first_version_with_xid8
                        ? "SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8)"
                        : "SELECT pg_catalog.txid_status($1::pg_catalog.int8)";
  std::string status;
  try {
    status = connection.execute(sql, number, stop).text(0, 0);
  } catch (const Error& error) {
    // The number is in the server's future.
    if (error.sqlstate() != "22023") throw;
  }
  if (status == "committed") return TransactionStatus::committed;
  if (status == "aborted") return TransactionStatus::aborted;
  return status == "in progress" ? TransactionStatus::in_progress : TransactionStatus::unknown;
}

}  // namespace leat
