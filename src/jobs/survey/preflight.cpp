#include "jobs/survey/preflight.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {
namespace {

/// "a, b" of those that are in both; empty for none.
std::string list_common(std::span<const std::string> columns, std::span<const std::string> refused) {
  std::vector<std::string> common(columns.begin(), columns.end());
  std::erase_if(common, [refused](const auto& column) { return !contains(refused, column); });
  return quoted_list(common);
}

/// The statements of a load that triggers may fire on.
unsigned events_of(WriteMode mode) {
  switch (mode) {
    case WriteMode::replace:
      return on_insert | on_delete | on_truncate;
    case WriteMode::append:
    case WriteMode::insert_missing:
      return on_insert;
    case WriteMode::swap:
    case WriteMode::delete_insert:
      return on_insert | on_delete;
    case WriteMode::upsert:
      return on_insert | on_update;
    case WriteMode::sync:
      break;
  }
  return on_insert | on_update | on_delete;
}

bool removes_all(WriteMode mode) {
  return mode == WriteMode::replace || mode == WriteMode::swap;
}

// Modes of locks, the weakest first: each conflicts with more than those before it. Source: PostgreSQL
// manual, "Explicit Locking".
constexpr std::array<std::string_view, 8> lock_modes{
    "AccessShareLock", "RowShareLock",          "RowExclusiveLock", "ShareUpdateExclusiveLock",
    "ShareLock",       "ShareRowExclusiveLock", "ExclusiveLock",    "AccessExclusiveLock"};

class Checks {
 public:
  Checks(const TableFacts& facts, ErrorKind side, std::vector<Finding>& findings)
      : name(facts.info->name.display()), facts_(facts), findings_(findings), side_(side) {}

  void add(Severity severity, const char* code, const std::string& message, const char* sqlstate = "",
           const std::string& hint = {}) {
    findings_.push_back({.severity = severity,
                         .code = code,
                         .side = side_,
                         .message = message,
                         .sqlstate = sqlstate,
                         .hint = hint});
  }

  void privilege_missing(const std::string& privilege, const std::string& why, const std::string& instead) {
    add(Severity::error, "privilege_missing", "this role has no " + privilege + " privilege on " + name + why,
        "42501", "GRANT " + privilege + " ON " + facts_.info->name.sql() + " TO it" + instead);
  }

  void privilege_on_columns(const char* privilege, std::span<const std::string> columns,
                            std::span<const std::string> refused) {
    const std::string list = list_common(columns, refused);
    if (!list.empty()) privilege_missing(privilege, " (columns " + list + ")", "");
  }

  void privilege_on_table(const char* privilege, bool granted, const std::string& why) {
    if (!granted) privilege_missing(privilege, ", which " + why, ", or append instead");
  }

  void row_security(const std::string& message, const char* sqlstate, const std::string& hint) {
    if (facts_.row_security) add(Severity::error, "row_security", message, sqlstate, hint);
  }

  /// The first who holds a lock of that mode or a stronger one.
  void locks(std::string_view weakest) {
    const auto from = std::find(lock_modes.begin(), lock_modes.end(), weakest);
    for (const auto& lock : facts_.locks) {
      if (std::find(from, lock_modes.end(), lock.mode) == lock_modes.end()) continue;
      add(Severity::warning, "lock_conflict",
          lock.holder + " on " + name + "; the job waits for it, as long as its lock_timeout allows");
      return;
    }
  }

  void triggers(WriteMode mode, bool silent) {
    const std::string fire = facts_.triggers_on(events_of(mode), silent);
    if (!fire.empty()) {
      add(Severity::warning, "triggers",
          "triggers of " + name + " fire: " + fire + "; they may change rows, and take time", "",
          "Triggers::disable keeps them silent");
    }
    if (!facts_.insert_rules.empty() && !is_staged(mode)) {
      add(Severity::warning, "rules",
          "rules of " + name + " are passed by: " + facts_.insert_rules +
              " would act on INSERT, and COPY is none");
    }
    if (!facts_.foreign_keys.empty()) {
      add(Severity::note, "foreign_keys",
          (silent ? "rows are not checked against foreign keys of " : "rows must meet foreign keys of ") +
              name + ": " + facts_.foreign_keys);
    }
    if (!facts_.not_valid.empty()) {
      add(Severity::warning, "constraint_not_valid",
          "constraints of " + name +
              " are NOT VALID, so that rows of the source may break them, and end the load: " +
              facts_.not_valid,
          "", "drop them for the time of the load, if such rows are meant to come along");
    }
  }

