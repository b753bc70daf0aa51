// Jobs with names, as `leat jobs` shows and forgets them.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

Outcome jobs(const Words& more) {
  return run_leat(joined(joined({"jobs"}, more), {"--target", server().uri("dst")}));
}

/// The ledger's tables as version 1 has them, and three jobs.
void make_jobs() {
  make_anew();
  dst("CREATE SCHEMA leat_meta; "
      "CREATE TABLE leat_meta.layouts (part text PRIMARY KEY, version int); "
      "INSERT INTO leat_meta.layouts VALUES ('ledger', 1); "
      "CREATE TABLE leat_meta.jobs (name text COLLATE \"C\" PRIMARY KEY, id int8 GENERATED ALWAYS AS "
      "IDENTITY, description jsonb, description_hash text, state text, run int8, epoch int8, lease_until "
      "timestamptz, holder text, source_snapshot text, staging text, discarded text[] NOT NULL DEFAULT '{}', "
      "consistent bool NOT NULL DEFAULT true, has_plan bool NOT NULL DEFAULT true, created_at timestamptz "
      "DEFAULT now(), acquired_at timestamptz, finished_at timestamptz, error text, report jsonb); "
      "CREATE TABLE leat_meta.job_slices (job text, run int8, slice int8, definition jsonb, PRIMARY KEY "
      "(job, "
      "run, slice)); "
      "CREATE TABLE leat_meta.job_ledger (job text, run int8, slice int8, epoch int8, rows int8, bytes int8, "
      "committed_at timestamptz, PRIMARY KEY (job, run, slice)); "
      "CREATE TABLE leat_meta.job_sessions (job text, epoch int8, pid int4, backend_start timestamptz); "
      "CREATE TABLE leat_meta.stage_1_2 (a int); "
      "INSERT INTO leat_meta.jobs (name, description, state, run, epoch, lease_until, holder, staging) "
      "VALUES "
      "('it''s Ω', '{\"mode\": \"replace\"}', 'running', 2, 3, now() - interval '1 s', 'host db1', "
      "'stage_1_2'), "
      "('live', '{}', 'running', 1, 1, now() + interval '1 hour', 'host db2', NULL); "
      "INSERT INTO leat_meta.jobs (name, description, state, run, epoch, holder, finished_at, report) VALUES "
      "('over', '{}', 'done', 1, 1, 'host db1', now(), '{\"rows_read\": 7}'); "
      "INSERT INTO leat_meta.job_slices SELECT 'it''s Ω', 2, i, '{}' FROM generate_series(1, 10) i; "
      "INSERT INTO leat_meta.job_ledger SELECT 'it''s Ω', 2, i, 1, 100, 1024 FROM generate_series(1, 4) i");
  // This session stays, and so the job lives that it works for.
  dst("INSERT INTO leat_meta.job_sessions SELECT 'live', 1, pid, backend_start FROM pg_stat_activity WHERE "
      "pid = "
      "pg_backend_pid()");
}

}  // namespace

TEST_CASE("command: jobs, where no job has a name", "[server]") {
  make_anew();
  const Outcome list = jobs({"list"});
  CHECK(list.exit_code == 0);
  CHECK(list.out == "no jobs\n");
  CHECK(json::parse(jobs({"list", "--output", "json"}).out) == json{{"jobs", json::array()}});
  const Outcome unknown = jobs({"show", "it's Ω"});
  CHECK(unknown.exit_code == 2);
  CHECK(has(unknown.err, "there is no job \"it's Ω\" in "));
  CHECK(dst("SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0\n");
}

TEST_CASE("command: jobs list tells what each is doing and how far it is", "[server]") {
  make_jobs();
  const Outcome list = jobs({"list"});
  CHECK(list.exit_code == 0);
  CHECK(has(list.out, "it's Ω: interrupted, 4 of 10 slices, 400 rows, 4"));
  CHECK(has(list.out, "live: running, 0 of 0 slices, 0 rows, "));
  CHECK(has(list.out, ", host db2\n"));
  CHECK(has(list.out, "over: done, "));
  const auto report = json::parse(jobs({"list", "--output", "json"}).out);
  REQUIRE(report["jobs"].size() == 3);
  CHECK(report["jobs"][0]["name"] == "it's Ω");
  CHECK(report["jobs"][0]["status"] == "interrupted");
  CHECK(report["jobs"][0]["slices_done"] == 4);
  CHECK(report["jobs"][0]["staging"] == "leat_meta.stage_1_2");
  CHECK(report["jobs"][1]["status"] == "running");
  CHECK(report["jobs"][1]["finished_at"].is_null());
  CHECK(report["jobs"][2]["report"]["rows_read"] == 7);
}

TEST_CASE("command: jobs show tells all of one", "[server]") {
  make_jobs();
  const Outcome show = jobs({"show", "it's Ω"});
  CHECK(show.exit_code == 0);
  CHECK(has(show.out, "status: interrupted"));
  CHECK(has(show.out, "run: 2, attempt 3"));
  CHECK(has(show.out, "last held by: host db1"));
  CHECK(has(show.out, "command: {\"mode\": \"replace\"}"));
  const auto one = json::parse(jobs({"show", "it's Ω", "--output", "json"}).out);
  CHECK(one["description"]["mode"] == "replace");
  CHECK(one["bytes"] == 4096);
}

TEST_CASE("command: jobs forget removes a job and its staging table, but none that is at work", "[server]") {
  make_jobs();
  const Outcome refused = jobs({"forget", "live"});
  CHECK(refused.exit_code == 4);
  CHECK(has(refused.err, "55006"));
  CHECK(has(refused.err, "job \"live\" is at work: host db2 has it until "));
  const Outcome forgotten = jobs({"forget", "it's Ω"});
  CHECK(forgotten.exit_code == 0);
  CHECK(has(forgotten.out, "forgotten: it's Ω: "));
  CHECK(has(forgotten.out, "dropped: leat_meta.stage_1_2\n"));
  CHECK(dst("SELECT to_regclass('leat_meta.stage_1_2') IS NULL, (SELECT count(*) FROM leat_meta.job_ledger), "
            "(SELECT count(*) FROM leat_meta.jobs)") == "t|0|2\n");
  CHECK(jobs({"forget", "it's Ω"}).exit_code == 2);
}

TEST_CASE("command: jobs is told what it lacks", "[server]") {
  CHECK(run_leat({"jobs", "list"}).exit_code == 2);
  CHECK(jobs({"show"}).exit_code == 2);
  CHECK(has(jobs({"forget"}).err, "jobs forget takes a job's name"));
  CHECK(jobs({"list", "x"}).exit_code == 2);
  CHECK(jobs({"end", "x"}).exit_code == 2);
  CHECK(run_leat({"help", "jobs"}).exit_code == 0);
}
