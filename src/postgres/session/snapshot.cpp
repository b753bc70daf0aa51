#include "leat/postgres/session/detail/snapshot.hpp"

namespace leat::postgres_detail {

std::string export_snapshot(Connection& session, const std::stop_token& stop) {
  return std::string(session.execute("SELECT pg_catalog.pg_export_snapshot()", {}, stop).text(0, 0));
}

void take_snapshot(Connection& session, const std::string& snapshot, const std::stop_token& stop) {
  try {
    static_cast<void>(
        session.execute("SET TRANSACTION SNAPSHOT " + session.quote_literal(snapshot), {}, stop));
  } catch (const Error& error) {
    // It is gone (since PostgreSQL 17 it is an object that does not exist), or its session ended just now.
    const std::string_view state = error.sqlstate();
    if (state != "22023" && state != "42704" && state != "55000") throw;
    throw error
        .with_message(std::string("the session that held the job's snapshot was lost: ") + error.what())
        .with_sqlstate("08003")
        .with_hint("see the source's log for what ended it");
  }
}

}  // namespace leat::postgres_detail
