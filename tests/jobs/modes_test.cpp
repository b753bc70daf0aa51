// What each write mode leaves in the target, against results that were worked out by hand.
#include <algorithm>
#include <string>

#include "leat/transform/transform.hpp"
#include "modes.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A source of five rows, two of them with one key, and a target of four: 1 is the same on both sides, 2
/// differs, 3 differs by NULL, 8 and 9 are the target's own. `kept` is not sent.
void make_tables_to_merge(const Bed& bed) {
  bed.src(
      "CREATE TABLE t (id int, v text, n numeric); INSERT INTO t VALUES (1, 'one', 1.0), (2, 'two', NULL), "
      "(3, NULL, 3), (4, 'first', 4), (4, 'last', 4)");
  bed.dst(
      "CREATE TABLE t (id int PRIMARY KEY, kept text DEFAULT 'new', v text, n numeric); INSERT INTO t "
      "(id, kept, v, n) VALUES (1, 'a', 'one', 1.0), (2, 'b', 'old', 2), (3, 'c', 'three', 3), "
      "(8, 'd', 'eight', 8), (9, 'e', NULL, NULL)");
}

std::string merged_rows(const Bed& bed) {
  return bed.dst(
      "SELECT string_agg(concat_ws(':', id, kept, coalesce(v, '-'), coalesce(n::text, '-')), ' ' "
      "ORDER BY id) FROM t");
}

/// The row's version on disk, which an update changes.
std::string version_of(const Bed& bed, int id) {
  return bed.dst("SELECT xmin, ctid FROM t WHERE id = " + std::to_string(id));
}

/// Makes the target one whose changes cannot be a MERGE: another unique index, or triggers that see rows.
void make_it_take_another_way(const Bed& bed, const std::string& way) {
  if (way == "another unique index") bed.dst("CREATE UNIQUE INDEX ON t (kept, id)");
  if (way == "triggers") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(NEW, OLD); END'; "
        "CREATE TRIGGER tr BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()");
  }
  if (way == "a key to itself") bed.dst("ALTER TABLE t ADD parent int REFERENCES t");
}

const char* const ways[] = {"merge", "another unique index", "triggers", "a key to itself"};

}  // namespace

TEST_CASE("modes: upsert", "[server][sql]") {
  const Bed bed;
  make_tables_to_merge(bed);
  make_it_take_another_way(bed, GENERATE(from_range(std::begin(ways), std::end(ways))));
  const std::string version = version_of(bed, 1);
  CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "1 inserted, 2 updated, 1 unchanged, 1 superseded");
  CHECK(merged_rows(bed) == "1:a:one:1.0 2:b:two:- 3:c:-:3 4:new:last:4 8:d:eight:8 9:e:-:-");
  CHECK(version_of(bed, 1) == version);
  CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "4 unchanged, 1 superseded");
}

TEST_CASE("modes: sync", "[server][sql]") {
  const Bed bed;
  make_tables_to_merge(bed);
  make_it_take_another_way(bed, GENERATE(from_range(std::begin(ways), std::end(ways))));
  const std::string version = version_of(bed, 1);
  CHECK(run_changes(copy_by(bed, WriteMode::sync)) ==
        "1 inserted, 2 updated, 1 unchanged, 1 superseded, 2 deleted");
  CHECK(merged_rows(bed) == "1:a:one:1.0 2:b:two:- 3:c:-:3 4:new:last:4");
  CHECK(version_of(bed, 1) == version);
  bed.src("TRUNCATE t");
  CHECK(run_changes(copy_by(bed, WriteMode::sync)) == "4 deleted");
}

TEST_CASE("modes: insert-missing", "[server][sql]") {
  const Bed bed;
  make_tables_to_merge(bed);
  make_it_take_another_way(bed, GENERATE(from_range(std::begin(ways), std::end(ways))));
  CHECK(run_changes(copy_by(bed, WriteMode::insert_missing)) == "1 inserted, 3 unchanged, 1 superseded");
  CHECK(merged_rows(bed) == "1:a:one:1.0 2:b:old:2 3:c:three:3 4:new:last:4 8:d:eight:8 9:e:-:-");
}

