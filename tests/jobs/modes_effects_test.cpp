// What changes of rows set off besides: actions of foreign keys within a table and among partitions,
// triggers, rules, and what others do to the table meanwhile. Nothing of it may take rows away unseen.
#include "advisory_gate.hpp"
#include "guest.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "leat/postgres/session/connection.hpp"
#include "modes.hpp"

using namespace leat;
using namespace leat::test;

namespace {

std::string rows_of(const Bed& bed, const std::string& table = "t") {
  return bed.dst("SELECT string_agg(x::text, ' ' ORDER BY x) FROM " + table + " x");
}

/// The load fails with that SQLSTATE, and the table is as it was.
void check_load_fails(const Bed& bed, const CopyTableOptions& options, const std::string& sqlstate) {
  const std::string before = rows_of(bed);
  check_error(error_of(options), ErrorKind::target, sqlstate);
  CHECK(rows_of(bed) == before);
}

/// A partitioned table of which a partition references the whole, or another partition.
void make_partitions(const Bed& bed, const std::string& references) {
  bed.src("CREATE TABLE t (id int PRIMARY KEY, v text, parent int)");
  bed.dst(
      "CREATE TABLE t (id int PRIMARY KEY, v text, parent int) PARTITION BY RANGE (id); CREATE TABLE t1 "
      "PARTITION OF "
      "t FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20); ALTER "
      "TABLE t2 "
      "ADD FOREIGN KEY (parent) REFERENCES " +
      references);
}

/// A query that waits for the test before its rows come.
AdHocQueryOptions slow_query(const Bed& bed, WriteMode mode) {
  auto options = bed.query("SELECT id FROM t, (SELECT " + AdvisoryGate::wait + ") x");
  options.mode = mode;
  return options;
}

}  // namespace

TEST_CASE("effects: keys between partitions of the target", "[server][sql]") {
  const Bed bed;
  SECTION("swap") {
    make_partitions(bed, "t ON DELETE CASCADE");
    bed.src("INSERT INTO t VALUES (3, 'n', NULL), (12, 'n', 3)");
    bed.dst("INSERT INTO t VALUES (3, 'o', NULL), (12, 'o', 3)");
    CHECK(run_changes(copy_by(bed, WriteMode::swap)) == "2 inserted, 2 deleted");
    CHECK(rows_of(bed) == "(3,n,) (12,n,3)");
    bed.dst("CREATE TABLE c (t int REFERENCES t)");
    CHECK(run_changes(copy_by(bed, WriteMode::swap)) == "2 inserted, 2 deleted");
    CHECK(rows_of(bed) == "(3,n,) (12,n,3)");
  }
  SECTION("delete-insert") {
    make_partitions(bed, GENERATE("t ON DELETE CASCADE", "t1 ON DELETE SET NULL"));
    bed.src("INSERT INTO t VALUES (3, 'y2', NULL)");
    bed.dst("INSERT INTO t VALUES (3, 'y', NULL), (12, 'x', 3)");
    check_load_fails(bed, copy_by(bed, WriteMode::delete_insert), "23503");
  }
  SECTION("sync of a column that is not sent") {
    make_partitions(bed, "t1 ON DELETE SET NULL");
    bed.src("INSERT INTO t VALUES (12, 'x', 3)");
    bed.dst("INSERT INTO t VALUES (3, 'y', NULL), (12, 'x', 3)");
    auto options = copy_by(bed, WriteMode::sync);
    options.table.exclude = {"parent"};
    check_load_fails(bed, options, "23503");
  }
}

