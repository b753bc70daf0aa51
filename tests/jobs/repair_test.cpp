// What a run that ended in the middle has dropped is brought back by the next one, or by Repair.
#include "leat/jobs/repair.hpp"

#include <signal.h>

#include <algorithm>
#include <thread>

#include "guest.hpp"
#include "indexes.hpp"
#include "leat/jobs/copy_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_indexed_tables(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v int)");
  bed.src("INSERT INTO t SELECT i, i FROM generate_series(1, 100) i");
  bed.dst(
      "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT generate_series(-5, 100); "
      "CREATE INDEX \"Odd \"\"i\" ON t (v) WITH (fillfactor = 60); "
      "COMMENT ON INDEX \"Odd \"\"i\" IS 'it''s \\ {\"odd\", NULL}'; ALTER TABLE t CLUSTER ON \"Odd \"\"i\"; "
      "ALTER TABLE t ADD CONSTRAINT u UNIQUE (v), ADD CONSTRAINT x EXCLUDE (id WITH =), "
      "ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES parent; INSERT INTO t VALUES (-1, -1)");
}

RepairOptions repair(const Bed& bed, const std::string& table = "") {
  return {.target = bed.copy().target, .table = table, .application_name = application};
}

std::string outcomes(const RepairReport& report) {
  std::string text;
  for (const auto& object : report.objects) {
    text += (text.empty() ? "" : ", ") + object.kind + " " + object.name + " " +
            std::string(to_string(object.outcome));
  }
  return text;
}

CopyTableOptions append(const Bed& bed, Indexes indexes) {
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.stream.indexes = indexes;
  return options;
}

}  // namespace

