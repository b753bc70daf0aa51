// What pg_dump | pg_restore brings of rare things, a clone brings, too: also if it is ended and goes on.
#include <signal.h>

#include "clone_catalog.hpp"
#include "clone_databases.hpp"
#include "support/catch.hpp"

using namespace leat::test;

namespace {

/// A database with a subscription cannot be dropped.
class SubscriptionsGo {
 public:
  SubscriptionsGo() = default;
  SubscriptionsGo(const SubscriptionsGo&) = delete;
  SubscriptionsGo& operator=(const SubscriptionsGo&) = delete;
  ~SubscriptionsGo() {
    for (const std::string database : {"clone_src", "clone_dst", "clone_ref"}) {
      static_cast<void>(
          shell("psql '" + server().uri(database) +
                "' -c 'ALTER SUBSCRIPTION from_far SET (slot_name = NONE)' -c 'DROP SUBSCRIPTION "
                "IF EXISTS from_far'"));
    }
    static_cast<void>(
        shell("psql '" + server().uri("postgres") + "' -c 'DROP DATABASE IF EXISTS clone_ref WITH (FORCE)'"));
  }
};

}  // namespace

TEST_CASE("clone: what is rarely there arrives as pg_dump and pg_restore bring it", "[cli][server]") {
  if (!pg_dump_fits()) return;
  const SubscriptionsGo at_the_end;
  make_clone_databases(one_of_each_rare_kind);
  server().psql(
      "postgres",
      "ALTER DATABASE clone_src SET work_mem = '5MB'; ALTER ROLE clone_reader IN DATABASE clone_src SET "
      "search_path = app; COMMENT ON DATABASE clone_src IS 'the source'; GRANT CONNECT ON DATABASE "
      "clone_src TO clone_reader");
  server().psql("postgres", "CREATE DATABASE clone_ref");
  const std::string said = shell("pg_dump -Fc '" + server().uri("clone_src") + "' | pg_restore -d '" +
                                 server().uri("clone_ref") + "'");
  INFO(said);
  CHECK(said.empty());
  const Outcome outcome = run_leat(clone_words({"--jobs", "8", "--verify"}));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(dump_of("clone_dst", "-s") == dump_of("clone_ref", "-s"));
  CHECK(dump_of("clone_dst", "-a -b") == dump_of("clone_ref", "-a -b"));
  for (const std::string what :
       {"work_mem=5MB", "ALTER ROLE clone_reader IN DATABASE clone_src SET search_path=app",
        "privileges on the database itself", "the comment on the database itself",
        "subscriptions arrive disabled"}) {
    CHECK(has(outcome.out, what));
  }
  // Nobody has asked the foreign server.
  CHECK(has(outcome.out, "public.parts was not analyzed: it has partitions on a foreign server"));
  CHECK_FALSE(has(outcome.out + outcome.err, "hush"));
}

TEST_CASE("clone: publications, subscriptions and event triggers of the target's own stay", "[cli][server]") {
  if (!pg_dump_fits()) return;
  const SubscriptionsGo at_the_end;
  make_clone_databases(
      "CREATE TABLE a (v text); INSERT INTO a VALUES ('same'), ('same'); CREATE INDEX a_v ON a (v); CREATE "
      "PUBLICATION \"of\nsource\" FOR TABLE a");
  server().psql("clone_src", "UPDATE pg_index SET indisunique = true WHERE indexrelid = 'a_v'::regclass");
  // A function that is no member of an extension were content of the target.
  server().psql("clone_dst",
                "CREATE PUBLICATION own; CREATE FUNCTION hears() RETURNS event_trigger LANGUAGE plpgsql AS "
                "'BEGIN END'; ALTER EXTENSION plpgsql ADD FUNCTION hears(); CREATE EVENT TRIGGER listens ON "
                "ddl_command_end EXECUTE FUNCTION hears(); CREATE SUBSCRIPTION from_far CONNECTION "
                "'host=nowhere.invalid dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE, "
                "enabled = false)");
  const auto check_all_are_there = [] {
    CHECK(server().psql("clone_dst",
                        "SELECT (SELECT string_agg(replace(pubname, E'\\n', '/'), ',' ORDER BY pubname) FROM "
                        "pg_publication), (SELECT string_agg(evtname, ',') FROM pg_event_trigger), (SELECT "
                        "string_agg(subname, ',') FROM pg_subscription s JOIN pg_database d ON d.oid = "
                        "s.subdbid WHERE d.datname = current_database())") ==
          "of/source,own|listens|from_far\n");
  };
  // Two jobs make a second try of their own.
  for (const std::string jobs : {"2", "1"}) {
    const Outcome failed = run_leat(clone_words({"--jobs", jobs}));
    CHECK(failed.exit_code == 4);
    CHECK(has(failed.err, "a_v"));
    check_all_are_there();
  }
  server().psql("clone_src",
                "UPDATE pg_index SET indisunique = false WHERE indexrelid = "
                "'a_v'::regclass");
  const Outcome outcome = run_leat(clone_words());
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  check_all_are_there();
}

TEST_CASE("clone: indexes whose making locks each other out are made all the same", "[cli][server]") {
  if (!pg_dump_fits()) return;
  // Two at a time deadlock: each shares the table first, and marks its index in it then.
  std::string sql;
  for (int i = 1; i <= 8; ++i) {
    const std::string table = "t" + std::to_string(i);
    sql += "CREATE TABLE " + table + " (id int NOT NULL, n int); INSERT INTO " + table +
           " SELECT i, -i FROM generate_series(1, 20000) i; CREATE INDEX " + table + "_n ON " + table +
           " (n); ALTER TABLE " + table + " CLUSTER ON " + table + "_n; CREATE UNIQUE INDEX " + table +
           "_id ON " + table + " (id); ALTER TABLE " + table + " REPLICA IDENTITY USING INDEX " + table +
           "_id; ";
  }
  make_clone_databases(sql);
  const Outcome outcome = run_leat(clone_words({"--jobs", "8"}));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  check_equal_clone();
}
