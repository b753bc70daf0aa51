// Which of a table's own keys tells its rows apart.
#include "verify_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

using KeyColumns = std::vector<std::string>;

/// The key of a comparison of public.t, where one row of the target is changed.
KeyColumns key_with(const Bed& bed, const std::string& indexes) {
  bed.both(
      "DROP TABLE IF EXISTS t; CREATE TABLE t (id int NOT NULL, code int NOT NULL, \"Code 2\" int NOT NULL, "
      "may_be_null int, v text NOT NULL); INSERT INTO t SELECT i, i, i, i, 'v' || i FROM generate_series(1, "
      "100) i; " +
      indexes);
  bed.dst("UPDATE t SET may_be_null = -7 WHERE id = 7");
  const VerifyReport report = VerifyTable(verify_options()).run();
  CHECK_FALSE(report.equal);
  return report.key;
}

}  // namespace

TEST_CASE("verify: the primary key goes before shorter keys, and shorter keys before longer ones",
          "[server][verify]") {
  const Bed bed;
  const std::string two = "CREATE UNIQUE INDEX ON t (\"Code 2\", code); ";
  const std::string one = "CREATE UNIQUE INDEX ON t (code); ";
  CHECK(key_with(bed, two + one) == KeyColumns{"code"});
  CHECK(key_with(bed, two) == KeyColumns{"Code 2", "code"});
  CHECK(key_with(bed, two + one + "ALTER TABLE t ADD PRIMARY KEY (v, id)") == KeyColumns{"v", "id"});
  CHECK(key_with(bed, "CREATE UNIQUE INDEX ON t (\"Code 2\"); " + one) == KeyColumns{"Code 2"});
}

TEST_CASE("verify: a unique index that leaves rows or values out is no key", "[server][verify]") {
  const Bed bed;
  const std::string none =
      GENERATE("CREATE UNIQUE INDEX ON t (may_be_null)", "CREATE UNIQUE INDEX ON t (id) WHERE id > 0",
               "CREATE UNIQUE INDEX ON t ((id + 0))", "CREATE INDEX ON t (id)");
  INFO(none);
  CHECK(key_with(bed, none).empty());
  CHECK(key_with(bed, none + "; CREATE UNIQUE INDEX ON t (code, v) INCLUDE (id)") == KeyColumns{"code", "v"});
}
