#include "leat/ledger/detail/join_record.hpp"

#include <array>

#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"

namespace leat::jobs_detail {
namespace {

constexpr const char* create_join_record_sql = R"(
CREATE TABLE IF NOT EXISTS leat_meta.unjoined_tables (
  table_schema pg_catalog.text NOT NULL,
  table_name pg_catalog.text NOT NULL,
  job pg_catalog.text NOT NULL,
  table_oid pg_catalog.oid,
  noted_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  PRIMARY KEY (table_schema, table_name)))";

constexpr const char* comment_on_join_record_sql =
    "COMMENT ON TABLE leat_meta.unjoined_tables IS 'Tables that a run of leat copy-tables has made, and that "
    "are not "
    "yet joined by foreign keys or as partitions: the same command goes on.'";

// $1 schemas and $2 names of tables.
constexpr const char* with_names = R"(
WITH named AS (
  SELECT schema, name, position
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]))
    WITH ORDINALITY AS t(schema, name, position)))";

struct NameLists {
  Parameter schemas;
  Parameter names;
};

NameLists lists_of(std::span<const TableName> tables) {
  std::vector<std::string> schemas;
  std::vector<std::string> names;
  for (const auto& table : tables) {
    schemas.push_back(table.schema);
    names.push_back(table.name);
  }
  return {postgres_detail::text_array(schemas), postgres_detail::text_array(names)};
}

bool may_use_record(Connection& target, const std::stop_token& stop) {
  return target
      .execute(
          "SELECT COALESCE((SELECT pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AND "
          "pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_table_privilege(c.oid, "
          "'INSERT') AND pg_catalog.has_table_privilege(c.oid, 'UPDATE') AND "
          "pg_catalog.has_table_privilege(c.oid, 'DELETE') FROM pg_catalog.pg_class c "
          "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
          "WHERE n.nspname = 'leat_meta' AND c.relname = 'unjoined_tables'), false)",
          {}, stop)
      .boolean(0, 0);
}

}  // namespace

bool note_missing(Connection& target, std::span<const TableName> tables, const std::string& job,
                  const std::stop_token& stop) {
  if (!may_use_record(target, stop) && !postgres_detail::may_make_in_meta(target, stop)) return false;
  const auto [schemas, names] = lists_of(tables);
  const std::array<Parameter, 3> values{schemas, names, job};
  bool is_kept = false;
  postgres_detail::in_transaction(target, stop, [&] {
    postgres_detail::make_meta_schema(target, stop);
    if (!may_use_record(target, stop)) {
      static_cast<void>(target.execute(create_join_record_sql, {}, stop));
      // One of another role, which was there already.
      if (!may_use_record(target, stop)) return;
      static_cast<void>(target.execute(comment_on_join_record_sql, {}, stop));
    }
    static_cast<void>(target.execute(
        std::string(with_names) +
            "INSERT INTO leat_meta.unjoined_tables (table_schema, table_name, job) SELECT schema, name, $3 "
            "FROM named ON CONFLICT (table_schema, table_name) DO UPDATE SET job = EXCLUDED.job, "
            "table_oid = NULL, noted_at = pg_catalog.now()",
        values, stop));
    is_kept = true;
  });
  return is_kept;
}

void note_made(Connection& target, std::span<const TableName> tables, const std::stop_token& stop) {
  const auto [schemas, names] = lists_of(tables);
  const std::array<Parameter, 2> values{schemas, names};
  static_cast<void>(target.execute(
      std::string(with_names) +
          "INSERT INTO leat_meta.unjoined_tables (table_schema, table_name, job, table_oid) "
          "SELECT named.schema, named.name, '', c.oid FROM named JOIN pg_catalog.pg_namespace n ON n.nspname "
          "= named.schema JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = named.name "
          "ON CONFLICT (table_schema, table_name) DO UPDATE SET table_oid = EXCLUDED.table_oid",
      values, stop));
}

std::vector<bool> find_made(Connection& target, std::span<const TableName> tables, const std::string& job,
                            const std::stop_token& stop) {
  std::vector<bool> found(tables.size());
  if (!may_use_record(target, stop)) return found;
  const auto [schemas, names] = lists_of(tables);
  const std::array<Parameter, 3> values{schemas, names, job};
  const Result rows = target.execute(
      std::string(with_names) +
          "SELECT named.position FROM named JOIN leat_meta.unjoined_tables r ON r.table_schema = "
          "named.schema AND r.table_name = named.name JOIN pg_catalog.pg_namespace n ON n.nspname = "
          "named.schema JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = named.name "
          "WHERE r.table_oid = c.oid OR (r.table_oid IS NULL AND r.job <> '' AND r.job = $3)",
      values, stop);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    found[static_cast<std::size_t>(rows.integer(i, 0)) - 1] = true;
  }
  return found;
}

void forget_noted(Connection& target, std::span<const TableName> tables, Noted noted,
                  const std::stop_token& stop) {
  const auto [schemas, names] = lists_of(tables);
  const std::string which = noted == Noted::missing ? " AND r.table_oid IS NULL" : "";
  const std::array<Parameter, 2> values{schemas, names};
  postgres_detail::in_transaction(target, stop, [&] {
    // Nobody else makes or removes the record meanwhile.
    static_cast<void>(target.execute(
        "SELECT pg_catalog.pg_advisory_xact_lock(" + postgres_detail::meta_lock_key(0) + ")", {}, stop));
    if (!may_use_record(target, stop)) return;
    static_cast<void>(target.execute(
        std::string(with_names) +
            "DELETE FROM leat_meta.unjoined_tables r USING named WHERE r.table_schema = named.schema AND "
            "r.table_name = named.name" +
            which,
        values, stop));
    // Whoever may not drop it leaves it empty; a schema that somebody has prepared for leat stays.
    const Result state = target.execute(
        "SELECT NOT EXISTS (SELECT FROM leat_meta.unjoined_tables) AND pg_catalog.pg_has_role(c.relowner, "
        "'USAGE'), pg_catalog.pg_has_role(n.nspowner, 'USAGE') AND n.nspacl IS NULL AND NOT EXISTS (SELECT "
        "FROM "
        "pg_catalog.pg_depend d WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND "
        "d.refobjid = n.oid AND d.objid <> c.oid) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
        "ON n.oid = c.relnamespace WHERE n.nspname = 'leat_meta' AND c.relname = 'unjoined_tables'",
        {}, stop);
    if (state.empty() || !state.boolean(0, 0)) return;
    static_cast<void>(target.execute("DROP TABLE leat_meta.unjoined_tables", {}, stop));
    if (state.boolean(0, 1)) static_cast<void>(target.execute("DROP SCHEMA leat_meta", {}, stop));
  });
}

}  // namespace leat::jobs_detail
