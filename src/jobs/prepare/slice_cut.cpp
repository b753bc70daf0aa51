#include "jobs/prepare/slice_cut.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "jobs/options/lists.hpp"
#include "leat/postgres/catalog/detail/partition_trees.hpp"
#include "leat/postgres/catalog/detail/relation_kind.hpp"
#include "leat/postgres/session/detail/snapshot.hpp"

namespace leat::jobs_detail {
namespace {

using namespace literals;

// So many for each reader, so that one who got fast ones takes more of them.
constexpr std::uint64_t slices_per_reader = 8;
constexpr ByteCount smallest_slice = 1_MiB;
constexpr ByteCount largest_slice = 64_MiB;

// $1 the table. Its leaves, or itself, with why no range of its pages can be read alone: TID range scans came
// with PostgreSQL 14, and before, each slice would be read by a scan of the whole table. A row takes 28 bytes
// of a page at least: a line pointer, and a header without columns. The key is the first column of the
// smallest unique B-tree index.
constexpr const char* part_query = R"(
SELECT c.oid, n.nspname, c.relname, c.relkind, COALESCE(pg_catalog.pg_relation_filenode(c.oid), 0),
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) / b.size ELSE 0 END,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END,
       c.oid = $2::pg_catalog.oid OR (pg_catalog.has_table_privilege(c.oid, 'SELECT')
                                      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                                      AND NOT pg_catalog.row_security_active(c.oid)),
       CASE WHEN c.relkind = 'v' THEN 'it is a view'
            WHEN c.relkind = 'f' THEN 'it is a foreign table'
            WHEN am.amname <> 'heap' THEN pg_catalog.concat('its access method is ', am.amname)
            WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 140000
            THEN 'its server is older than PostgreSQL 14, which cannot read a range of pages alone' END,
       b.size / 28 + 1, w.row_bytes, k.attname, k.type
FROM (SELECT pg_catalog.current_setting('block_size')::pg_catalog.int8 AS size) AS b CROSS JOIN tree t
JOIN pg_catalog.pg_class c ON c.oid = t.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
LEFT JOIN LATERAL (
  SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL) AS type
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  JOIN pg_catalog.pg_am xm ON xm.oid = x.relam AND xm.amname = 'btree'
  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[0] AND oc.opcdefault
  WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND i.indcollation[0] = a.attcollation
    AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
  ORDER BY i.indisprimary DESC, i.indisunique DESC, x.relpages, i.indexrelid LIMIT 1) AS k ON true
LEFT JOIN LATERAL (
  SELECT pg_catalog.string_agg(pg_catalog.format('COALESCE(pg_catalog.pg_column_size(%I), 0)::pg_catalog.int8', a.attname), ' + ')
         AS row_bytes
  FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attlen = -1 AND a.attstorage <> 'p'
    AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')) AS w
  ON c.relkind IN ('r', 'm') AND pg_catalog.pg_table_size(c.oid) > 2 * pg_catalog.pg_relation_size(c.oid)
WHERE c.relkind <> 'p'
ORDER BY pg_catalog.pg_table_size(c.oid) DESC, c.oid)";

void cut_keys(Connection& session, const TablePart& part, std::size_t number, ByteCount slice_bytes,
              std::vector<Slice>& slices, const std::stop_token& stop) {
  const std::size_t wanted = part.bytes.count() / std::max<std::uint64_t>(1, slice_bytes.count()) + 1;
  std::vector<std::optional<std::string>> bounds(1);
  if (wanted > 1) append_all(bounds, sampled_bounds(session, part, wanted, stop));
  if (bounds.size() == 1) {
    slices.push_back({.part = number});
    return;
  }
  bounds.emplace_back();
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    slices.push_back(
        {.part = number,
         .keys =
             KeySlice{.key = part.key, .type = part.key_type, .from = bounds[i - 1], .before = bounds[i]}});
  }
}

/// Cuts a part, which is the `number`th, into slices of about this many bytes. What lies out of line counts,
/// so that a page whose rows have much there is more than others. Appends them.
void cut_places(const TablePart& part, std::size_t number, ByteCount slice_bytes,
                std::vector<Slice>& slices) {
  // As many pages as make up so many bytes, those out of line counted.
  const std::uint64_t count = std::max<std::uint64_t>(1, part.bytes.count() / slice_bytes.count());
  const std::uint64_t each = std::max<std::uint64_t>(1, part.pages / count);
  RowPlace begin = 0;
  for (std::uint64_t page = each; page < part.pages; page += each) {
    const RowPlace end = page * part.rows_per_page;
    slices.push_back({.part = number, .begin = begin, .end = end});
    begin = end;
  }
  slices.push_back({.part = number, .begin = begin});
}

}  // namespace

