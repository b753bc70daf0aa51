#include "leat/ledger/detail/drop_record.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "leat/postgres/session/detail/local_setting.hpp"
#include "leat/postgres/session/detail/questions.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::meta_lock_key;
using postgres_detail::SecondaryObject;
using postgres_detail::text_array;

// For the lock of a session that ends.
constexpr std::chrono::milliseconds longest_wait_for_lock = std::chrono::seconds{3};

constexpr const char* create_record_sql = R"(
CREATE TABLE leat_meta.dropped_objects (
  id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  table_oid pg_catalog.oid NOT NULL,
  table_schema pg_catalog.text NOT NULL,
  table_name pg_catalog.text NOT NULL,
  kind pg_catalog.text NOT NULL,
  name pg_catalog.text NOT NULL,
  build_sql pg_catalog.text NOT NULL,
  finish_sql pg_catalog.text[] NOT NULL,
  tablespace pg_catalog.text NOT NULL,
  application_name pg_catalog.text NOT NULL DEFAULT pg_catalog.current_setting('application_name'),
  role_name pg_catalog.text NOT NULL DEFAULT CURRENT_USER,
  backend_pid pg_catalog.int4 NOT NULL,
  dropped_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()))";

constexpr const char* comment_on_record_sql =
    "COMMENT ON TABLE leat_meta.dropped_objects IS 'What leat has dropped for loads that have not ended: "
    "`leat "
    "repair` brings it back.'";

// $1 the table's oid. Trusted are superusers, the owners of the database and of the table, and this role.
constexpr const char* record_fact_query = R"(
WITH facts AS (
  SELECT c.oid, n.oid AS schema, r.rolname,
    (SELECT pg_catalog.bool_and(o.rolsuper OR o.oid = d.datdba OR o.rolname = CURRENT_USER OR
                                o.oid IS NOT DISTINCT FROM t.relowner)
     FROM pg_catalog.pg_roles o WHERE o.oid IN (c.relowner, n.nspowner)) AS trusted
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
  JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
  LEFT JOIN pg_catalog.pg_class t ON t.oid = $1::pg_catalog.oid
  WHERE n.nspname = 'leat_meta' AND c.relname = 'dropped_objects')
SELECT rolname, trusted,
  pg_catalog.has_schema_privilege(schema, 'USAGE') AND pg_catalog.has_table_privilege(oid, 'SELECT'),
  pg_catalog.has_schema_privilege(schema, 'USAGE') AND pg_catalog.has_table_privilege(oid, 'INSERT') AND
    pg_catalog.has_table_privilege(oid, 'DELETE')
FROM facts)";

constexpr const char* record_query = R"(
SELECT r.id, r.table_oid, r.table_schema, r.table_name, n.nspname, c.relname, r.kind, r.name, r.build_sql,
       r.tablespace, f.sql
FROM leat_meta.dropped_objects r
LEFT JOIN pg_catalog.pg_class c ON c.oid = r.table_oid AND c.relkind IN ('r', 'p')
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL pg_catalog.unnest(r.finish_sql) WITH ORDINALITY AS f(sql, position) ON true
WHERE $1::pg_catalog.oid IN (0, r.table_oid)
ORDER BY r.id, f.position)";

}  // namespace

RecordFacts look_at_record(Connection& connection, Oid table, const std::stop_token& stop) {
  const std::array<Parameter, 1> oid{std::to_string(table)};
  const Result found = postgres_detail::ask_one(connection, record_fact_query, oid, stop);
  if (found.empty()) return {};
  return {.exists = true,
          .owner = std::string(found.text(0, 0)),
          .may_read = found.boolean(0, 2),
          .may_write = found.boolean(0, 2) && found.boolean(0, 3),
          .is_trusted = found.boolean(0, 1)};
}

void make_record(Connection& connection, const std::stop_token& stop) {
  connection.begin({}, stop);
  postgres_detail::make_meta_schema(connection, stop);
  if (!look_at_record(connection, 0, stop).exists) {
    static_cast<void>(connection.execute(create_record_sql, {}, stop));
    static_cast<void>(connection.execute(comment_on_record_sql, {}, stop));
  }
  connection.commit(stop);
}

