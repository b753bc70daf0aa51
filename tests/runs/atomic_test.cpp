// Documents whose loads are one transaction.
#include "leat/jobs/options/shared_transaction.hpp"
#include "runs.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_tables(const Bed& bed) {
  bed.src(
      "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text); "
      "INSERT INTO a SELECT i, 'a' || i FROM generate_series(1, 100) i; INSERT INTO b SELECT i, 'b' || i "
      "FROM "
      "generate_series(1, 200) i");
  bed.dst("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text)");
}

constexpr const char* all_or_none = R"(
leat: 1
name: both
source: src
target: dst
atomic: all
defaults: {retries: 0}
loads:
  - {from: a, mode: upsert}
  - {from: b, mode: sync, after_sql: "SELECT count(*) FROM a"}
  - {name: made, sql: SELECT * FROM a, to: c, create: columns, expect: [rows > 0]}
)";

std::string counts(const Bed& bed) {
  return bed.dst("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)");
}

}  // namespace

TEST_CASE("atomic: all loads are there together", "[server]") {
  const Bed bed;
  make_tables(bed);
  // Who looks meanwhile sees nothing of the first load.
  std::string seen;
  auto run =
      pipeline_of_text(all_or_none, {.on_load = [&](const LoadOutcome&) { seen += counts(bed) + " "; }});
  const RunReport report = run.run();
  CHECK(names_of(report) == "a:done b:done made:done");
  CHECK(counts(bed) == "100|200");
  CHECK(bed.dst("SELECT count(*) FROM c") == "100");
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.jobs WHERE state = 'done'") == "3");
  CHECK(bed.dst("SELECT count(DISTINCT xmin::text) FROM leat_meta.jobs") == "1");
}

TEST_CASE("atomic: if one load fails, none is there, and the next run begins them all", "[server]") {
  const Bed bed;
  make_tables(bed);
  bed.dst("ALTER TABLE b ADD CHECK (id < 150)");
  const RunReport failed = run_text(all_or_none);
  CHECK(names_of(failed) == "a:rolled_back b:failed made:waits");
  CHECK(failed.status == JobStatus::failed);
  CHECK(failed.rows_written() == 0);
  CHECK(to_json(failed).find("\"rows_committed\":100") == std::string::npos);
  CHECK(counts(bed) == "0|0");
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.jobs") == "0");
  CHECK(to_text(failed).find("a: rolled back, since b has failed\n") != std::string::npos);
  bed.dst("ALTER TABLE b DROP CONSTRAINT b_id_check");
  const RunReport next = run_text(all_or_none);
  CHECK(next.id == failed.id);
  CHECK(names_of(next) == "a:done b:done made:done");
  CHECK(counts(bed) == "100|200");
}

TEST_CASE("atomic: an expectation of the last load rolls all of them back", "[server]") {
  const Bed bed;
  make_tables(bed);
  bed.src("CREATE TABLE e (id int)");
  const RunReport report =
      run_text(std::string(all_or_none) + "  - {from: e, to: e, create: columns, expect: [rows > 0]}\n");
  CHECK(names_of(report) == "a:rolled_back b:rolled_back made:rolled_back e:failed");
  CHECK(counts(bed) == "0|0");
}

TEST_CASE("atomic: a session that is ended is tried again, as a whole", "[server]") {
  const Bed bed;
  make_tables(bed);
  // What a sequence gives is not rolled back.
  bed.dst("CREATE SEQUENCE once");
  std::string text = all_or_none;
  text.replace(text.find("retries: 0"), 10, "retries: 3");
  text.replace(text.find("SELECT count(*) FROM a"), 22,
               "SELECT CASE WHEN nextval('once') = 1 THEN pg_terminate_backend(pg_backend_pid()) END");
  const RunReport report = run_text(text);
  CHECK(report.status == JobStatus::done);
  CHECK(counts(bed) == "100|200");
  CHECK(report.loads[0].attempts == 2);
}

TEST_CASE("atomic: a load that cannot take part is told when the document is read", "[runs]") {
  const auto fault = [](const std::string& load) {
    try {
      static_cast<void>(pipeline_of_text(
          "leat: 1\nsource: src\ntarget: dst\natomic: all\nloads: [{from: a}, " + load + "]\n", {}));
    } catch (const std::logic_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(fault("{from: b, target: src}").find("no transaction has two") != std::string::npos);
  CHECK(fault("{tables: 's.*'}").find("several transactions") != std::string::npos);
  CHECK(fault("{from: b, writers: 2}").find("delivered in slices") != std::string::npos);
}
