// Jobs with names, as `leat jobs` shows and forgets them.
#include <signal.h>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"
#include "waits.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

Outcome jobs(const Words& more, Sinks sinks = {}) {
  return run_leat(at_target(joined({"jobs"}, more)), sinks);
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

TEST_CASE("command: a job of many tables is told by the names of theirs", "[server]") {
  make_anew("CREATE TABLE t (id int)");
  src("CREATE TABLE u (id int)");
  dst("CREATE TABLE u (id int)");
  REQUIRE(run_leat(command("copy-tables", {"--include", "public.*", "--job", "nightly"})).exit_code == 0);
  const Outcome group = jobs({"show", "nightly"});
  CHECK(group.exit_code == 2);
  CHECK(has(group.err, "each of its tables has a job of its own, such as nightly/public.t"));
  CHECK(has(jobs({"show", "nightly/public.tt"}).err, "did you mean nightly/public.t?"));
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
  CHECK(has(show.out, "  mode: replace\n"));
  CHECK(has(show.out, "  staging table: leat_meta.stage_1_2\n"));
  CHECK_FALSE(has(show.out, "{"));
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

TEST_CASE("command: jobs show tells command and report in words", "[server]") {
  make_jobs();
  dst("UPDATE leat_meta.jobs SET description = '{\"from\": \"sales.orders\", \"to\": \"gone\", \"mode\": "
      "\"upsert\", \"key\": [\"a\", \"b\"], \"columns\": [], \"rename\": {\"x\": \"y\"}, \"row_hook\": "
      "false, "
      "\"triggers\": \"fire\", \"published\": true, \"source\": \"db1\", \"source_database\": \"123\"}', "
      "report = "
      "'{\"rows_read\": 7, \"rows_written\": 6, \"rows_unchanged\": 1, \"remarks\": [\"all is well\"]}' "
      "WHERE "
      "name = 'over'");
  const Outcome show = jobs({"show", "over"});
  CHECK(show.exit_code == 0);
  CHECK(has(show.out, "  source: db1: sales.orders\n"));
  CHECK(has(show.out, "  target table: gone, which is gone\n"));
  CHECK(has(show.out, "  mode: upsert\n  key: a, b\n"));
  CHECK(has(show.out, "  rename: x=y\n"));
  CHECK(has(show.out, "  report: 7 rows read, 6 written, 1 unchanged\n  note: all is well\n"));
  CHECK_FALSE(has(show.out, "{"));
  CHECK_FALSE(has(show.out, "row_hook"));
}

TEST_CASE("command: jobs says nothing of tables that are gone but that they are", "[server]") {
  make_jobs();
  dst("DROP TABLE leat_meta.stage_1_2; CREATE TABLE here (id int); "
      "UPDATE leat_meta.jobs SET description = '{\"to\": \"public.gone\"}' WHERE name = 'over'; "
      "UPDATE leat_meta.jobs SET description = '{\"to\": \"here\"}' WHERE name = 'live'");
  const Outcome list = jobs({"list"});
  CHECK(has(list.out, "; its table is gone\n"));
  const auto all = json::parse(jobs({"list", "--output", "json"}).out)["jobs"];
  CHECK(all[0]["staging"].is_null());
  CHECK(all[0]["target_exists"].is_null());
  CHECK(all[1]["target_exists"] == true);
  CHECK(all[2]["target_exists"] == false);
  CHECK_FALSE(has(jobs({"show", "it's Ω"}).out, "staging"));
  CHECK_FALSE(has(jobs({"forget", "it's Ω"}).out, "dropped"));
}

TEST_CASE("command: a job that was stopped is no job that failed", "[server]") {
  make_jobs();
  dst("UPDATE leat_meta.jobs SET state = 'failed', error = 'stopped', lease_until = NULL WHERE name = 'it''s "
      "Ω'; "
      "UPDATE leat_meta.jobs SET state = 'failed', error = 'disk full', finished_at = NULL WHERE name = "
      "'over'");
  const Outcome list = jobs({"list"});
  INFO(list.out);
  CHECK(has(list.out, "it's Ω: stopped, 4 of 10 slices, 400 rows, 4"));
  CHECK_FALSE(has(list.out, ", stopped\n"));
  CHECK(has(list.out, "over: failed, 0 of 0 slices, 0 rows, 0 B, disk full\n"));
  CHECK(has(jobs({"show", "it's Ω"}).out, "  status: stopped\n"));
  CHECK_FALSE(has(jobs({"show", "it's Ω"}).out, "error"));
  CHECK(json::parse(jobs({"show", "it's Ω", "--output", "json"}).out)["status"] == "stopped");
}

TEST_CASE("command: jobs forget --done removes the jobs that are done since so long", "[server]") {
  make_jobs();
  dst("INSERT INTO leat_meta.jobs (name, description, description_hash, state, run, epoch, holder, "
      "finished_at) "
      "VALUES ('old', '{}', '', 'done', 1, 1, '', now() - interval '31 days'), ('older', '{}', '', 'done', "
      "1, 1, "
      "'', now() - interval '90 days')");
  const Outcome dry = jobs({"forget", "--done", "--older-than", "30d", "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK(has(dry.out, "would be forgotten: old: done"));
  CHECK(has(dry.out, "would be forgotten: older: done"));
  CHECK(has(dry.out, "dry run: nothing was changed\n"));
  CHECK_FALSE(has(dry.out, "over"));
  CHECK(dst("SELECT count(*) FROM leat_meta.jobs") == "5\n");
  const auto forgotten =
      json::parse(jobs({"forget", "--done", "--older-than", "30 d", "--output", "json"}).out)["jobs"];
  CHECK(forgotten.size() == 2);
  CHECK(dst("SELECT string_agg(name, ',' ORDER BY name) FROM leat_meta.jobs") == "it's Ω,live,over\n");
  CHECK(has(jobs({"forget", "--done"}).out, "forgotten: over: done"));
  CHECK(jobs({"forget", "--done"}).out == "no jobs\n");
  CHECK(dst("SELECT string_agg(name, ',' ORDER BY name) FROM leat_meta.jobs") == "it's Ω,live\n");
  const Outcome one = jobs({"forget", "it's Ω", "--dry-run"});
  CHECK(has(one.out, "would be dropped: leat_meta.stage_1_2\n"));
  CHECK(dst("SELECT count(*) FROM leat_meta.jobs") == "2\n");
}

TEST_CASE("command: jobs watch tells what changes until nobody works", "[server]") {
  make_jobs();
  SECTION("one that is done") {
    const Outcome watch = jobs({"watch", "over"});
    CHECK(watch.exit_code == 0);
    CHECK(has(watch.out, "over: done, "));
  }
  SECTION("one that nobody works on") {
    const Outcome watch = jobs({"watch", "it's Ω"});
    CHECK(watch.exit_code == 4);
    CHECK(has(watch.out, "it's Ω: interrupted, 4 of 10 slices"));
    CHECK(json::parse(jobs({"watch", "it's Ω", "--output", "json"}).out)["status"] == "interrupted");
  }
  SECTION("all") {
    dst("DELETE FROM leat_meta.jobs WHERE name = 'live'");
    const Outcome watch = jobs({"watch"});
    CHECK(watch.exit_code == 0);
    CHECK(has(watch.out, "it's Ω: interrupted"));
    CHECK(has(watch.out, "over: done"));
  }
  SECTION("none of that name") {
    CHECK(jobs({"watch", "nothing"}).exit_code == 2);
  }
}

TEST_CASE("command: jobs watch ends when nobody reads what it prints", "[server]") {
  make_jobs();
  const auto [out, reason] = GENERATE(
      table<Sink, std::string>({{Sink::broken_pipe, "Broken pipe"}, {Sink::closed, "Bad file descriptor"}}));
  // As text it has written something then, as JSON nothing yet; and the job that it watches goes on.
  for (const Words& words :
       {Words{"watch", "live"}, Words{"watch"}, Words{"watch", "live", "--output", "json"}}) {
    const Outcome watch = jobs(words, {.out = out});
    CHECK(watch.exit_code == 9);
    CHECK(has(watch.err, "leat: standard output cannot be written: " + reason));
  }
  const Outcome full = jobs({"watch", "live"}, {.out = Sink::full});
  CHECK(full.exit_code == 9);
  CHECK(has(full.err, "No space left on device"));
  // Of a job that is not done the exit code tells that.
  CHECK(jobs({"watch", "it's Ω"}, {.out = out}).exit_code == 4);
  CHECK(has(jobs({"list"}).out, "live: running, "));
}

TEST_CASE("command: jobs watch hears a stop while nobody reads what it prints", "[server]") {
  make_jobs();
  RunningCommand running(at_target({"jobs", "watch", "live"}), {.out = Sink::stuck_pipe});
  wait_until_asleep(running);
  running.send(SIGTERM);
  CHECK(running.wait(promised(std::chrono::seconds(2))).exit_code == 128 + SIGTERM);
}

TEST_CASE("command: jobs is told what it lacks", "[server]") {
  CHECK(jobs({"list", "--done"}).exit_code == 2);
  CHECK(jobs({"show", "x", "--dry-run"}).exit_code == 2);
  CHECK(jobs({"forget", "x", "--done"}).exit_code == 2);
  CHECK(jobs({"forget", "x", "--older-than", "3d"}).exit_code == 2);
  CHECK(jobs({"forget", "--done", "--older-than", "3 weeks"}).exit_code == 2);
  CHECK(run_leat({"jobs", "list"}).exit_code == 2);
  CHECK(jobs({"show"}).exit_code == 2);
  CHECK(has(jobs({"forget"}).err, "jobs forget takes a job's name"));
  CHECK(jobs({"list", "x"}).exit_code == 2);
  CHECK(jobs({"end", "x"}).exit_code == 2);
  CHECK(run_leat({"help", "jobs"}).exit_code == 0);
}