TEST_CASE("modes: delete-insert by a unique key", "[server][sql]") {
  const Bed bed;
  make_tables_to_merge(bed);
  make_it_take_another_way(bed, GENERATE("merge", "another unique index", "triggers", "a key to itself"));
  CHECK(run_changes(copy_by(bed, WriteMode::delete_insert)) == "4 inserted, 1 superseded, 3 deleted");
  CHECK(merged_rows(bed) == "1:new:one:1.0 2:new:two:- 3:new:-:3 4:new:last:4 8:d:eight:8 9:e:-:-");
}

TEST_CASE("modes: delete-insert by a key that is not unique replaces all of its rows", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (day date, part text, v int)");
  bed.src("INSERT INTO t VALUES ('2026-01-02', 'a', 1), ('2026-01-02', 'a', 2), ('2026-01-03', 'b', 3)");
  bed.dst(
      "INSERT INTO t VALUES ('2026-01-01', 'a', 9), ('2026-01-02', 'a', 9), ('2026-01-02', 'c', 9), "
      "('2026-01-03', 'b', 9), ('2026-01-03', 'b', 9)");
  const auto content_of = [&bed] {
    return bed.dst(
        "SELECT string_agg(concat_ws(':', extract(day from day), part, v), ' ' ORDER BY day, part, v) FROM "
        "t");
  };
  SECTION("of one column") {
    CHECK(run_changes(copy_by(bed, WriteMode::delete_insert, {"day"})) == "3 inserted, 4 deleted");
    CHECK(content_of() == "1:a:9 2:a:1 2:a:2 3:b:3");
  }
  SECTION("of two") {
    CHECK(run_changes(copy_by(bed, WriteMode::delete_insert, {"day", "part"})) == "3 inserted, 3 deleted");
    CHECK(content_of() == "1:a:9 2:a:1 2:a:2 2:c:9 3:b:3");
  }
}

TEST_CASE("modes: swap", "[server][sql]") {
  const Bed bed;
  make_tables_to_merge(bed);
  bed.src("DELETE FROM t WHERE v = 'first'");
  const std::string oid = bed.dst("SELECT 't'::regclass::oid");
  bed.dst("CREATE VIEW w AS SELECT id FROM t; GRANT SELECT ON t TO PUBLIC");
  CHECK(run_changes(copy_by(bed, WriteMode::swap)) == "4 inserted, 5 deleted");
  CHECK(merged_rows(bed) == "1:new:one:1.0 2:new:two:- 3:new:-:3 4:new:last:4");
  CHECK(bed.dst("SELECT 't'::regclass::oid") == oid);
  CHECK(bed.dst("SELECT string_agg(id::text, ',' ORDER BY id) FROM w") == "1,2,3,4");
  CHECK(bed.dst("SELECT relacl::text LIKE '%=r/%' FROM pg_class WHERE relname = 't'") == "t");
  bed.src("TRUNCATE t");
  CHECK(run_changes(copy_by(bed, WriteMode::swap)) == "4 deleted");
}

TEST_CASE("modes: replace and append tell what they did", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t VALUES (1), (2)");
  CHECK(run_changes(copy_by(bed, WriteMode::append)) == "2 inserted");
  const JobReport report = CopyTable(copy_by(bed, WriteMode::replace)).run();
  CHECK(changes(report) == "2 inserted");
  CHECK_FALSE(report.rows_deleted);
  bed.dst("ALTER TABLE t ADD PRIMARY KEY (id); CREATE TABLE c (id int REFERENCES t)");
  CHECK(run_changes(copy_by(bed, WriteMode::replace)) == "2 inserted, 2 deleted");
}