TEST_CASE("repair: brings back what a run has left, once", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = lose_indexes(bed);
  CHECK(recorded(bed) == "index Odd \"i, foreign key f, unique constraint u, exclusion constraint x");
  const RepairReport report = Repair(repair(bed, GENERATE("", "public.t"))).run();
  CHECK(report.status == JobStatus::done);
  CHECK(
      outcomes(report) ==
      "foreign key f restored, index Odd \"i restored, unique constraint u restored, exclusion constraint x "
      "restored");
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
  CHECK(Repair(repair(bed)).run().objects.empty());
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("repair: where nothing was ever dropped there is nothing to do", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const RepairReport report = Repair(repair(bed)).run();
  CHECK(report.status == JobStatus::done);
  CHECK(report.objects.empty());
  check_error(
      [&] {
        try {
          static_cast<void>(Repair(repair(bed, "public.nowhere")).run());
        } catch (const Error& error) {
          return error;
        }
        throw std::logic_error("it did not fail");
      }(),
      ErrorKind::target, "42P01");
}

TEST_CASE("repair: the next run brings them back, whatever it does with indexes", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = lose_indexes(bed);
  auto options = append(bed, GENERATE(Indexes::keep, Indexes::automatic, Indexes::rebuild));
  options.mode = GENERATE(WriteMode::append, WriteMode::replace);
  const JobPlan plan = CopyTable(options).plan();
  REQUIRE_FALSE(plan.findings.empty());
  CHECK(std::any_of(plan.findings.begin(), plan.findings.end(),
                    [](const Finding& finding) { return finding.code == "indexes_missing"; }));
  CHECK(objects_of(bed) != before);
  static_cast<void>(CopyTable(options).run());
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
}

TEST_CASE("repair: what exists again is left alone, and a table that is gone is forgotten", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  static_cast<void>(lose_indexes(bed));
  SECTION("made again by hand") {
    bed.dst(
        "CREATE INDEX \"Odd \"\"i\" ON t (v) WITH (fillfactor = 60); ALTER TABLE t ADD CONSTRAINT u UNIQUE "
        "(v), ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES parent, ADD CONSTRAINT x EXCLUDE (id WITH =)");
    const std::string by_hand = objects_of(bed);
    CHECK(outcomes(Repair(repair(bed)).run()) ==
          "foreign key f exists, index Odd \"i exists, unique constraint u exists, exclusion constraint x "
          "exists");
    CHECK(objects_of(bed) == by_hand);
  }
  SECTION("gone") {
    bed.dst("DROP TABLE t");
    const RepairReport report = Repair(repair(bed)).run();
    CHECK(report.status == JobStatus::done);
    CHECK(outcomes(report) ==
          "foreign key f table_gone, index Odd \"i table_gone, unique constraint u table_gone, exclusion "
          "constraint x table_gone");
  }
  CHECK(recorded(bed).empty());
}

TEST_CASE("repair: what has the name of a dropped object does not stand in for it", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace);
  const std::string before = lose_indexes(bed);
  std::string undo;
  std::string name;
  std::string sqlstate = "42P07";
  SECTION("a check constraint for a foreign key") {
    bed.dst("ALTER TABLE t ADD CONSTRAINT f CHECK (id < 1000)");
    undo = "ALTER TABLE t DROP CONSTRAINT f";
    name = "foreign key f";
    sqlstate = "42710";
  }
  SECTION("a foreign key to another table") {
    bed.dst(
        "CREATE TABLE aunt (id int PRIMARY KEY); ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (v) "
        "REFERENCES aunt NOT VALID");
    undo = "ALTER TABLE t DROP CONSTRAINT f";
    name = "foreign key f";
    sqlstate = "42710";
  }
  SECTION("an index of another table for a unique constraint") {
    bed.dst("CREATE INDEX u ON parent (id)");
    undo = "DROP INDEX u";
    name = "unique constraint u";
  }
  SECTION("a unique index without its constraint") {
    bed.dst("CREATE UNIQUE INDEX u ON t (v)");
    undo = "DROP INDEX u";
    name = "unique constraint u";
  }
  SECTION("a constraint that is checked later") {
    bed.dst("ALTER TABLE t ADD CONSTRAINT u UNIQUE (v) DEFERRABLE");
    undo = "ALTER TABLE t DROP CONSTRAINT u";
    name = "unique constraint u";
  }
  SECTION("a check constraint for an exclusion constraint") {
    bed.dst("ALTER TABLE t ADD CONSTRAINT x CHECK (id < 1000)");
    undo = "ALTER TABLE t DROP CONSTRAINT x";
    name = "exclusion constraint x";
  }
  SECTION("an index of other columns") {
    bed.dst("CREATE INDEX \"Odd \"\"i\" ON t (id, v)");
    undo = "DROP INDEX \"Odd \"\"i\"";
    name = "index Odd \"i";
  }
  SECTION("an index that is not valid") {
    bed.dst(
        "CREATE INDEX \"Odd \"\"i\" ON t (v) WITH (fillfactor = 60); UPDATE pg_index SET indisvalid = false "
        "WHERE indexrelid = '\"Odd \"\"i\"'::regclass");
    undo = "DROP INDEX \"Odd \"\"i\"";
    name = "index Odd \"i";
  }
  SECTION("a view") {
    bed.dst("CREATE VIEW u AS SELECT 1");
    undo = "DROP VIEW u";
    name = "unique constraint u";
  }
  // A run that makes them again itself is refused before it drops anything.
  const std::string all = recorded(bed);
  const std::string between = objects_of(bed);
  auto options = append(bed, Indexes::rebuild);
  options.mode = mode;
  check_error(error_of(options), ErrorKind::target, sqlstate);
  CHECK(recorded(bed) == all);
  CHECK(objects_of(bed) == between);
  const RepairReport report = Repair(repair(bed)).run();
  CHECK(report.status == JobStatus::failed);
  CHECK(report.missing() == 1);
  check_error(report.first_error().value(), ErrorKind::target, sqlstate);
  CHECK(std::string(report.first_error()->what()).find("another object has its name") != std::string::npos);
  CHECK(recorded(bed) == name);
  // One that keeps them loads nothing that a missing constraint would have to check.
  if (name.starts_with("index")) {
    static_cast<void>(CopyTable(append(bed, Indexes::keep)).run());
  } else {
    check_error(error_of(append(bed, Indexes::keep)), ErrorKind::target, sqlstate);
  }
  CHECK(recorded(bed) == name);
  bed.dst(undo);
  CHECK(Repair(repair(bed)).run().missing() == 0);
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
}

TEST_CASE("repair: a name that is taken during the load loses nothing", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = objects_of(bed);
  bed.dst(
      "CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN CREATE INDEX u ON parent (id); "
      "RETURN "
      "NULL; END'; CREATE TRIGGER take BEFORE INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION take()");
  const Error error = error_of(append(bed, Indexes::rebuild));
  check_error(error, ErrorKind::target, "42P07");
  CHECK(std::string(error.what()).starts_with("unique constraint u of public.t could not be made again: "));
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
}

