#include "registry/schema_tables.hpp"

#include <array>
#include <string>

#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::registry_detail {
namespace {

constexpr std::int64_t known_schemas_layout = 1;

// Names compare by their bytes, whatever the database's collation.
constexpr std::array make_schemas{
    R"(CREATE TABLE IF NOT EXISTS leat_meta.layouts (
  part pg_catalog.text PRIMARY KEY,
  version pg_catalog.int4 NOT NULL))",
    R"(CREATE TABLE leat_meta.schema_rules (
  subject pg_catalog.text COLLATE pg_catalog."C" PRIMARY KEY,
  rule pg_catalog.text NOT NULL))",
    R"(CREATE TABLE leat_meta.schemas (
  subject pg_catalog.text COLLATE pg_catalog."C",
  version pg_catalog.int4,
  columns pg_catalog.jsonb NOT NULL,
  properties pg_catalog.jsonb NOT NULL,
  sha256 pg_catalog.bytea NOT NULL,
  origin pg_catalog.text NOT NULL,
  rule pg_catalog.text NOT NULL,
  checked_against pg_catalog.int4[] NOT NULL,
  description pg_catalog.text NOT NULL,
  created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  created_by pg_catalog.text NOT NULL DEFAULT CURRENT_USER,
  PRIMARY KEY (subject, version),
  UNIQUE (subject, sha256)))",
    R"(CREATE TABLE leat_meta.schema_loads (
  subject pg_catalog.text COLLATE pg_catalog."C",
  load pg_catalog.text COLLATE pg_catalog."C",
  version pg_catalog.int4 NOT NULL,
  seen_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  PRIMARY KEY (subject, load)))",
    R"(CREATE FUNCTION leat_meta.keep_schemas() RETURNS pg_catalog.trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'versions of schemas never change, and are all kept' USING ERRCODE = '55000';
END $$)",
    R"(CREATE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON leat_meta.schemas
  FOR EACH ROW EXECUTE FUNCTION leat_meta.keep_schemas())",
    R"(CREATE TRIGGER keep_all BEFORE TRUNCATE ON leat_meta.schemas
  FOR EACH STATEMENT EXECUTE FUNCTION leat_meta.keep_schemas())",
    "COMMENT ON TABLE leat_meta.schemas IS 'Versions of schemas that leat keeps: `leat schema list` shows "
    "them.'",
    "INSERT INTO leat_meta.layouts (part, version) VALUES ('schemas', 1) ON CONFLICT DO NOTHING"};

// How many tables there are, whether all may be read, an owner who is not trusted, and this role.
constexpr const char* schemas_facts = R"(
WITH parts AS (
  SELECT c.oid, c.relname, c.relowner, n.oid AS schema, n.nspowner
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'leat_meta' AND c.relkind = 'r' AND
        c.relname IN ('layouts', 'schemas', 'schema_rules', 'schema_loads'))
SELECT pg_catalog.count(*) FILTER (WHERE relname <> 'layouts'),
  pg_catalog.bool_and(pg_catalog.has_schema_privilege(schema, 'USAGE') AND
                      pg_catalog.has_table_privilege(oid, 'SELECT')),
  (SELECT pg_catalog.min(o.rolname::pg_catalog.text)
   FROM parts p
   JOIN pg_catalog.pg_roles o ON o.oid IN (p.relowner, p.nspowner)
   JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
   WHERE NOT (o.rolsuper OR o.oid = d.datdba OR o.rolname IN (CURRENT_USER, 'pg_database_owner'))),
  CURRENT_USER
FROM parts)";

/// Whoever owns a table can let others run SQL, by a trigger on it.
void require_trusted_schemas(const Result& facts) {
  if (facts.is_null(0, 2)) return;
  throw Error(ErrorKind::target,
              "the schemas in leat_meta belong to the role " + quote_identifier(facts.text(0, 2)) +
                  ", which could let this role run SQL of its own",
              {.sqlstate = "42501",
               .hint = "let the owner of the database have the schema leat_meta and its tables"});
}

}  // namespace

bool has_schema_tables(Connection& connection, const std::stop_token& stop) {
  constexpr std::int64_t table_count = 3;
  const Result facts = connection.execute(schemas_facts, {}, stop);
  const std::string role = quote_identifier(facts.text(0, 3));
  if (facts.integer(0, 0) == 0) return false;
  require_trusted_schemas(facts);
  if (facts.integer(0, 0) < table_count) {
    throw Error(ErrorKind::target, "some of the tables of schemas in leat_meta are missing",
                {.sqlstate = "42P01",
                 .hint = "bring leat_meta.schemas, schema_rules and schema_loads back from a backup"});
  }
  if (!facts.boolean(0, 1)) {
    throw Error(ErrorKind::target, "this role may not read the schemas in leat_meta",
                {.sqlstate = "42501",
                 .hint = "GRANT USAGE ON SCHEMA leat_meta TO " + role +
                         "; GRANT SELECT ON leat_meta.layouts, leat_meta.schemas, leat_meta.schema_rules, "
                         "leat_meta.schema_loads TO " +
                         role + "; who registers needs INSERT on all, and UPDATE on the last two"});
  }
  const Result layout =
      connection.execute("SELECT version FROM leat_meta.layouts WHERE part = 'schemas'", {}, stop);
  const std::int64_t version = layout.empty() ? 0 : layout.integer(0, 0);
  if (version == known_schemas_layout) return true;
  if (version == 0) {
    throw Error(ErrorKind::target, "leat_meta.layouts does not say which layout the schemas have",
                {.sqlstate = "0A000", .hint = "bring its row ('schemas', version) back from a backup"});
  }
  throw Error(ErrorKind::target,
              "the schemas in leat_meta were kept by a newer leat: they have layout " +
                  std::to_string(version) + ", and this one knows " + std::to_string(known_schemas_layout),
              {.sqlstate = "0A000", .hint = "run the newer leat"});
}

void make_schema_tables(Connection& connection, const std::stop_token& stop) {
  if (!postgres_detail::may_make_in_meta(connection, stop)) {
    const std::string role = quote_identifier(connection.execute("SELECT CURRENT_USER", {}, stop).text(0, 0));
    throw Error(ErrorKind::target, "this role may not make tables in the schema leat_meta of the store",
                {.sqlstate = "42501",
                 .hint = "GRANT CREATE ON DATABASE … TO " + role +
                         "; where the schema is there: GRANT USAGE, CREATE ON SCHEMA leat_meta TO " + role});
  }
  postgres_detail::in_transaction(connection, stop, [&] {
    postgres_detail::make_meta_schema(connection, stop);
    // By another, meanwhile.
    if (has_schema_tables(connection, stop)) return;
    require_trusted_schemas(connection.execute(schemas_facts, {}, stop));
    for (const char* sql : make_schemas) static_cast<void>(connection.execute(sql, {}, stop));
  });
}

}  // namespace leat::registry_detail
