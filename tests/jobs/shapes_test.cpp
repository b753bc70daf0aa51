// Tables of every shape, as sources and as targets.
#include "bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void check_copied(const Bed& bed, const CopyTableOptions& options, const std::string& source = "t") {
  CopyTable(options).run();
  CHECK(bed.dst(content("t")) == bed.src(content(source)));
}

}  // namespace

TEST_CASE("shapes: a partitioned table and its leaves, by range, list and hash", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE t (id int, kind text, v text) PARTITION BY LIST (kind); "
      "CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a') PARTITION BY RANGE (id); "
      "CREATE TABLE t_a_low PARTITION OF t_a FOR VALUES FROM (MINVALUE) TO (500); "
      "CREATE TABLE t_a_high PARTITION OF t_a FOR VALUES FROM (500) TO (MAXVALUE); "
      "CREATE TABLE t_rest PARTITION OF t DEFAULT PARTITION BY HASH (id); "
      "CREATE TABLE t_rest_0 PARTITION OF t_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
      "CREATE TABLE t_rest_1 PARTITION OF t_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
  bed.src("INSERT INTO t SELECT i, chr(97 + i % 3), 'v' FROM generate_series(1, 1000) i");
  auto options = bed.copy();
  SECTION("the root") {
    check_copied(bed, options);
  }
  SECTION("a leaf") {
    bed.dst("INSERT INTO t VALUES (1, 'a', 'stays not'), (900, 'a', 'stays'), (1, 'b', 'stays')");
    options.table.from = "t_a_low";
    options.table.to.clear();
    CopyTable(options).run();
    CHECK(bed.dst(content("t_a_low")) == bed.src(content("t_a_low")));
    CHECK(bed.dst("SELECT count(*) FROM t WHERE v = 'stays'") == "2");
  }
  SECTION("a leaf whose root is referenced by a foreign key") {
    bed.dst(
        "ALTER TABLE t ADD PRIMARY KEY (id, kind); CREATE TABLE child (id int, kind text, FOREIGN KEY (id, "
        "kind) REFERENCES t)");
    options.table.from = "t_a_low";
    options.table.to.clear();
    CopyTable(options).run();
    CHECK(bed.dst(content("t_a_low")) == bed.src(content("t_a_low")));
  }
  SECTION("a leaf into a plain table") {
    bed.dst("DROP TABLE t; CREATE TABLE t (id int, kind text, v text)");
    options.table.from = "t_rest_0";
    options.table.to = "t";
    check_copied(bed, options, "t_rest_0");
  }
}

TEST_CASE("shapes: unlogged tables, tables without a key, and with dropped columns", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE UNLOGGED TABLE t (gone int, id int, gone_too text, v text); ALTER TABLE t DROP gone, DROP "
      "gone_too; "
      "INSERT INTO t SELECT i % 3, 'same' FROM generate_series(1, 1000) i");
  bed.dst("CREATE UNLOGGED TABLE t (v text, lost int, id int); ALTER TABLE t DROP lost");
  CopyTable(bed.copy()).run();
  CHECK(bed.dst("SELECT count(*), sum(id), min(v) FROM t") ==
        bed.src("SELECT count(*), sum(id), min(v) FROM t"));
}

TEST_CASE("shapes: a foreign table is read", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src(
      "CREATE EXTENSION IF NOT EXISTS postgres_fdw; INSERT INTO t VALUES (1, 'a'), (2, 'b'); "
      "CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '" +
      Bed::server().socket_dir() + "', port '" + std::to_string(Bed::server().port()) +
      "', dbname 'src'); CREATE USER MAPPING FOR CURRENT_USER SERVER here OPTIONS (user 'leat'); "
      "CREATE FOREIGN TABLE f (id int, v text) SERVER here OPTIONS (table_name 't')");
  auto options = bed.copy();
  options.table.from = "f";
  options.table.to = "t";
  const auto findings = CopyTable(options).plan().findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().code == "foreign_source");
  CHECK(findings.front().severity == Severity::note);
  check_copied(bed, options);
  bed.src("DROP SERVER here CASCADE");
}

TEST_CASE("shapes: values of a hundred million bytes", "[server]") {
  const Bed bed;
  const int bytes = sanitized ? 20'000'000 : 100'000'000;
  bed.both(
      "CREATE TABLE t (id int, v text, b bytea); ALTER TABLE t ALTER v SET STORAGE EXTERNAL, ALTER b SET "
      "STORAGE EXTERNAL");
  bed.src("INSERT INTO t VALUES (1, repeat('x', " + std::to_string(bytes) +
          "), NULL), (2, NULL, convert_to(repeat('y', " + std::to_string(bytes) +
          "), 'UTF8')), (3, 'small', NULL)");
  const std::string sums = "SELECT id, length(v), md5(v), length(b), md5(b) FROM t ORDER BY id";
  CopyTable(bed.copy()).run();
  CHECK(bed.dst(sums) == bed.src(sums));
}