  /// Columns that get no value take theirs from sequences.
  void defaults_of_others(std::span<const std::string> columns) {
    for (const auto& sequence : facts_.sequences) {
      const TableColumn* const column = facts_.info->find(sequence.column);
      if (sequence.may_use || column == nullptr || !column->default_expression) continue;
      if (contains(columns, sequence.column)) continue;
      add(Severity::error, "privilege_missing",
          "this role has no USAGE privilege on the sequence " + sequence.name.display() +
              ", which gives the column " + quote_identifier(sequence.column) + " of " + name + " its values",
          "42501", "GRANT USAGE ON SEQUENCE " + sequence.name.sql() + " TO it");
    }
  }

  /// COPY passes them by, but INSERT, UPDATE and DELETE do not.
  void rules(const std::string& names) {
    if (names.empty()) return;
    add(Severity::error, "rules",
        name + " has rules that would do something else than what is asked for: " + names, "",
        "append instead, by which rules are passed, or drop them for the time of the load");
  }

  /// What is besides COPY in the modes that collect rows first.
  void staged(bool silent, std::span<const std::string> columns, const Writing& writing) {
    const WriteMode mode = writing.mode;
    if (facts_.may_lock) locks("RowShareLock");
    if (uses_key(mode)) privilege_on_columns("SELECT", columns, facts_.not_readable);
    if (mode != WriteMode::upsert && mode != WriteMode::insert_missing) {
      privilege_on_table("DELETE", facts_.may_delete, std::string(to_string(mode)) + " needs");
    }
    rules(facts_.write_rules);
    if (mode == WriteMode::sync && writing.is_filtered) {
      add(Severity::warning, "sync_filtered",
          "rows of " + name +
              " that the condition leaves out of the source are deleted, like all that it does not have",
          "", "use upsert, if they are to stay");
    }
    if (mode == WriteMode::delete_insert && facts_.changes_itself && !silent) {
      add(Severity::error, "rows_would_go_along",
          "rows of " + name +
              " may reference others of it by a foreign key with an ON DELETE action, and would be "
              "deleted or changed along with those that are deleted to come again",
          "23503", "upsert or sync instead, or drop that constraint for the time of the load");
    }
  }

  const std::string name;  ///< of the table

 private:
  const TableFacts& facts_;
  std::vector<Finding>& findings_;
  const ErrorKind side_;
};

/// Whether it is the condition that a server refuses, or what it does with values; not a limit, a lock or the
/// session.
bool is_of_condition(const Error& error) {
  constexpr std::array<std::string_view, 7> classes{"0A", "22", "2F", "38", "39", "42", "P0"};
  return contains(classes, error.sqlstate().substr(0, 2));
}

}  // namespace

void check_source(const TableFacts& facts, ErrorKind side, std::span<const std::string> columns,
                  std::vector<Finding>& findings) {
  Checks checks(facts, side, findings);
  checks.locks("AccessExclusiveLock");
  if (!facts.is_populated) {
    checks.add(Severity::error, "not_populated", checks.name + " has not been populated", "55000",
               "REFRESH MATERIALIZED VIEW " + facts.info->name.sql());
  }
  if (facts.info->kind == RelationKind::foreign_table) {
    checks.add(
        Severity::note, "foreign_source",
        checks.name +
            " is a foreign table: its rows are those of another server, outside of this one's snapshot");
  }
  checks.privilege_on_columns("SELECT", columns, facts.not_readable);
  checks.row_security("row-level security would hide rows of " + checks.name + " from this role", "42501",
                      "read as the table's owner, or as a role with BYPASSRLS");
}

void check_target(const TableFacts& facts, const ServerFacts& server, int server_version,
                  std::span<const std::string> columns, const Writing& writing, const StreamOptions& options,
                  std::vector<Finding>& findings) {
  Checks checks(facts, ErrorKind::target, findings);
  const WriteMode mode = writing.mode;
  const bool silences = options.triggers == Triggers::disable;
  if (server.is_silent && !silences) {
    checks.add(Severity::warning, "triggers_silent",
               "sessions of this role have session_replication_role = replica: triggers are silent, and rows "
               "are not checked against foreign keys");
  }
  if (server.read_only) findings.push_back(takes_no_writes(server));
  if (!server.may_create_temporary && (facts.info->kind == RelationKind::view || is_staged(mode))) {
    checks.add(
        Severity::error, "privilege_missing",
        "this role may not create temporary tables, in which rows are collected before they get into " +
            checks.name,
        "42501", "GRANT TEMPORARY ON DATABASE … TO it");
  }
  checks.triggers(mode, silences || server.is_silent);
  checks.privilege_on_columns("INSERT", columns, facts.not_insertable);
  checks.defaults_of_others(columns);
  checks.row_security("COPY cannot write into " + checks.name + " under row-level security", "0A000",
                      "load as the table's owner, or as a role with BYPASSRLS");
  if (silences && !server.may_silence_triggers) {
    checks.add(Severity::error, "privilege_missing",
               "this role may not silence triggers: that sets session_replication_role", "42501",
               server_version >= 150000 ? "GRANT SET ON PARAMETER session_replication_role TO it"
                                        : "load as a superuser, or let the triggers fire");
  }
  if (writing.is_filtered && removes_all(mode)) {
    checks.add(Severity::warning, "replace_filtered",
               "all old rows of " + checks.name +
                   " are removed, those too that the condition leaves out of the source",
               "", "use upsert or delete-insert, if they are to stay");
  }
  const bool deletes = facts.empties_by_delete;
  if (is_staged(mode)) {
    checks.staged(silences || server.is_silent, columns, writing);
  } else if (mode == WriteMode::append) {
    checks.locks("ShareLock");
  } else {
    if (deletes) checks.rules(facts.delete_rules);
    checks.privilege_on_table(deletes ? "DELETE" : "TRUNCATE",
                              deletes ? facts.may_delete : facts.may_truncate, "replacing its rows needs");
    checks.locks(deletes ? "RowShareLock" : "AccessShareLock");
  }
}

