#include "ledger/ledger_tables.hpp"

#include <array>

#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "ledger/job_texts.hpp"

namespace leat::postgres_detail {
namespace {

// 2 keeps conditions and expressions of commands apart, in job_texts.
constexpr std::int64_t known_layout = 2;
// Without job_rejects, job_texts, job_workers and job_claims, which ledgers that were made before there were
// such lack.
constexpr std::int64_t table_count = 5;

constexpr const char* create_rejects = R"(CREATE TABLE leat_meta.job_rejects (
  job pg_catalog.text COLLATE pg_catalog."C",
  run pg_catalog.int8,
  slice pg_catalog.int8,
  number pg_catalog.int8,
  fields pg_catalog.text[] NOT NULL,
  PRIMARY KEY (job, run, slice, number)))";

constexpr std::array create_workers{
    R"(CREATE TABLE leat_meta.job_workers (
  job pg_catalog.text COLLATE pg_catalog."C",
  epoch pg_catalog.int8,
  worker pg_catalog.int8,
  holder pg_catalog.text NOT NULL,
  lease_until pg_catalog.timestamptz NOT NULL,
  pid pg_catalog.int4 NOT NULL,
  backend_start pg_catalog.timestamptz,
  is_hungry pg_catalog.bool NOT NULL DEFAULT false,
  publishes pg_catalog.bool NOT NULL DEFAULT false,
  options pg_catalog.jsonb,
  snapshot pg_catalog.text,
  PRIMARY KEY (job, epoch, worker)))",
    R"(CREATE TABLE leat_meta.job_claims (
  job pg_catalog.text COLLATE pg_catalog."C",
  run pg_catalog.int8,
  slice pg_catalog.int8,
  epoch pg_catalog.int8 NOT NULL,
  worker pg_catalog.int8 NOT NULL,
  PRIMARY KEY (job, run, slice)))"};

// Names compare by their bytes, whatever the database's collation.
constexpr std::array create_statements{
    R"(CREATE TABLE IF NOT EXISTS leat_meta.layouts (
  part pg_catalog.text PRIMARY KEY,
  version pg_catalog.int4 NOT NULL))",
    R"(CREATE TABLE leat_meta.jobs (
  name pg_catalog.text COLLATE pg_catalog."C" PRIMARY KEY,
  id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY,
  description pg_catalog.jsonb NOT NULL,
  description_hash pg_catalog.text NOT NULL,
  state pg_catalog.text NOT NULL,
  run pg_catalog.int8 NOT NULL DEFAULT 1,
  epoch pg_catalog.int8 NOT NULL DEFAULT 0,
  lease_until pg_catalog.timestamptz,
  holder pg_catalog.text NOT NULL,
  source_snapshot pg_catalog.text,
  staging pg_catalog.text,
  discarded pg_catalog.text[] NOT NULL DEFAULT '{}',
  consistent pg_catalog.bool NOT NULL DEFAULT true,
  has_plan pg_catalog.bool NOT NULL DEFAULT false,
  created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  acquired_at pg_catalog.timestamptz,
  finished_at pg_catalog.timestamptz,
  error pg_catalog.text,
  report pg_catalog.jsonb))",
    R"(CREATE TABLE leat_meta.job_slices (
  job pg_catalog.text COLLATE pg_catalog."C",
  run pg_catalog.int8,
  slice pg_catalog.int8,
  definition pg_catalog.jsonb NOT NULL,
  PRIMARY KEY (job, run, slice)))",
    R"(CREATE TABLE leat_meta.job_ledger (
  job pg_catalog.text COLLATE pg_catalog."C",
  run pg_catalog.int8,
  slice pg_catalog.int8,
  epoch pg_catalog.int8 NOT NULL,
  rows pg_catalog.int8,
  bytes pg_catalog.int8,
  committed_at pg_catalog.timestamptz,
  PRIMARY KEY (job, run, slice)))",
    R"(CREATE TABLE leat_meta.job_sessions (
  job pg_catalog.text COLLATE pg_catalog."C",
  epoch pg_catalog.int8,
  pid pg_catalog.int4,
  backend_start pg_catalog.timestamptz,
  PRIMARY KEY (job, epoch, pid, backend_start)))",
    "COMMENT ON TABLE leat_meta.jobs IS 'Jobs of leat that can be resumed: `leat jobs list` shows them, "
    "`leat "
    "jobs forget` removes one.'",
    "COMMENT ON TABLE leat_meta.job_ledger IS 'Which slices of leat''s jobs are committed: a row of it and "
    "the slice''s rows are one transaction.'",
    "INSERT INTO leat_meta.layouts (part, version) VALUES ('ledger', 2) ON CONFLICT DO NOTHING"};

