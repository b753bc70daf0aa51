// Indexes that a load drops and makes again, and what is left of a command that was killed.
#include <poll.h>
#include <signal.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "support/catch.hpp"
#include "support/private_server.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

using Words = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

PrivateServer& server() {
  static PrivateServer instance;
  static const bool created = [] {
    instance.create_database("src");
    instance.create_database("dst");
    return true;
  }();
  static_cast<void>(created);
  return instance;
}

std::string dst(const std::string& sql) {
  return server().psql("dst", sql);
}

const std::string objects =
    "SELECT indexdef FROM pg_indexes WHERE tablename = 't' ORDER BY 1; "
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY 1";

void make_tables() {
  for (const char* database : {"src", "dst"}) {
    server().psql(database,
                  "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public; "
                  "DROP SCHEMA IF EXISTS leat_meta CASCADE; CREATE TABLE t (id int PRIMARY KEY, v text)");
  }
  server().psql("src", "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 1000) i");
  dst("CREATE INDEX \"Odd i\" ON t (lower(v)); ALTER TABLE t ADD CONSTRAINT u UNIQUE (v); "
      "INSERT INTO t VALUES (-1, 'old')");
}

Words copy(const Words& more) {
  Words words{"copy-table", "--source", server().uri("src"), "--target", server().uri("dst"), "--from", "t"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Words repair(const Words& more = {}) {
  Words words{"repair", "--target", server().uri("dst")};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void wait_for(const std::string& sql) {
  for (int i = 0; i < 4000 && dst(sql) != "t\n"; ++i) ::poll(nullptr, 0, 5);
  REQUIRE(dst(sql) == "t\n");
}

const std::string loads =
    "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'leat' AND datname = 'dst' AND query "
    "LIKE 'COPY%'";

/// A load that has dropped what it drops, and waits for rows.
std::unique_ptr<RunningCommand> start_hanging_load() {
  auto load = std::make_unique<RunningCommand>(
      Words{"query", "--source", server().uri("src"), "--target", server().uri("dst"), "--to", "t", "--mode",
            "append", "--indexes", "rebuild", "--sql",
            "SELECT i AS id, 'v' || i AS v FROM generate_series(1, 20000) i WHERE i <= 15000 OR "
            "pg_sleep(600) IS NULL"});
  wait_for(loads);
  return load;
}

/// Those of loads that were killed, and still read.
void end_readers() {
  server().psql("src",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'src' AND "
                "application_name = 'leat'");
}

/// Ends it as a crash of the machine would; returns when both servers have noticed.
void kill(RunningCommand& load) {
  load.send(SIGKILL);
  CHECK(load.wait().exit_code == 128 + SIGKILL);
  end_readers();
  wait_for("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'leat'");
}

}  // namespace

TEST_CASE("command: --indexes rebuild tells what it does, before and after", "[server]") {
  make_tables();
  const std::string before = dst(objects);
  const Outcome plan = run_leat(copy({"--indexes", "rebuild", "--dry-run"}));
  CHECK(plan.exit_code == 0);
  CHECK(has(plan.out, "DROP INDEX public.\"Odd i\";"));
  CHECK(has(plan.out,
            "note: indexes are rebuilt (that is what was asked for): 1 index and 1 unique constraint"));
  CHECK(dst(objects) == before);
  const Outcome done = run_leat(copy({"--indexes", "rebuild"}));
  CHECK(done.exit_code == 0);
  CHECK(has(done.out, "note: index \"Odd i\" was dropped, and made again in "));
  CHECK(dst(objects) == before);
  const Outcome small = run_leat(copy({"--indexes", "auto", "--dry-run"}));
  CHECK(has(small.out, "note: indexes are kept: "));
  CHECK(run_leat(copy({"--indexes", "sometimes"})).exit_code == 2);
}

TEST_CASE("command: repair, where nothing is missing or no target is named", "[server]") {
  make_tables();
  const Outcome done = run_leat(repair());
  CHECK(done.exit_code == 0);
  CHECK(has(done.out, "nothing is missing"));
  CHECK(run_leat({"repair"}).exit_code == 2);
  CHECK(run_leat(repair({"--table", "nowhere"})).exit_code == 4);
  CHECK(has(run_leat({"help", "repair"}).out, "--table"));
}

TEST_CASE("command: repair leaves a load at work alone, and brings back what a killed one left", "[server]") {
  make_tables();
  const std::string before = dst(objects);
  const auto load = start_hanging_load();
  const Outcome busy = run_leat(repair({"--output", "json"}));
  CHECK(busy.exit_code == 4);
  CHECK(json::parse(busy.out).at("objects").at(0).at("outcome") == "in_use");
  const std::string told = run_leat(repair()).out;
  CHECK(has(told, "public.t: in use\n"));
  CHECK(told.find("in use") == told.rfind("in use"));
  CHECK(has(told, "hint: that run brings them back: wait for its end."));
  CHECK(has(told, "pg_terminate_backend("));
  CHECK(has(told, "2 in the record, 2 still missing"));
  // Its session may still be there.
  load->send(SIGKILL);
  CHECK(load->wait().exit_code == 128 + SIGKILL);
  CHECK(dst(objects) != before);
  CHECK(dst("SELECT count(*) FROM t") == "1\n");
  const Outcome done = run_leat(repair({"--table", "public.t"}));
  CHECK(done.exit_code == 0);
  CHECK(has(done.out, "public.t: index \"Odd i\": restored in "));
  CHECK(has(done.out, "2 in the record, 0 still missing"));
  CHECK(dst(objects) == before);
  end_readers();
}

TEST_CASE("command: the run after a killed one brings back what that has left", "[server]") {
  make_tables();
  const std::string before = dst(objects);
  kill(*start_hanging_load());
  CHECK(dst(objects) != before);
  const Outcome check =
      run_leat({"check", "--source", server().uri("src"), "--target", server().uri("dst"), "--from", "t"});
  CHECK(has(check.out, "indexes_missing"));
  const Outcome done = run_leat(copy({"--mode", "append"}));
  CHECK(done.exit_code == 0);
  CHECK(has(done.out, "which an earlier run had dropped, was made again in "));
  CHECK(dst(objects) == before);
  CHECK(dst("SELECT count(*) FROM t") == "1001\n");
}

TEST_CASE("command: a row that breaks what was dropped is an error of the target", "[server]") {
  make_tables();
  const std::string before = dst(objects);
  server().psql("src", "UPDATE t SET v = 'v1' WHERE id = 2");
  const Outcome failed = run_leat(copy({"--indexes", "rebuild", "--output", "json"}));
  CHECK(failed.exit_code == 4);
  CHECK(json::parse(failed.out).at("sqlstate") == "23505");
  CHECK(has(failed.err, "unique constraint u of public.t could not be made again"));
  CHECK(dst(objects) == before);
  CHECK(dst("SELECT count(*) FROM t") == "1\n");
}
