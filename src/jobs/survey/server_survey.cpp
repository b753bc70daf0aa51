#include "jobs/survey/server_survey.hpp"

#include "jobs/survey/commit_inquiry.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::Questions;

constexpr const char* timeout_query = R"(
SELECT pg_catalog.concat(name, ' of ', reset_val, ' ', unit) FROM pg_catalog.pg_settings
WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
               'idle_session_timeout', 'transaction_timeout') AND reset_val <> '0'
ORDER BY name)";

constexpr const char* may_read_control =
    "pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')";

/// A physical copy has the identifier of what it was copied from, and two servers may have started at once.
std::string identity_query(bool reads_control) {
  return std::string(
             "SELECT pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())"
             "::pg_catalog.text") +
         (reads_control
              ? " || '/' || (SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system())"
              : "") +
         ", oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()";
}

std::string to_identity(const Result& found) {
  return std::string(found.text(0, 0)) + "/" + std::string(found.text(0, 1));
}

}  // namespace

void ask_server(Questions& questions, const Connection& session, ServerFacts& into) {
  const int server_version = session.server_version();
  // A privilege of its own since PostgreSQL 15.
  const std::string may_silence =
      server_version >= 150000 ? "pg_catalog.has_parameter_privilege('session_replication_role', 'SET')"
                               : "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER)";
  questions.add(
      "SELECT pg_catalog.getdatabaseencoding(), pg_catalog.current_setting('transaction_read_only') = 'on', "
      "pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('wal_level') = 'minimal', "
      "pg_catalog.current_setting('lc_monetary'), "
      "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'), "
      "pg_catalog.current_setting('session_replication_role') = 'replica', " +
          may_silence + ", " + may_read_control + ", " + may_ask_run_sql(server_version),
      {}, [&questions, &into, side = session.options().side](const Result& found) {
        into.encoding = found.text(0, 0);
        into.read_only = found.boolean(0, 1);
        into.in_recovery = found.boolean(0, 2);
        into.minimal_wal = found.boolean(0, 3);
        into.lc_monetary = found.text(0, 4);
        into.may_create_temporary = found.boolean(0, 5);
        into.is_silent = found.boolean(0, 6);
        into.may_silence_triggers = found.boolean(0, 7);
        questions.add(identity_query(found.boolean(0, 8)), {},
                      [&into](const Result& identity) { into.database = to_identity(identity); });
        if (side != ErrorKind::target || into.in_recovery || !found.boolean(0, 9)) return;
        questions.add(server_run_query, {}, [&into](const Result& run) { into.run = run.text(0, 0); });
      });
  questions.add(timeout_query, {}, [&into](const Result& timeouts) {
    for (std::size_t i = 0; i < timeouts.rows(); ++i) into.timeouts.emplace_back(timeouts.text(i, 0));
  });
}

ServerFacts survey_server(Connection& session, const std::stop_token& stop) {
  ServerFacts facts;
  Questions questions;
  ask_server(questions, session, facts);
  while (!questions.empty()) questions.ask(session, stop);
  return facts;
}

std::string database_identity(Connection& connection, const std::stop_token& stop) {
  const auto allowed = connection.execute(std::string("SELECT ") + may_read_control, {}, stop);
  return to_identity(connection.execute(identity_query(allowed.boolean(0, 0)), {}, stop));
}

}  // namespace leat::jobs_detail
