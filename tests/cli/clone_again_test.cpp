// The same command again: after a report that was not told, and after the source has been defined otherwise.
#include <poll.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "clone_databases.hpp"
#include "clone_programs.hpp"
#include "support/catch.hpp"

using namespace leat::test;

namespace {

void wait_until_true(const std::string& database, const std::string& sql) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (server().psql(database, sql) != "t\n") {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    ::poll(nullptr, 0, 5);
  }
}

const std::string nothing_known = "SELECT NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'leat_meta')";

/// Has a clone make all but one index, and ends it.
void kill_when_all_but_one_stand(const std::string& last) {
  const GateHolder holder;
  RunningCommand running(clone_words({"--jobs", "2"}));
  wait_until_restore_is_gated();
  wait_until_true("clone_dst", last);
  running.send(SIGKILL);
  CHECK(running.wait().exit_code == 128 + SIGKILL);
  wait_until_programs_have_ended();
  wait_for(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = 'clone_dst' AND application_name LIKE "
      "'leat clone%'",
      "0");
}

/// Things behind the rows of a, beside those of gated().
const std::string& more_behind_rows() {
  static const std::string sql =
      "; ALTER TABLE a ADD CONSTRAINT a_pair UNIQUE (v, id); CREATE TABLE c (v text, id int, CONSTRAINT "
      "c_pair "
      "FOREIGN KEY (v, id) REFERENCES a (v, id)); CREATE INDEX a_gone ON a (length(v)); COMMENT ON INDEX a_v "
      "IS "
      "'of old'; COMMENT ON CONSTRAINT a_pair ON a IS 'of old'; COMMENT ON CONSTRAINT a_pkey ON a IS "
      "'stays'; CREATE FUNCTION one() RETURNS trigger "
      "LANGUAGE "
      "plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION "
      "one(); CREATE POLICY p ON a USING (id > 0); ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE RULE r AS "
      "ON "
      "DELETE TO c DO INSTEAD NOTHING; CREATE MATERIALIZED VIEW seen AS SELECT count(*) FROM a; CREATE TABLE "
      "parts (id int, k int) PARTITION BY LIST (k); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN "
      "(1); "
      "CREATE INDEX parts_k ON parts (k); ALTER TABLE parts ADD PRIMARY KEY (id, k)";
  return sql;
}

const std::string all_but_the_gate =
    "SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = 'c_pair') AND to_regclass('a_v') IS NOT NULL "
    "AND "
    "to_regclass('a_gone') IS NOT NULL AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = "
    "to_regclass('parts_k')) AND EXISTS (SELECT FROM pg_trigger WHERE tgname = 't')";

}  // namespace

TEST_CASE("clone: a report that nobody has read comes with the same command again", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  {
    RunningCommand running(clone_words(), {.out = Sink::stuck_pipe});
    wait_until_true("clone_dst", "SELECT to_regclass('t_pkey') IS NOT NULL");
    wait_for(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = 'clone_dst' AND application_name LIKE "
        "'leat clone: %'",
        "0");
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!running.is_asleep() && std::chrono::steady_clock::now() < deadline) ::poll(nullptr, 0, 5);
    wait_until_true("clone_dst", "SELECT step = 4 FROM leat_meta.clones");
    running.send(SIGKILL);
    CHECK(running.wait().exit_code == 128 + SIGKILL);
  }
  const Outcome lost = run_leat(clone_words(), {.out = Sink::full});
  CHECK(lost.exit_code == 9);
  CHECK(has(lost.err, "the clone stands"));
  // Also if the source has moved on.
  server().psql("clone_src", "CREATE TABLE later (id int)");
  const Outcome again = run_leat(clone_words());
  INFO(again.err);
  CHECK(again.exit_code == 0);
  CHECK(has(again.out, "cloned: 1 table (1 by an earlier run)"));
  CHECK(server().psql("clone_dst", nothing_known) == "t\n");
  server().psql("clone_src", "DROP TABLE later");
  check_equal_clone();
}

