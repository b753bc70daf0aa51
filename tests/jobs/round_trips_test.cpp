// How often a load waits for a server, since over a slow link that is all that counts for small tables.
#include <string>

#include "bed.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "many_tables.hpp"
#include "support/fault_proxy.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Both databases, each behind a proxy that counts.
struct Counting {
  FaultProxy source{Bed::server().port()};
  FaultProxy target{Bed::server().port()};

  [[nodiscard]] static ResolvedConnection behind(const FaultProxy& proxy, const std::string& database) {
    return ConnectionFactory().resolve("postgresql://leat@127.0.0.1:" + std::to_string(proxy.port()) + "/" +
                                       database);
  }
  template <class Options>
  [[nodiscard]] Options between(Options options) const {
    options.source = behind(source, "src");
    options.target = behind(target, "dst");
    return options;
  }
};

struct Turns {
  int source = 0;
  int target = 0;
};

/// What a copy of so many tables takes by one session of each side, all of them of that size.
Turns turns_of_tables(const Bed& bed, int tables, WriteMode mode, bool has_rows) {
  bed.both("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  for (int i = 0; i < tables; ++i) {
    const std::string table = "t" + std::to_string(i);
    bed.both("CREATE TABLE " + table + " (id int PRIMARY KEY, v text)");
    bed.src("INSERT INTO " + table + " SELECT i, 'x' FROM generate_series(1, 200) i");
    if (has_rows) bed.dst("INSERT INTO " + table + " VALUES (-1)");
  }
  const Counting counting;
  auto options = counting.between(copy_of({"*"}));
  options.mode = mode;
  options.jobs = 1;
  const auto report = CopyTables(options).run();
  CHECK(report.failed() == 0);
  CHECK(report.rows_written == static_cast<std::uint64_t>(tables) * 200);
  return {.source = counting.source.turns(), .target = counting.target.turns()};
}

}  // namespace

TEST_CASE("round trips: one small table", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 200) i");
  const Counting counting;
  run_job(counting.between(bed.copy()));
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  // Each side: encryption is asked for, the start, the session's settings, three rounds of questions. Then
  // the source: its lock, the rows; and the target: how its indexes are, its lock, the COPY, its end, the
  // COMMIT.
  CHECK(counting.source.turns() <= 9);
  CHECK(counting.target.turns() <= 12);
}

TEST_CASE("round trips: a sequence is moved on by one more", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id serial PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 200) i");
  const Counting counting;
  run_job(counting.between(bed.copy()));
  CHECK(bed.dst("SELECT nextval('t_id_seq')") == "201");
  CHECK(counting.target.turns() <= 13);
}

TEST_CASE("round trips: each more of many small tables costs one with the source and three with the target",
          "[server]") {
  const Bed bed;
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace);
  const bool has_rows = mode == WriteMode::replace && GENERATE(false, true);
  const Turns ten = turns_of_tables(bed, 10, mode, has_rows);
  const Turns twenty = turns_of_tables(bed, 20, mode, has_rows);
  CHECK(twenty.source - ten.source <= 10);
  CHECK(twenty.target - ten.target <= 30);
  CHECK(ten.source <= 30);
  CHECK(ten.target <= 48);
}

TEST_CASE("round trips: rows that come after the look at an empty table are replaced, too", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE big (id int); CREATE TABLE small (id int)");
  bed.src("INSERT INTO big SELECT generate_series(1, 5000); INSERT INTO small VALUES (1), (2)");
  // The largest comes first.
  bed.dst(
      "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO small VALUES (77); "
      "RETURN NULL; END'; CREATE TRIGGER meanwhile AFTER INSERT ON big FOR EACH STATEMENT EXECUTE FUNCTION "
      "meanwhile()");
  auto options = copy_of({"*"});
  options.jobs = 1;
  const auto report = CopyTables(options).run();
  CHECK(report.failed() == 0);
  CHECK(bed.dst("SELECT string_agg(id::text, ',' ORDER BY id) FROM small") == "1,2");
}
