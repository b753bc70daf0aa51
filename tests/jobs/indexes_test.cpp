// Indexes and constraints that are dropped for a load and made again: exactly as they were, or not at all.
#include <algorithm>

#include "indexes.hpp"

#include "jobs/indexes/index_choice.hpp"
#include "leat/jobs/copy_tables.hpp"

#include "guest.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;
using namespace leat::literals;

namespace {

/// A tablespace of the private server's, made once.
void make_tablespace(const Bed& bed) {
  if (bed.dst("SELECT count(*) FROM pg_tablespace WHERE spcname = 'Other space'") == "1") return;
  const std::string place = Bed::server().socket_dir() + "/space";
  // No row, since mkdir reads none.
  bed.dst("COPY (SELECT 1 WHERE false) TO PROGRAM 'mkdir " + place + "'");
  bed.dst("CREATE TABLESPACE \"Other space\" LOCATION '" + place + "'");
}

/// A table on both sides with every kind of index and constraint that there is, in the target.
void make_everything(const Bed& bed) {
  make_tablespace(bed);
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text, n numeric, r int4range, p point, a int[], d date)");
  bed.src(
      "INSERT INTO t SELECT i, 'v' || i, i * 1.5, int4range(i, i + 1), point(i, i), ARRAY[i], date "
      "'2024-01-01' + i FROM generate_series(1, 500) i");
  bed.dst(
      "CREATE TABLE parent (id int PRIMARY KEY, b int, UNIQUE (id, b)); "
      "INSERT INTO parent SELECT i, i FROM generate_series(0, 500) i; "
      "CREATE TABLE \"Odd \"\"parent\" (\"The id\" int UNIQUE); "
      "INSERT INTO \"Odd \"\"parent\" SELECT generate_series(1, 500); "
      "CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2'; "
      "CREATE INDEX i_plain ON t (v); "
      "CREATE INDEX i_hash ON t USING hash (v); "
      "CREATE INDEX i_gin ON t USING gin (a) WITH (fastupdate = off); "
      "CREATE INDEX i_gist ON t USING gist (p); "
      "CREATE INDEX i_spgist ON t USING spgist (r); "
      "CREATE INDEX i_brin ON t USING brin (d) WITH (pages_per_range = 4); "
      "CREATE INDEX i_partial ON t (n) WHERE v <> 'it''s' AND id > 3; "
      "CREATE INDEX i_expression ON t (twice(id), lower(v), (n + 1)); "
      "ALTER INDEX i_expression ALTER COLUMN 1 SET STATISTICS 500, ALTER COLUMN 3 SET STATISTICS 7; "
      "CREATE INDEX i_include ON t (v) INCLUDE (n, d); "
      "CREATE INDEX i_order ON t (n DESC NULLS LAST, d ASC NULLS FIRST); "
      "CREATE INDEX i_class ON t (v text_pattern_ops, v COLLATE \"C\"); "
      "CREATE UNIQUE INDEX i_unique ON t (lower(v)) WHERE id > 10; "
      "CREATE UNIQUE INDEX i_nulls ON t (n, d) WITH (fillfactor = 55); "
      "CREATE INDEX \"Odd \"\"index; --\" ON t (d); "
      "CREATE INDEX \"Größe\" ON t (n); "
      "CREATE INDEX i_space ON t (id, v) TABLESPACE \"Other space\"; "
      "COMMENT ON INDEX \"Odd \"\"index; --\" IS 'it''s \\ odd'; "
      "COMMENT ON INDEX i_hash IS 'hash'; "
      "ALTER TABLE t CLUSTER ON i_order; "
      "ALTER TABLE t ADD CONSTRAINT u_plain UNIQUE (v), "
      "  ADD CONSTRAINT u_fill UNIQUE (v, n) INCLUDE (d) WITH (fillfactor = 70), "
      "  ADD CONSTRAINT u_space UNIQUE (id, n) USING INDEX TABLESPACE \"Other space\", "
      "  ADD CONSTRAINT u_late UNIQUE (n) DEFERRABLE INITIALLY DEFERRED, "
      "  ADD CONSTRAINT \"U maybe\" UNIQUE (d) DEFERRABLE, "
      "  ADD CONSTRAINT x_range EXCLUDE USING gist (r WITH &&) WITH (fillfactor = 80) WHERE (id > 0), "
      "  ADD CONSTRAINT x_late EXCLUDE (id WITH =) DEFERRABLE INITIALLY DEFERRED, "
      "  ADD CONSTRAINT c_check CHECK (id > 0), "
      "  ADD CONSTRAINT f_plain FOREIGN KEY (id) REFERENCES parent, "
      "  ADD CONSTRAINT f_actions FOREIGN KEY (id, id) REFERENCES parent (id, b) MATCH FULL "
      "     ON UPDATE CASCADE ON DELETE SET NULL, "
      "  ADD CONSTRAINT f_late FOREIGN KEY (id) REFERENCES \"Odd \"\"parent\" (\"The id\") ON DELETE CASCADE "
      "     DEFERRABLE INITIALLY DEFERRED, "
      "  ADD CONSTRAINT f_self FOREIGN KEY (id) REFERENCES t ON UPDATE RESTRICT, "
      "  ADD CONSTRAINT f_not_valid FOREIGN KEY (id) REFERENCES parent NOT VALID; "
      "COMMENT ON CONSTRAINT u_fill ON t IS 'filled'; COMMENT ON INDEX u_fill IS 'its index'; "
      "COMMENT ON CONSTRAINT f_late ON t IS 'late'");
}

