#include "cli/clone_state.hpp"

#include <array>
#include <chrono>

#include "leat/core/error.hpp"
#include "leat/ledger/detail/meta_schema.hpp"

namespace leat::cli {
namespace {

// An oid that no table of a user has.
constexpr std::uint32_t clone_lock = 2;
constexpr auto longest_wait_for_killed = std::chrono::seconds(30);

// The key is for a publication of all tables, which else refuses updates.
constexpr const char* make_clones = R"(CREATE TABLE leat_meta.clones (
  source pg_catalog.text PRIMARY KEY,
  choices pg_catalog.text NOT NULL,
  definitions pg_catalog.text NOT NULL,
  step pg_catalog.int4 NOT NULL,
  made_schema pg_catalog.bool NOT NULL,
  begun pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()))";
// rows: NULL where the server does not count.
// A hash of each definition, which may hold the password of a subscription.
constexpr const char* make_clone_parts = R"(CREATE TABLE leat_meta.clone_parts (
  part pg_catalog.text NOT NULL,
  definition pg_catalog.text NOT NULL))";
constexpr const char* make_clone_tables = R"(CREATE TABLE leat_meta.clone_tables (
  schema pg_catalog.text COLLATE pg_catalog."C",
  name pg_catalog.text COLLATE pg_catalog."C",
  rows pg_catalog.int8,
  PRIMARY KEY (schema, name)))";

// Those of others only they may disable: the clone has made none of them.
constexpr const char* event_triggers_query = R"(
SELECT 'ALTER EVENT TRIGGER ' || pg_catalog.quote_ident(evtname),
       CASE evtenabled WHEN 'A' THEN ' ENABLE ALWAYS' WHEN 'R' THEN ' ENABLE REPLICA' ELSE ' ENABLE' END
FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D' AND pg_catalog.pg_has_role(evtowner, 'USAGE'))";

/// Whether nobody else is at work for a clone of this database.
bool takes_target(Connection& target, const std::stop_token& stop) {
  return target
      .execute("SELECT pg_catalog.pg_try_advisory_lock(" + postgres_detail::meta_lock_key(clone_lock) +
                   ") AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity "
                   "WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid() "
                   "AND application_name LIKE 'leat clone: %')",
               {}, stop)
      .boolean(0, 0);
}

}  // namespace

CloneState::CloneState(Connection& target, const std::stop_token& stop) : target_(target) {
  const auto deadline = std::chrono::steady_clock::now() + longest_wait_for_killed;
  while (!takes_target(target_, stop)) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(
          ErrorKind::target, "another clone into this database is at work",
          {.sqlstate = "55006",
           .hint = "wait for it; or end its sessions, whose application_name begins with leat clone"});
    }
    static_cast<void>(target_.execute("SELECT pg_catalog.pg_sleep(0.2)", {}, stop));
  }
}

std::optional<CloneRecord> CloneState::read(const std::stop_token& stop) {
  if (target_.execute("SELECT pg_catalog.to_regclass('leat_meta.clones') IS NULL", {}, stop).boolean(0, 0)) {
    return std::nullopt;
  }
  const Result found =
      target_.execute("SELECT source, choices, definitions, step FROM leat_meta.clones", {}, stop);
  if (found.empty()) return std::nullopt;
  CloneRecord record{.source = std::string(found.text(0, 0)),
                     .choices = std::string(found.text(0, 1)),
                     .definitions = std::string(found.text(0, 2)),
                     .step = static_cast<CloneStep>(found.integer(0, 3))};
  const Result tables =
      target_.execute("SELECT schema, name FROM leat_meta.clone_tables ORDER BY 1, 2", {}, stop);
  for (std::size_t i = 0; i < tables.rows(); ++i) {
    record.tables.push_back(
        {.schema = std::string(tables.text(i, 0)), .name = std::string(tables.text(i, 1))});
  }
  return record;
}

