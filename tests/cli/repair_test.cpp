// Indexes that a load drops and makes again, and what is left of a command that was killed.
#include <signal.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "log_lines.hpp"
#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

const std::string objects =
    "SELECT indexdef FROM pg_indexes WHERE tablename = 't' ORDER BY 1; "
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY 1";

void make_indexed_tables() {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text)");
  src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 1000) i");
  dst("CREATE INDEX \"Odd i\" ON t (lower(v)); ALTER TABLE t ADD CONSTRAINT u UNIQUE (v); "
      "INSERT INTO t VALUES (-1, 'old')");
}

Words repair(const Words& more = {}) {
  return at_target({"repair"}, more);
}

/// A load that has dropped what it drops, and waits for rows.
std::unique_ptr<RunningCommand> start_hanging_load() {
  auto load = std::make_unique<RunningCommand>(
      command("query", {"--to", "t", "--mode", "append", "--indexes", "rebuild", "--sql",
                        "SELECT i AS id, 'v' || i AS v FROM generate_series(1, 20000) i WHERE i <= 15000 OR "
                        "pg_sleep(600) IS NULL"}));
  wait_for_sessions(1, "datname = 'dst' AND query LIKE 'COPY%'");
  return load;
}

/// Ends those of loads that were killed, and still read; returns when no session of leat's is left.
void end_readers() {
  src("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'src' AND "
      "application_name = 'leat'");
  wait_for_sessions(0);
}

/// Ends it as a crash of the machine would; returns when both servers have noticed.
void kill(RunningCommand& load) {
  load.send(SIGKILL);
  CHECK(load.wait().exit_code == 128 + SIGKILL);
  end_readers();
}

}  // namespace

TEST_CASE("command: --indexes rebuild tells what it does, before and after", "[server]") {
  make_indexed_tables();
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
  make_indexed_tables();
  const Outcome done = run_leat(repair());
  CHECK(done.exit_code == 0);
  CHECK(has(done.out, "nothing is missing"));
  CHECK(run_leat({"repair"}).exit_code == 2);
  CHECK(run_leat(repair({"--table", "nowhere"})).exit_code == 4);
  CHECK(has(run_leat({"help", "repair"}).out, "--table"));
}

TEST_CASE("command: repair leaves a load at work alone, and brings back what a killed one left", "[server]") {
  make_indexed_tables();
  const std::string before = dst(objects);
  const auto load = start_hanging_load();
  const Outcome busy = run_leat(repair(joined({"--output", "json"}, with_events)));
  CHECK(busy.exit_code == 4);
  auto lines = lines_of(busy);
  REQUIRE(events_of(lines) == Words{"begin", "plan", "restore", "restore", "end"});
  CHECK(lines[2].at("level") == "warning");
  CHECK(lines[2].at("outcome") == "in_use");
  CHECK(lines[2].at("sqlstate") == "55P03");
  CHECK(lines[4].at("status") == "failed");
  CHECK(lines[4].at("missing") == 2);
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
  const Outcome done = run_leat(repair(joined({"--table", "public.t"}, with_events)));
  CHECK(done.exit_code == 0);
  lines = lines_of(done);
  REQUIRE(events_of(lines) == Words{"begin", "plan", "restore", "restore", "end"});
  for (const auto& line : lines) CHECK(line.at("table") == "public.t");
  CHECK(lines[0].at("mode") == "repair");
  CHECK(has(lines[1].at("target"), "dbname=dst"));
  CHECK(lines[1].at("objects") == 2);
  CHECK(lines[2].at("level") == "info");
  CHECK(lines[2].at("object") == "index \"Odd i\"");
  CHECK(lines[2].at("outcome") == "restored");
  CHECK(lines[2].at("seconds").is_number());
  CHECK(lines[4].at("status") == "done");
  CHECK(lines[4].at("objects") == 2);
  CHECK(lines[4].at("missing") == 0);
  CHECK(has(done.out, "public.t: index \"Odd i\": restored in "));
  CHECK(has(done.out, "2 in the record, 0 still missing"));
  CHECK(dst(objects) == before);
  end_readers();
}

TEST_CASE("command: the run after a killed one brings back what that has left", "[server]") {
  make_indexed_tables();
  const std::string before = dst(objects);
  kill(*start_hanging_load());
  CHECK(dst(objects) != before);
  const Outcome check = run_leat(command("check", {"--from", "t"}));
  CHECK(has(check.out, "indexes_missing"));
  const Outcome done = run_leat(copy({"--mode", "append"}));
  CHECK(done.exit_code == 0);
  CHECK(has(done.out, "which an earlier run had dropped, was made again in "));
  CHECK(dst(objects) == before);
  CHECK(dst("SELECT count(*) FROM t") == "1001\n");
}

TEST_CASE("command: a row that breaks what was dropped is an error of the target", "[server]") {
  make_indexed_tables();
  const std::string before = dst(objects);
  src("UPDATE t SET v = 'v1' WHERE id = 2");
  const Outcome failed = run_leat(copy({"--indexes", "rebuild", "--output", "json"}));
  CHECK(failed.exit_code == 4);
  CHECK(json::parse(failed.out).at("sqlstate") == "23505");
  CHECK(has(failed.err, "unique constraint u of public.t could not be made again"));
  CHECK(dst(objects) == before);
  CHECK(dst("SELECT count(*) FROM t") == "1\n");
}
