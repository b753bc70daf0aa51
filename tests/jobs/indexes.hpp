#pragma once

#include <string>

#include "bed.hpp"

namespace leat::test {

/// Everything that the catalog says of the indexes and constraints of a table, a line each.
[[nodiscard]] inline std::string objects_of(const Bed& bed, const std::string& table = "public.t") {
  return bed.dst(
      "SET search_path = pg_catalog; "
      "SELECT pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident, "
      "i.indimmediate, "
      "       i.indisunique, c.reltablespace, c.reloptions, obj_description(c.oid, 'pg_class'), "
      "       (SELECT string_agg(attstattarget::text, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid "
      "= "
      "c.oid) "
      "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = '" +
      table +
      "'::regclass ORDER BY c.relname; "
      "SELECT conname, contype, pg_get_constraintdef(oid), condeferrable, condeferred, convalidated, "
      "       conindid::regclass, obj_description(oid, 'pg_constraint') "
      "FROM pg_constraint WHERE conrelid = '" +
      table + "'::regclass ORDER BY conname");
}

/// Rows of a table (id, v), then nothing more and no end.
inline constexpr const char* a_query_that_hangs =
    "SELECT i AS id, i AS v FROM generate_series(1, 20000) i WHERE i <= 15000 OR pg_sleep(600) IS NULL";

/// What stands in the record.
[[nodiscard]] inline std::string recorded(const Bed& bed) {
  if (bed.dst("SELECT to_regclass('leat_meta.dropped_objects') IS NOT NULL") == "f") return "";
  return bed.dst("SELECT string_agg(kind || ' ' || name, ', ' ORDER BY name) FROM leat_meta.dropped_objects");
}

/// As a run leaves it whose process was killed: objects are dropped and recorded, and nobody is at work.
/// Returns what they were.
[[nodiscard]] inline std::string lose_indexes(const Bed& bed) {
  const std::string before = objects_of(bed);
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.stream.indexes = Indexes::rebuild;
  std::stop_source stop;
  options.stream.before_commit = [&stop](Connection&, const std::stop_token&) {
    // A stop leaves them to the next run, as the end of the process would.
    stop.request_stop();
    throw Stopped();
  };
  CHECK_THROWS(CopyTable(options).run(stop.get_token()));
  REQUIRE(objects_of(bed) != before);
  return before;
}

}  // namespace leat::test