TEST_CASE("repair: an index has another name than a constraint of the same name", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  static_cast<void>(lose_indexes(bed));
  bed.dst("ALTER TABLE t ADD CONSTRAINT \"Odd \"\"i\" CHECK (id < 1000); CREATE INDEX f ON parent (id)");
  CHECK(Repair(repair(bed)).run().missing() == 0);
  CHECK(bed.dst("SELECT count(*) FROM pg_indexes WHERE tablename = 't' AND indexname = 'Odd \"i'") == "1");
  CHECK(bed.dst("SELECT count(*) FROM pg_constraint WHERE conname = 'f' AND contype = 'f'") == "1");
}

TEST_CASE("repair: a rebuild over what was made again by hand", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = lose_indexes(bed);
  bed.dst("ALTER TABLE t ADD CONSTRAINT u UNIQUE (v)");
  auto options = append(bed, Indexes::rebuild);
  options.mode = GENERATE(WriteMode::append, WriteMode::replace);
  static_cast<void>(CopyTable(options).run());
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
}

TEST_CASE("repair: what cannot be brought back stays in the record and keeps nothing else away",
          "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = lose_indexes(bed);
  SECTION("rows that others have written meanwhile") {
    bed.dst("INSERT INTO t VALUES (-2, -1)");
    const RepairReport report = Repair(repair(bed)).run();
    CHECK(report.status == JobStatus::failed);
    CHECK(report.missing() == 1);
    CHECK(
        outcomes(report) ==
        "foreign key f restored, index Odd \"i restored, unique constraint u failed, exclusion constraint x "
        "restored");
    check_error(*report.first_error(), ErrorKind::target, "23505");
    CHECK(recorded(bed) == "unique constraint u");
    // A run would load rows that nothing checks.
    check_error(error_of(append(bed, Indexes::keep)), ErrorKind::target, "23505");
    bed.dst("DELETE FROM t WHERE id = -2");
    CHECK(outcomes(Repair(repair(bed)).run()) == "unique constraint u restored");
  }
  SECTION("a table that was renamed") {
    bed.dst("ALTER TABLE t RENAME TO was_t");
    const RepairReport report = Repair(repair(bed)).run();
    CHECK(report.missing() == 4);
    check_error(*report.first_error(), ErrorKind::target, "55000");
    bed.dst("ALTER TABLE was_t RENAME TO t");
    CHECK(Repair(repair(bed)).run().missing() == 0);
  }
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
}

TEST_CASE("repair: leaves a table alone that a run is at work on, and so does a second run",
          "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = objects_of(bed);
  auto query = bed.query(a_query_that_hangs);
  query.mode = WriteMode::append;
  query.stream.indexes = Indexes::rebuild;
  const auto job = start(query);
  bed.wait_until_session_waits("src", "PgSleep");
  bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + std::string(application) +
                   "' AND datname = 'dst' AND query LIKE 'COPY%'",
               "1");
  const RepairReport report = Repair(repair(bed)).run();
  CHECK(report.status == JobStatus::failed);
  CHECK(report.missing() == 4);
  const std::string pid = std::to_string(bed.session_pid("dst"));
  for (const auto& object : report.objects) {
    CHECK(object.outcome == RepairOutcome::in_use);
    check_error(*object.error, ErrorKind::target, "55P03");
    CHECK(std::string(object.error->hint()).find("pg_terminate_backend(" + pid + ")") != std::string::npos);
    CHECK(std::string(object.error->detail()).find(application) != std::string::npos);
  }
  check_error(error_of(append(bed, Indexes::rebuild)), ErrorKind::target, "55P03");
  CHECK(recorded(bed) == "index Odd \"i, foreign key f, unique constraint u, exclusion constraint x");
  bed.kill_session("src");
  check_error(job->error(), ErrorKind::source, "57P01");
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
}

TEST_CASE("repair: waits for the session of a run that was killed, and so does the next run",
          "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = lose_indexes(bed);
  // The session of the dead run: it has the lock until the one that waits for it is seen.
  const std::string key = "1818583412, 't'::regclass::oid::int";
  std::jthread dead([&key] {
    Bed::server().psql(
        "dst", "DO $$ BEGIN PERFORM pg_advisory_xact_lock(" + key +
                   "); FOR i IN 1 .. 6000 LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = "
                   "'advisory' AND NOT granted); PERFORM pg_sleep(0.01); END LOOP; END $$");
  });
  bed.wait_for("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted", "1");
  SECTION("repair") {
    CHECK(Repair(repair(bed)).run().missing() == 0);
  }
  SECTION("the next run") {
    static_cast<void>(CopyTable(append(bed, GENERATE(Indexes::keep, Indexes::rebuild))).run());
    CHECK(bed.dst("SELECT count(*) FROM t") == "101");
  }
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
}