void add_to_record(Connection& connection, const TableInfo& table, Connection& load,
                   std::span<const SecondaryObject> objects, const std::stop_token& stop) {
  const std::string process = std::to_string(postgres_detail::process_of_transaction(load, stop));
  for (const auto& object : objects) {
    const std::array<Parameter, 9> values{
        std::to_string(table.oid),           table.name.schema, table.name.name,
        std::string(to_string(object.kind)), object.name,       object.build_sql,
        text_array(object.finish_sql),       object.tablespace, process};
    static_cast<void>(connection.execute(
        "INSERT INTO leat_meta.dropped_objects (table_oid, table_schema, table_name, kind, name, build_sql, "
        "finish_sql, tablespace, backend_pid) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values, stop));
  }
}

std::vector<RecordedObject> read_record(Connection& connection, Oid table, const std::stop_token& stop) {
  const std::array<Parameter, 1> wanted{std::to_string(table)};
  const Result found = connection.execute(record_query, wanted, stop);
  std::vector<RecordedObject> objects;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    if (objects.empty() || objects.back().id != found.integer(i, 0)) {
      RecordedObject one{
          .id = found.integer(i, 0),
          .table_oid = found.oid(i, 1),
          .table = {.schema = std::string(found.text(i, 2)), .name = std::string(found.text(i, 3))},
          .object = {.kind = postgres_detail::to_secondary_kind(found.text(i, 6)),
                     .name = std::string(found.text(i, 7)),
                     .build_sql = std::string(found.text(i, 8)),
                     .tablespace = std::string(found.text(i, 9))}};
      if (!found.is_null(i, 5)) {
        one.table_now =
            TableName{.schema = std::string(found.text(i, 4)), .name = std::string(found.text(i, 5))};
      }
      objects.push_back(std::move(one));
    }
    if (!found.is_null(i, 10)) objects.back().object.finish_sql.emplace_back(found.text(i, 10));
  }
  return objects;
}

void remove_from_record(Connection& connection, std::span<const RecordedObject> objects,
                        const std::stop_token& stop) {
  for (const auto& object : objects) {
    const std::array<Parameter, 1> id{std::to_string(object.id)};
    static_cast<void>(connection.execute("DELETE FROM leat_meta.dropped_objects WHERE id = $1", id, stop));
  }
}

bool try_lock_rebuild(Connection& connection, Oid table, const std::stop_token& stop) {
  if (connection
          .execute("SELECT pg_catalog.pg_try_advisory_xact_lock(" + meta_lock_key(table) + ")", {}, stop)
          .boolean(0, 0)) {
    return true;
  }
  auto wait = longest_wait_for_lock;
  const auto lock_timeout = connection.options().lock_timeout.value();
  if (lock_timeout.count() > 0) wait = std::min(wait, lock_timeout);
  static_cast<void>(connection.execute("SAVEPOINT leat_rebuild", {}, stop));
  postgres_detail::LocalSetting timeout(connection, "lock_timeout", std::to_string(wait.count()), stop);
  try {
    lock_rebuild(connection, table, stop);
  } catch (const Error& error) {
    if (!connection.is_open() || error.sqlstate() != sqlstate::lock_not_available) throw;
    // It sets lock_timeout back, too.
    static_cast<void>(connection.execute("ROLLBACK TO SAVEPOINT leat_rebuild", {}, stop));
    static_cast<void>(connection.execute("RELEASE SAVEPOINT leat_rebuild", {}, stop));
    return false;
  }
  timeout.restore(stop);
  static_cast<void>(connection.execute("RELEASE SAVEPOINT leat_rebuild", {}, stop));
  return true;
}

void lock_rebuild(Connection& connection, Oid table, const std::stop_token& stop) {
  static_cast<void>(connection.execute_long(
      "SELECT pg_catalog.pg_advisory_xact_lock(" + meta_lock_key(table) + ")", {}, stop));
}

std::string RebuildSession::hint() const {
  if (text.empty()) return "it has ended meanwhile: try again";
  return "that run brings them back: wait for its end. A session that hangs is ended by SELECT "
         "pg_terminate_backend(" +
         pid + ")";
}

RebuildSession who_rebuilds(Connection& connection, Oid table, const std::stop_token& stop) {
  const std::array<Parameter, 2> key{std::to_string(postgres_detail::meta_lock_class), std::to_string(table)};
  const Result found = connection.execute(
      "SELECT 'session ' || l.pid || ' (' || COALESCE(a.usename, '') || ', ' || "
      "COALESCE(a.application_name, '') || ')', l.pid FROM pg_catalog.pg_locks l "
      "LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
      "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::pg_catalog.oid AND "
      "l.objid = $2::pg_catalog.oid AND l.objsubid = 2 AND l.database = (SELECT oid FROM "
      "pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
      key, stop);
  if (found.empty()) return {};
  return {.text = std::string(found.text(0, 0)), .pid = std::string(found.text(0, 1))};
}

}  // namespace leat::jobs_detail