TEST_CASE("effects: keys of a table to itself", "[server][sql]") {
  const Bed bed;
  SECTION("ON DELETE of a column that is not sent") {
    bed.src("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (2, 'x'), (3, 'y')");
    bed.dst(
        "CREATE TABLE t (id int PRIMARY KEY, v text, parent int REFERENCES t ON DELETE SET NULL); INSERT "
        "INTO t "
        "VALUES (1, 'p', NULL), (2, 'x', 1), (3, 'y', 2)");
    check_load_fails(bed, copy_by(bed, WriteMode::sync), "23503");
  }
  SECTION("and a trigger that changes values") {
    bed.both("CREATE TABLE t (id int PRIMARY KEY, v text, parent int)");
    bed.src("INSERT INTO t VALUES (3, 'n', NULL), (12, 'n', 3)");
    bed.dst(
        "ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t ON DELETE CASCADE; CREATE FUNCTION f() RETURNS "
        "trigger "
        "LANGUAGE plpgsql AS 'BEGIN NEW.v := upper(NEW.v); RETURN NEW; END'; CREATE TRIGGER k BEFORE INSERT "
        "OR UPDATE "
        "ON t FOR EACH ROW EXECUTE FUNCTION f()");
    CHECK(run_changes(copy_by(bed, WriteMode::sync)) == "2 inserted");
    CHECK(rows_of(bed) == "(3,N,) (12,N,3)");
  }
  SECTION("ON UPDATE") {
    bed.src("CREATE TABLE t (id int PRIMARY KEY, code text); INSERT INTO t VALUES (1, 'b')");
    bed.dst(
        "CREATE TABLE t (id int PRIMARY KEY, code text UNIQUE, pc text REFERENCES t (code) ON UPDATE "
        "CASCADE); INSERT "
        "INTO t VALUES (1, 'a', NULL), (2, 'z', 'a')");
    check_load_fails(bed, copy_by(bed, GENERATE(WriteMode::upsert)), "23503");
  }
  SECTION("delete-insert, where keys are silent") {
    bed.both("CREATE TABLE t (id int PRIMARY KEY, parent int)");
    bed.src("INSERT INTO t VALUES (1, NULL)");
    bed.dst(
        "INSERT INTO t VALUES (1, NULL), (2, 1); ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t ON "
        "DELETE CASCADE");
    auto options = copy_by(bed, WriteMode::delete_insert);
    options.stream.triggers = Triggers::disable;
    CHECK(run_changes(options) == "1 inserted, 1 deleted");
    CHECK(rows_of(bed) == "(1,) (2,1)");
  }
}

TEST_CASE("effects: ON UPDATE by a generated column, a trigger, and among tables that are loaded together",
          "[server][sql]") {
  const Bed bed;
  SECTION("a generated column") {
    bed.src("CREATE TABLE t (id int PRIMARY KEY, k int); INSERT INTO t VALUES (1, 20)");
    bed.dst(
        "CREATE TABLE t (id int PRIMARY KEY, k int, g int GENERATED ALWAYS AS (k * 2) STORED UNIQUE); INSERT "
        "INTO t "
        "VALUES (1, 10); CREATE TABLE c (g int REFERENCES t (g) ON UPDATE CASCADE); INSERT INTO c VALUES "
        "(20)");
    check_load_fails(bed, copy_by(bed, WriteMode::upsert), "23503");
    CHECK(rows_of(bed, "c") == "(20)");
  }
  SECTION("a trigger") {
    bed.src("CREATE TABLE t (id int PRIMARY KEY, k int); INSERT INTO t VALUES (1, 20)");
    bed.dst(
        "CREATE TABLE t (id int PRIMARY KEY, k int, g int UNIQUE); INSERT INTO t VALUES (1, 10, 1); CREATE "
        "TABLE c (g "
        "int REFERENCES t (g) ON UPDATE CASCADE); INSERT INTO c VALUES (1); CREATE FUNCTION f() RETURNS "
        "trigger LANGUAGE "
        "plpgsql AS 'BEGIN NEW.g := NEW.k; RETURN NEW; END'; CREATE TRIGGER k BEFORE UPDATE ON t FOR EACH "
        "ROW EXECUTE "
        "FUNCTION f()");
    check_load_fails(bed, copy_by(bed, WriteMode::upsert), "23503");
    CHECK(rows_of(bed, "c") == "(1)");
  }
  SECTION("joined tables") {
    bed.both(
        "CREATE TABLE p (id int PRIMARY KEY, code text UNIQUE); CREATE TABLE c (id int PRIMARY KEY, code "
        "text)");
    bed.src("INSERT INTO p VALUES (1, 'new'); INSERT INTO c VALUES (1, 'new')");
    bed.dst(
        "INSERT INTO p VALUES (1, 'old'); INSERT INTO c VALUES (1, 'old'), (9, 'old'); ALTER TABLE c ADD "
        "FOREIGN KEY "
        "(code) REFERENCES p (code) ON UPDATE CASCADE");
    CopyTablesOptions options{.source = bed.copy().source,
                              .target = bed.copy().target,
                              .include = {"*"},
                              .mode = WriteMode::upsert};
    options.stream.application_name = application;
    const auto report = CopyTables(options).run();
    CHECK(report.failed() == 2);
    CHECK(rows_of(bed, "c") == "(1,old) (9,old)");
  }
}