TEST_CASE("repair: a role that may not read the record is told that something may be missing",
          "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = lose_indexes(bed);
  {
    const Guest guest(bed);
    bed.dst("GRANT ALL ON t TO guest");
    auto options = append(bed, Indexes::keep);
    options.target = Guest::connection("dst");
    const auto tells = [](const std::vector<Finding>& findings) {
      return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.code == "indexes_missing" && finding.severity == Severity::warning &&
               finding.message.find("cannot be looked at") != std::string::npos;
      });
    };
    CHECK(tells(CopyTable(options).plan().findings));
    static_cast<void>(CopyTable(options).run());
    bed.src("UPDATE t SET id = id + 100");
    const CopyTablesReport tables = CopyTables({.source = options.source,
                                                .target = options.target,
                                                .include = {"t"},
                                                .mode = WriteMode::append,
                                                .stream = {.application_name = application}})
                                        .run();
    REQUIRE_FALSE(tables.remarks.empty());
    CHECK(tables.remarks.front().find("cannot be looked at") != std::string::npos);
    bed.dst("GRANT USAGE ON SCHEMA leat_meta TO guest; GRANT SELECT ON leat_meta.dropped_objects TO guest");
    CHECK_FALSE(tells(CopyTable(options).plan().findings));
  }
  bed.dst("DELETE FROM t WHERE id > 0");
  CHECK(Repair(repair(bed)).run().missing() == 0);
  CHECK(objects_of(bed) == before);
}

TEST_CASE("repair: a stop leaves them to the next run, and says so", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = objects_of(bed);
  auto query = bed.query(a_query_that_hangs);
  query.mode = WriteMode::append;
  query.stream.indexes = Indexes::rebuild;
  const auto job = start(query);
  bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + std::string(application) +
                   "' AND datname = 'dst' AND query LIKE 'COPY%'",
               "1");
  job->request_stop();
  const Error error = job->error();
  check_error(error, ErrorKind::cancelled, "");
  CHECK(error.hint().find("leat repair") != std::string_view::npos);
  CHECK(Repair(repair(bed)).run().missing() == 0);
  CHECK(objects_of(bed) == before);
}

TEST_CASE("repair: the load's session is ended by an administrator, wherever it is", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = objects_of(bed);
  auto options = append(bed, Indexes::rebuild);
  options.mode = GENERATE(WriteMode::append, WriteMode::replace);
  SECTION("while rows come") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; "
        "END'; CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  }
  SECTION("at the commit") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; "
        "END'; CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        "EXECUTE FUNCTION f()");
  }
  const auto job = start(options);
  bed.wait_until_session_waits("dst", "PgSleep");
  bed.kill_session("dst");
  check_error(job->error(), ErrorKind::target, "57P01");
  bed.dst("DROP TRIGGER slow ON t");
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("repair: at whichever statement a run ends, the objects or their record are there",
          "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = objects_of(bed);
  // The n-th command that changes anything in the target fails, for every n until none does.
  bed.dst(
      "CREATE SEQUENCE step; CREATE TABLE fails_at (n int); INSERT INTO fails_at VALUES (0); "
      "CREATE FUNCTION count_step() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF current_setting('application_name') = 'leat-jobs-test' AND "
      "   nextval('public.step') = (SELECT n FROM public.fails_at) "
      "THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); END IF; END $$; "
      "CREATE EVENT TRIGGER steps ON ddl_command_start EXECUTE FUNCTION count_step()");
  const bool has_record = GENERATE(false, true);
  if (has_record) {
    static_cast<void>(lose_indexes(bed));
    static_cast<void>(Repair(repair(bed)).run());
  }
  auto options = append(bed, Indexes::rebuild);
  bool failed = true;
  int step = 0;
  while (failed) {
    REQUIRE(++step < 60);
    bed.dst("ALTER SEQUENCE step RESTART; UPDATE fails_at SET n = " + std::to_string(step));
    failed = false;
    try {
      static_cast<void>(CopyTable(options).run());
    } catch (const Error& error) {
      failed = true;
      CHECK(error.sqlstate() == "57P01");
    }
    INFO("step " << step);
    const std::string rows = bed.dst("SELECT count(*) FROM t");
    CHECK(rows == (failed ? "1" : "101"));
    if (failed) {
      CHECK((objects_of(bed) == before || !recorded(bed).empty()));
      bed.dst("UPDATE fails_at SET n = 0");
      CHECK(Repair(repair(bed)).run().missing() == 0);
    }
    CHECK(objects_of(bed) == before);
    CHECK(recorded(bed).empty());
  }
  CHECK(step > 10);
  bed.dst("DROP EVENT TRIGGER steps");
}

