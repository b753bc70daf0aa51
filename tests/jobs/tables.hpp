#pragma once

#include <string>

#include "bed.hpp"

namespace leat::test {

/// The numbers 1 to `count` in the source's public.t, and -1 in the target's.
inline void make_numbers(const Bed& bed, int count) {
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, " + std::to_string(count) + ")");
  bed.dst("INSERT INTO t VALUES (-1)");
}

/// A table (10,000 rows: of some 90 pages) whose rows were changed and deleted here and there, so that its
/// pages differ; the target's is empty.
inline void make_uneven_table(const Bed& bed, int rows) {
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, " + std::to_string(rows) +
          ") i; UPDATE t SET v = v || '!' WHERE id % 7 = 0; DELETE FROM t WHERE id BETWEEN 3000 AND 5000");
}

/// A copy of public.t in slices of three pages.
[[nodiscard]] inline CopyTableOptions sliced_copy(const Bed& bed, std::size_t readers = 3) {
  auto options = bed.copy();
  options.readers = readers;
  options.slice_bytes = ByteCount{3U << 13U};
  return options;
}

/// A session of the test's own.
[[nodiscard]] inline Connection session_of_source() {
  return Connection::open(ConnectionFactory().resolve(Bed::server().uri("src")).target, {}, {});
}

}  // namespace leat::test