CopyTableOptions rebuild(const Bed& bed, WriteMode mode) {
  auto options = bed.copy();
  options.mode = mode;
  options.stream.indexes = Indexes::rebuild;
  return options;
}

/// A small table with an index, a unique constraint and a foreign key in the target.
void make_small(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v int)");
  bed.src("INSERT INTO t SELECT i, i FROM generate_series(1, 100) i");
  bed.dst(
      "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT generate_series(-5, 100); "
      "CREATE INDEX i ON t (v); ALTER TABLE t ADD CONSTRAINT u UNIQUE (v), "
      "ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES parent; INSERT INTO t VALUES (-1, -1)");
}

}  // namespace

TEST_CASE("indexes: all of them are after the load what they were before", "[server][sql]") {
  const Bed bed;
  make_everything(bed);
  const auto mode = GENERATE(WriteMode::replace, WriteMode::append);
  const std::size_t readers = GENERATE(1U, 2U);
  const std::string before = objects_of(bed);
  auto options = rebuild(bed, mode);
  options.readers = readers;
  if (readers > 1) options.slice_bytes = 16_KiB;
  // Nothing goes where the session's own settings would have it.
  options.stream.before_load = [](Connection& target, const std::stop_token& stop) {
    static_cast<void>(target.execute("SET LOCAL default_tablespace = 'Other space'", {}, stop));
  };
  const JobReport report = CopyTable(options).run();
  CHECK(objects_of(bed) == before);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  CHECK(recorded(bed).empty());
  CHECK(has_line(report.remarks, "index i_plain was dropped, and made again in"));
  CHECK(has_line(report.remarks, "unique constraint u_late was dropped, and made again in"));
  CHECK(has_line(report.remarks, "exclusion constraint x_range was dropped, and made again in"));
  CHECK(has_line(report.remarks, "foreign key f_late was dropped, and made again in"));
  CHECK_FALSE(has_line(report.remarks, "t_pkey"));
  // They are at work again.
  CHECK_THROWS(bed.dst("INSERT INTO t (id, v) VALUES (1000, 'v1')"));
  CHECK_THROWS(bed.dst("INSERT INTO t (id, v) VALUES (0, 'x')"));
}