TEST_CASE("repair: a run of many tables brings back what is missing of them", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = lose_indexes(bed);
  const CopyTablesReport report = CopyTables({.source = bed.copy().source,
                                              .target = bed.copy().target,
                                              .include = {"t"},
                                              .mode = WriteMode::append,
                                              .stream = {.application_name = application}})
                                      .run();
  CHECK(report.failed() == 0);
  REQUIRE(report.remarks.size() == 4);
  CHECK(report.remarks.front().starts_with(
      "foreign key f of public.t, which an earlier run had dropped, was made again in "));
  CHECK(objects_of(bed) == before);
  CHECK(bed.dst("SELECT count(*) FROM t") == "101");
}

TEST_CASE("repair: two runs that make the record at once", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  bed.dst("CREATE TABLE t2 (id int PRIMARY KEY, v int); CREATE INDEX ON t2 (v)");
  const std::string before = objects_of(bed);
  const std::string before2 = objects_of(bed, "public.t2");
  auto other = append(bed, Indexes::rebuild);
  other.table.to = "public.t2";
  const auto first = start(append(bed, Indexes::rebuild));
  const auto second = start(other);
  first->wait();
  second->wait();
  CHECK(objects_of(bed) == before);
  CHECK(objects_of(bed, "public.t2") == before2);
  CHECK(recorded(bed).empty());
}

TEST_CASE("repair: a run of a role that may not restore loads, and says what is missing", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = lose_indexes(bed);
  {
    const Guest guest(bed);
    bed.dst(
        "GRANT ALL ON t TO guest; GRANT USAGE ON SCHEMA leat_meta TO guest; GRANT SELECT ON "
        "leat_meta.dropped_objects "
        "TO guest");
    auto options = append(bed, Indexes::keep);
    options.target = Guest::connection("dst");
    const JobReport report = CopyTable(options).run();
    REQUIRE_FALSE(report.remarks.empty());
    CHECK(report.remarks.front().starts_with(
        "foreign key f of public.t, which an earlier run had dropped, is still missing: "));
  }
  CHECK(Repair(repair(bed)).run().missing() == 0);
  CHECK(objects_of(bed) == before);
}

TEST_CASE("repair: the server crashes in the middle of a load", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  const std::string before = objects_of(bed);
  auto query = bed.query(a_query_that_hangs);
  query.mode = GENERATE(WriteMode::append, WriteMode::replace);
  query.stream.indexes = Indexes::rebuild;
  const auto job = start(query);
  bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + std::string(application) +
                   "' AND datname = 'dst' AND query LIKE 'COPY%'",
               "1");
  ::kill(bed.session_pid("dst"), SIGKILL);
  CHECK_THROWS_AS(job->wait(), Error);
  Bed::server().restart();
  const std::size_t lost = query.mode == WriteMode::append ? 4 : 0;
  CHECK(Repair(repair(bed)).run().objects.size() == lost);
  CHECK(objects_of(bed) == before);
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("repair: a record that some other role has made is not run", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  bed.both("GRANT ALL ON SCHEMA public TO PUBLIC");
  {
    const Guest guest(bed);
    static_cast<void>(lose_indexes(bed));
    bed.dst("ALTER TABLE leat_meta.dropped_objects OWNER TO guest; ALTER SCHEMA leat_meta OWNER TO guest");
    try {
      static_cast<void>(Repair(repair(bed)).run());
      FAIL("it was run");
    } catch (const Error& error) {
      check_error(error, ErrorKind::target, "42501");
    }
    bed.dst("CREATE INDEX ON t (v)");
    check_error(error_of(append(bed, Indexes::rebuild)), ErrorKind::target, "42501");
    // A load that keeps them does not care.
    static_cast<void>(CopyTable(append(bed, Indexes::keep)).run());
  }
}

TEST_CASE("repair: its report as JSON", "[server][sql]") {
  const Bed bed;
  make_indexed_tables(bed);
  static_cast<void>(lose_indexes(bed));
  const std::string json = to_json(Repair(repair(bed)).run());
  CHECK(json.find(R"("status":"done")") != std::string::npos);
  CHECK(json.find(R"({"table":"public.t","kind":"foreign key","name":"f","outcome":"restored","seconds":)") !=
        std::string::npos);
}
