#include "registry/transform_tables.hpp"

#include <array>
#include <cstdint>

#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::registry_detail {
namespace {

constexpr std::int64_t known_layout = 1;

// Names compare by their bytes, whatever the database's collation.
constexpr std::array create_statements{
    R"(CREATE TABLE IF NOT EXISTS leat_meta.layouts (
  part pg_catalog.text PRIMARY KEY,
  version pg_catalog.int4 NOT NULL))",
    R"(CREATE TABLE leat_meta.transforms (
  name pg_catalog.text COLLATE pg_catalog."C",
  version pg_catalog.int4 CHECK (version > 0),
  document pg_catalog.jsonb NOT NULL,
  text pg_catalog.text NOT NULL,
  sha256 pg_catalog.bytea NOT NULL,
  kind pg_catalog.text NOT NULL,
  description pg_catalog.text NOT NULL,
  input_columns pg_catalog.jsonb NOT NULL,
  output_columns pg_catalog.jsonb NOT NULL,
  tests pg_catalog.jsonb NOT NULL,
  state pg_catalog.text NOT NULL DEFAULT 'active' CHECK (state IN ('draft', 'active', 'retired')),
  created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  created_by pg_catalog.text NOT NULL DEFAULT SESSION_USER,
  PRIMARY KEY (name, version),
  UNIQUE (name, sha256)))",
    R"(CREATE FUNCTION leat_meta.keep_transforms() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION 'a version of a transform does not change' USING ERRCODE = '55000',
    HINT = 'register what is to be different: it gets a version of its own';
END $$)",
    "CREATE TRIGGER keep_transforms BEFORE UPDATE OF name, version, document, text, sha256, kind, "
    "description, input_columns, output_columns, tests, created_at, created_by OR DELETE ON "
    "leat_meta.transforms FOR EACH ROW EXECUTE FUNCTION leat_meta.keep_transforms()",
    "CREATE TRIGGER keep_all_transforms BEFORE TRUNCATE ON leat_meta.transforms EXECUTE FUNCTION "
    "leat_meta.keep_transforms()",
    "COMMENT ON TABLE leat_meta.transforms IS 'Versions of transforms: `leat transform list` shows them.'",
    "INSERT INTO leat_meta.layouts (part, version) VALUES ('transforms', 1) ON CONFLICT DO NOTHING"};

// Since 14 the role pg_database_owner stands for the owner of the database.
constexpr const char* fact_query = R"(
SELECT c.relkind,
  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
  pg_catalog.has_table_privilege(c.oid, 'INSERT'),
  (SELECT pg_catalog.min(o.rolname::pg_catalog.text) FROM pg_catalog.pg_roles o
   JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
   WHERE o.oid IN (c.relowner, n.nspowner) AND
         NOT (o.rolsuper OR o.oid = d.datdba OR o.rolname IN (CURRENT_USER, 'pg_database_owner')))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'leat_meta' AND c.relname = 'transforms')";

constexpr const char* of_transforms = "the registry of transforms in leat_meta";

std::string own_role(Connection& store, const std::stop_token& stop) {
  return quote_identifier(store.execute("SELECT CURRENT_USER", {}, stop).text(0, 0));
}

std::string grants(Connection& store, const std::string& privileges, const std::stop_token& stop) {
  const std::string role = own_role(store, stop);
  return "let its owner GRANT USAGE ON SCHEMA leat_meta TO " + role + "; GRANT " + privileges +
         " ON leat_meta.transforms TO " + role + "; GRANT SELECT ON leat_meta.layouts TO " + role;
}

void require_known_layout(Connection& store, const std::stop_token& stop) {
  const Result found =
      store.execute("SELECT version FROM leat_meta.layouts WHERE part = 'transforms'", {}, stop);
  if (found.empty()) {
    throw Error(ErrorKind::target,
                "leat_meta.layouts does not say which layout " + std::string(of_transforms) + " has",
                {.sqlstate = "0A000", .hint = "bring its row ('transforms', version) back from a backup"});
  }
  if (found.integer(0, 0) <= known_layout) return;
  throw Error(ErrorKind::target,
              std::string(of_transforms) + " was made by a newer leat: it has layout " +
                  std::string(found.text(0, 0)) + ", and this one knows " + std::to_string(known_layout),
              {.sqlstate = "0A000", .hint = "run the newer leat"});
}

}  // namespace

TransformTable look_at_transforms(Connection& store, const std::stop_token& stop) {
  const Result found = store.execute(fact_query, {}, stop);
  if (found.empty()) return {};
  if (found.character(0, 0) != 'r') {
    throw Error(ErrorKind::target, "leat_meta.transforms is no table, and is not leat's",
                {.sqlstate = "42809"});
  }
  if (!found.is_null(0, 3)) {
    throw Error(ErrorKind::target,
                std::string(of_transforms) + " belongs to the role " + quote_identifier(found.text(0, 3)) +
                    ", which could let this role run SQL of its own",
                {.sqlstate = "42501",
                 .hint = "let the owner of the database have the schema leat_meta and its tables, or run "
                         "this as that role"});
  }
  if (!found.boolean(0, 1)) {
    throw Error(ErrorKind::target, "this role may not read " + std::string(of_transforms),
                {.sqlstate = "42501", .hint = grants(store, "SELECT", stop)});
  }
  require_known_layout(store, stop);
  return {.exists = true, .may_add = found.boolean(0, 2)};
}

void make_transforms(Connection& store, const std::stop_token& stop) {
  TransformTable table = look_at_transforms(store, stop);
  if (!table.exists) {
    if (!postgres_detail::may_make_in_meta(store, stop)) {
      const std::string role = own_role(store, stop);
      throw Error(
          ErrorKind::target,
          "this role may not make the registry of transforms in the schema leat_meta of the store",
          {.sqlstate = "42501",
           .hint = "GRANT CREATE ON DATABASE … TO " + role +
                   "; where the schema is there: GRANT USAGE, CREATE ON SCHEMA leat_meta TO " + role});
    }
    postgres_detail::in_transaction(store, stop, [&] {
      postgres_detail::make_meta_schema(store, stop);
      // By another, meanwhile.
      table = look_at_transforms(store, stop);
      if (table.exists) return;
      for (const char* const sql : create_statements) static_cast<void>(store.execute(sql, {}, stop));
      table = {.exists = true, .may_add = true};
    });
  }
  if (table.may_add) return;
  throw Error(ErrorKind::target, "this role may not add to " + std::string(of_transforms),
              {.sqlstate = "42501", .hint = grants(store, "SELECT, INSERT", stop)});
}

}  // namespace leat::registry_detail