TEST_CASE("clone: what was made is made anew where the source now defines it otherwise", "[cli][server]") {
  if (!pg_dump_fits()) return;
  make_clone_databases(gated() + more_behind_rows());
  kill_when_all_but_one_stand(all_but_the_gate);
  server().psql(
      "clone_src",
      "DROP INDEX a_v, a_gone, parts_k; CREATE INDEX a_v ON a (v, id) WHERE id > 5; CREATE INDEX "
      "parts_k ON parts (k, id); ALTER TABLE c DROP CONSTRAINT c_pair; ALTER TABLE a DROP CONSTRAINT "
      "a_pair, ADD CONSTRAINT a_pair UNIQUE (id, v); ALTER TABLE c ADD CONSTRAINT c_pair FOREIGN KEY "
      "(v, id) REFERENCES a (v, id); DROP TRIGGER t ON a; CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH "
      "ROW EXECUTE FUNCTION one(); ALTER POLICY p ON a USING (id > 1); ALTER TABLE a DISABLE ROW LEVEL "
      "SECURITY; DROP RULE r ON c; DROP PUBLICATION clone_pub; ALTER TABLE a CLUSTER ON a_pair");
  const Outcome outcome = run_leat(clone_words({"--output", "json"}));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  check_equal_clone();
  const std::string remarks = nlohmann::json::parse(outcome.out)["remarks"].dump();
  CHECK(has(remarks, "INDEX public a_gone, which an earlier run has made, is no longer in the source"));
  for (const std::string part : {"INDEX public a_v", "CONSTRAINT public a a_pair", "INDEX public parts_k"}) {
    CHECK(has(remarks, part + " is defined otherwise in the source than when an earlier run made it"));
  }
  CHECK_FALSE(has(remarks, "a_pkey"));
}

TEST_CASE("clone: what cannot be made anew is refused, and as it was the clone goes on", "[cli][server]") {
  if (!pg_dump_fits()) return;
  const std::string view = "CREATE VIEW by_key AS SELECT id, v FROM a GROUP BY id";
  make_clone_databases(gated() + "; " + view +
                       "; CREATE MATERIALIZED VIEW kept_by_key AS SELECT id, v FROM a GROUP BY id; ALTER "
                       "MATERIALIZED VIEW kept_by_key OWNER TO clone_owner; GRANT SELECT ON a TO "
                       "clone_owner; CREATE DOMAIN d AS int; ALTER DOMAIN d "
                       "ADD CONSTRAINT d_positive CHECK (VALUE > 0) NOT VALID");
  kill_when_all_but_one_stand(
      "SELECT to_regclass('kept_by_key') IS NOT NULL AND pg_get_viewdef('by_key'::regclass) LIKE '%GROUP%' "
      "AND "
      "EXISTS (SELECT FROM pg_constraint WHERE conname = 'd_positive')");
  const auto change_key = [&view](const std::string& how) {
    server().psql(
        "clone_src",
        "DROP VIEW by_key; DROP MATERIALIZED VIEW kept_by_key; ALTER TABLE b DROP CONSTRAINT b_a_fkey; "
        "ALTER TABLE a DROP CONSTRAINT a_pkey, ADD CONSTRAINT a_pkey PRIMARY KEY (id) " +
            how + "; ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a; " + view +
            "; CREATE MATERIALIZED VIEW kept_by_key AS SELECT id, v FROM a GROUP BY id; ALTER "
            "MATERIALIZED VIEW kept_by_key OWNER TO clone_owner");
  };
  change_key("INCLUDE (v)");
  const Outcome refused = run_leat(clone_words());
  CHECK(refused.exit_code == 4);
  CHECK(
      has(refused.err, "CONSTRAINT public a a_pkey is defined otherwise in the source than when this clone"));
  CHECK(has(refused.err, "define it in the source as it was"));
  change_key("");
  const Outcome outcome = run_leat(clone_words());
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  check_equal_clone();
}

TEST_CASE("clone: ended before it knows that the definitions stand, it does not make them twice",
          "[cli][server]") {
  if (!pg_dump_fits()) return;
  // Nothing of this is a relation or a function.
  make_clone_databases(
      "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE CAST (int AS mood) WITH INOUT; CREATE TEXT SEARCH "
      "CONFIGURATION words (COPY = simple)");
  {
    const WrappedPrograms programs(
        "",
        "case \"$*\" in *--single-transaction*) \"$real\" \"$@\"; : > \"$dir/made\"; exec sleep 600;; esac");
    RunningCommand running(clone_words({"--pg-bin", programs.directory()}));
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!programs.has("made")) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      ::poll(nullptr, 0, 5);
    }
    running.send(SIGKILL);
    CHECK(running.wait().exit_code == 128 + SIGKILL);
  }
  const Outcome outcome = run_leat(clone_words());
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  check_equal_clone();
  // Nor is such a target empty.
  const Outcome refused = run_leat(clone_words());
  CHECK(refused.exit_code == 4);
  CHECK(has(refused.err, "the target is not empty: it has the "));
}
