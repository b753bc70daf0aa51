// Write modes of tables that foreign keys join: published together, in an order that meets the keys.
#include "leat/jobs/copy_tables.hpp"
#include "modes.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Parents 1, 2 and children of them; the target has parents 1 and 9, and children of both.
void make_parents_and_children(const Bed& bed, const std::string& action) {
  bed.both(
      "CREATE TABLE parent (id int PRIMARY KEY, v int); CREATE TABLE child (id int PRIMARY KEY, parent int, "
      "v int)");
  bed.src(
      "INSERT INTO parent VALUES (1, 1), (2, 2); INSERT INTO child VALUES (10, 2, 1), (11, 1, 1), (12, 2, "
      "1)");
  bed.dst(
      "INSERT INTO parent VALUES (1, 7), (9, 9); INSERT INTO child VALUES (10, 9, 1), (11, 1, 1), (19, 9, "
      "9); "
      "ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent " +
      action);
}

CopyTablesOptions copy_all_by(const Bed& bed, WriteMode mode) {
  CopyTablesOptions options{
      .source = bed.copy().source, .target = bed.copy().target, .include = {"*"}, .mode = mode};
  options.stream.application_name = application;
  return options;
}

std::string all_rows(const Bed& bed) {
  return bed.dst(
      "SELECT (SELECT string_agg(id || ':' || v, ' ' ORDER BY id) FROM parent) || ' | ' || "
      "(SELECT string_agg(concat_ws(':', id, parent, v), ' ' ORDER BY id) FROM child)");
}

std::string report_of(const CopyTablesReport& report) {
  std::string text;
  for (const auto& table : report.tables) {
    if (!text.empty()) text += "; ";
    text += table.error ? std::string(table.error->sqlstate()) : changes(table.report);
  }
  return text;
}

}  // namespace

TEST_CASE("modes of joined tables: sync", "[server][sql]") {
  const Bed bed;
  make_parents_and_children(bed,
                            GENERATE("", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE RESTRICT"));
  CHECK(report_of(CopyTables(copy_all_by(bed, WriteMode::sync)).run()) ==
        "1 inserted, 1 updated, 1 unchanged, 1 deleted; 1 inserted, 1 updated, 1 deleted");
  CHECK(all_rows(bed) == "1:1 2:2 | 10:2:1 11:1:1 12:2:1");
  CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname LIKE 'leat%'") == "0");
}

TEST_CASE("modes of joined tables: swap", "[server][sql]") {
  const Bed bed;
  make_parents_and_children(bed, GENERATE("", "ON DELETE CASCADE", "ON DELETE RESTRICT"));
  CHECK(report_of(CopyTables(copy_all_by(bed, WriteMode::swap)).run()) ==
        "3 inserted, 3 deleted; 2 inserted, 2 deleted");
  CHECK(all_rows(bed) == "1:1 2:2 | 10:2:1 11:1:1 12:2:1");
}

TEST_CASE("modes of joined tables: swap of a child without a key", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE parent (id int PRIMARY KEY, v int); CREATE TABLE child (id int, parent int, v int)");
  bed.src("INSERT INTO parent VALUES (1, 1), (2, 2); INSERT INTO child VALUES (10, 2, 1), (10, 2, 1)");
  bed.dst(
      "INSERT INTO parent VALUES (1, 7), (9, 9); INSERT INTO child VALUES (19, 9, 9); ALTER TABLE child ADD "
      "FOREIGN KEY (parent) REFERENCES parent");
  CHECK(report_of(CopyTables(copy_all_by(bed, WriteMode::swap)).run()) ==
        "2 inserted, 1 deleted; 2 inserted, 2 deleted");
  CHECK(all_rows(bed) == "1:1 2:2 | 10:2:1 10:2:1");
}

TEST_CASE("modes of joined tables: upsert and insert-missing", "[server][sql]") {
  const Bed bed;
  make_parents_and_children(bed, "ON DELETE CASCADE");
  const WriteMode mode = GENERATE(WriteMode::upsert, WriteMode::insert_missing);
  CHECK(report_of(CopyTables(copy_all_by(bed, mode)).run()) ==
        (mode == WriteMode::upsert ? "1 inserted, 1 updated, 1 unchanged; 1 inserted, 1 updated"
                                   : "1 inserted, 2 unchanged; 1 inserted, 1 unchanged"));
  CHECK(all_rows(bed) == (mode == WriteMode::upsert ? "1:1 2:2 9:9 | 10:2:1 11:1:1 12:2:1 19:9:9"
                                                    : "1:7 2:2 9:9 | 10:9:1 11:1:1 12:2:1 19:9:9"));
}

TEST_CASE("modes of joined tables: a row that would go along with another one is no loss", "[server][sql]") {
  const Bed bed;
  make_parents_and_children(bed, GENERATE("ON DELETE CASCADE", "ON DELETE SET NULL"));
  const std::string before = all_rows(bed);
  SECTION("sync: the source itself does not meet the key") {
    bed.src("UPDATE child SET parent = 9 WHERE id = 12");
    CHECK(report_of(CopyTables(copy_all_by(bed, WriteMode::sync)).run()) == "23503; 23503");
  }
  SECTION("delete-insert: a child stays that is not sent") {
    bed.dst("INSERT INTO child VALUES (18, 1, 1)");
    CHECK(report_of(CopyTables(copy_all_by(bed, WriteMode::delete_insert)).run()) == "23503; 23503");
    bed.dst("DELETE FROM child WHERE id = 18");
  }
  CHECK(all_rows(bed) == before);
}

TEST_CASE("modes of joined tables: keys in a circle, checked at the end", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int)");
  bed.src("INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO b VALUES (1, 2), (2, 1)");
  bed.dst(
      "INSERT INTO a VALUES (1, 9), (9, 9); INSERT INTO b VALUES (9, 1); ALTER TABLE a ADD FOREIGN KEY (b) "
      "REFERENCES b DEFERRABLE; ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a DEFERRABLE");
  const WriteMode mode = GENERATE(WriteMode::sync, WriteMode::swap);
  CHECK(CopyTables(copy_all_by(bed, mode)).run().failed() == 0);
  CHECK(
      bed.dst("SELECT (SELECT string_agg(a::text, '' ORDER BY id) FROM a) || (SELECT string_agg(b::text, '' "
              "ORDER BY id) FROM b)") == "(1,1)(2,2)(1,2)(2,1)");
}

TEST_CASE("modes of many tables: one without a key tells of itself", "[server][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE a (id int PRIMARY KEY, v int); CREATE TABLE b (id int)");
  bed.src("INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1)");
  const auto report = CopyTables(copy_all_by(bed, WriteMode::upsert)).run();
  CHECK(report.failed() == 1);
  CHECK(bed.dst("SELECT count(*) FROM a") == "1");
  REQUIRE(report.tables.at(1).error);
  CHECK(std::string(report.tables.at(1).error->what()).find("public.b has no primary key") == 0);
  CHECK(CopyTables(copy_all_by(bed, WriteMode::upsert)).plan().size() == 2);
}