TEST_CASE("indexes: those that cannot be dropped stay, and the plan tells why", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int, c int, d int)");
  bed.src("INSERT INTO t SELECT i, i, i, i, i FROM generate_series(1, 10) i");
  bed.dst(
      "ALTER TABLE t ADD CONSTRAINT referenced UNIQUE (b), ADD CONSTRAINT loose UNIQUE (c); "
      "CREATE TABLE child (b int REFERENCES t (b)); "
      "CREATE UNIQUE INDEX identity ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX identity; "
      "CREATE INDEX free ON t (d); CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT "
      "generate_series(1, 10); "
      "ALTER TABLE t ADD CONSTRAINT silenced FOREIGN KEY (a) REFERENCES parent; "
      "ALTER TABLE t DISABLE TRIGGER ALL");
  const std::string oids =
      "SELECT string_agg(c.oid::text, ' ' ORDER BY c.relname) FROM pg_class c WHERE relname IN "
      "('t_pkey', 'referenced', 'identity')";
  const std::string before = objects_of(bed);
  const std::string kept_before = bed.dst(oids);
  const auto options = rebuild(bed, WriteMode::append);
  const JobPlan plan = CopyTable(options).plan();
  CHECK(has_line(plan.remarks, "unique constraint referenced is kept: a foreign key references it"));
  CHECK(has_line(plan.remarks, "index identity is kept: it is the replica identity"));
  CHECK(has_line(plan.remarks, "foreign key silenced is kept: triggers of it are not enabled as usual"));
  CHECK(has_line(plan.remarks, "1 index and 1 unique constraint of public.t are dropped before the load"));
  static_cast<void>(CopyTable(options).run());
  CHECK(objects_of(bed) == before);
  CHECK(bed.dst(oids) == kept_before);
}

TEST_CASE("indexes: one that is not valid, or belongs to a partitioned table's, is left alone",
          "[server][sql]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int, v int); INSERT INTO t SELECT i, i FROM generate_series(1, 10) i");
  SECTION("not valid") {
    bed.dst("CREATE TABLE t (id int, v int); INSERT INTO t VALUES (1, 1), (1, 2)");
    CHECK_THROWS(bed.dst("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (id)"));
    bed.dst("TRUNCATE t");
  }
  SECTION("of a partition") {
    bed.dst(
        "CREATE TABLE whole (id int, v int) PARTITION BY RANGE (id); "
        "CREATE TABLE t PARTITION OF whole FOR VALUES FROM (0) TO (1000); "
        "CREATE INDEX ON whole (v); CREATE TABLE parent (id int PRIMARY KEY); "
        "INSERT INTO parent SELECT generate_series(1, 10); "
        "ALTER TABLE whole ADD FOREIGN KEY (v) REFERENCES parent; CREATE INDEX own ON t (id)");
  }
  SECTION("of the partitioned table itself") {
    bed.dst(
        "CREATE TABLE t (id int, v int) PARTITION BY RANGE (id); "
        "CREATE TABLE leaf PARTITION OF t FOR VALUES FROM (0) TO (1000); CREATE INDEX ON t (v)");
    CHECK(has_line(CopyTable(rebuild(bed, WriteMode::append)).plan().remarks,
                   "indexes are kept: it is a partitioned table"));
  }
  const std::string before = objects_of(bed);
  static_cast<void>(CopyTable(rebuild(bed, WriteMode::append)).run());
  static_cast<void>(CopyTable(rebuild(bed, WriteMode::replace)).run());
  CHECK(objects_of(bed) == before);
  CHECK(bed.dst("SELECT count(*) FROM t") == "10");
}

TEST_CASE("indexes: rows that break one end the load with the server's SQLSTATE, and nothing changes",
          "[server][sql]") {
  const Bed bed;
  make_small(bed);
  const auto mode = GENERATE(WriteMode::replace, WriteMode::append);
  const std::string before = objects_of(bed);
  std::string sqlstate;
  std::string name;
  std::string constraint;
  SECTION("a unique constraint") {
    bed.src("UPDATE t SET v = 7 WHERE id = 8");
    sqlstate = "23505";
    name = "unique constraint u of public.t";
    constraint = "u";
  }
  SECTION("a foreign key") {
    bed.src("UPDATE t SET v = 1000 WHERE id = 8");
    sqlstate = "23503";
    name = "foreign key f of public.t";
    constraint = "f";
  }
  const Error error = error_of(rebuild(bed, mode));
  check_error(error, ErrorKind::target, sqlstate);
  CHECK(std::string(error.what()).starts_with(name + " could not be made again: "));
  CHECK_FALSE(error.detail().empty());
  CHECK(error.constraint() == constraint);
  CHECK(objects_of(bed) == before);
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
  CHECK(recorded(bed).empty());
}

