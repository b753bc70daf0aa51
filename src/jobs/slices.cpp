#include "jobs/slices.hpp"

#include <algorithm>

namespace leat::jobs_detail {
namespace {

using namespace literals;

// TID range scans came with it; before, each slice would be read by a scan of the whole table.
constexpr int first_version_with_page_ranges = 140000;

// So many for each reader, so that one who got fast ones takes more of them.
constexpr std::uint64_t slices_per_reader = 8;

// A slice costs a statement, so it is not tiny; one that is not huge ends soon after the others.
constexpr ByteCount smallest_slice = 1_MiB;
constexpr ByteCount largest_slice = 64_MiB;

}  // namespace

std::string display(const Slice& slice) {
  if (slice.is_whole()) return "the whole table";
  if (!slice.end_page) return "pages from " + std::to_string(slice.first_page);
  return "pages " + std::to_string(slice.first_page) + " to " + std::to_string(*slice.end_page - 1);
}

std::vector<Slice> cut(ByteCount size, ByteCount page_bytes, ByteCount slice_bytes, std::size_t readers) {
  if (slice_bytes.count() == 0) {
    slice_bytes =
        std::clamp(ByteCount{size.count() / (slices_per_reader * readers)}, smallest_slice, largest_slice);
  }
  const std::uint64_t pages = size.count() / page_bytes.count();
  const std::uint64_t pages_each = std::max<std::uint64_t>(1, slice_bytes.count() / page_bytes.count());
  std::vector<Slice> slices;
  for (std::uint64_t first = 0; first + pages_each < pages; first += pages_each) {
    slices.push_back({.first_page = first, .end_page = first + pages_each});
  }
  slices.push_back({.first_page = slices.size() * pages_each});
  return slices;
}

std::string SlicedTable::sql(const Slice& slice, RowFormat format) const {
  if (slice.is_whole()) return copy_to_sql(table, items, where, format);
  std::string condition = "ctid >= '(" + std::to_string(slice.first_page) + ",0)'::pg_catalog.tid";
  if (slice.end_page)
    condition += " AND ctid < '(" + std::to_string(*slice.end_page) + ",0)'::pg_catalog.tid";
  // The user's condition stands on lines of its own, so that a comment at its end swallows nothing.
  if (!where.empty()) condition = "(\n" + where + "\n) AND " + condition;
  return copy_to_sql(table, items, condition, format);
}

std::optional<std::string> reason_not_to_cut(const TableInfo& table, int server_version) {
  if (table.kind != RelationKind::table) return "it is a " + std::string(to_string(table.kind));
  if (table.access_method != "heap") return "its access method is " + table.access_method;
  if (server_version < first_version_with_page_ranges) {
    return "its server is older than PostgreSQL 14, which cannot read a range of pages alone";
  }
  return std::nullopt;
}

void hold_table(Connection& session, const TableInfo& table, const std::stop_token& stop) {
  // LOCK would need a privilege on the whole table, and this only one on some column. Waits for as long as
  // the session's lock_timeout allows.
  static_cast<void>(session.execute_long("SELECT FROM ONLY " + table.name.sql() + " LIMIT 0", {}, stop));
}

void cut_table(SlicedTable& table, Connection& session, ByteCount slice_bytes, std::size_t readers,
               const std::stop_token& stop) {
  hold_table(session, table.table, stop);
  const auto page = session.execute("SELECT pg_catalog.current_setting('block_size')", {}, stop);
  const ByteCount page_bytes{static_cast<std::uint64_t>(page.integer(0, 0))};
  table.slices = cut(table.table.size, page_bytes, slice_bytes, readers);
  if (table.slices.size() == 1) return;
  const auto exported = session.execute("SELECT pg_catalog.pg_export_snapshot()", {}, stop);
  table.snapshot = exported.text(0, 0);
}

}  // namespace leat::jobs_detail
