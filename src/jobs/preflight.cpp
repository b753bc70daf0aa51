#include "jobs/preflight.hpp"

#include <array>
#include <string>

namespace leat::jobs_detail {
namespace {

// $1 the table's oid, $2 the columns, $3 the privilege: columns that this role may not use like that.
constexpr const char* privilege_query = R"(
SELECT pg_catalog.string_agg(pg_catalog.quote_ident(c), ', ')
FROM pg_catalog.unnest($2::pg_catalog.text[]) AS c
WHERE NOT pg_catalog.has_table_privilege($1::pg_catalog.oid, $3)
  AND NOT pg_catalog.has_column_privilege($1::pg_catalog.oid, c, $3))";

// $1 the table's name, $2 the modes that conflict: who holds one of them. Waits for no lock itself.
constexpr const char* lock_query = R"(
SELECT l.pid, l.mode, COALESCE(a.application_name, ''), COALESCE(a.usename::pg_catalog.text, '')
FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.relation = pg_catalog.to_regclass($1)
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND l.mode = ANY ($2::pg_catalog.text[])
ORDER BY l.pid, l.mode LIMIT 1)";

// Sessions that this role may still open: of the server, the database, the role.
constexpr const char* slot_query = R"(
SELECT LEAST(
  pg_catalog.current_setting('max_connections')::pg_catalog.int4
    - CASE WHEN r.rolsuper THEN 0
           ELSE pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4 END
    - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE COALESCE(backend_type, 'client backend') = 'client backend'),
  CASE WHEN r.rolsuper OR d.datconnlimit < 0 THEN 2147483647 ELSE d.datconnlimit
    - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE datid = d.oid AND COALESCE(backend_type, 'client backend') = 'client backend') END,
  CASE WHEN r.rolsuper OR r.rolconnlimit < 0 THEN 2147483647 ELSE r.rolconnlimit
    - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE usesysid = r.oid AND COALESCE(backend_type, 'client backend') = 'client backend') END)
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
WHERE r.rolname = SESSION_USER AND d.datname = pg_catalog.current_database())";

// $1 the table's oid. Kinds: INSERT 4, DELETE 8, TRUNCATE 32 of tgtype.
constexpr const char* target_query = R"(
SELECT pg_catalog.current_setting('transaction_read_only') = 'on', pg_catalog.pg_is_in_recovery(),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(t.tgname), ', ' ORDER BY t.tgname)
   FROM pg_catalog.pg_trigger t WHERE t.tgrelid = $1::pg_catalog.oid AND NOT t.tgisinternal
     AND t.tgenabled::pg_catalog.text = ANY ($2::pg_catalog.text[]) AND t.tgtype & $3::pg_catalog.int4 <> 0),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(w.rulename), ', ' ORDER BY w.rulename)
   FROM pg_catalog.pg_rewrite w WHERE w.ev_class = $1::pg_catalog.oid AND w.ev_type = '3'),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(k.conname) || ' to ' ||
                                k.confrelid::pg_catalog.regclass::pg_catalog.text, ', ' ORDER BY k.conname)
   FROM pg_catalog.pg_constraint k WHERE k.conrelid = $1::pg_catalog.oid AND k.contype = 'f'))";

constexpr const char* timeout_query = R"(
SELECT name, reset_val, COALESCE(unit, '') FROM pg_catalog.pg_settings
WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
               'idle_session_timeout', 'transaction_timeout') AND reset_val <> '0'
ORDER BY name)";

/// SQL's notation of an array of texts.
std::string text_array(std::span<const std::string> values) {
  std::string array = "{";
  for (const auto& value : values) {
    array += array.size() == 1 ? "\"" : ",\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + "}";
}

void add_lock_holder(Connection& session, const TableName& table, std::span<const std::string> conflicting,
                     std::vector<Finding>& findings, const std::stop_token& stop) {
  const std::array<Parameter, 2> parameters{table.sql(), text_array(conflicting)};
  const Result found = session.execute(lock_query, parameters, stop);
  if (found.empty()) return;
  findings.push_back({.severity = Severity::warning,
                      .code = "lock_conflict",
                      .side = session.options().side,
                      .message = "session " + std::string(found.text(0, 0)) + " (" +
                                 std::string(found.text(0, 3)) + ", " + std::string(found.text(0, 2)) +
                                 ") holds " + std::string(found.text(0, 1)) + " on " + table.display() +
                                 "; the job waits for it, as long as its lock_timeout allows"});
}

class Checks {
 public:
  Checks(Connection& session, const TableInfo& table, std::vector<Finding>& findings,
         const std::stop_token& stop)
      : session_(session),
        table_(table),
        findings_(findings),
        stop_(stop),
        side_(session.options().side),
        oid_(std::to_string(table.oid)) {}

