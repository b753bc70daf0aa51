// A source that is no database: a generator of numbers, through every mode, with rejects, a ledger, and
// resume.
#include <string>

#include "guest.hpp"
#include "leat/transform/transform.hpp"
#include "modes.hpp"
#include "number_store.hpp"
#include "support/seed.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("store: a generator loads by every mode, however its rows travel", "[server]") {
  const NumberBed bed;
  const auto mode = GENERATE(WriteMode::replace, WriteMode::append, WriteMode::swap, WriteMode::upsert,
                             WriteMode::insert_missing, WriteMode::delete_insert, WriteMode::sync);
  INFO(to_string(mode));
  auto options = bed.copy(20'000);
  options.mode = mode;
  if (mode != WriteMode::append) bed.bed.dst("INSERT INTO t VALUES (7, 'v7')");
  SECTION("one reader, one writer") {}
  SECTION("two readers") {
    options.readers = 2;
  }
  SECTION("eight of each") {
    options.readers = options.writers = 8;
  }
  SECTION("a job") {
    options.delivery.job = "numbers";
    options.readers = options.writers = 2;
  }
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_read == 20'000);
  CHECK(bed.numbers() == all_of(20'000));
}

TEST_CASE("store: a million rows of a generator, into a table that is made", "[server][rounds]") {
  const auto count = static_cast<std::int64_t>(rounds(1'000'000));
  const NumberBed bed;
  auto options = bed.copy(count);
  options.table.to = "made";
  options.stream.create = CreateTarget::columns;
  options.stream.batch_bytes = ByteCount{1U << 20U};
  options.table.rename = {{"v", "w"}};
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_written == static_cast<std::uint64_t>(count));
  CHECK(bed.bed.dst("SELECT count(*), count(DISTINCT id), sum(id), count(*) FROM made WHERE w = 'v' || id") ==
        all_of(count));
}

TEST_CASE("store: rows that the target refuses are rejected", "[server]") {
  const NumberBed bed;
  bed.trouble->bad_at = 500;
  auto options = bed.copy(2000);
  options.mode = WriteMode::append;
  std::vector<std::string> rejected;
  options.stream.max_rejects = 1;
  options.stream.rejects.callback = [&](const RejectedRow& row) {
    rejected.push_back(row.sqlstate + " " + row.key);
  };
  SECTION("one transaction") {}
  SECTION("a job") {
    options.delivery = {.job = "rejects", .on_lost_snapshot = OnLostSnapshot::carry_on};
  }
  const JobReport report = CopyTable(options).run();
  CHECK(report.status == JobStatus::done_with_rejects);
  CHECK(rejected == std::vector<std::string>{"23514 (id)=(500)"});
  CHECK(bed.bed.dst("SELECT count(*) FROM t") == "1999");
}

TEST_CASE("store: a job goes on where its generator has failed", "[server]") {
  const NumberBed bed;
  auto options = bed.copy(50'000);
  options.readers = options.writers = 2;
  options.delivery = {.job = "worn out", .on_lost_snapshot = OnLostSnapshot::carry_on, .retries = 0};
  SECTION("straight") {
    options.mode = WriteMode::append;
  }
  SECTION("published") {
    options.mode = WriteMode::replace;
  }
  bed.trouble->fails_at = 40'000;
  const Error error = error_of(options);
  CHECK(error.kind() == ErrorKind::source);
  CHECK(error.sqlstate() == "58030");
  CHECK(std::string(error.where()).find("numbers {") != std::string::npos);
  bed.trouble->fails_at = -1;
  const JobReport report = CopyTable(options).run();
  CHECK(report.consistent);
  CHECK(report.slices_skipped > 0);
  CHECK(report.slices_done > 0);
  CHECK(bed.numbers() == all_of(50'000));
  CHECK(CopyTable(options).run().slices_skipped == report.slices_total);
}

TEST_CASE("store: what stands around the rows is the same as from a server, by every way", "[server]") {
  constexpr std::int64_t count = 2000;
  const NumberBed bed;
  auto options = bed.copy(count);
  options.mode = WriteMode::append;
  bool is_straight = false;
  const int way = GENERATE(0, 1, 2, 3, 4);
  INFO("way " << way);
  if (way == 1) options.readers = 8;
  if (way >= 2) options.readers = options.writers = 8;
  if (way == 3) options.delivery.job = "published";
  if (way == 4) {
    options.delivery = {.job = "straight", .on_lost_snapshot = OnLostSnapshot::carry_on};
    is_straight = true;
  }
  std::string wanted = all_of(count);
  std::string effect = "SELECT 1";
  std::string of_effect = "1";
  bool is_refused = false;
  SECTION("the table is made") {
    bed.bed.dst("DROP TABLE t");
    options.stream.create = CreateTarget::full;
  }
  SECTION("a column is added") {
    bed.bed.dst("ALTER TABLE t DROP COLUMN v");
    options.stream.evolve = true;
  }
  SECTION("a row hook") {
    options.transform_workers = 3;
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int64_t>("id") < count / 2) out.copy_row(row);
    };
    wanted = all_of(count / 2);
  }
  SECTION("sequences and statistics") {
    bed.bed.dst("CREATE SEQUENCE s OWNED BY t.id; ALTER TABLE t ALTER id SET DEFAULT nextval('s')");
    options.stream.analyze = true;
    effect = "SELECT nextval('s'), (SELECT reltuples FROM pg_class WHERE relname = 't')";
    of_effect = "2000|2000";
  }
  SECTION("indexes are made again") {
    bed.bed.dst("CREATE INDEX by_v ON t (v)");
    options.stream.indexes = Indexes::rebuild;
    is_refused = is_straight;
    effect = "SELECT count(*) FROM pg_indexes WHERE indexname = 'by_v'";
  }
  SECTION("work before the commit") {
    bed.bed.dst("CREATE TABLE said (n int)");
    options.stream.before_commit = [](Connection& target, const std::stop_token& stop) {
      target.execute("INSERT INTO said SELECT count(*) FROM t", {}, stop);
    };
    is_refused = is_straight;
    effect = "SELECT n FROM said";
    of_effect = std::to_string(count);
  }
  if (is_refused) {
    CHECK(error_of(options).kind() == ErrorKind::config);
    return;
  }
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.numbers() == wanted);
  CHECK(bed.bed.dst(effect) == of_effect);
}

TEST_CASE("store: what a store cannot do is told, and not asked of it", "[server]") {
  const NumberBed bed;
  bed.trouble->can = {};
  auto options = bed.copy(1000);
  options.readers = options.writers = 8;
  const JobPlan plan = CopyTable(options).plan();
  REQUIRE(plan.findings.size() == 1);
  CHECK(plan.findings[0].code == "no_snapshot");
  CHECK(plan.findings[0].severity == Severity::note);
  CHECK(std::find_if(plan.remarks.begin(), plan.remarks.end(), [](const auto& remark) {
          return remark.find("one reader reads numbers:1000: all") == 0;
        }) != plan.remarks.end());
  CHECK(CopyTable(options).run().slices_total <= 1);
  CHECK(bed.numbers() == all_of(1000));
}

TEST_CASE("store: what needs a server of PostgreSQL is refused before anything happens", "[server]") {
  const NumberBed bed;
  auto options = bed.copy(10);
  std::string word;
  SECTION("a condition") {
    options.table.where = "id > 3";
    word = "where";
  }
  SECTION("verification") {
    options.stream.verify = true;
    word = "verify";
  }
  SECTION("a store that is not there") {
    options.source = ResolvedConnection::of_store("letters:10");
    word = "\"letters\"";
  }
  SECTION("a column that is not there") {
    options.table.exclude = {"w"};
    word = "no column";
  }
  SECTION("another name for a column that is left out") {
    options.table.exclude = {"v"};
    options.table.rename = {{"v", "w"}};
    word = "rename names the column \"v\"";
  }
  SECTION("two columns for one of the target's") {
    options.table.rename = {{"v", "id"}};
    word = "two columns would go into the target's \"id\"";
  }
  SECTION("a type that the target converts nothing into") {
    bed.bed.dst("ALTER TABLE t ALTER COLUMN id TYPE int");
    word = "integer";
  }
  const Error error = error_of(options);
  INFO(error.what());
  CHECK(std::string(error.what()).find(word) != std::string::npos);
  CHECK(bed.bed.dst("SELECT count(*) FROM t") == "0");
}
