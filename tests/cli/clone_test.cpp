// A whole database by one command: what arrives, what is refused, and how it goes on after any end.
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "clone_source.hpp"
#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;

namespace {

std::string shell(const std::string& line) {
  std::FILE* const pipe = ::popen((line + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), count);
  }
  ::pclose(pipe);
  return out;
}

std::string on_server(const std::string& sql) {
  return server().psql("postgres", sql);
}

/// What pg_dump prints of a database, without what differs each time.
std::string dump_of(const std::string& database, const std::string& options) {
  std::istringstream lines(shell("pg_dump " + options + " '" + server().uri(database) + "'"));
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")) out += line + "\n";
  }
  return out;
}

void check_equal_databases() {
  CHECK(dump_of("clone_dst", "-s") == dump_of("clone_src", "-s"));
  CHECK(dump_of("clone_dst", "-a -b") == dump_of("clone_src", "-a -b"));
  CHECK(server().psql("clone_dst", "SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0\n");
}

/// Whether the installed pg_dump reads this server.
bool pg_dump_fits() {
  const std::string version = shell("pg_dump --version");
  const auto at = version.find("(PostgreSQL) ");
  if (at == std::string::npos) return false;
  const int server_major = std::atoi(on_server("SHOW server_version_num").c_str()) / 10000;
  return std::atoi(version.c_str() + at + 13) >= server_major;
}

/// Makes both databases anew: the one with what `sql` makes, the other empty.
void make_databases(const std::string& sql) {
  for (const std::string name : {"clone_src", "clone_dst"}) {
    on_server("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    on_server("CREATE DATABASE " + name);
  }
  for (const std::string role : {"clone_owner", "clone_reader"}) {
    if (on_server("SELECT count(*) FROM pg_roles WHERE rolname = '" + role + "'") == "0\n") {
      on_server("CREATE ROLE " + role);
    }
  }
  server().psql("clone_src", sql);
}

Words clone_words(const Words& more = {}) {
  return joined({"clone", "--source", server().uri("clone_src"), "--target", server().uri("clone_dst")},
                more);
}

/// Command lines of pg_dump and pg_restore that work on these databases.
std::vector<std::string> programs_at_work() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    const std::string line{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (has(line, "dbname='clone_") && has(line, server().socket_dir())) found.push_back(line);
  }
  return found;
}

void wait_until_programs_have_ended() {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!programs_at_work().empty()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    ::poll(nullptr, 0, 5);
  }
}

/// Waits for an answer of the target.
void wait_in_target(const std::string& sql, const std::string& wanted) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (server().psql("clone_dst", sql) != wanted + "\n") {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    ::poll(nullptr, 0, 5);
  }
}

/// Holds the lock in the target until it is let go.
class GateHolder {
 public:
  GateHolder() : session_(::PQconnectdb(server().uri("clone_dst").c_str())) {
    run("SELECT pg_advisory_lock(77)");
  }
  GateHolder(const GateHolder&) = delete;
  GateHolder& operator=(const GateHolder&) = delete;
  ~GateHolder() { ::PQfinish(session_); }
  void let_go() const { run("SELECT pg_advisory_unlock(77)"); }

 private:
  void run(const char* sql) const {
    PGresult* const result = ::PQexec(session_, sql);
    const bool worked = ::PQresultStatus(result) == PGRES_TUPLES_OK;
    ::PQclear(result);
    REQUIRE(worked);
  }
  PGconn* session_;
};

/// An index that is made in the target only when this lock is free there.
const std::string gated =
    "CREATE FUNCTION gate(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM "
    "pg_catalog.pg_advisory_xact_lock_shared(77); RETURN i; END'; "
    "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int, a int REFERENCES a); "
    "INSERT INTO a SELECT i, 'v' || i FROM generate_series(1, 1000) i; INSERT INTO b SELECT i, i FROM "
    "generate_series(1, 1000) i; CREATE INDEX a_v ON a (v); CREATE INDEX b_gate ON b (gate(id)); "
    "CREATE PUBLICATION clone_pub FOR TABLE a; CREATE STATISTICS stat ON id, a FROM b";

}  // namespace