TEST_CASE("indexes: rows that break a key which is NOT VALID are no obstacle", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  bed.src("UPDATE t SET v = 1000 WHERE id = 8");
  bed.dst(
      "ALTER TABLE t DROP CONSTRAINT f; ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES parent NOT "
      "VALID");
  const std::string before = objects_of(bed);
  static_cast<void>(CopyTable(rebuild(bed, GENERATE(WriteMode::replace, WriteMode::append))).run());
  CHECK(objects_of(bed) == before);
  CHECK(bed.dst("SELECT count(*) FROM t WHERE v = 1000") == "1");
}

TEST_CASE("indexes: a load that fails for another reason brings back what it had dropped", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  const auto mode = GENERATE(WriteMode::replace, WriteMode::append);
  const std::string before = objects_of(bed);
  auto options = rebuild(bed, mode);
  SECTION("a row that the target refuses") {
    bed.dst("ALTER TABLE t ADD CHECK (id < 50)");
    const std::string with_check = objects_of(bed);
    check_error(error_of(options), ErrorKind::target, "23514");
    CHECK(objects_of(bed) == with_check);
  }
  SECTION("the user's hook") {
    options.stream.before_commit = [](Connection&, const std::stop_token&) {
      throw std::runtime_error("no");
    };
    CHECK_THROWS_WITH(CopyTable(options).run(), "no");
    CHECK(objects_of(bed) == before);
  }
  SECTION("the source") {
    options.table.where = "id < 50 OR 1 / (id - 80) > 0";
    check_error(error_of(options), ErrorKind::source, "22012");
    CHECK(objects_of(bed) == before);
  }
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
  CHECK(recorded(bed).empty());
}

TEST_CASE("indexes: readers go on during an append, writers wait", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  bool was_asked = false;
  auto options = rebuild(bed, WriteMode::append);
  options.stream.before_commit = [&](Connection&, const std::stop_token&) {
    was_asked = true;
    // The unique constraint is the one thing whose return locks readers out, at the very end.
    CHECK_THROWS(bed.dst("SET lock_timeout = '50ms'; INSERT INTO t VALUES (-2, -2)"));
  };
  auto query = bed.query(a_query_that_hangs);
  query.mode = WriteMode::append;
  query.stream.indexes = Indexes::rebuild;
  const auto job = start(query);
  bed.wait_until_session_waits("src", "PgSleep");
  bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + std::string(application) +
                   "' AND datname = 'dst' AND query LIKE 'COPY%'",
               "1");
  CHECK(bed.dst("SET lock_timeout = '5s'; SELECT count(*) FROM t").ends_with("1"));
  CHECK_THROWS(bed.dst("SET lock_timeout = '50ms'; INSERT INTO t VALUES (-2, -2)"));
  CHECK(recorded(bed) == "foreign key f, index i, unique constraint u");
  bed.kill_session("src");
  check_error(job->error(), ErrorKind::source, "57P01");
  CHECK(recorded(bed).empty());
  static_cast<void>(CopyTable(options).run());
  CHECK(was_asked);
}

TEST_CASE("indexes: somebody who holds the table makes the load fail cleanly", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  const std::string before = objects_of(bed);
  Connection other = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  other.begin();
  static_cast<void>(other.execute("SELECT count(*) FROM t"));
  auto options = rebuild(bed, GENERATE(WriteMode::replace, WriteMode::append));
  options.stream.limits.lock_timeout = 50ms;
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "55P03");
  CHECK(std::string(error.detail()).find("public.t") != std::string::npos);
  CHECK(objects_of(bed) == before);
  CHECK(recorded(bed).empty());
}

