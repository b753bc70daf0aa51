// A clone that is ended early, by whatever: the same command again goes on.
#include <signal.h>

#include <array>
#include <nlohmann/json.hpp>
#include <random>

#include "clone_databases.hpp"
#include "clone_source.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "waits.hpp"

using namespace leat::test;

namespace {

/// Waits for an answer of the target.
void wait_in_target(const std::string& sql, const std::string& wanted) {
  wait_until([&] { return server().psql("clone_dst", sql) == wanted + "\n"; });
}

}  // namespace

TEST_CASE("clone: killed while rows come, the same command goes on with the other tables", "[cli][server]") {
  if (!pg_dump_fits()) return;
  std::string sql;
  for (int i = 1; i <= 6; ++i) {
    const std::string table = "t" + std::to_string(i);
    sql += "CREATE TABLE " + table + " (id int PRIMARY KEY, v text); INSERT INTO " + table +
           " SELECT i, repeat('v', 100) FROM generate_series(1, 20000) i; ";
  }
  make_clone_databases(sql + "CREATE SEQUENCE s; SELECT setval('s', 5); SELECT lo_from_bytea(7, 'abc')");
  {
    RunningCommand running(clone_words({"--jobs", "1", "--max-rate", "2MiB/s"}));
    wait_in_target(
        "SELECT CASE WHEN to_regclass('leat_meta.clone_tables') IS NULL THEN false ELSE "
        "(xpath('//c/text()', query_to_xml('SELECT count(*) >= 2 AS c FROM leat_meta.clone_tables', "
        "false, true, '')))[1]::text = 'true' END",
        "t");
    running.send(SIGKILL);
    CHECK(running.wait().exit_code == 128 + SIGKILL);
  }
  // One of the tables that stand has lost rows since.
  server().psql("clone_dst", "DELETE FROM t1 WHERE id > 100; DELETE FROM t6 WHERE id > 100");
  const Outcome other = run_leat(clone_words({"--no-owner"}));
  CHECK(other.exit_code == 2);
  CHECK(has(other.err, "has other options"));
  const Outcome outcome = run_leat(clone_words({"--output", "json"}));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  check_equal_clone();
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report["continued"] == true);
  CHECK(report["consistent"] == false);
  CHECK(report["tables_before"].get<int>() >= 1);
  CHECK(report["tables_before"].get<int>() + report["tables_copied"].get<int>() == 6);
}

TEST_CASE("clone: definitions that have changed since the first run are told", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases(gated());
  server().psql("clone_src",
                "ALTER TABLE b DROP CONSTRAINT b_a_fkey; INSERT INTO b VALUES (0, 0); ALTER TABLE "
                "b ADD FOREIGN KEY (a) REFERENCES a NOT VALID");
  // The key is not checked there either.
  Outcome outcome = run_leat(clone_words());
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  make_clone_databases(gated());
  server().psql("clone_src", "UPDATE a SET v = 'same'");
  server().psql("clone_src", "UPDATE pg_index SET indisunique = true WHERE indexrelid = 'a_v'::regclass");
  outcome = run_leat(clone_words());
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.err, "pg_restore has ended with exit code 1"));
  CHECK(has(outcome.err, "a_v"));
  server().psql("clone_src", "ALTER TABLE a ADD c int");
  outcome = run_leat(clone_words());
  CHECK(outcome.exit_code == 3);
  CHECK(has(outcome.err, "definitions have changed since this clone began"));
  // As they were, it goes on.
  server().psql("clone_src",
                "ALTER TABLE a DROP c; UPDATE pg_index SET indisunique = false WHERE indexrelid = "
                "'a_v'::regclass");
  outcome = run_leat(clone_words());
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(dump_of("clone_dst", "-s") == dump_of("clone_src", "-s"));
}

TEST_CASE("clone: ended while pg_restore works, it leaves no process, and goes on", "[cli][server]") {
  if (!pg_dump_fits()) return;
  for (const int signal : {SIGTERM, SIGINT, SIGKILL}) {
    INFO("signal " << signal);
    make_clone_databases(gated());
    const GateHolder holder;
    RunningCommand running(clone_words({"--jobs", "2"}));
    wait_until_restore_is_gated();
    running.send(signal);
    const Outcome outcome = running.wait();
    CHECK(outcome.exit_code == 128 + signal);
    if (signal != SIGKILL) {
      CHECK(programs_at_work().empty());
      CHECK(has(outcome.err, "the clone was stopped; what is done stays, and the same command goes on"));
    }
    wait_until_programs_have_ended();
    wait_for(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = 'clone_dst' AND application_name LIKE "
        "'leat clone%'",
        "0");
    holder.let_go();
    const Outcome again = run_leat(clone_words());
    INFO(again.err);
    CHECK(again.exit_code == 0);
    check_equal_clone();
  }
}

TEST_CASE("clone: ended at any moment, the same command again ends with all that there is", "[cli][server]") {
  if (!pg_dump_fits()) return;
  const RandomRun run(60, 4);
  std::mt19937 random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    make_clone_databases(one_of_each_kind);
    std::string said;
    std::string told;
    int code = -1;
    // It grows: a slow machine does nothing that lasts in a short time.
    int longest = 900;
    for (int attempt = 0; attempt < 40 && code != 0; ++attempt) {
      const int signal = std::array{SIGKILL, SIGTERM, SIGINT}[random() % 3];
      RunningCommand running(clone_words({"--log-level", "info", "--jobs", random() % 2 == 0 ? "8" : "2"}));
      const std::chrono::milliseconds time(random() % static_cast<unsigned>(longest));
      static_cast<void>(comes_true([&running] { return running.has_ended(); }, time));
      longest += longest / 7;
      running.send(signal);
      const Outcome outcome = running.wait();
      code = outcome.exit_code;
      said += "signal " + std::to_string(signal) + ", exit code " + std::to_string(code) + ": " + outcome.err;
      INFO("round " << round << ": " << said);
      // All was told, and what the target knew of it was gone, when the signal of some earlier attempt came.
      if (code == 4 && has(outcome.err, "the target is not empty") && has(told, "\ncloned: ")) code = 0;
      told += outcome.out;
      CHECK((code == 0 || code == 128 + signal));
    }
    INFO("round " << round << ": " << said);
    CHECK(code == 0);
    wait_until_programs_have_ended();
    check_equal_clone();
  }
}
