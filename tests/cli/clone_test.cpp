// A whole database by one command: what arrives, what is refused, and what is said.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "clone_databases.hpp"
#include "clone_source.hpp"
#include "support/catch.hpp"
#include "support/own_directory.hpp"

using namespace leat::test;

TEST_CASE("clone: all kinds of things arrive as pg_dump and pg_restore bring them", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases(one_of_each_kind);
  server().psql("postgres", "ALTER DATABASE clone_src SET work_mem = '5MB'");
  const Outcome outcome = run_leat(clone_words({"--jobs", "3", "--verify", "--output", "json"}));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  check_equal_clone();
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report["status"] == "done");
  CHECK(report["large_objects"] == 3);
  CHECK(report["tables_failed"] == 0);
  CHECK(report["continued"] == false);
  const std::string left_out = report["left_out"].dump();
  CHECK(has(left_out, "ALTER DATABASE clone_src SET work_mem=5MB"));
  CHECK(has(left_out, "clone_owner"));
  // Planned well: all tables have been analyzed.
  CHECK(server().psql("clone_dst", "SELECT reltuples FROM pg_class WHERE relname = 'orders'") == "5000\n");
  CHECK(server().psql("clone_dst", "SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'totals'") == "t\n");
}

TEST_CASE("clone: a target with tables of its own is refused, and so is what another clone has begun",
          "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases("CREATE TABLE t (id int)");
  server().psql("clone_dst", "CREATE TABLE mine (id int)");
  const Outcome outcome = run_leat(clone_words());
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.err, "the target is not empty: it has public.mine"));
  CHECK(server().psql("clone_dst", "SELECT count(*) FROM pg_class WHERE relname IN ('t', 'clones')") ==
        "0\n");
  const Outcome plan = run_leat(clone_words({"--dry-run"}));
  CHECK(plan.exit_code == 4);
  CHECK(has(plan.out, "target_not_empty"));
  CHECK(has(plan.out, "this clone would not start"));
}

TEST_CASE(
    "clone: into a database of a role that is no superuser, with an event trigger of one and a collation "
    "in pg_catalog",
    "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  server().psql("postgres", "ALTER ROLE clone_owner LOGIN; ALTER DATABASE clone_dst OWNER TO clone_owner");
  server().psql("clone_dst",
                "GRANT ALL ON SCHEMA public TO clone_owner; CREATE COLLATION pg_catalog.leat_taken_in FROM "
                "\"C\"; CREATE FUNCTION hears() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; ALTER "
                "EXTENSION plpgsql ADD FUNCTION hears(); CREATE EVENT TRIGGER listens ON ddl_command_end "
                "EXECUTE FUNCTION hears()");
  const std::string target = "host=" + server().socket_dir() + " port=" + std::to_string(server().port()) +
                             " user=clone_owner dbname=clone_dst";
  const Outcome outcome = run_leat(
      {"clone", "--source", server().uri("clone_src"), "--target", target, "--no-owner", "--no-privileges"});
  server().psql("postgres", "ALTER ROLE clone_owner NOLOGIN");
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(server().psql("clone_dst",
                      "SELECT count(*), (SELECT string_agg(evtname || ' ' || evtenabled::text, ',') FROM "
                      "pg_event_trigger), (SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta') "
                      "FROM t") == "1|listens O|0\n");
}

TEST_CASE("clone: a pg_dump that is older than the source is refused before anything is changed",
          "[cli][server]") {
  make_clone_databases("CREATE TABLE t (id int)");
  const OwnDirectory programs;
  const std::string directory = programs.path().string();
  for (const std::string name : {"pg_dump", "pg_restore"}) {
    programs.write(name, "#!/bin/sh\necho '" + name + " (PostgreSQL) 11.22'\n");
  }
  const Outcome by_option = run_leat(clone_words({"--pg-bin", directory}));
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", (directory + ":" + before).c_str(), 1);
  const Outcome by_path = run_leat(clone_words());
  ::setenv("PATH", before.c_str(), 1);
  const std::string needed =
      std::to_string(std::atoi(server().psql("postgres", "SHOW server_version_num").c_str()) / 10000);
  for (const Outcome& outcome : {by_option, by_path}) {
    CHECK(outcome.exit_code == 2);
    CHECK(has(outcome.err, "is of version 11"));
    CHECK(has(outcome.err, "pg_dump of version " + needed + " or newer is needed"));
    CHECK(has(outcome.err, "--pg-bin"));
  }
  CHECK(server().psql("clone_dst", "SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0\n");
  const Outcome nowhere = run_leat(clone_words({"--pg-bin", directory + "/none"}));
  CHECK(nowhere.exit_code == 2);
  CHECK(has(nowhere.err, "--pg-bin: there is no program pg_dump"));
}

TEST_CASE("clone: roles that the target lacks are told before it begins", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases(
      "CREATE TABLE t (id int); ALTER TABLE t OWNER TO clone_owner; GRANT SELECT ON t TO clone_reader; "
      "INSERT "
      "INTO t VALUES (1)");
  const PrivateServer other;
  other.create_database("clone_dst");
  const Words words{"clone", "--source", server().uri("clone_src"), "--target", other.uri("clone_dst")};
  const Outcome refused = run_leat(words);
  CHECK(refused.exit_code == 4);
  CHECK(has(refused.err, "the target has no role clone_owner, clone_reader"));
  CHECK(other.psql("clone_dst", "SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0\n");
  CHECK(run_leat(joined(words, {"--no-owner"})).exit_code == 4);
  const Outcome outcome = run_leat(joined(words, {"--no-owner", "--no-privileges"}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(other.psql("clone_dst",
                   "SELECT tableowner, (SELECT count(*) FROM t) FROM pg_tables WHERE tablename = "
                   "'t'") == "leat|1\n");
}

TEST_CASE("clone: no password stands on a command line", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases(gated());
  const GateHolder holder;
  const std::string target = "host=" + server().socket_dir() + " port=" + std::to_string(server().port()) +
                             " user=leat dbname=clone_dst password=hush-hush";
  RunningCommand running({"clone", "--source", server().uri("clone_src"), "--target", target, "--jobs", "1"});
  wait_until_restore_is_gated();
  const auto programs = programs_at_work();
  CHECK_FALSE(programs.empty());
  for (const auto& line : programs) CHECK_FALSE(has(line, "hush"));
  holder.let_go();
  CHECK(running.wait().exit_code == 0);
}

TEST_CASE("clone: what pg_dump says is in leat's log, and a report that is lost is told", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  const OwnDirectory programs;
  for (const std::string name : {"pg_dump", "pg_restore"}) {
    std::string path = shell("command -v " + name);
    path.erase(path.find_last_not_of('\n') + 1);
    programs.write(name, "#!/bin/sh\n[ \"$1\" = --version ] || echo '" + name +
                             ": warning: something odd of " + name + "' >&2\nexec " + path + " \"$@\"\n");
  }
  const Outcome outcome = run_leat(clone_words({"--pg-bin", programs.path().string()}), {.out = Sink::full});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 9);
  CHECK(has(outcome.err, "warning pg_dump: warning: something odd of pg_dump"));
  CHECK(has(outcome.err, "warning pg_restore: warning: something odd of pg_restore"));
  CHECK(has(outcome.err, "the clone stands"));
  CHECK(server().psql("clone_dst", "SELECT count(*) FROM t") == "1\n");
}