TEST_CASE("clone: all kinds of things arrive as pg_dump and pg_restore bring them", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_databases(one_of_each_kind);
  on_server("ALTER DATABASE clone_src SET work_mem = '5MB'");
  const Outcome outcome = run_leat(clone_words({"--jobs", "3", "--verify", "--output", "json"}));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  check_equal_databases();
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
  make_databases("CREATE TABLE t (id int)");
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

TEST_CASE("clone: a pg_dump that is older than the source is refused before anything is changed",
          "[cli][server]") {
  make_databases("CREATE TABLE t (id int)");
  std::string directory = (std::filesystem::temp_directory_path() / "leat-old-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  for (const std::string name : {"pg_dump", "pg_restore"}) {
    std::ofstream(directory + "/" + name) << "#!/bin/sh\necho '" << name << " (PostgreSQL) 11.22'\n";
    std::filesystem::permissions(directory + "/" + name, std::filesystem::perms::owner_all);
  }
  const Outcome by_option = run_leat(clone_words({"--pg-bin", directory}));
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", (directory + ":" + before).c_str(), 1);
  const Outcome by_path = run_leat(clone_words());
  ::setenv("PATH", before.c_str(), 1);
  const std::string needed = std::to_string(std::atoi(on_server("SHOW server_version_num").c_str()) / 10000);
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
  std::filesystem::remove_all(directory);
}

TEST_CASE("clone: roles that the target lacks are told before it begins", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_databases(
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

TEST_CASE("clone: killed while rows come, the same command goes on with the other tables", "[cli][server]") {
  if (!pg_dump_fits()) return;
  std::string sql;
  for (int i = 1; i <= 6; ++i) {
    const std::string table = "t" + std::to_string(i);
    sql += "CREATE TABLE " + table + " (id int PRIMARY KEY, v text); INSERT INTO " + table +
           " SELECT i, repeat('v', 100) FROM generate_series(1, 20000) i; ";
  }
  make_databases(sql + "CREATE SEQUENCE s; SELECT setval('s', 5); SELECT lo_from_bytea(7, 'abc')");
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
  check_equal_databases();
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report["continued"] == true);
  CHECK(report["consistent"] == false);
  CHECK(report["tables_before"].get<int>() >= 1);
  CHECK(report["tables_before"].get<int>() + report["tables_copied"].get<int>() == 6);
}

TEST_CASE("clone: definitions that have changed since the first run are told", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_databases(gated);
  server().psql("clone_src",
                "ALTER TABLE b DROP CONSTRAINT b_a_fkey; INSERT INTO b VALUES (0, 0); ALTER TABLE "
                "b ADD FOREIGN KEY (a) REFERENCES a NOT VALID");
  // The key is not checked there either.
  Outcome outcome = run_leat(clone_words());
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  make_databases(gated);
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
    make_databases(gated);
    const GateHolder holder;
    RunningCommand running(clone_words({"--jobs", "2"}));
    wait_for(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = 'clone_dst' AND wait_event_type = 'Lock' AND "
        "application_name = 'leat clone: pg_restore'",
        "1");
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
    check_equal_databases();
  }
}

TEST_CASE("clone: no password stands on a command line", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_databases(gated);
  const GateHolder holder;
  const std::string target = "host=" + server().socket_dir() + " port=" + std::to_string(server().port()) +
                             " user=leat dbname=clone_dst password=hush-hush";
  RunningCommand running({"clone", "--source", server().uri("clone_src"), "--target", target, "--jobs", "1"});
  wait_for(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = 'clone_dst' AND wait_event_type = 'Lock' AND "
      "application_name = 'leat clone: pg_restore'",
      "1");
  const auto programs = programs_at_work();
  CHECK_FALSE(programs.empty());
  for (const auto& line : programs) CHECK_FALSE(has(line, "hush"));
  holder.let_go();
  CHECK(running.wait().exit_code == 0);
}