// $1 the oid of the table that is loaded. Since 14 the role pg_database_owner stands for the owner of the
// database.
constexpr const char* fact_query = R"(
WITH parts AS (
  SELECT c.oid, c.relname, c.relowner, n.oid AS schema, n.nspowner,
         c.relname IN ('job_texts', 'own_job_texts') AS is_of_texts,
         c.relname IN ('job_workers', 'job_claims') AS is_of_workers
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'leat_meta' AND c.relkind = CASE c.relname WHEN 'own_job_texts' THEN 'v' ELSE 'r' END AND
        c.relname IN ('layouts', 'jobs', 'job_slices', 'job_ledger', 'job_sessions', 'job_rejects', 'job_texts',
                      'own_job_texts', 'job_workers', 'job_claims'))
SELECT pg_catalog.count(*) FILTER (WHERE relname <> 'job_rejects' AND NOT is_of_workers AND NOT is_of_texts),
  pg_catalog.bool_or(relname = 'jobs'),
  pg_catalog.bool_and(pg_catalog.has_schema_privilege(schema, 'USAGE') AND
                      (is_of_texts OR is_of_workers OR pg_catalog.has_table_privilege(oid, 'SELECT'))),
  pg_catalog.bool_and(relname = 'layouts' OR is_of_texts OR pg_catalog.has_table_privilege(oid, 'SELECT') AND
    pg_catalog.has_table_privilege(oid, 'INSERT') AND
    pg_catalog.has_table_privilege(oid, 'UPDATE') AND pg_catalog.has_table_privilege(oid, 'DELETE')),
  (SELECT pg_catalog.min(o.rolname::pg_catalog.text)
   FROM parts p
   JOIN pg_catalog.pg_roles o ON o.oid IN (p.relowner, p.nspowner)
   JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
   LEFT JOIN pg_catalog.pg_class t ON t.oid = $1::pg_catalog.oid
   WHERE NOT (o.rolsuper OR o.oid = d.datdba OR o.rolname IN (CURRENT_USER, 'pg_database_owner') OR
              o.oid IS NOT DISTINCT FROM t.relowner)),
  CURRENT_USER, pg_catalog.bool_or(relname = 'job_rejects'), pg_catalog.bool_or(relname = 'own_job_texts'),
  pg_catalog.count(*) FILTER (WHERE is_of_workers) = 2
FROM parts)";

std::string grant_hint(const std::string& role) {
  return "GRANT USAGE ON SCHEMA leat_meta TO " + quote_identifier(role) +
         "; GRANT SELECT, INSERT, UPDATE, DELETE ON leat_meta.layouts, leat_meta.jobs, leat_meta.job_slices, "
         "leat_meta.job_ledger, leat_meta.job_sessions, leat_meta.job_rejects, leat_meta.job_workers, "
         "leat_meta.job_claims TO " +
         quote_identifier(role);
}

std::int64_t layout_of(Connection& connection, const std::stop_token& stop) {
  const Result found =
      connection.execute("SELECT version FROM leat_meta.layouts WHERE part = 'ledger'", {}, stop);
  return found.empty() ? 0 : found.integer(0, 0);
}

/// @throws Error 42501: whoever owns a table can let others run SQL, by a trigger on it.
void require_trusted(const LedgerFacts& facts) {
  if (facts.untrusted_owner.empty()) return;
  throw Error(
      ErrorKind::target,
      "the ledger in leat_meta belongs to the role " + quote_identifier(facts.untrusted_owner) +
          ", which could let this role run SQL of its own",
      {.sqlstate = "42501",
       .hint = "let the owner of the database have the schema and its tables: ALTER SCHEMA leat_meta "
               "OWNER TO …, ALTER TABLE leat_meta.jobs OWNER TO …, and so on; or run this as that role"});
}

void upgrade_ledger(Connection& connection, const LedgerFacts& facts, const std::stop_token& stop) {
  require_may_upgrade(connection, facts, stop);
  for (const char* sql : make_job_texts) static_cast<void>(connection.execute(sql, {}, stop));
  for (const char* sql : move_job_texts) static_cast<void>(connection.execute_long(sql, {}, stop));
  static_cast<void>(connection.execute(
      "UPDATE leat_meta.layouts SET version = 2 WHERE part = 'ledger' AND version = 1", {}, stop));
}

/// Whoever may work on jobs by an older release may do so by this one.
void grant_as_before(Connection& connection, const std::stop_token& stop) {
  const Result found = connection.execute(
      "SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE "
      "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) "
      "END, a.privilege_type FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a WHERE c.oid = "
      "'leat_meta.job_slices'::pg_catalog.regclass AND a.grantee <> c.relowner AND a.privilege_type IN "
      "('SELECT', 'INSERT', 'UPDATE', 'DELETE')",
      {}, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    static_cast<void>(connection.execute("GRANT " + std::string(found.text(i, 1)) +
                                             " ON leat_meta.job_workers, leat_meta.job_claims TO " +
                                             std::string(found.text(i, 0)),
                                         {}, stop));
  }
}

}  // namespace