void CloneState::create(const CloneRecord& record, const std::stop_token& stop) {
  target_.begin({}, stop);
  const bool makes =
      target_
          .execute("SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'leat_meta')", {},
                   stop)
          .boolean(0, 0);
  postgres_detail::make_meta_schema(target_, stop);
  static_cast<void>(target_.execute(make_clones, {}, stop));
  static_cast<void>(target_.execute(make_clone_tables, {}, stop));
  static_cast<void>(target_.execute(make_clone_parts, {}, stop));
  const std::array<Parameter, 4> values{record.source, record.choices, record.definitions,
                                        makes ? "true" : "false"};
  static_cast<void>(
      target_.execute("INSERT INTO leat_meta.clones (source, choices, definitions, step, made_schema) "
                      "VALUES ($1, $2, $3, 0, $4)",
                      values, stop));
  target_.commit(stop);
}

void CloneState::reach(CloneStep step, const std::stop_token& stop) {
  const std::array<Parameter, 1> values{std::to_string(static_cast<int>(step))};
  static_cast<void>(target_.execute("UPDATE leat_meta.clones SET step = $1", values, stop));
}

std::vector<TableName> CloneState::forget_changed(const CloneRecord& record, const std::stop_token& stop) {
  std::vector<TableName> changed;
  for (const auto& table : record.tables) {
    const std::array<Parameter, 2> names{table.schema, table.name};
    const std::array<Parameter, 3> relation{table.schema, table.name, table.sql()};
    const bool is_there = !target_
                               .execute(
                                   "SELECT FROM leat_meta.clone_tables WHERE schema = $1 AND name = $2 "
                                   "AND pg_catalog.to_regclass($3) IS NOT NULL",
                                   relation, stop)
                               .empty();
    if (is_there &&
        !target_
             .execute_long("SELECT FROM leat_meta.clone_tables WHERE schema = $1 AND name = $2 AND "
                           "COALESCE(rows = (SELECT count(*) FROM ONLY " +
                               table.sql() + "), true)",
                           names, stop)
             .empty()) {
      continue;
    }
    static_cast<void>(
        target_.execute("DELETE FROM leat_meta.clone_tables WHERE schema = $1 AND name = $2", names, stop));
    changed.push_back(table);
  }
  return changed;
}

void CloneState::finish(const std::stop_token& stop) {
  target_.begin({}, stop);
  // The clone's own event triggers do not hear of leat's tables; some listen whatever the session is.
  const Result listening = target_.execute(event_triggers_query, {}, stop);
  for (std::size_t i = 0; i < listening.rows(); ++i) {
    static_cast<void>(target_.execute(std::string(listening.text(i, 0)) + " DISABLE", {}, stop));
  }
  const bool made =
      target_
          .execute("SELECT COALESCE(pg_catalog.bool_or(made_schema), false) FROM leat_meta.clones", {}, stop)
          .boolean(0, 0);
  static_cast<void>(target_.execute(
      "DROP TABLE leat_meta.clones, leat_meta.clone_tables, leat_meta.clone_parts", {}, stop));
  const bool is_empty = target_
                            .execute(
                                "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = "
                                "(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'leat_meta'))",
                                {}, stop)
                            .boolean(0, 0);
  if (made && is_empty) static_cast<void>(target_.execute("DROP SCHEMA leat_meta", {}, stop));
  for (std::size_t i = 0; i < listening.rows(); ++i) {
    static_cast<void>(
        target_.execute(std::string(listening.text(i, 0)) + std::string(listening.text(i, 1)), {}, stop));
  }
  target_.commit(stop);
}

void CloneState::add_tables(Connection& session, const std::vector<TableName>& tables,
                            const std::stop_token& stop) {
  for (const auto& table : tables) {
    const std::array<Parameter, 3> values{table.schema, table.name, table.sql()};
    static_cast<void>(session.execute(
        "INSERT INTO leat_meta.clone_tables (schema, name, rows) VALUES ($1, $2, "
        "CASE WHEN pg_catalog.current_setting('track_counts')::pg_catalog.bool THEN "
        "pg_catalog.pg_stat_get_xact_tuples_inserted($3::pg_catalog.regclass::pg_catalog.oid) END)",
        values, stop));
  }
}

}  // namespace leat::cli