TEST_CASE("modes: of a query, by several sessions, with a row hook, as text", "[server][sql]") {
  const Bed bed;
  make_tables_to_merge(bed);
  const std::string after = "1:a:one:1.0 2:b:two:- 3:c:-:3 4:new:last:4 8:d:eight:8 9:e:-:-";
  SECTION("query") {
    auto options = bed.query("SELECT * FROM t");
    options.mode = WriteMode::upsert;
    CHECK(changes(AdHocQuery(options).run()) == "1 inserted, 2 updated, 1 unchanged, 1 superseded");
    CHECK(merged_rows(bed) == after);
  }
  SECTION("readers") {
    auto options = copy_by(bed, WriteMode::upsert);
    options.readers = 2;
    CHECK(run_changes(options) == "1 inserted, 2 updated, 1 unchanged, 1 superseded");
    CHECK(merged_rows(bed) == after);
  }
  SECTION("row hook") {
    auto options = copy_by(bed, WriteMode::upsert);
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") != 4) out.copy_row(row);
    };
    CHECK(run_changes(options) == "2 updated, 1 unchanged");
  }
  SECTION("text") {
    bed.both("ALTER TABLE t ADD a aclitem");
    CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "1 inserted, 2 updated, 1 unchanged, 1 superseded");
    CHECK(merged_rows(bed) == after);
  }
}

TEST_CASE("modes: a unique index of the source spares the search for repeated keys", "[server][sql]") {
  const Bed bed;
  make_tables_to_merge(bed);
  bed.src("DELETE FROM t WHERE v = 'first'; ALTER TABLE t ADD PRIMARY KEY (id)");
  auto options = copy_by(bed, WriteMode::upsert);
  const auto says_last_wins = [](const JobPlan& plan) {
    return std::any_of(plan.remarks.begin(), plan.remarks.end(), [](const std::string& remark) {
      return remark.find("last wins") != std::string::npos;
    });
  };
  // Whether equal keys are the same bytes, servers tell from version 13 on.
  const bool is_told = std::stoi(bed.src("SHOW server_version_num")) >= 130000;
  CHECK(says_last_wins(CopyTable(options).plan()) != is_told);
  CHECK(run_changes(options) == "1 inserted, 2 updated, 1 unchanged");
  SECTION("but not where a hook may change them") {
    options.transform = [](const RowView& row, RowBuilder& out) { out.copy_row(row).set("id", 7); };
    CHECK(says_last_wins(CopyTable(options).plan()));
    CHECK(run_changes(options) == "1 inserted, 3 superseded");
  }
  SECTION("nor where they are computed") {
    options.table.map = {{"id", "id / 2"}};
    CHECK(says_last_wins(CopyTable(options).plan()));
    CHECK(run_changes(options) == "1 inserted, 2 updated, 1 superseded");
  }
  SECTION("nor where the target takes different ones for equal") {
    bed.dst("TRUNCATE t; ALTER TABLE t ALTER id TYPE numeric");
    CHECK(says_last_wins(CopyTable(options).plan()));
  }
}

TEST_CASE("modes: a later row wins among wide and narrow ones", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
  bed.src(
      "ALTER TABLE t ALTER v SET STORAGE PLAIN; INSERT INTO t SELECT i % 500, i || repeat('x', (i * 7919) % "
      "5000) "
      "FROM generate_series(1, 5000) i");
  bed.dst("ALTER TABLE t ALTER v SET STORAGE PLAIN");
  CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "500 inserted, 4500 superseded");
  CHECK(bed.dst("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM t") ==
        bed.src("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM (SELECT DISTINCT ON (id) * FROM t "
                "ORDER BY id, ctid DESC) t"));
}

TEST_CASE("modes: values that are equal but not the same are updated, the same ones are not",
          "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id numeric, c char(3), j json, p point, f float8)");
  bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
  bed.src(
      "INSERT INTO t VALUES (1.0, 'a', '{\"a\": 1}', '(1,2)', 0), (2, 'b', '1', '(0,0)', '-0'), (3, 'c', "
      "'1', NULL, 'NaN')");
  bed.dst(
      "INSERT INTO t VALUES (1.00, 'a', '{\"a\": 1}', '(1,2)', 0), (2, 'b', '1', '(0,0)', '0'), (3, 'c', "
      "'1', NULL, 'NaN')");
  CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "2 updated, 1 unchanged");
  CHECK(bed.dst("SELECT string_agg(id || ' ' || f, ',' ORDER BY id) FROM t") == "1.0 0,2 -0,3 NaN");
}

