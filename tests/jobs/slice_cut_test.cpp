// How tables are cut into slices: every row is in one of them, whatever the table is.
#include "jobs/prepare/slice_cut.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "bed.hpp"
#include "guest.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "support/random.hpp"
#include "tables.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;
using jobs_detail::RowPlace;
using jobs_detail::Slice;
using jobs_detail::SlicedTable;
using jobs_detail::TablePart;

namespace {

/// The SELECT of a slice.
std::string select_of(const SlicedTable& table, const Slice& slice) {
  const std::string sql = table.sql(slice, RowFormat::binary);
  const auto begin = sql.find('(') + 1;
  return sql.substr(begin, sql.rfind(") TO STDOUT") - begin);
}

/// Number and hash of the rows of all slices together.
std::string content_of(const Bed& bed, const SlicedTable& table) {
  std::string all;
  for (const auto& slice : table.slices) {
    all += (all.empty() ? "SELECT * FROM (" : " UNION ALL SELECT * FROM (") + select_of(table, slice) + ") s";
  }
  return bed.src("SELECT count(*), sum(hashtext(x::text)::int8) FROM (" + all + ") x");
}

std::string content_of_source(const Bed& bed) {
  return bed.src("SELECT count(*), sum(hashtext(t::text)::int8) FROM t");
}

/// Before version 14 servers read a table without a key from its begin to its end.
bool has_page_ranges(const Bed& bed) {
  return std::stoi(bed.src("SHOW server_version_num")) >= 140000;
}

}  // namespace

TEST_CASE("slices: of what is no ordinary table", "[server]") {
  const Bed bed;
  make_uneven_table(bed, 10000);
  auto options = sliced_copy(bed, 3);
  options.table.from = "other";
  options.table.to = "t";
  SECTION("a materialized view") {
    bed.src("CREATE MATERIALIZED VIEW other AS SELECT * FROM t");
  }
  SECTION("a partitioned table, leaf by leaf, with columns in another order, one of them empty") {
    bed.src(
        "CREATE TABLE other (id int, v text) PARTITION BY LIST ((id % 3)); CREATE TABLE p0 PARTITION OF "
        "other FOR VALUES IN (0); CREATE TABLE \"P 1\" (gone int, v text, id int); ALTER TABLE \"P 1\" DROP "
        "gone; ALTER TABLE other ATTACH PARTITION \"P 1\" FOR VALUES IN (1); CREATE TABLE rest PARTITION OF "
        "other DEFAULT PARTITION BY RANGE (id); CREATE TABLE low PARTITION OF rest FOR VALUES FROM "
        "(MINVALUE) TO (2000); CREATE TABLE high PARTITION OF rest DEFAULT; CREATE TABLE none PARTITION OF "
        "other FOR VALUES IN (77); INSERT INTO other SELECT * FROM t");
  }
  if (has_page_ranges(bed)) {
    CHECK(has_line(CopyTable(options).plan().remarks, "slices of public.other in one snapshot"));
  }
  CHECK(CopyTable(options).run().rows_written == 7999);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("slices: a partition that this role may not read by itself", "[server]") {
  const Bed bed;
  make_uneven_table(bed, 10000);
  const Guest guest(bed);
  bed.src(
      "CREATE TABLE other (id int, v text) PARTITION BY HASH (id); "
      "CREATE TABLE p0 PARTITION OF other FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
      "CREATE TABLE p1 PARTITION OF other FOR VALUES WITH (MODULUS 2, REMAINDER 1); "
      "INSERT INTO other SELECT * FROM t; GRANT SELECT ON other, p0 TO guest");
  auto options = sliced_copy(bed, 2);
  options.table.from = "other";
  options.table.to = "t";
  options.source = Guest::connection("src");
  CHECK(has_line(CopyTable(options).plan().remarks, "may not read its partition p1 by itself"));
  CHECK(CopyTable(options).run().rows_written == 7999);
}

TEST_CASE("slices: what lies out of line counts", "[server]") {
  const Bed bed;
  if (!has_page_ranges(bed)) return;
  bed.both("CREATE TABLE t (id int, v text)");
  // Two pages of rows, and six megabytes of values.
  bed.src(
      "ALTER TABLE t ALTER v SET STORAGE EXTERNAL; INSERT INTO t SELECT i, repeat('x', 20000) FROM "
      "generate_series(1, 300) i");
  auto options = sliced_copy(bed, 2);
  options.slice_bytes = ByteCount{1U << 20U};
  CHECK(has_line(CopyTable(options).plan().remarks, "2 slices of public.t in one snapshot"));
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("slices: ranges of a key have every row once", "[server]") {
  const Bed bed;
  const std::string key = GENERATE(as<std::string>(), "int", "text COLLATE \"C\"", "numeric", "timestamptz",
                                   "text COLLATE \"en-x-icu\"", "\"char\"");
  const std::string type = key.substr(0, key.find(" COLLATE"));
  bed.src("CREATE TABLE t (\"K\" " + key + ", v int); CREATE INDEX ON t (\"K\")");
  const std::string value =
      type == "timestamptz" ? "to_timestamp(i * 1e5)" : "((i * 7919) % 1000)::text::" + type;
  bed.src("INSERT INTO t SELECT CASE WHEN i % 10 > 0 THEN " + value +
          " END, i FROM generate_series(1, 5000) i");
  if (type == "text") bed.src("INSERT INTO t SELECT '5''\\' || i, i FROM generate_series(1, 2000) i");
  auto session = session_of_source();
  const auto table = TableManager(session).describe(TableName::parse("t"));
  const TablePart part{.table = table, .pages = 30, .key = "\"K\"", .key_type = type};
  SlicedTable sliced{.table = table, .items = postgres_detail::select_items(table.columns), .parts = {part}};
  std::optional<std::string> from;
  for (const auto& bound : jobs_detail::sampled_bounds(session, part, 8, {})) {
    sliced.slices.push_back({.keys = jobs_detail::KeySlice{
                                 .key = part.key, .type = part.key_type, .from = from, .before = bound}});
    from = bound;
  }
  sliced.slices.push_back(
      {.keys = jobs_detail::KeySlice{.key = part.key, .type = part.key_type, .from = from}});
  CHECK(sliced.slices.size() > 3);
  CHECK(content_of(bed, sliced) == content_of_source(bed));
}

TEST_CASE("slices: any cut between pages and rows has every row once", "[server][random]") {
  const Bed bed;
  if (!has_page_ranges(bed)) return;
  make_uneven_table(bed, 10000);
  auto session = session_of_source();
  const auto table = TableManager(session).describe(TableName::parse("t"));
  std::vector<std::string> remarks;
  SlicedTable sliced{.table = table, .items = postgres_detail::select_items(table.columns)};
  sliced.parts = jobs_detail::table_parts(session, table, remarks, {});
  REQUIRE(sliced.parts.size() == 1);
  const auto places = sliced.parts[0].pages * sliced.parts[0].rows_per_page;
  const RandomRun run(20);
  std::mt19937_64 random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("round " << round);
    std::set<RowPlace> cuts;
    while (cuts.size() < 12) cuts.insert(1 + random() % places);
    sliced.slices.clear();
    RowPlace begin = 0;
    for (const auto place : cuts) {
      sliced.slices.push_back({.begin = begin, .end = place});
      begin = place;
    }
    sliced.slices.push_back({.begin = begin});
    CHECK(content_of(bed, sliced) == content_of_source(bed));
  }
}