void check_rows_outside(Connection& session, const TableInfo& table, const std::string& where,
                        std::vector<Finding>& findings, const std::stop_token& stop) {
  const auto has_rows = [&](const std::string& condition) {
    return !session
                .execute_long("SELECT 1 FROM " + postgres_detail::only_sql(table) + condition + " LIMIT 1",
                              {}, stop)
                .empty();
  };
  bool loses = false;
  const auto refused = behind_savepoint(
      session, stop,
      // On lines of its own, so that a comment at its end swallows nothing.
      [&] { loses = has_rows(" WHERE (CASE WHEN\n" + where + "\nTHEN true END) IS NOT TRUE"); },
      is_of_condition);
  const std::string name = table.name.display();
  const char* const hint =
      "WriteMode::replace (or swap) says that this is meant; upsert and delete-insert let them stay";
  if (!refused) {
    if (!loses) return;
    findings.push_back(target_error(
        "rows_outside", name + " has rows that the condition leaves out, and which would be lost", "", hint));
    return;
  }
  const auto unreadable = behind_savepoint(
      session, stop, [&] { loses = has_rows(""); }, is_of_condition);
  if (!unreadable && !loses) return;
  findings.push_back(
      target_error("rows_outside",
                   name + " may have rows that the condition leaves out, and which would be lost", "", hint));
  findings.back().detail = std::string("the target does not answer the condition: ") + refused->what();
}

void check_updates(const TableFacts& facts, std::span<const std::string> columns,
                   std::vector<Finding>& findings) {
  Checks(facts, ErrorKind::target, findings).privilege_on_columns("UPDATE", columns, facts.not_updatable);
}

bool is_of_column(const Finding& finding) {
  constexpr std::array<std::string_view, 5> codes{"column_missing", "column_generated", "column_required",
                                                  "type_differs", "transform_text"};
  return contains(codes, finding.code);
}

Finding names_as_they_are() {
  return {
      .severity = Severity::warning,
      .code = "object_names",
      .side = ErrorKind::source,
      .message =
          "names of objects (regclass and its like) are written as the source's search_path has them, and "
          "may mean others in the target"};
}

Finding takes_no_writes(const ServerFacts& server) {
  return server.in_recovery
             ? target_error("read_only", "the server is a standby and takes no writes", "25006",
                            "connect to the primary (target_session_attrs=read-write)")
             : target_error("read_only",
                            "this role's transactions are read-only (default_transaction_read_only)", "25006",
                            "");
}

std::optional<Finding> reason_not_to_read(const TableFacts& facts, ErrorKind side) {
  if (facts.obstacle) return facts.obstacle;
  if (facts.info->kind != RelationKind::other) return std::nullopt;
  return Finding{.code = "table_kind",
                 .side = side,
                 .message = facts.info->name.display() + " is no table or view",
                 .sqlstate = "42809"};
}

std::optional<Finding> reason_not_to_load(const TableFacts& facts, WriteMode mode,
                                          const StreamOptions& options) {
  const TableInfo& table = *facts.info;
  if (table.kind == RelationKind::table || table.kind == RelationKind::partitioned_table) return std::nullopt;
  const std::string name = table.name.display();
  Finding reason = target_error(
      "table_kind",
      name + " is a " + std::string(to_string(table.kind)) + ": rows are copied into tables only", "42809",
      "");
  if (table.kind != RelationKind::view) return reason;
  if (!facts.takes_inserts) {
    reason.hint = "this view takes no rows: it is not simple, and has no INSTEAD OF trigger";
    return reason;
  }
  if (!options.into_view) {
    reason.hint = "name the table behind it, or say that it is meant (.into_view)";
    return reason;
  }
  if (mode == WriteMode::append) return std::nullopt;
  reason.message = name + " is a view: rows are only appended to it, as they may be those of several tables";
  reason.hint = "append (WriteMode::append)";
  return reason;
}

}  // namespace leat::jobs_detail