TEST_CASE("indexes: what the load's own transaction has made or holds is rebuilt in it", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  auto options = rebuild(bed, WriteMode::append);
  SECTION("a temporary table") {
    options.table.to = "pg_temp.x";
    std::string there;
    options.stream.before_load = [](Connection& target, const std::stop_token& stop) {
      static_cast<void>(target.execute("CREATE TEMPORARY TABLE x (id int, v int) ON COMMIT DROP", {}, stop));
      static_cast<void>(target.execute("CREATE INDEX xi ON x (v)", {}, stop));
    };
    options.stream.before_commit = [&there](Connection& target, const std::stop_token& stop) {
      there = target.execute("SELECT pg_get_indexdef('xi'::regclass)", {}, stop).text(0, 0);
    };
    const JobReport report = CopyTable(options).run();
    CHECK(there.find("USING btree (v)") != std::string::npos);
    CHECK(has_line(report.remarks, "index xi was dropped, and made again in"));
  }
  SECTION("a lock") {
    const std::string before = objects_of(bed);
    options.stream.before_load = [](Connection& target, const std::stop_token& stop) {
      static_cast<void>(target.execute("LOCK TABLE t IN ROW EXCLUSIVE MODE", {}, stop));
    };
    static_cast<void>(CopyTable(options).run());
    CHECK(objects_of(bed) == before);
  }
  SECTION("a lock on a table that a key references") {
    const std::string before = objects_of(bed);
    options.stream.before_load = [](Connection& target, const std::stop_token& stop) {
      static_cast<void>(target.execute("SELECT * FROM parent", {}, stop));
    };
    static_cast<void>(CopyTable(options).run());
    CHECK(objects_of(bed) == before);
  }
}

TEST_CASE("indexes: within one database the job does not wait for itself", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  const std::string before = objects_of(bed);
  auto options = rebuild(bed, GENERATE(WriteMode::replace, WriteMode::append));
  options.source = options.target;
  options.table.to = "public.t";
  SECTION("reading a table that a key references") {
    bed.dst("ALTER TABLE parent ADD v int; UPDATE parent SET v = id WHERE id > 0");
    options.table.from = "public.parent";
    options.table.where = "id > 0";
    CHECK(has_line(CopyTable(options).plan().remarks, "foreign key f is kept: the job reads public.parent"));
    static_cast<void>(CopyTable(options).run());
  }
  SECTION("reading the table itself") {
    bed.dst("CREATE VIEW w AS SELECT id + 10 AS id, v + 10 AS v FROM t");
    options.table.from = "public.w";
    check_error(error_of(options), ErrorKind::target, "55P03");
    options.mode = WriteMode::append;
    options.stream.indexes = Indexes::automatic;
    static_cast<void>(CopyTable(options).run());
    CHECK(bed.dst("SELECT string_agg(id::text, ',' ORDER BY id) FROM t") == "-1,9");
  }
  CHECK(objects_of(bed) == before);
}

TEST_CASE("indexes: a role that may not do it is told before", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  bed.src("GRANT ALL ON SCHEMA public TO PUBLIC; GRANT SELECT ON t TO PUBLIC");
  const Guest guest(bed);
  auto options = rebuild(bed, WriteMode::replace);
  options.target = Guest::connection("dst");
  SECTION("not the owner") {
    bed.dst("GRANT ALL ON t TO guest");
    check_error(error_of(options), ErrorKind::target, "42501");
    options.stream.indexes = Indexes::automatic;
    static_cast<void>(CopyTable(options).run());
    CHECK(bed.dst("SELECT count(*) FROM t") == "100");
  }
  SECTION("the owner, who may create nothing in the schema or the database") {
    bed.dst(
        "ALTER TABLE t OWNER TO guest; GRANT REFERENCES ON parent TO guest; GRANT SELECT ON parent TO guest");
    const std::string before = objects_of(bed);
    const JobReport report = CopyTable(options).run();
    CHECK(objects_of(bed) == before);
    CHECK_FALSE(has_line(report.remarks, "index i was dropped"));
    CHECK(has_line(report.remarks, "foreign key f was dropped"));
    options.mode = WriteMode::append;
    check_error(error_of(options), ErrorKind::target, "42501");
  }
  SECTION("the owner, with all that it takes") {
    bed.dst(
        "ALTER TABLE t OWNER TO guest; GRANT REFERENCES ON parent TO guest; GRANT SELECT ON parent TO guest; "
        "GRANT CREATE ON SCHEMA public TO guest; GRANT CREATE ON DATABASE dst TO guest");
    const std::string before = objects_of(bed);
    options.mode = WriteMode::append;
    static_cast<void>(CopyTable(options).run());
    CHECK(objects_of(bed) == before);
  }
  bed.dst("ALTER TABLE t OWNER TO leat; REVOKE ALL ON DATABASE dst FROM guest");
}