  void add(Severity severity, const char* code, const std::string& message, const char* sqlstate = "",
           const std::string& hint = {}) {
    findings_.push_back({.severity = severity,
                         .code = code,
                         .side = side_,
                         .message = message,
                         .sqlstate = sqlstate,
                         .hint = hint});
  }

  void privilege_on_columns(const char* privilege, std::span<const std::string> columns) {
    const std::array<Parameter, 3> parameters{oid_, text_array(columns), privilege};
    const Result found = session_.execute(privilege_query, parameters, stop_);
    if (found.is_null(0, 0)) return;
    add(Severity::error, "privilege_missing",
        "this role has no " + std::string(privilege) + " privilege on " + table_.name.display() +
            " (columns " + std::string(found.text(0, 0)) + ")",
        "42501", "GRANT " + std::string(privilege) + " ON " + table_.name.sql() + " TO it");
  }

  void privilege_on_table(const char* privilege, const std::string& why) {
    const std::array<Parameter, 2> parameters{oid_, privilege};
    const Result found =
        session_.execute("SELECT pg_catalog.has_table_privilege($1::pg_catalog.oid, $2)", parameters, stop_);
    if (found.boolean(0, 0)) return;
    add(Severity::error, "privilege_missing",
        "this role has no " + std::string(privilege) + " privilege on " + table_.name.display() + ", which " +
            why,
        "42501",
        "GRANT " + std::string(privilege) + " ON " + table_.name.sql() + " TO it, or append instead");
  }

  void row_security(const std::string& message, const char* sqlstate, const std::string& hint) {
    const std::array<Parameter, 1> parameters{oid_};
    const Result found =
        session_.execute("SELECT pg_catalog.row_security_active($1::pg_catalog.oid)", parameters, stop_);
    if (found.boolean(0, 0)) add(Severity::error, "row_security", message, sqlstate, hint);
  }

  void locks(std::span<const std::string> conflicting) {
    add_lock_holder(session_, table_.name, conflicting, findings_, stop_);
  }

  void triggers_of_target(WriteMode mode, Triggers triggers) {
    const bool silent = triggers == Triggers::disable;
    const std::array<Parameter, 3> parameters{oid_, silent ? "{A,R}" : "{A,O}",
                                              mode == WriteMode::replace ? "44" : "4"};
    const Result found = session_.execute(target_query, parameters, stop_);
    if (found.boolean(0, 0)) {
      add(Severity::error, "read_only",
          found.boolean(0, 1) ? "the server is a standby and takes no writes"
                              : "this role's transactions are read-only (default_transaction_read_only)",
          "25006", found.boolean(0, 1) ? "connect to the primary (target_session_attrs=read-write)" : "");
    }
    if (!found.is_null(0, 2)) {
      add(Severity::warning, "triggers",
          "triggers of " + table_.name.display() + " fire: " + std::string(found.text(0, 2)) +
              "; they may change rows, and take time",
          "", "--disable-triggers keeps them silent");
    }
    if (!found.is_null(0, 3)) {
      add(Severity::warning, "rules",
          "rules of " + table_.name.display() + " are passed by: " + std::string(found.text(0, 3)) +
              " would act on INSERT, and COPY is none");
    }
    if (!found.is_null(0, 4)) {
      add(Severity::note, "foreign_keys",
          silent ? "rows are not checked against foreign keys of " + table_.name.display() + ": " +
                       std::string(found.text(0, 4))
                 : "rows must meet foreign keys of " + table_.name.display() + ": " +
                       std::string(found.text(0, 4)));
    }
  }

  void may_silence_triggers() {
    const Result found =
        session_.execute(session_.server_version() >= 150000
                             ? "SELECT pg_catalog.has_parameter_privilege('session_replication_role', 'SET')"
                             : "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER",
                         {}, stop_);
    if (found.boolean(0, 0)) return;
    add(Severity::error, "privilege_missing",
        "this role may not silence triggers: that sets session_replication_role", "42501",
        session_.server_version() >= 150000 ? "GRANT SET ON PARAMETER session_replication_role TO it"
                                            : "load as a superuser, or let the triggers fire");
  }

 private:
  Connection& session_;
  const TableInfo& table_;
  std::vector<Finding>& findings_;
  const std::stop_token& stop_;
  const ErrorKind side_;
  const std::string oid_;
};

// Modes that conflict with what the job takes, but for the one that describe_table() has met before. Source:
// PostgreSQL manual, "Explicit Locking".
const std::array<std::string, 1> against_everything{"AccessExclusiveLock"};
const std::array<std::string, 3> against_appending{"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock"};
const std::array<std::string, 7> against_truncating{
    "AccessShareLock", "RowShareLock",          "RowExclusiveLock", "ShareUpdateExclusiveLock",
    "ShareLock",       "ShareRowExclusiveLock", "ExclusiveLock"};

