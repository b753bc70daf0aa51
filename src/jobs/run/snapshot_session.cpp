#include "jobs/run/snapshot_session.hpp"

#include <algorithm>
#include <string>

#include "jobs/prepare/prepare_target.hpp"
#include "jobs/prepare/slice_cut.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

std::shared_ptr<Connection> open_in_snapshot(const PreparedLoad& stream, const CopyTableOptions& options,
                                             const std::stop_token& stop) {
  auto session = connect(options.source, ErrorKind::source, options.stream, stop);
  session->begin(source_transaction, stop);
  take_snapshot(*session, stream.slices->snapshot, stop);
  // The first session's lock lets nobody through who waits for a stronger one, so waiting long is in vain.
  static_cast<void>(session->execute("SET LOCAL lock_timeout = '1s'", {}, stop));
  hold_table(*session, stream.slices->table, stop);
  if (stream.passes_text()) pass_text_as_it_is(*session, stop);
  const auto& sql = stream.plan.source_sql;
  if (std::find(sql.begin(), sql.end(), postgres_detail::qualify_sql) != sql.end()) {
    static_cast<void>(session->execute(postgres_detail::qualify_sql, {}, stop));
  }
  return session;
}

}  // namespace

SnapshotSessions snapshot_sessions(const PreparedLoad& stream, const CopyTableOptions& options) {
  return SnapshotSessions(
      {.open = [&](const std::stop_token& stop) { return open_in_snapshot(stream, options, stop); },
       .is_fit =
           [](const std::shared_ptr<Connection>& session) {
             return session->is_open() && session->in_transaction() && !session->has_failed();
           },
       .refusals = {sqlstate::too_many_connections, sqlstate::lock_not_available},
       .on_refusal =
           [&](const Error& error) {
             options.stream.log.warning(std::string("the table is read by fewer sessions: ") + error.what());
           }});
}

}  // namespace leat::jobs_detail