TEST_CASE("modes: odd names, identity, generated columns, partitions and inheritance", "[server][sql]") {
  const Bed bed;
  SECTION("odd names") {
    bed.both(
        R"(CREATE TABLE t ("K WHERE ""x""" int, "a.b" text, "é, s" int, PRIMARY KEY ("K WHERE ""x""", "é, s")))");
    bed.src("INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1)");
    bed.dst("INSERT INTO t VALUES (1, 'z', 1), (3, 'c', 1); CREATE UNIQUE INDEX ON t (\"a.b\")");
    const WriteMode mode = GENERATE(WriteMode::upsert, WriteMode::sync);
    CHECK(run_changes(copy_by(bed, mode)) ==
          (mode == WriteMode::sync ? "1 inserted, 1 updated, 1 deleted" : "1 inserted, 1 updated"));
  }
  SECTION("identity and generated columns") {
    bed.both(
        "CREATE TABLE t (k text PRIMARY KEY, id int GENERATED ALWAYS AS IDENTITY, v int, twice int GENERATED "
        "ALWAYS AS (v * 2) STORED)");
    bed.src("INSERT INTO t (k, v) VALUES ('a', 1), ('b', 2), ('c', 3)");
    bed.dst("INSERT INTO t (k, v) VALUES ('b', 7), ('a', 1)");
    CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "1 inserted, 1 updated, 1 unchanged");
    CHECK(bed.dst("SELECT string_agg(concat_ws(':', k, id, v, twice), ' ' ORDER BY k) FROM t") ==
          "a:2:1:2 b:1:2:4 c:3:3:6");
  }
  SECTION("an identity as the key") {
    bed.both("CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int)");
    bed.src("INSERT INTO t (v) VALUES (1), (2), (3)");
    bed.dst("INSERT INTO t (v) VALUES (1), (7)");
    CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "1 inserted, 1 updated, 1 unchanged");
    CHECK(bed.dst("INSERT INTO t (v) VALUES (9) RETURNING id").substr(0, 1) == "4");
  }
  SECTION("partitions") {
    bed.both(
        "CREATE TABLE t (id int, day int, v text, PRIMARY KEY (id, day)) PARTITION BY LIST (day); CREATE "
        "TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2)");
    bed.src("INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 2, 'c')");
    bed.dst("INSERT INTO t VALUES (1, 1, 'z'), (2, 2, 'b'), (9, 1, 'i')");
    CHECK(run_changes(copy_by(bed, WriteMode::sync)) == "1 inserted, 1 updated, 1 unchanged, 1 deleted");
    CHECK(bed.dst("SELECT count(*) FROM t2") == "2");
    CHECK(run_changes(copy_by(bed, WriteMode::swap)) == "3 inserted, 3 deleted");
  }
  SECTION("inheritance: children stay out of it") {
    bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
    bed.src("INSERT INTO t VALUES (1, 'a')");
    bed.dst("CREATE TABLE child () INHERITS (t); INSERT INTO child VALUES (1, 'c'), (2, 'c')");
    const WriteMode mode = GENERATE(WriteMode::upsert, WriteMode::sync, WriteMode::swap);
    CHECK(run_changes(copy_by(bed, mode)) == "1 inserted");
    CHECK(bed.dst("SELECT count(*) FROM child") == "2");
  }
  SECTION("a table without columns") {
    bed.both("CREATE TABLE t ()");
    bed.src("INSERT INTO t DEFAULT VALUES");
    bed.dst("INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES");
    CHECK(run_changes(copy_by(bed, WriteMode::swap)) == "1 inserted, 2 deleted");
  }
  SECTION("nothing but the key is sent") {
    bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
    bed.src("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    bed.dst("INSERT INTO t VALUES (1, 'z')");
    auto options = copy_by(bed, WriteMode::upsert);
    options.table.columns = {"id"};
    CHECK(run_changes(options) == "1 inserted, 1 unchanged");
  }
}