LedgerFacts look_at_ledger(Connection& connection, Oid table, const std::stop_token& stop) {
  const std::array<Parameter, 1> oid{std::to_string(table)};
  const Result found = connection.execute(fact_query, oid, stop);
  return {.exists = found.boolean(0, 1),
          .is_complete = found.integer(0, 0) == table_count,
          .keeps_rejects = found.boolean(0, 6),
          .keeps_texts = found.boolean(0, 7),
          .keeps_workers = found.boolean(0, 8),
          .may_read = found.boolean(0, 2),
          .may_write = found.boolean(0, 2) && found.boolean(0, 3),
          .untrusted_owner = std::string(found.text(0, 4)),
          .role = std::string(found.text(0, 5))};
}

void require_may_make(Connection& connection, const std::string& role, const std::string& what,
                      const std::stop_token& stop) {
  if (may_make_in_meta(connection, stop)) return;
  const std::string name = quote_identifier(role);
  throw Error(ErrorKind::target, "this role may not make " + what + " in the schema leat_meta of the target",
              {.sqlstate = "42501",
               .hint = "GRANT CREATE ON DATABASE … TO " + name +
                       "; where the schema is there: GRANT USAGE, CREATE ON SCHEMA leat_meta TO " + name});
}

void require_may_upgrade(Connection& connection, const LedgerFacts& facts, const std::stop_token& stop) {
  if (!facts.exists || (facts.keeps_texts && facts.keeps_workers)) return;
  const Result found = connection.execute(
      "SELECT pg_catalog.pg_get_userbyid(c.relowner), pg_catalog.pg_has_role(c.relowner, 'USAGE') FROM "
      "pg_catalog.pg_class c WHERE c.oid = 'leat_meta.jobs'::pg_catalog.regclass",
      {}, stop);
  if (found.boolean(0, 1)) return;
  throw Error(ErrorKind::target,
              "the ledger in leat_meta was made by an older leat, and the role " +
                  quote_identifier(facts.role) + " may not upgrade it",
              {.sqlstate = "42501",
               .hint = "run this command once as its owner, " + quote_identifier(found.text(0, 0)) +
                       "; then: " + grant_hint(facts.role)});
}

void make_ledger(Connection& connection, Oid table, const std::stop_token& stop) {
  const LedgerFacts before = look_at_ledger(connection, table, stop);
  require_trusted(before);
  if (before.exists) require_readable(connection, before, stop);
  require_may_make(connection, before.role, "the ledger", stop);
  in_transaction(connection, stop, [&] {
    make_meta_schema(connection, stop);
    // By another, meanwhile.
    const LedgerFacts found = look_at_ledger(connection, table, stop);
    require_trusted(found);
    if (!found.keeps_rejects) static_cast<void>(connection.execute(create_rejects, {}, stop));
    if (!found.keeps_workers) {
      require_may_upgrade(connection, found, stop);
      for (const char* sql : create_workers) static_cast<void>(connection.execute(sql, {}, stop));
      if (found.exists) grant_as_before(connection, stop);
    }
    if (found.exists && !found.keeps_texts) upgrade_ledger(connection, found, stop);
    if (found.exists) return;
    for (const char* sql : create_statements) static_cast<void>(connection.execute(sql, {}, stop));
    for (const char* sql : make_job_texts) static_cast<void>(connection.execute(sql, {}, stop));
  });
}

void require_readable(Connection& connection, const LedgerFacts& facts, const std::stop_token& stop) {
  if (!facts.is_complete) {
    throw Error(ErrorKind::target, "the ledger in leat_meta is not complete: some of its tables are missing",
                {.sqlstate = "42P01",
                 .hint = "bring them back from a backup; or drop what is left of leat_meta.jobs, job_slices, "
                         "job_ledger, job_sessions, job_rejects, job_texts, job_workers, job_claims and "
                         "layouts, and begin "
                         "the jobs anew"});
  }
  if (!facts.may_read) {
    throw Error(ErrorKind::target, "this role may not read the ledger in leat_meta",
                {.sqlstate = "42501", .hint = grant_hint(facts.role)});
  }
  const std::int64_t layout = layout_of(connection, stop);
  if (layout > known_layout) {
    throw Error(ErrorKind::target,
                "the ledger in leat_meta was made by a newer leat: it has layout " + std::to_string(layout) +
                    ", and this one knows " + std::to_string(known_layout),
                {.sqlstate = "0A000", .hint = "run the newer leat"});
  }
  if (layout < 1) {
    throw Error(ErrorKind::target, "leat_meta.layouts does not say which layout the ledger has",
                {.sqlstate = "0A000", .hint = "bring its row ('ledger', version) back from a backup"});
  }
}

void require_usable(Connection& connection, const LedgerFacts& facts, const std::stop_token& stop) {
  require_trusted(facts);
  require_readable(connection, facts, stop);
  if (!facts.may_write) {
    throw Error(ErrorKind::target, "this role may not change the ledger in leat_meta",
                {.sqlstate = "42501", .hint = grant_hint(facts.role)});
  }
}

}  // namespace leat::postgres_detail
