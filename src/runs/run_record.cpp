#include "runs/run_record.hpp"

#include <array>
#include <random>
#include <utility>

#include "leat/core/detail/pause.hpp"
#include "leat/core/error.hpp"
#include "leat/data/detail/parse.hpp"
#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/ledger/job_record.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::runs_detail {
namespace {

using postgres_detail::in_transaction;

// The first of the two numbers of the lock of a run.
constexpr const char* run_lock_class = "1818583414";
constexpr std::chrono::milliseconds look_again{200};

constexpr std::array make_statements{
    R"(CREATE TABLE IF NOT EXISTS leat_meta.layouts (
  part pg_catalog.text PRIMARY KEY,
  version pg_catalog.int4 NOT NULL))",
    R"(CREATE TABLE leat_meta.runs (
  id pg_catalog.uuid PRIMARY KEY,
  document pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
  content pg_catalog.bytea NOT NULL,
  idempotency_key pg_catalog.text COLLATE pg_catalog."C",
  state pg_catalog.text NOT NULL,
  attempts pg_catalog.int4 NOT NULL DEFAULT 1,
  started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  finished_at pg_catalog.timestamptz,
  summary pg_catalog.jsonb,
  UNIQUE (document, idempotency_key)))",
    "COMMENT ON TABLE leat_meta.runs IS 'Runs of documents of leat, the last ones of each document; their "
    "loads are "
    "jobs of leat_meta.jobs.'",
    "INSERT INTO leat_meta.layouts (part, version) VALUES ('runs', 1) ON CONFLICT DO NOTHING"};

// Whoever owns a table can make others run SQL, by a trigger on it.
constexpr const char* fact_query = R"(
SELECT o.rolname, o.rolsuper OR o.oid = d.datdba OR o.rolname IN (CURRENT_USER, 'pg_database_owner'),
  pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AND
  pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_table_privilege(c.oid, 'INSERT') AND
  pg_catalog.has_table_privilege(c.oid, 'UPDATE') AND pg_catalog.has_table_privilege(c.oid, 'DELETE'),
  CURRENT_USER
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
WHERE c.relname = 'runs' AND c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'leat_meta'))";

/// Both numbers of its lock, of $1 the document and $2 what else tells it apart.
std::string lock_key_sql() {
  return std::string("(") + run_lock_class +
         "::pg_catalog.int8 << 32) | (pg_catalog.hashtext($1 || E'\\n' || $2)::pg_catalog.int8 & 4294967295)";
}

std::string text_of_document(const RunIdentity& run) {
  return "document \"" + run.document + "\"";
}

/// UUID version 7 (RFC 9562): a later one is greater.
std::string new_id() {
  std::random_device random;
  std::array<unsigned char, 16> bytes{};
  for (auto& byte : bytes) byte = static_cast<unsigned char>(random());
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  for (std::size_t i = 0; i < 6; ++i) {
    bytes.at(i) = static_cast<unsigned char>(static_cast<std::uint64_t>(now) >> (8 * (5 - i)));
  }
  bytes[6] = static_cast<unsigned char>(0x70U | (bytes[6] & 0x0fU));
  bytes[8] = static_cast<unsigned char>(0x80U | (bytes[8] & 0x3fU));
  std::string id;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    detail::append_hex(id, static_cast<std::byte>(bytes.at(i)));
  }
  return id;
}

}  // namespace

std::string job_prefix(const std::string& id) {
  return "run/" + id + "/";
}

void prepare_runs(Connection& session, const std::stop_token& stop) {
  Result facts = session.execute(fact_query, {}, stop);
  if (facts.empty()) {
    if (!postgres_detail::may_make_in_meta(session, stop)) {
      throw Error(
          ErrorKind::target, "this role may not make the table of runs in the schema leat_meta of the target",
          {.sqlstate = "42501",
           .hint = "GRANT CREATE ON DATABASE … TO it; where the schema is there: GRANT USAGE, CREATE ON "
                   "SCHEMA leat_meta"});
    }
    in_transaction(session, stop, [&] {
      postgres_detail::make_meta_schema(session, stop);
      if (!session.execute(fact_query, {}, stop).empty()) return;  // by another, meanwhile
      for (const char* sql : make_statements) static_cast<void>(session.execute(sql, {}, stop));
    });
    facts = session.execute(fact_query, {}, stop);
  }
  if (!facts.boolean(0, 1)) {
    throw Error(
        ErrorKind::target,
        "leat_meta.runs belongs to the role " + quote_identifier(std::string(facts.text(0, 0))) +
            ", which could let this role run SQL of its own",
        {.sqlstate = "42501",
         .hint = "ALTER TABLE leat_meta.runs OWNER TO the owner of the database; or run this as that role"});
  }
  if (facts.boolean(0, 2)) return;
  throw Error(
      ErrorKind::target, "this role may not use leat_meta.runs",
      {.sqlstate = "42501",
       .hint = "GRANT USAGE ON SCHEMA leat_meta TO " + quote_identifier(std::string(facts.text(0, 3))) +
               "; GRANT SELECT, INSERT, UPDATE, DELETE ON leat_meta.runs TO " +
               quote_identifier(std::string(facts.text(0, 3)))});
}

RunGuard::RunGuard(std::shared_ptr<Connection> session, const RunIdentity& run,
                   std::chrono::milliseconds longest_wait, const std::stop_token& stop)
    : session_(std::move(session)) {
  session_->begin({}, stop);
  const std::array<Parameter, 2> names{run.document, run.key.empty() ? run.content : "key " + run.key};
  const auto give_up_at = std::chrono::steady_clock::now() + longest_wait;
  const std::string sql = "SELECT pg_catalog.pg_try_advisory_xact_lock(" + lock_key_sql() + ")";
  while (!session_->execute(sql, names, stop).boolean(0, 0)) {
    if (std::chrono::steady_clock::now() >= give_up_at) {
      throw Error(ErrorKind::target, text_of_document(run) + " is being run by another process",
                  {.sqlstate = "55006",
                   .hint = run.key.empty() ? "wait for its end, and run it again; with an idempotency key a "
                                             "second run waits by itself"
                                           : "it did not end in time: run it again with the same key"});
    }
    detail::pause(look_again, stop);
  }
}

