#include "jobs/snapshot_session.hpp"

#include <algorithm>

#include "jobs/slice_cut.hpp"

namespace leat::jobs_detail {

std::shared_ptr<Connection> open_in_snapshot(const PreparedStream& stream, const CopyTableOptions& options,
                                             const std::stop_token& stop) {
  auto session = connect(options.source, ErrorKind::source, options.stream, stop);
  session->begin(source_transaction, stop);
  static_cast<void>(session->execute(
      "SET TRANSACTION SNAPSHOT " + session->quote_literal(stream.slices->snapshot), {}, stop));
  // The first session's lock lets nobody through who waits for a stronger one, so waiting long is in vain.
  static_cast<void>(session->execute("SET LOCAL lock_timeout = '1s'", {}, stop));
  hold_table(*session, stream.slices->table, stop);
  if (stream.passes_text()) pass_text_as_it_is(*session, stop);
  const auto& sql = stream.plan.source_sql;
  if (std::find(sql.begin(), sql.end(), qualify_sql) != sql.end()) {
    static_cast<void>(session->execute(qualify_sql, {}, stop));
  }
  return session;
}

}  // namespace leat::jobs_detail
