// Targets that are made, or get columns, where several transactions write and the job has no name.
#include "bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

CopyTableOptions with_writers(const Bed& bed) {
  auto options = bed.copy();
  options.mode = GENERATE(WriteMode::append, WriteMode::upsert);
  options.readers = 2;
  options.writers = 2;
  options.slice_bytes = ByteCount{65536};
  return options;
}

}  // namespace

TEST_CASE("made by writers: the table is there for each of them, and again", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, "
      "20000) i");
  auto options = with_writers(bed);
  options.stream.create = GENERATE(CreateTarget::columns, CreateTarget::full);
  CHECK_FALSE(has_error(CopyTable(options).plan().findings));
  CHECK(CopyTable(options).run().rows_written == 20000);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  if (options.mode == WriteMode::append) {
    // Nothing is lost or doubled by what is there already.
    check_error(error_of(options), ErrorKind::target, "23505");
  } else {
    CHECK(CopyTable(options).run().rows_unchanged == 20000);
  }
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("made by writers: the columns are there for each of them", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, "
      "20000) i");
  bed.dst("CREATE TABLE t (k int PRIMARY KEY)");
  auto options = with_writers(bed);
  options.stream.evolve = true;
  CHECK(CopyTable(options).run().rows_written == 20000);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}
