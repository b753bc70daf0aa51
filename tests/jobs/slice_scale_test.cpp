// Weighing rows of which few hold nearly all bytes.
#include "jobs/prepare/slice_scale.hpp"

#include "bed.hpp"
#include "jobs/prepare/slice_cut.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "tables.hpp"

using namespace leat;
using namespace leat::test;
using jobs_detail::Slice;
using jobs_detail::SlicedTable;
using jobs_detail::SliceScale;

namespace {

constexpr std::uint64_t heavy_row = 100'000;

/// 10,000 rows; those from 6001 to 6040 have 100 kB each out of line.
SlicedTable skewed_table(const Bed& bed, Connection& session) {
  bed.src(
      "CREATE TABLE t (id int, gone text, v text); ALTER TABLE t DROP gone, ALTER v SET STORAGE EXTERNAL");
  bed.src(
      "INSERT INTO t SELECT i, CASE WHEN i BETWEEN 6001 AND 6040 THEN repeat('x', 100000) ELSE 'y' END "
      "FROM generate_series(1, 10000) i");
  const auto table = TableManager(session).describe(TableName::parse("t"));
  std::vector<std::string> remarks;
  return {.table = table,
          .items = postgres_detail::select_items(table.columns),
          .parts = jobs_detail::table_parts(session, table, remarks, {})};
}

Slice all_places(const SlicedTable& sliced) {
  return {.end = sliced.parts[0].pages * sliced.parts[0].rows_per_page};
}

}  // namespace

TEST_CASE("slices: rows are weighed with what lies out of line", "[server]") {
  const Bed bed;
  auto session = session_of_source();
  const auto sliced = skewed_table(bed, session);
  const SliceScale scale(sliced, session, {});
  const auto all = scale.weigh(all_places(sliced)).count();
  CHECK(all >= 40 * heavy_row);
  CHECK(all < 40 * heavy_row + 10'000 * 100);
}

TEST_CASE("slices: a portion ends before it is too heavy, and has one row at least", "[server]") {
  const Bed bed;
  auto session = session_of_source();
  const auto sliced = skewed_table(bed, session);
  const SliceScale scale(sliced, session, {});
  const auto portion = scale.lighten(all_places(sliced), ByteCount{10 * heavy_row});
  CHECK(scale.weigh(portion).count() <= 10 * heavy_row);
  const Slice heavy{.begin = portion.begin, .end = all_places(sliced).end};
  CHECK(*scale.lighten(heavy, ByteCount{0}).end == heavy.begin + 1);
}

TEST_CASE("slices: the rest is cut where both halves have about as many bytes", "[server]") {
  const Bed bed;
  auto session = session_of_source();
  const auto sliced = skewed_table(bed, session);
  const SliceScale scale(sliced, session, {});
  const auto all = all_places(sliced);
  const auto weight = scale.weigh(all).count();
  Slice first = all;
  first.end = scale.middle(all, ByteCount{weight});
  const auto part = scale.weigh(first).count();
  CHECK(part > weight * 2 / 5);
  CHECK(part < weight * 3 / 5);
}

TEST_CASE("slices: pages tell enough where little lies out of line", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, 'y' FROM generate_series(1, 1000) i");
  auto session = session_of_source();
  const auto table = TableManager(session).describe(TableName::parse("t"));
  std::vector<std::string> remarks;
  const auto parts = jobs_detail::table_parts(session, table, remarks, {});
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].row_bytes.empty());
}
