// What a target's settings, domains and sequences would do to a load without a word.
#include "bed.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("gaps: NULL within an array stays NULL where array_nulls is off", "[server]") {
  const Bed bed;
  // A column of object numbers makes rows travel as text.
  bed.both("CREATE TABLE t (id int, of regtype, words text[], numbers int[])");
  bed.src(
      "INSERT INTO t VALUES (1, 'int', ARRAY['a', NULL, 'NULL'], ARRAY[1, NULL]), (2, NULL, ARRAY[NULL], "
      "NULL)");
  bed.dst("ALTER DATABASE dst SET array_nulls = off");
  auto options = bed.copy();
  CHECK(CopyTable(options).plan().format.format == RowFormat::text);
  try {
    static_cast<void>(CopyTable(options).run());
  } catch (const Error& error) {
    FAIL_CHECK(error.what());
  }
  bed.dst("ALTER DATABASE dst RESET array_nulls");
  CHECK(bed.dst("SELECT count(*) FROM t WHERE words[2] IS NULL AND words[3] = 'NULL' AND numbers[2] IS NULL "
                "AND id = 1") == "1");
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}