std::vector<TablePart> table_parts(Connection& session, const TableInfo& table,
                                   std::vector<std::string>& remarks, const std::stop_token& stop) {
  const std::string oid = std::to_string(table.oid);
  const std::array<Parameter, 2> parameters{"{" + oid + "}", oid};
  const Result found =
      session.execute(std::string(table.with_inheriting ? postgres_detail::with_inheritance_trees
                                                        : postgres_detail::with_partition_trees) +
                          part_query,
                      parameters, stop);
  const auto number = [&found](std::size_t row, std::size_t column) {
    return static_cast<std::uint64_t>(found.integer(row, column));
  };
  std::vector<TablePart> parts;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const std::string name(found.text(i, 2));
    if (!found.boolean(i, 7)) {
      remarks.push_back("one session reads " + table.name.display() + ": this role may not read its " +
                        (table.with_inheriting ? "inheriting table " : "partition ") + name + " by itself");
      return {{.table = table}};
    }
    TablePart part{.table = {.name = {.schema = std::string(found.text(i, 1)), .name = name},
                             .oid = found.oid(i, 0),
                             .kind = postgres_detail::to_relation_kind(found.text(i, 3))},
                   .file = number(i, 4),
                   .pages = number(i, 5),
                   .bytes = ByteCount{number(i, 6)}};
    // The user's own SQL may call the table by its name.
    if (part.table.oid != table.oid) part.table.alias = table.name.name;
    if (found.is_null(i, 8)) {
      part.rows_per_page = number(i, 9);
      part.row_bytes = found.text(i, 10);
    } else if (!found.is_null(i, 11)) {
      part.key = quote_identifier(found.text(i, 11));
      part.key_type = found.text(i, 12);
    } else {
      const bool may_have_key =
          part.table.kind == RelationKind::table || part.table.kind == RelationKind::materialized_view;
      remarks.push_back("one session reads " + part.table.name.display() + ": " +
                        std::string(found.text(i, 8)) +
                        (may_have_key ? ", and it has no B-tree index over a column" : ""));
    }
    parts.push_back(std::move(part));
  }
  if (parts.empty()) parts.push_back({.table = table});
  return parts;
}

std::vector<std::string> sampled_bounds(Connection& session, const TablePart& part, std::size_t slices,
                                        const std::stop_token& stop) {
  // Some rows of some pages: enough that ranges differ little, and quickly read.
  constexpr double pages_for_a_slice = 30;
  const double percent = part.pages == 0 ? 100
                                         : std::clamp(100 * pages_for_a_slice * static_cast<double>(slices) /
                                                          static_cast<double>(part.pages),
                                                      0.01, 100.0);
  const std::string count = std::to_string(slices);
  const Result found = session.execute_long(
      "SELECT b.value::pg_catalog.text FROM (SELECT DISTINCT "
      "pg_catalog.unnest(pg_catalog.percentile_disc(ARRAY(SELECT i / " +
          count + "::pg_catalog.float8 FROM pg_catalog.generate_series(1, " + count +
          " - 1) AS i)) WITHIN GROUP (ORDER BY " + part.key + ")) AS value FROM ONLY " +
          part.table.name.sql() + " TABLESAMPLE SYSTEM (" + std::to_string(percent) +
          ") REPEATABLE (1)) AS b WHERE b.value IS NOT NULL ORDER BY b.value",
      {}, stop);
  std::vector<std::string> bounds;
  for (std::size_t i = 0; i < found.rows(); ++i) bounds.emplace_back(found.text(i, 0));
  return bounds;
}

void hold_table(Connection& session, const TableInfo& table, const std::stop_token& stop) {
  if (table.kind == RelationKind::view || table.kind == RelationKind::foreign_table) return;
  // LOCK would need a privilege on the whole table, and this only one on some column. Waits for as long as
  // the session's lock_timeout allows.
  const bool is_tree = table.kind == RelationKind::partitioned_table || table.with_inheriting;
  const std::string only = is_tree ? "" : "ONLY ";
  static_cast<void>(session.execute_long("SELECT FROM " + only + table.name.sql() + " LIMIT 0", {}, stop));
}

void cut_table(SlicedTable& table, Connection& session, const Cutting& cutting,
               std::vector<std::string>& remarks, const std::stop_token& stop) {
  hold_table(session, table.table, stop);
  table.parts = table_parts(session, table.table, remarks, stop);
  ByteCount all{};
  for (const auto& part : table.parts) all = ByteCount{all.count() + part.bytes.count()};
  // Not tiny, since each costs a statement, and not huge, since the last one ends alone.
  const ByteCount each = cutting.slice_bytes.count() != 0
                             ? cutting.slice_bytes
                             : std::clamp(ByteCount{all.count() / (slices_per_reader * cutting.readers)},
                                          smallest_slice, largest_slice);
  for (std::size_t i = 0; i < table.parts.size(); ++i) {
    const TablePart& part = table.parts[i];
    if (part.rows_per_page > 0) {
      cut_places(part, i, each, table.slices);
    } else if (!part.key.empty()) {
      cut_keys(session, part, i, each, table.slices, stop);
    } else {
      table.slices.push_back({.part = i});
    }
  }
  // The only slice may still be cut while it is read, for a reader that has nothing to do.
  const bool may_be_cut =
      cutting.readers > 1 && std::any_of(table.parts.begin(), table.parts.end(),
                                         [](const TablePart& part) { return part.rows_per_page > 0; });
  if (table.slices.size() == 1 && !cutting.exports && !may_be_cut) return;
  table.snapshot = postgres_detail::export_snapshot(session, stop);
}

}  // namespace leat::jobs_detail
