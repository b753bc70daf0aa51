#pragma once

#include <string>

#include "bed.hpp"
#include "leat/jobs/watermark_registry.hpp"

namespace leat::test {

/// The table t of both sides: rows with a key and a number that grows with each change.
inline void make_growing_tables(const Bed& bed, const std::string& type = "int8") {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text, seen " + type + ")");
}

/// Loads what is new by the column `seen`.
[[nodiscard]] inline CopyTableOptions new_rows(const Bed& bed, WriteMode mode = WriteMode::upsert) {
  auto options = bed.copy();
  options.mode = mode;
  options.incremental = IncrementalOptions{.column = "seen"};
  return options;
}

/// name|column|type|value|rows of all watermarks of the target.
[[nodiscard]] inline std::string watermarks(const Bed& bed) {
  return bed.dst("SELECT name, column_name, type, value, rows FROM leat_meta.watermarks ORDER BY name");
}

[[nodiscard]] inline WatermarkRegistry registry_of(const CopyTableOptions& options) {
  return WatermarkRegistry({.target = options.target, .application_name = application});
}

}  // namespace leat::test