TEST_CASE("effects: rules and triggers that keep rows from a replace by DELETE", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE p (id int PRIMARY KEY, v text); CREATE TABLE c (id int PRIMARY KEY, p int)");
  bed.src("INSERT INTO p VALUES (5, 'new'); INSERT INTO c VALUES (1, 5)");
  bed.dst(
      "INSERT INTO p VALUES (1, 'old'); INSERT INTO c VALUES (9, 1); ALTER TABLE c ADD FOREIGN KEY (p) "
      "REFERENCES p; "
      "CREATE TABLE outside (p int REFERENCES p)");
  auto one = bed.copy();
  one.table.from = "p";
  CopyTablesOptions all{.source = bed.copy().source, .target = bed.copy().target, .include = {"p", "c"}};
  all.stream.application_name = application;
  SECTION("a rule") {
    bed.dst("DELETE FROM c; CREATE RULE r AS ON DELETE TO p DO INSTEAD NOTHING");
    check_error(error_of(one), ErrorKind::target, "");
  }
  SECTION("a trigger") {
    bed.dst(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER "
        "k BEFORE "
        "DELETE ON p FOR EACH ROW EXECUTE FUNCTION keep()");
  }
  const auto report = CopyTables(all).run();
  CHECK(report.failed() == 2);
  CHECK(rows_of(bed, "p") == "(1,old)");
}

TEST_CASE("effects: what the table gets while it is loaded", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t VALUES (1), (2)");
  const WriteMode mode = GENERATE(WriteMode::swap, WriteMode::sync);
  // Without a unique index a swap copies beside the old rows.
  if (mode == WriteMode::sync || GENERATE(false, true)) bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
  bed.dst("INSERT INTO t VALUES (7), (8)");
  AdvisoryGate gate(bed.copy().source.target);
  const auto job = start(slow_query(bed, mode));
  bed.wait_until_session_waits("src", "advisory");
  const std::string what = GENERATE(as<std::string>(),
                                    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
                                    "RETURN NULL; END'; CREATE TRIGGER k BEFORE DELETE "
                                    "ON t FOR EACH ROW EXECUTE FUNCTION keep()",
                                    "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING");
  bed.dst(what);
  gate.open();
  check_error(job->error(), ErrorKind::target, "55000");
  CHECK(rows_of(bed) == "(7) (8)");
}

TEST_CASE("effects: what a table of a group gets before it is emptied", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int)");
  bed.src("INSERT INTO p VALUES (5); INSERT INTO c VALUES (1, 5)");
  bed.dst(
      "INSERT INTO p VALUES (1); INSERT INTO c VALUES (9, 1); ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES "
      "p; "
      "CREATE TABLE outside (p int REFERENCES p); CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN RETURN NULL; END'");
  auto gate = Connection::open(ConnectionFactory().resolve(Bed::server().uri("dst")).target, {}, {});
  gate.begin();
  static_cast<void>(gate.execute("CREATE TRIGGER k BEFORE DELETE ON c FOR EACH ROW EXECUTE FUNCTION keep()"));
  CopyTablesOptions all{.source = bed.copy().source, .target = bed.copy().target, .include = {"p", "c"}};
  all.stream.application_name = application;
  CopyTablesReport report;
  std::jthread job([&report, &all] { report = CopyTables(all).run(); });
  bed.wait_until_session_waits("dst", "relation");
  gate.commit();
  job.join();
  REQUIRE(report.tables.size() == 2);
  REQUIRE(report.tables[0].error);
  check_error(*report.tables[0].error, ErrorKind::target, "55000");
  CHECK(rows_of(bed, "c") == "(9,1)");
  CHECK(rows_of(bed, "p") == "(1)");
}

TEST_CASE("effects: a key that references the table while it is loaded", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY)");
  bed.src("INSERT INTO t VALUES (1), (2)");
  bed.dst("INSERT INTO t VALUES (7), (8); CREATE TABLE c (t int); INSERT INTO c VALUES (7)");
  AdvisoryGate gate(bed.copy().source.target);
  const auto job = start(slow_query(bed, GENERATE(WriteMode::swap, WriteMode::sync)));
  bed.wait_until_session_waits("src", "advisory");
  bed.dst("ALTER TABLE c ADD FOREIGN KEY (t) REFERENCES t ON DELETE CASCADE");
  gate.open();
  check_error(job->error(), ErrorKind::target, "55000");
  CHECK(rows_of(bed, "c") == "(7)");
}

