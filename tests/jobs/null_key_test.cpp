// Keys in which NULL is a value like any other: a unique index with NULLS NOT DISTINCT, since PostgreSQL 15.
#include "bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// False on a server that has no such indexes.
bool make_null_keys(const Bed& bed, const std::string& source_index) {
  if (std::stoi(bed.dst("SHOW server_version_num")) < 150000) return false;
  bed.both("CREATE TABLE t (a int, b text, v text)");
  bed.dst("CREATE UNIQUE INDEX ON t (a, b) NULLS NOT DISTINCT");
  if (!source_index.empty()) bed.src("CREATE UNIQUE INDEX ON t (a, b) " + source_index);
  bed.src(
      "INSERT INTO t VALUES (1, NULL, 'new'), (NULL, NULL, 'same'), (NULL, 'x', 'added'), (2, 'y', 'new'), "
      "(3, NULL, 'added')");
  bed.dst(
      "INSERT INTO t VALUES (1, NULL, 'old'), (NULL, NULL, 'same'), (2, 'y', 'old'), (NULL, 'gone', 'old'), "
      "(1, 'gone', 'old')");
  return true;
}

std::string rows_of_target(const Bed& bed) {
  return bed.dst(
      "SELECT string_agg(concat_ws(',', coalesce(a::text, '~'), coalesce(b, '~'), v), ' ' ORDER BY "
      "a NULLS FIRST, b NULLS FIRST) FROM t");
}

CopyTableOptions by_null_key(const Bed& bed, WriteMode mode) {
  auto options = bed.copy();
  options.mode = mode;
  options.key = {"a", "b"};
  options.stream.verify = true;
  return options;
}

constexpr const char* kept_old = "~,gone,old";

}  // namespace

TEST_CASE("null key: rows are matched by every mode that has a key", "[server]") {
  const Bed bed;
  if (!make_null_keys(bed, GENERATE("NULLS NOT DISTINCT", ""))) return;
  const auto [mode, wanted] = GENERATE(table<WriteMode, std::string>({
      {WriteMode::upsert, "~,~,same ~,gone,old ~,x,added 1,~,new 1,gone,old 2,y,new 3,~,added"},
      {WriteMode::insert_missing, "~,~,same ~,gone,old ~,x,added 1,~,old 1,gone,old 2,y,old 3,~,added"},
      {WriteMode::sync, "~,~,same ~,x,added 1,~,new 2,y,new 3,~,added"},
      {WriteMode::delete_insert, "~,~,same ~,gone,old ~,x,added 1,~,new 1,gone,old 2,y,new 3,~,added"},
  }));
  auto options = by_null_key(bed, mode);
  options.writers = GENERATE(1U, 2U);
  const JobReport report = CopyTable(options).run();
  CHECK(rows_of_target(bed) == wanted);
  CHECK(report.rows_read == 5);
  if (mode == WriteMode::upsert) {
    CHECK(report.rows_inserted == 2);
    CHECK(report.rows_updated == 2);
    CHECK(report.rows_unchanged == 1);
  }
  if (mode == WriteMode::sync) CHECK(report.rows_deleted == 2);
}

TEST_CASE("null key: of rows of the source with one key the last wins, also where its own index is no help",
          "[server]") {
  const Bed bed;
  if (!make_null_keys(bed, GENERATE("", "NULLS DISTINCT"))) return;
  bed.src("INSERT INTO t VALUES (1, NULL, 'last'), (NULL, 'x', 'last')");
  const JobReport report = CopyTable(by_null_key(bed, WriteMode::upsert)).run();
  CHECK(report.rows_superseded == 2);
  CHECK(rows_of_target(bed) ==
        std::string("~,~,same ") + kept_old + " ~,x,last 1,~,last 1,gone,old 2,y,new 3,~,added");
}

TEST_CASE("null key: a key of which NULLs are distinct takes none, as ever", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (a int UNIQUE, v text)");
  bed.src("INSERT INTO t VALUES (NULL, 'n')");
  auto options = bed.copy();
  options.mode = WriteMode::upsert;
  options.key = {"a"};
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "23502");
  CHECK(std::string(error.what()).find("no value in a column of the key") != std::string::npos);
}

TEST_CASE("null key: partitions", "[server]") {
  const Bed bed;
  if (std::stoi(bed.dst("SHOW server_version_num")) < 150000) return;
  bed.src(
      "CREATE TABLE t (a int, b int, v text); INSERT INTO t SELECT i % 5, nullif(i, i / 10 * 10), 'new' FROM "
      "generate_series(1, 9) i");
  bed.src("INSERT INTO t VALUES (1, NULL, 'new'), (2, NULL, 'new')");
  bed.dst(
      "CREATE TABLE t (a int, b int, v text) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t FOR "
      "VALUES IN "
      "(0, 1, 2); CREATE TABLE t2 PARTITION OF t DEFAULT; CREATE UNIQUE INDEX ON t (a, b) NULLS NOT "
      "DISTINCT; "
      "INSERT INTO t VALUES (1, NULL, 'old'), (7, NULL, 'old')");
  CHECK(CopyTable(by_null_key(bed, WriteMode::sync)).run().rows_deleted == 1);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}