RunGuard::~RunGuard() {
  session_->rollback();
}

RunRecord take_run(Connection& session, const RunIdentity& run, bool begins_new,
                   const std::stop_token& stop) {
  const std::array<Parameter, 3> asked{run.document, run.content,
                                       run.key.empty() ? Parameter() : Parameter(run.key)};
  // Of a key there is one run, of whatever content; without one, the last of this content.
  const Result found =
      session.execute(std::string("WITH own AS (SELECT id, content = "
                                  "pg_catalog.sha256(pg_catalog.convert_to($2, 'UTF8')) AS is_same, "
                                  "state, started_at FROM leat_meta.runs WHERE document = $1 AND "
                                  "idempotency_key IS NOT DISTINCT FROM "
                                  "$3) SELECT id, is_same, state = 'done', started_at FROM own ") +
                          (run.key.empty() ? "WHERE is_same " : "") + "ORDER BY id DESC LIMIT 1",
                      asked, stop);
  if (!found.empty()) {
    const std::string id(found.text(0, 0));
    const bool is_same = found.boolean(0, 1);
    const bool is_done = found.boolean(0, 2);
    if (!run.key.empty() && !is_same) {
      throw Error(ErrorKind::config,
                  "the key \"" + run.key + "\" was used for other content of " + text_of_document(run) +
                      ", by run " + id,
                  {.hint = "give this run another key, or run what that one ran"});
    }
    if (!run.key.empty() || (is_same && !is_done && !begins_new)) {
      const std::array<Parameter, 1> own{id};
      if (!is_done) {
        static_cast<void>(session.execute(
            "UPDATE leat_meta.runs SET state = 'running', attempts = attempts + 1 WHERE id = $1", own, stop));
      }
      return {.id = id, .is_new = false, .is_done = is_done, .started_at = std::string(found.text(0, 3))};
    }
  }
  RunRecord made{.id = new_id()};
  const std::array<Parameter, 4> values{made.id, asked[0], asked[1], asked[2]};
  made.started_at = std::string(
      session
          .execute(
              "INSERT INTO leat_meta.runs (id, document, content, idempotency_key, state) VALUES ($1, $2, "
              "pg_catalog.sha256(pg_catalog.convert_to($3, 'UTF8')), $4, 'running') RETURNING started_at",
              values, stop)
          .text(0, 0));
  return made;
}

std::set<std::string> done_jobs(Connection& session, const std::string& prefix, const std::stop_token& stop) {
  // As bytes, '0' is what follows '/'.
  const std::array<Parameter, 2> range{prefix, prefix.substr(0, prefix.size() - 1) + '0'};
  const Result found = session.execute(
      "SELECT name FROM leat_meta.jobs WHERE name >= $1 AND name < $2 AND state = 'done'", range, stop);
  std::set<std::string> names;
  for (std::size_t i = 0; i < found.rows(); ++i) names.emplace(found.text(i, 0));
  return names;
}

void end_run(Connection& session, const std::string& id, bool is_done, const std::string& summary,
             const std::stop_token& stop) {
  const std::array<Parameter, 3> values{id, is_done ? "done" : "failed", summary};
  static_cast<void>(
      session.execute("UPDATE leat_meta.runs SET state = $2, summary = $3::pg_catalog.jsonb, finished_at = "
                      "pg_catalog.clock_timestamp() WHERE id = $1",
                      values, stop));
}

std::vector<std::string> old_runs(Connection& session, const std::string& document, std::size_t kept,
                                  const std::stop_token& stop) {
  const std::array<Parameter, 2> values{document, std::to_string(kept)};
  const Result found = session.execute(
      "SELECT id FROM leat_meta.runs WHERE document = $1 ORDER BY id DESC OFFSET $2::pg_catalog.int8", values,
      stop);
  std::vector<std::string> ids;
  for (std::size_t i = found.rows(); i > 0; --i) ids.emplace_back(found.text(i - 1, 0));
  return ids;
}

void forget_jobs(Connection& session, const std::string& id, const std::stop_token& stop) {
  const std::string prefix = job_prefix(id);
  const std::array<Parameter, 2> range{prefix, prefix.substr(0, prefix.size() - 1) + '0'};
  // Those that are in the middle of something have more than rows.
  const Result open = session.execute(
      "SELECT name FROM leat_meta.jobs WHERE name >= $1 AND name < $2 AND state <> 'done'", range, stop);
  for (std::size_t i = 0; i < open.rows(); ++i) {
    static_cast<void>(forget_job(session, std::string(open.text(i, 0)), stop));
  }
  in_transaction(session, stop, [&] {
    for (const char* const table : {"job_ledger", "job_slices", "job_rejects"}) {
      static_cast<void>(session.execute(
          std::string("DELETE FROM leat_meta.") + table + " WHERE job >= $1 AND job < $2", range, stop));
    }
    static_cast<void>(
        session.execute("DELETE FROM leat_meta.jobs WHERE name >= $1 AND name < $2", range, stop));
  });
}

void forget_run(Connection& session, const std::string& id, const std::stop_token& stop) {
  const std::array<Parameter, 1> own{id};
  static_cast<void>(session.execute("DELETE FROM leat_meta.runs WHERE id = $1", own, stop));
}

}  // namespace leat::runs_detail
