// What reaches pg_dump and pg_restore of the command's limits, and what a clone says of its own options.
#include <set>
#include <sstream>

#include "clone_databases.hpp"
#include "clone_programs.hpp"
#include "support/catch.hpp"

using namespace leat::test;

namespace {

/// Words of a text that are options.
std::set<std::string> options_in(const std::string& text) {
  std::set<std::string> options;
  for (auto at = text.find("--"); at != std::string::npos; at = text.find("--", at + 2)) {
    const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at);
    if (end != at + 2) options.insert(text.substr(at, end - at));
  }
  return options;
}

void check_only_own_options(const std::string& text) {
  const auto own = options_in(run_leat({"clone", "--help"}).out);
  for (const auto& option : options_in(text)) {
    INFO(option << " in " << text);
    CHECK(own.contains(option));
  }
}

}  // namespace

TEST_CASE("clone: pg_dump waits for a lock no longer than leat does", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  const std::string uri = server().uri("clone_src");
  // It stands in the queue between leat, which has the table, and pg_dump.
  const WrappedPrograms programs(
      "psql '" + uri + "' -c 'ALTER TABLE t ADD x int' >/dev/null 2>&1 &\nuntil [ \"$(psql '" + uri +
          "' -Atc \"SELECT count(*) FROM pg_stat_activity WHERE datname = 'clone_src' AND wait_event_type = "
          "'Lock'\")\" = 1 ]; do :; done\necho \"$*\" >> \"$dir/words\"",
      "");
  const Words words = clone_words({"--pg-bin", programs.directory()});
  const Outcome outcome = run_leat(joined(words, {"--lock-timeout", "300ms"}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 3);
  CHECK(has(outcome.err, "pg_dump has ended with exit code 1"));
  CHECK(has(outcome.err, "timeout"));
  check_only_own_options(outcome.err);
  // Nobody has said how long: the limit of leat's own sessions, or what the connection says.
  wait_for(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = 'clone_src' AND query LIKE 'ALTER TABLE t%'",
      "0");
  const Words by_connection{"clone",
                            "--source",
                            uri + (has(uri, "?") ? "&" : "?") + "options=-c%20lock_timeout%3D250",
                            "--target",
                            server().uri("clone_dst"),
                            "--pg-bin",
                            programs.directory()};
  server().psql("clone_src", "ALTER TABLE t DROP x");
  CHECK(run_leat(by_connection).exit_code == 3);
  CHECK(has(programs.content("words"), "--lock-wait-timeout=250"));
  CHECK(run_leat(clone_words()).exit_code == 0);
}

TEST_CASE("clone: --connect-timeout is that of pg_dump and pg_restore, too", "[cli][server]") {
  if (!pg_dump_fits()) return;
  const std::string note = "echo \"$PGCONNECT_TIMEOUT/$*\" >> \"$dir/words\"";
  const auto noted = [&note](const Words& more, const std::vector<std::string>& variables) {
    make_clone_databases("CREATE TABLE t (id int)");
    const WrappedPrograms programs(note, note);
    const Outcome outcome =
        run_leat_with(variables, joined(clone_words({"--pg-bin", programs.directory()}), more));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    std::istringstream lines(programs.content("words"));
    std::vector<std::string> connecting;
    for (std::string line; std::getline(lines, line);) {
      if (has(line, "dbname=")) connecting.push_back(line);
    }
    CHECK(connecting.size() >= 3);
    return connecting;
  };
  for (const auto& line : noted({"--connect-timeout", "6500ms"}, {})) CHECK(has(line, "connect_timeout='7'"));
  for (const auto& line : noted({}, {})) CHECK(line.starts_with("10/"));
  for (const auto& line : noted({}, {"PGCONNECT_TIMEOUT=33"})) CHECK(line.starts_with("33/"));
}

TEST_CASE("clone: hints name options that it has, and rows that were refused can be repaired",
          "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases(
      "CREATE TABLE t (v int, CONSTRAINT here CHECK (v <> 7 OR current_database() = 'clone_src')); INSERT "
      "INTO t "
      "VALUES (1), (7); CREATE TABLE u (v int); INSERT INTO u VALUES (2)");
  for (const Words& output : {Words{}, Words{"--output", "json"}, Words{"--log-level", "debug"}}) {
    const Outcome outcome = run_leat(joined(clone_words(), output));
    CHECK(outcome.exit_code == 4);
    CHECK(has(outcome.out + outcome.err, "23514"));
    CHECK(has(outcome.out + outcome.err, "give the same command again"));
    check_only_own_options(outcome.out + outcome.err);
  }
  server().psql("clone_src", "DELETE FROM t WHERE v = 7");
  const Outcome outcome = run_leat(clone_words());
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  check_equal_clone();
}

TEST_CASE("clone: large objects that rows name are not told to stay behind", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases(
      "CREATE EXTENSION lo; CREATE TABLE t (id int, o lo, number oid); INSERT INTO t VALUES (1, "
      "lo_from_bytea(70001, 'abc'), 70001), (2, lo_from_bytea(70002, 'def'), 70002)");
  const Outcome outcome = run_leat(clone_words({"--verify", "--log-level", "info"}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK_FALSE(has(outcome.out + outcome.err, "stay behind"));
  check_only_own_options(outcome.out + outcome.err);
  CHECK(server().psql("clone_dst",
                      "SELECT string_agg(convert_from(lo_get(o), 'UTF8'), ',' ORDER BY id) FROM t "
                      "WHERE o::oid = number") == "abc,def\n");
}