TEST_CASE("modes: keys of every kind of type, and operators outside of the search_path", "[server][sql]") {
  const Bed bed;
  bed.both(
      "SET client_min_messages = error; DROP SCHEMA IF EXISTS ext CASCADE; CREATE SCHEMA ext; CREATE "
      "EXTENSION citext SCHEMA ext; CREATE TYPE mood AS ENUM ('b', 'a'); CREATE "
      "DOMAIN d AS int; CREATE TYPE pair AS (a int, b text); CREATE TABLE t (k1 ext.citext, k2 mood, k3 d, "
      "k4 int[], k5 int4range, k6 pair, k7 bytea, k8 interval, k9 varchar(9), v int, PRIMARY KEY (k1, k2, "
      "k3, k4, k5, k6, k7, k8, k9))");
  bed.src(
      "INSERT INTO t VALUES ('A', 'a', 1, '{1,2}', '[1,3)', '(1,x)', 'x', '1 mon', 'v', 1), ('B', 'b', 2, "
      "'{}', "
      "'empty', '(,)', '', '1 day', '', 2)");
  bed.dst(
      "INSERT INTO t VALUES ('a', 'a', 1, '{1,2}', '[1,3)', '(1,x)', 'x', '30 days', 'v', 1), ('C', 'b', 2, "
      "'{}', 'empty', '(,)', '', '1 day', '', 2)");
  const WriteMode mode = GENERATE(WriteMode::upsert, WriteMode::sync, WriteMode::delete_insert);
  // The key is equal, but A is not a.
  CHECK(run_changes(copy_by(bed, mode)) == (mode == WriteMode::upsert ? "1 inserted, 1 updated"
                                            : mode == WriteMode::sync ? "1 inserted, 1 updated, 1 deleted"
                                                                      : "2 inserted, 1 deleted"));
  CHECK(bed.dst("SELECT string_agg(k1::text || k8, ',' ORDER BY k1) FROM t WHERE k1 <> 'C'") ==
        "A1 mon,B1 day");
  bed.dst("ALTER TABLE t DROP CONSTRAINT t_pkey");
  CHECK(run_changes(copy_by(bed, WriteMode::delete_insert, {"k1", "k2", "k4", "k5", "k6", "k8"})) ==
        "2 inserted, 2 deleted");
  bed.both("DROP SCHEMA ext CASCADE");
}

TEST_CASE("modes: collations of the target's columns", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (k text, v text COLLATE \"C\")");
  bed.dst(
      "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false); ALTER "
      "TABLE t "
      "ALTER k TYPE text COLLATE nocase, ADD PRIMARY KEY (k)");
  bed.src("INSERT INTO t VALUES ('Key', 'a'), ('KEY', 'b'), ('other', 'c')");
  bed.dst("INSERT INTO t VALUES ('key', 'z')");
  CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "1 inserted, 1 updated, 1 superseded");
  CHECK(bed.dst("SELECT string_agg(k || v, ',' ORDER BY v) FROM t") == "KEYb,otherc");
}

TEST_CASE("modes: values that change places between rows", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, code text)");
  bed.dst("CREATE UNIQUE INDEX ON t (code)");
  bed.src("INSERT INTO t VALUES (2, 'a'), (1, 'b')");
  bed.dst("INSERT INTO t VALUES (1, 'a'), (9, 'b')");
  // 1 gives 'a' to 2, which is new, and takes 'b' from 9, which goes.
  CHECK(run_changes(copy_by(bed, WriteMode::sync)) == "1 inserted, 1 updated, 1 deleted");
  CHECK(bed.dst("SELECT string_agg(id || code, ',' ORDER BY id) FROM t") == "1b,2a");
}
