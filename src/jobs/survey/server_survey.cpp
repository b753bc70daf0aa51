#include "jobs/survey/server_survey.hpp"

#include "jobs/survey/commit_inquiry.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::Questions;

constexpr const char* timeout_query = R"(
SELECT name, reset_val, unit FROM pg_catalog.pg_settings
WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
               'idle_session_timeout', 'transaction_timeout') AND reset_val <> '0'
ORDER BY name)";

}  // namespace

ServerSurvey::ServerSurvey(const Connection& session)
    : server_version_(session.server_version()), is_target_(session.options().side == ErrorKind::target) {}

void ServerSurvey::begin(Questions& questions) {
  // A privilege of its own since PostgreSQL 15.
  const std::string may_silence =
      server_version_ >= 150000 ? "pg_catalog.has_parameter_privilege('session_replication_role', 'SET')"
                                : "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER)";
  questions.add(
      "SELECT pg_catalog.getdatabaseencoding(), pg_catalog.current_setting('transaction_read_only') = 'on', "
      "pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('wal_level') = 'minimal', "
      "pg_catalog.current_setting('lc_monetary'), "
      "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'), "
      "pg_catalog.current_setting('session_replication_role') = 'replica', " +
          may_silence + ", pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'), " +
          may_ask_run_sql(server_version_),
      {}, [this](const Result& found) {
        facts_.encoding = found.text(0, 0);
        facts_.read_only = found.boolean(0, 1);
        facts_.in_recovery = found.boolean(0, 2);
        facts_.minimal_wal = found.boolean(0, 3);
        facts_.lc_monetary = found.text(0, 4);
        facts_.may_create_temporary = found.boolean(0, 5);
        facts_.is_silent = found.boolean(0, 6);
        facts_.may_silence_triggers = found.boolean(0, 7);
        may_read_control_ = found.boolean(0, 8);
        may_ask_run_ = found.boolean(0, 9);
      });
  questions.add(timeout_query, {}, [this](const Result& timeouts) {
    for (std::size_t i = 0; i < timeouts.rows(); ++i) {
      facts_.timeouts.push_back(
          {.name = std::string(timeouts.text(i, 0)),
           .value = std::string(timeouts.text(i, 1)) + " " + std::string(timeouts.text(i, 2))});
    }
  });
}

void ServerSurvey::go_on(Questions& questions) {
  // A physical copy has the identifier of what it was copied from, and two servers may have started at once.
  const std::string identifier =
      may_read_control_
          ? "(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()) || '/' || "
          : "";
  questions.add(
      "SELECT pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())::pg_catalog.text, " +
          identifier +
          "oid::pg_catalog.text FROM pg_catalog.pg_database "
          "WHERE datname = pg_catalog.current_database()",
      {}, [this](const Result& found) {
        facts_.database = std::string(found.text(0, 0)) + "/" + std::string(found.text(0, 1));
        if (may_read_control_) facts_.origin = found.text(0, 1);
      });
  if (!is_target_ || facts_.in_recovery || !may_ask_run_) return;
  questions.add(server_run_query, {}, [this](const Result& found) { facts_.run = found.text(0, 0); });
}

ServerFacts survey_server(Connection& session, const std::stop_token& stop) {
  ServerSurvey survey(session);
  Questions questions;
  survey.begin(questions);
  questions.ask(session, stop);
  survey.go_on(questions);
  questions.ask(session, stop);
  return survey.facts();
}

}  // namespace leat::jobs_detail
