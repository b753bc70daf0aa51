// kill -9 anywhere in a run of several loads, again and again until it is done: nothing is lost, and nothing
// is there twice.
#include <signal.h>

#include <nlohmann/json.hpp>

#include "fault_command.hpp"
#include "support/own_directory.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr int killed_exit_code = 128 + SIGKILL;

/// Tables of which rows would be there twice if a load were done twice.
void make_tables() {
  static_cast<void>(
      FaultBed::source().psql("src",
                              "DROP SCHEMA IF EXISTS runs CASCADE; CREATE SCHEMA runs; "
                              "CREATE TABLE runs.a AS SELECT i AS id FROM generate_series(1, 2000) i; "
                              "CREATE TABLE runs.b AS SELECT i AS id FROM generate_series(1, 3000) i; "
                              "CREATE TABLE runs.c AS SELECT i AS id FROM generate_series(1, 4000) i"));
  static_cast<void>(FaultBed::target().psql("dst",
                                            "DROP SCHEMA IF EXISTS runs, leat_meta CASCADE; CREATE SCHEMA "
                                            "runs; CREATE TABLE runs.a (id int); CREATE TABLE "
                                            "runs.b (id int); CREATE TABLE runs.c (id int); CREATE TABLE "
                                            "runs.one (id int); CREATE TABLE runs.two (id int); "
                                            "CREATE TABLE runs.three (id int)"));
}

std::string document(const std::string& more) {
  return "leat: 1\nname: killed\nconnections: {s: \"" + FaultBed::source().uri("src") + "\", t: \"" +
         FaultBed::target().uri("dst") + "\"}\nsource: s\ntarget: t\ndefaults: {mode: append}\n" + more +
         "loads:\n"
         "  - {name: one, sql: \"SELECT id FROM runs.a WHERE pg_sleep(0.00001) IS NOT NULL\", to: runs.one}\n"
         "  - {name: two, from: runs.b, to: runs.two, after: [one]}\n"
         "  - {name: three, from: runs.c, to: runs.three, DELIVERY}\n";
}

std::string counts(const std::string& table) {
  std::string text = FaultBed::target().psql("dst", "SELECT count(*), count(DISTINCT id) FROM runs." + table);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("faults: a run of a document is killed again and again", "[faults][kill9][random]") {
  const FaultBed bed;
  const RandomRun run(30, 3);
  std::mt19937_64 random(run.seed());
  const OwnDirectory directory;
  const bool is_atomic = GENERATE(false, true);
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    make_tables();
    std::string text = document(is_atomic ? "atomic: all\n" : "");
    const std::string many = "  - {name: many, tables: 'runs.*', to: 'runs.{table}', after: [two]}\n";
    text.replace(text.find("DELIVERY"), 8,
                 is_atomic ? "after: [two]" : "delivery: slices, readers: 2, writers: 2");
    if (!is_atomic) text += many;
    const Words words{"run", directory.write("killed.yaml", text), "--output", "json"};
    bool is_done = false;
    for (int left = 12; !is_done && left > 0; --left) {
      RunningCommand command(words);
      pass_time(random, 500ms);
      command.send(SIGKILL);
      const Outcome outcome = command.wait();
      INFO(outcome.err << outcome.out);
      // What was killed may still hold the run for a moment.
      REQUIRE((outcome.exit_code == killed_exit_code || outcome.exit_code == 0 ||
               outcome.err.find("55006") != std::string::npos));
      is_done = outcome.exit_code == 0;
    }
    if (!is_done) {
      FaultBed::target().psql(
          "dst",
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
          "'leat%' AND pid <> pg_backend_pid()");
      const Outcome last = run_leat(words);
      INFO(last.err << last.out);
      REQUIRE(last.exit_code == 0);
    }
    INFO("round " << round);
    CHECK(counts("one") == "2000|2000");
    CHECK(counts("two") == "3000|3000");
    CHECK(counts("three") == "4000|4000");
    if (is_atomic) continue;
    CHECK(counts("a") == "2000|2000");
    CHECK(counts("b") == "3000|3000");
    CHECK(counts("c") == "4000|4000");
  }
  static_cast<void>(FaultBed::source().psql("src", "DROP SCHEMA runs CASCADE"));
  static_cast<void>(FaultBed::target().psql("dst", "DROP SCHEMA runs, leat_meta CASCADE"));
}