std::string encoding_of(Connection& session, const std::stop_token& stop) {
  return std::string(session.execute("SELECT pg_catalog.getdatabaseencoding()", {}, stop).text(0, 0));
}

}  // namespace

std::optional<TableInfo> describe_table(Connection& session, const TableName& name,
                                        std::vector<Finding>& findings, const std::stop_token& stop) {
  std::vector<Finding> locked;
  try {
    add_lock_holder(session, name, against_everything, locked, stop);
    auto table = TableManager(session).describe(name, stop);
    findings.insert(findings.end(), locked.begin(), locked.end());
    return table;
  } catch (const Error& error) {
    if (error.sqlstate() == "42P01") {
      findings.push_back(to_finding("table_missing", error));
    } else if (error.sqlstate() == "42501") {
      findings.push_back(to_finding("privilege_missing", error));
    } else if (error.sqlstate() == "55P03") {
      findings.push_back(to_finding("lock_conflict", error));
      if (!locked.empty()) findings.back().detail = locked.front().message;
    } else {
      throw;
    }
    return std::nullopt;
  }
}

void check_source(Connection& session, const TableInfo& table, std::span<const std::string> columns,
                  std::vector<Finding>& findings, const std::stop_token& stop) {
  Checks checks(session, table, findings, stop);
  checks.privilege_on_columns("SELECT", columns);
  checks.row_security("row-level security would hide rows of " + table.name.display() + " from this role",
                      "42501", "read as the table's owner, or as a role with BYPASSRLS");
}

void check_connections(Connection& session, std::size_t more, std::vector<Finding>& findings,
                       const std::stop_token& stop) {
  if (more == 0) return;
  const auto free = session.execute(slot_query, {}, stop).integer(0, 0);
  if (free >= static_cast<std::int64_t>(more)) return;
  findings.push_back({.severity = Severity::warning,
                      .code = "connection_slots",
                      .side = session.options().side,
                      .message = "the job wants " + std::to_string(more) +
                                 " more sessions, and the server has room for " +
                                 std::to_string(free < 0 ? 0 : free) + "; it will read with those it gets"});
}

void check_target(Connection& session, const TableInfo& table, std::span<const std::string> columns,
                  WriteMode mode, const StreamOptions& options, std::vector<Finding>& findings,
                  const std::stop_token& stop) {
  Checks checks(session, table, findings, stop);
  checks.triggers_of_target(mode, options.triggers);
  checks.privilege_on_columns("INSERT", columns);
  checks.row_security("COPY cannot write into " + table.name.display() + " under row-level security", "0A000",
                      "load as the table's owner, or as a role with BYPASSRLS");
  if (options.triggers == Triggers::disable) checks.may_silence_triggers();
  if (mode == WriteMode::append) {
    checks.locks(against_appending);
    return;
  }
  const bool truncates = TableManager(session).referencing_keys(table, stop).empty();
  checks.privilege_on_table(truncates ? "TRUNCATE" : "DELETE", "replacing its rows needs");
  checks.locks(truncates ? std::span<const std::string>(against_truncating)
                         : std::span<const std::string>(against_truncating).subspan(1));
}

void check_encodings(Connection& source, Connection& target, std::vector<Finding>& findings,
                     const std::stop_token& stop) {
  const std::string from = encoding_of(source, stop);
  const std::string to = encoding_of(target, stop);
  if (from == "SQL_ASCII" && to != from) {
    findings.push_back({.severity = Severity::warning,
                        .code = "encoding",
                        .side = ErrorKind::source,
                        .message =
                            "the source's encoding is SQL_ASCII, so its text may be anything; what is no "
                            "valid UTF-8 will end the load"});
  } else if (to != "UTF8" && to != "SQL_ASCII" && to != from) {
    findings.push_back({.severity = Severity::warning,
                        .code = "encoding",
                        .side = ErrorKind::target,
                        .message = "the target's encoding is " + to + " and the source's is " + from +
                                   "; a character that " + to + " lacks will end the load"});
  }
}

void check_timeouts(Connection& session, std::vector<Finding>& findings, const std::stop_token& stop) {
  const Result found = session.execute(timeout_query, {}, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    findings.push_back({.severity = Severity::note,
                        .code = "timeout_set_aside",
                        .side = session.options().side,
                        .message = "the administrator's " + std::string(found.text(i, 0)) + " of " +
                                   std::string(found.text(i, 1)) + " " + std::string(found.text(i, 2)) +
                                   " does not hold for the job, which has limits of its own"});
  }
}

}  // namespace leat::jobs_detail