TEST_CASE("effects: triggers that delete what comes", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, p int)");
  bed.src("INSERT INTO t VALUES (1, NULL), (2, 1)");
  bed.dst(
      "INSERT INTO t VALUES (1, NULL), (2, 1); CREATE TABLE c (t int REFERENCES t); CREATE FUNCTION f() "
      "RETURNS trigger "
      "LANGUAGE plpgsql AS 'BEGIN DELETE FROM t WHERE p = OLD.id; RETURN NULL; END'; CREATE TRIGGER k AFTER "
      "DELETE ON t "
      "FOR EACH ROW EXECUTE FUNCTION f()");
  SECTION("swap and delete-insert: it fires before the new rows come") {
    const WriteMode mode = GENERATE(WriteMode::swap, WriteMode::delete_insert);
    static_cast<void>(CopyTable(copy_by(bed, mode)).run());
    CHECK(rows_of(bed) == "(1,) (2,1)");
  }
  SECTION("sync: a row that stays, so it comes again") {
    bed.src("DELETE FROM t WHERE id = 1");
    CHECK(run_changes(copy_by(bed, WriteMode::sync)) == "1 inserted, 1 deleted");
    CHECK(rows_of(bed) == "(2,1)");
  }
  SECTION("one that deletes what was just put there") {
    bed.dst(
        "DROP TRIGGER k ON t; TRUNCATE t, c; CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
        "DELETE FROM t "
        "WHERE id = NEW.id; RETURN NULL; END'; CREATE TRIGGER k AFTER INSERT ON t FOR EACH ROW EXECUTE "
        "FUNCTION g()");
    check_load_fails(bed, copy_by(bed, GENERATE(WriteMode::upsert, WriteMode::sync)), "40001");
  }
}

TEST_CASE("effects: equality of keys is that of the type", "[server][sql]") {
  const Bed bed;
  SECTION("a type whose = compares something else") {
    bed.both("CREATE TABLE t (b box, v text)");
    bed.src("INSERT INTO t VALUES ('(1,1),(0,0)', 'new')");
    bed.dst("INSERT INTO t VALUES ('(1,1),(0,0)', 'old'), ('(6,6),(5,5)', 'other')");
    const std::string before = bed.dst("SELECT count(*) FROM t");
    check_error(error_of(copy_by(bed, WriteMode::delete_insert, {"b"})), ErrorKind::target, "42883");
    CHECK(bed.dst("SELECT count(*) FROM t") == before);
  }
  SECTION("an index of another collation, or another operator class") {
    bed.both("CREATE TABLE t (k text, v text)");
    bed.dst(GENERATE(as<std::string>(),
                     "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = "
                     "false); ALTER TABLE t ALTER k TYPE text COLLATE ci; CREATE UNIQUE INDEX ON t (k "
                     "COLLATE \"C\")",
                     "CREATE UNIQUE INDEX ON t (k text_pattern_ops)"));
    bed.src("INSERT INTO t VALUES ('a', 'new')");
    bed.dst("INSERT INTO t VALUES ('a', '1'), ('A', '2')");
    check_error(error_of(copy_by(bed, WriteMode::upsert, {"k"})), ErrorKind::target, "42P10");
  }
  SECTION("blanks at the end of bpchar") {
    bed.both("CREATE TABLE t (k bpchar, v int)");
    bed.dst("ALTER TABLE t ADD PRIMARY KEY (k)");
    bed.src("INSERT INTO t VALUES ('a  ', 1)");
    bed.dst("INSERT INTO t VALUES ('a', 1)");
    CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "1 updated");
    CHECK(bed.dst("SELECT octet_length(k) FROM t") == "3");
  }
}

TEST_CASE("effects: unique indexes of a partition of its own", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, u int)");
  bed.dst(
      "DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, u int) PARTITION BY RANGE (id); CREATE TABLE t1 "
      "PARTITION OF t FOR "
      "VALUES FROM (0) TO (10000); CREATE UNIQUE INDEX ON t1 (u); INSERT INTO t SELECT i, i FROM "
      "generate_series(1, 500) i; "
      "INSERT INTO t SELECT i, i FROM generate_series(3000, 9000) i; ANALYZE t");
  // New rows take values that others have until they are updated.
  bed.src(
      "INSERT INTO t SELECT i + 500, i FROM generate_series(1, 500) i; INSERT INTO t SELECT i, i + 1000 FROM "
      "generate_series(1, 500) i");
  CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "500 inserted, 500 updated");
}