TEST_CASE("indexes: silent foreign keys stay", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  bed.src("UPDATE t SET v = 1000 WHERE id = 8");
  const std::string before = objects_of(bed);
  auto options = rebuild(bed, WriteMode::replace);
  options.stream.triggers = Triggers::disable;
  CHECK(has_line(CopyTable(options).plan().remarks,
                 "foreign key f is kept: it is not checked during the load"));
  static_cast<void>(CopyTable(options).run());
  CHECK(objects_of(bed) == before);
}

TEST_CASE("indexes: the plan shows every statement, and changes nothing", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  const std::string before = objects_of(bed);
  auto options = rebuild(bed, WriteMode::append);
  const JobPlan append = CopyTable(options).plan();
  CHECK(append.target_sql ==
        std::vector<std::string>{
            "BEGIN", R"(LOCK TABLE ONLY "public"."t" IN ACCESS EXCLUSIVE MODE)",
            "INSERT INTO leat_meta.dropped_objects …", R"(ALTER TABLE ONLY "public"."t" DROP CONSTRAINT f)",
            "DROP INDEX public.i", R"(ALTER TABLE ONLY "public"."t" DROP CONSTRAINT u)", "COMMIT",
            "BEGIN ISOLATION LEVEL READ COMMITTED",
            R"(LOCK TABLE ONLY "public"."t" IN SHARE ROW EXCLUSIVE MODE)",
            R"(COPY "public"."t" ("id", "v") FROM STDIN (FORMAT binary))",
            "CREATE INDEX i ON public.t USING btree (v)", "CREATE UNIQUE INDEX u ON public.t USING btree (v)",
            R"(ALTER TABLE ONLY "public"."t" ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES public.parent(id))",
            R"(ALTER TABLE ONLY "public"."t" ADD CONSTRAINT u UNIQUE USING INDEX u)",
            "DELETE FROM leat_meta.dropped_objects …", "COMMIT"});
  options.mode = WriteMode::replace;
  const JobPlan replace = CopyTable(options).plan();
  CHECK(replace.target_sql[0] == "BEGIN ISOLATION LEVEL READ COMMITTED");
  CHECK(replace.target_sql[1] == R"(LOCK TABLE ONLY "public"."t" IN ACCESS EXCLUSIVE MODE)");
  CHECK(replace.target_sql.back() == "COMMIT");
  CHECK(has_line(replace.remarks, "readers of public.parent wait too, since foreign key f references it"));
  CHECK(objects_of(bed) == before);
  CHECK(bed.dst("SELECT to_regclass('leat_meta.dropped_objects') IS NULL") == "t");
}

TEST_CASE("indexes: a table whose rows are checked at the commit", "[server][sql]") {
  const Bed bed;
  make_small(bed);
  bed.dst(
      "CREATE TABLE seen (n int); "
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (NEW.id); "
      "RETURN "
      "NULL; END'; "
      "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE "
      "FUNCTION f()");
  const std::string before = objects_of(bed);
  static_cast<void>(CopyTable(rebuild(bed, GENERATE(WriteMode::replace, WriteMode::append))).run());
  CHECK(objects_of(bed) == before);
  CHECK(bed.dst("SELECT count(*) FROM seen") == "100");
}