TEST_CASE("effects: inheritance children of tables that reference it are no reason", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY)");
  bed.src("INSERT INTO t VALUES (1)");
  bed.dst(
      "INSERT INTO t VALUES (1), (2); CREATE TABLE c (t int REFERENCES t ON DELETE CASCADE); CREATE TABLE cc "
      "() INHERITS "
      "(c); INSERT INTO cc VALUES (2)");
  CHECK(run_changes(copy_by(bed, WriteMode::sync)) == "1 unchanged, 1 deleted");
  CHECK(rows_of(bed, "cc") == "(2)");
}

TEST_CASE("effects: a row that moves away from its key where nobody could be kept out", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t VALUES (1, 'new')");
  bed.dst("INSERT INTO t VALUES (1, 'old')");
  const Guest guest(bed);
  bed.dst("GRANT SELECT, INSERT, UPDATE (v) ON t TO guest");
  auto options = copy_by(bed, WriteMode::upsert);
  options.target = Guest::connection("dst");
  auto other = Connection::open(ConnectionFactory().resolve(Bed::server().uri("dst")).target, {}, {});
  other.begin();
  static_cast<void>(other.execute("UPDATE t SET id = 5 WHERE id = 1"));
  const auto job = start(options);
  bed.wait_for("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'", "1");
  other.commit();
  check_error(job->error(), ErrorKind::target, "40001");
  CHECK(rows_of(bed) == "(5,old)");
  // The next run finds it as it is; UPDATE of the key is not needed, as it is never set.
  CHECK(run_changes(options) == "1 inserted");
}

TEST_CASE("effects: writers that have locked a row are waited for, and are no deadlock", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t VALUES (5, 'new')");
  bed.dst("INSERT INTO t VALUES (5, 'old')");
  auto other = Connection::open(ConnectionFactory().resolve(Bed::server().uri("dst")).target, {}, {});
  other.begin();
  static_cast<void>(other.execute("SELECT id FROM t WHERE id = 5 FOR UPDATE"));
  const auto job = start(copy_by(bed, WriteMode::upsert));
  bed.wait_for("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'", "1");
  static_cast<void>(other.execute("UPDATE t SET v = 'app' WHERE id = 5"));
  other.commit();
  job->wait();
  CHECK(rows_of(bed) == "(5,new)");
}

TEST_CASE("effects: swaps of a table without a unique index", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v int)");
  bed.src("INSERT INTO t SELECT i, 2 FROM generate_series(1, 20000) i");
  bed.dst("INSERT INTO t SELECT i, 1 FROM generate_series(1, 20000) i");
  auto options = copy_by(bed, WriteMode::swap);
  SECTION("two at once, and a writer before the end") {
    const auto first = start(options);
    const auto second = start(options);
    first->wait();
    second->wait();
    CHECK(bed.dst("SELECT count(*), min(v), max(v) FROM t") == "20000|2|2");
  }
  SECTION("rows that others write while it runs are old ones") {
    auto other = Connection::open(ConnectionFactory().resolve(Bed::server().uri("dst")).target, {}, {});
    other.begin();
    static_cast<void>(other.execute("INSERT INTO t VALUES (0, 0)"));
    const auto job = start(options);
    bed.wait_for("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'", "1");
    other.commit();
    job->wait();
    CHECK(bed.dst("SELECT count(*), min(v), max(v) FROM t") == "20000|2|2");
  }
  SECTION("rows of work of the user's own before are old ones") {
    options.stream.before_load = [](Connection& target, const std::stop_token& stop) {
      static_cast<void>(target.execute("INSERT INTO t VALUES (0, 0)", {}, stop));
    };
    static_cast<void>(CopyTable(options).run());
    CHECK(bed.dst("SELECT count(*), min(v), max(v) FROM t") == "20000|2|2");
  }
  SECTION("a trigger that keeps old rows") {
    bed.dst(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER "
        "k BEFORE "
        "DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep()");
    check_error(error_of(options), ErrorKind::target, "P0001");
    CHECK(bed.dst("SELECT count(*), min(v), max(v) FROM t") == "20000|1|1");
  }
}

TEST_CASE("effects: a replace by DELETE whose own key to itself is dropped for the load", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, parent int)");
  bed.src("INSERT INTO t VALUES (1, NULL), (2, 1)");
  bed.dst(
      "INSERT INTO t VALUES (1, NULL), (9, 1); ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t; CREATE "
      "TABLE c (t int "
      "REFERENCES t)");
  auto options = copy_by(bed, WriteMode::replace);
  options.stream.indexes = Indexes::rebuild;
  CHECK(run_changes(options) == "2 inserted, 2 deleted");
  CHECK(bed.dst("SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'f'") ==
        "1");
}