TEST_CASE("indexes: those whose functions find other tables by the search_path", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 10)");
  bed.dst(
      "CREATE TABLE factor (n int); INSERT INTO factor VALUES (3); "
      "CREATE FUNCTION upper(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS "
      "'BEGIN RETURN $1 * (SELECT n FROM factor); END'; CREATE INDEX i ON t (public.upper(id))");
  const std::string before = objects_of(bed);
  const CopyTable job(rebuild(bed, GENERATE(WriteMode::replace, WriteMode::append)));
  const auto remarks = job.plan().remarks;
  static_cast<void>(job.run());
  CHECK(objects_of(bed) == before);
  // Later servers make them without a search_path, so that nobody could make this one again.
  const bool is_kept = std::stoi(bed.dst("SHOW server_version_num")) >= 170000;
  CHECK(has_line(remarks, "index i is kept: its function upper may need a search_path") == is_kept);
}

TEST_CASE("indexes: a function with a search_path of its own is no reason to keep an index",
          "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 10)");
  bed.dst(
      "CREATE TABLE factor (n int); INSERT INTO factor VALUES (3); CREATE FUNCTION times(int) RETURNS int "
      "IMMUTABLE "
      "LANGUAGE sql SET search_path = public AS 'SELECT $1 * n FROM factor'; CREATE INDEX i ON t "
      "(times(id))");
  const std::string before = objects_of(bed);
  const JobReport report = CopyTable(rebuild(bed, GENERATE(WriteMode::replace, WriteMode::append))).run();
  CHECK(objects_of(bed) == before);
  CHECK(has_line(report.remarks, "index i was dropped, and made again"));
}

TEST_CASE("indexes: many tables are refused", "[server][sql]") {
  const Bed bed;
  CHECK_THROWS_WITH(CopyTables({.source = bed.copy().source,
                                .target = bed.copy().target,
                                .include = {"*"},
                                .stream = {.indexes = Indexes::rebuild}}),
                    "indexes are rebuilt by jobs of one table");
}

TEST_CASE("indexes: auto rebuilds where much comes into an empty table") {
  using namespace leat::jobs_detail;
  const IndexChoiceFacts much{.asked = Indexes::automatic,
                              .old_rows = OldRows::truncated,
                              .droppable = 2,
                              .has_rows = true,
                              .incoming = 1_GiB};
  CHECK(choose_indexes(much).rebuilds);
  CHECK(choose_indexes(much).reason == "1.0 GiB come into an empty table");
  auto facts = much;
  SECTION("little") {
    facts.incoming = 15_MiB;
    CHECK_FALSE(choose_indexes(facts).rebuilds);
  }
  SECTION("just enough") {
    facts.incoming = least_to_rebuild;
    CHECK(choose_indexes(facts).rebuilds);
  }
  SECTION("nobody knows how much") {
    facts.incoming.reset();
    CHECK(choose_indexes(facts).rebuilds);
    facts.old_rows = OldRows::kept;
    facts.has_rows = false;
    CHECK_FALSE(choose_indexes(facts).rebuilds);
  }
  SECTION("rows stay") {
    facts.old_rows = OldRows::kept;
    CHECK_FALSE(choose_indexes(facts).rebuilds);
    facts.has_rows = false;
    CHECK(choose_indexes(facts).rebuilds);
  }
  SECTION("rows go by DELETE") {
    facts.old_rows = OldRows::deleted;
    CHECK_FALSE(choose_indexes(facts).rebuilds);
    facts.asked = Indexes::rebuild;
    CHECK(choose_indexes(facts).rebuilds);
  }
  SECTION("nothing to drop") {
    facts.droppable = 0;
    CHECK_FALSE(choose_indexes(facts).rebuilds);
    facts.asked = Indexes::rebuild;
    CHECK_FALSE(choose_indexes(facts).rebuilds);
  }
  SECTION("kept") {
    facts.asked = Indexes::keep;
    CHECK_FALSE(choose_indexes(facts).rebuilds);
  }
}
