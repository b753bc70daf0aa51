// Several workers on one job: in the same snapshot, each slice once, and one of them does the last step.
#include <string>

#include "advisory_gate.hpp"
#include "guest.hpp"
#include "leat/jobs/job_registry.hpp"
#include "leat/transform/transform.hpp"
#include "modes.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr const char* shared_job = "shared";

/// Whoever reads row 5 waits for the gate.
CopyTableOptions gated_job(const Bed& bed, WriteMode mode) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, 20000) i");
  auto options = bed.copy();
  options.mode = mode;
  options.table.map = {{"v", AdvisoryGate::v_held_back_at(5)}};
  options.delivery.job = shared_job;
  if (mode == WriteMode::append) options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  options.readers = 1;
  options.writers = 1;
  options.slice_bytes = ByteCount{3U << 13U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  return options;
}

JobRegistry registry(const CopyTableOptions& options) {
  return JobRegistry({.target = options.target, .application_name = application});
}

/// Joins with the source's address, and two sessions of each side.
JoinOptions joining(const CopyTableOptions& options) {
  return {.source = options.source, .readers = 2, .writers = 2};
}

/// Returns when the target's answer is that.
void wait_for_target(const Bed& bed, const std::string& sql, const std::string& wanted) {
  REQUIRE(becomes_true(patience, [&] { return bed.dst(sql) == wanted; }));
}

/// Returns when all slices of the run are done but the one that waits for the gate.
void wait_for_the_last_slice(const Bed& bed) {
  wait_for_target(
      bed,
      "SELECT count(*) - count(l.rows) FROM leat_meta.jobs j JOIN leat_meta.job_slices s ON s.job = "
      "j.name AND s.run = j.run LEFT JOIN leat_meta.job_ledger l ON l.job = s.job AND l.run = "
      "s.run AND l.slice = s.slice",
      "1");
}

Error error_of_join(const CopyTableOptions& options, const JoinOptions& join) {
  Running worker([&](std::stop_token stop) {
    static_cast<void>(registry(options).join(shared_job, join, std::move(stop)));
  });
  return worker.error();
}

}  // namespace

TEST_CASE("join: another worker does what the first one does not", "[server]") {
  const Bed bed;
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace, WriteMode::upsert);
  INFO(to_string(mode));
  const auto options = gated_job(bed, mode);
  AdvisoryGate gate(options.source.target);
  JobReport first;
  Running owner([&](std::stop_token stop) { first = CopyTable(options).run(std::move(stop)); });
  bed.wait_until_session_waits("src", "advisory");
  // Rows that come after the snapshot are none of the job's, whoever reads.
  bed.src("INSERT INTO t VALUES (0, 'late')");
  JobReport second;
  Running worker([&](std::stop_token stop) {
    second = registry(options).join(shared_job, joining(options), std::move(stop));
  });
  wait_for_the_last_slice(bed);
  gate.open();
  owner.wait();
  worker.wait();
  CHECK(bed.dst(content("t")) == bed.src(content("t") + " WHERE id > 0"));
  CHECK(bed.dst("SELECT state, error IS NULL FROM leat_meta.jobs") == "done|t");
  CHECK(first.rows_written == 20000);
  CHECK(second.rows_written == 20000);
  CHECK(first.slices_total == second.slices_total);
  CHECK(first.consistent);
  CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname LIKE 'stage\\_%' AND relkind = 'r'") == "0");
  CHECK(bed.dst("SELECT (SELECT count(*) FROM leat_meta.job_workers), (SELECT count(*) FROM "
                "leat_meta.job_claims)") == "0|0");
}

TEST_CASE("join: a worker of one reader that has nothing to do says so, and others hear it", "[server]") {
  const Bed bed;
  const auto options = gated_job(bed, WriteMode::append);
  AdvisoryGate gate(options.source.target);
  auto owner = start(options);
  bed.wait_until_session_waits("src", "advisory");
  Running worker([&](std::stop_token stop) {
    const JoinOptions join{.source = options.source, .readers = 1, .writers = 1};
    static_cast<void>(registry(options).join(shared_job, join, std::move(stop)));
  });
  // Whoever began the job has a reader that waits.
  wait_for_target(
      bed, "SELECT string_agg(worker || ' ' || is_hungry, ' ' ORDER BY worker) FROM leat_meta.job_workers",
      "1 false 2 true");
  gate.open();
  owner->wait();
  worker.wait();
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("join: whatever a job was asked for is done once, whichever worker ends it", "[server]") {
  const Bed bed;
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace);
  INFO(to_string(mode));
  auto options = gated_job(bed, mode);
  const bool is_published = mode == WriteMode::replace;
  std::string effect;
  std::string wanted;
  std::string rows = "20000";
  SECTION("the table is made") {
    bed.dst("DROP TABLE t");
    options.stream.create = CreateTarget::full;
    effect = "SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'p'";
    wanted = "1";
  }
  SECTION("a column is added") {
    bed.src("ALTER TABLE t ADD w int DEFAULT 7");
    options.stream.evolve = true;
    effect = "SELECT count(*) FROM t WHERE w = 7";
    wanted = "20000";
  }
  SECTION("sequences and statistics") {
    bed.dst("CREATE SEQUENCE s OWNED BY t.id; ALTER TABLE t ALTER id SET DEFAULT nextval('s')");
    options.stream.analyze = true;
    effect = "SELECT nextval('s'), (SELECT reltuples FROM pg_class WHERE relname = 't')";
    wanted = "20001|20000";
  }
  SECTION("triggers do not fire") {
    bed.dst(
        "CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$; "
        "CREATE TRIGGER refuses BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION refuses()");
    options.stream.triggers = Triggers::disable;
    effect = wanted = "";
  }
  SECTION("indexes are made again, and the load is compared") {
    if (!is_published) return;
    bed.dst("CREATE INDEX by_v ON t (v)");
    options.stream.indexes = Indexes::rebuild;
    options.stream.verify = true;
    effect = "SELECT count(*) FROM pg_indexes WHERE indexname = 'by_v'";
    wanted = "1";
  }
  SECTION("a row is rejected") {
    if (is_published) return;
    bed.dst("ALTER TABLE t ADD CHECK (id <> 777)");
    options.stream.max_rejects = 1;
    options.stream.rejects.table = "bad";
    effect = "SELECT count(*) FROM bad";
    wanted = "1";
    rows = "19999";
  }
  AdvisoryGate gate(options.source.target);
  auto owner = start(options);
  bed.wait_until_session_waits("src", "advisory");
  Running worker([&](std::stop_token stop) {
    static_cast<void>(registry(options).join(shared_job, joining(options), std::move(stop)));
  });
  wait_for_the_last_slice(bed);
  gate.open();
  owner->wait();
  worker.wait();
  CHECK(bed.dst("SELECT count(*) FROM t") == rows);
  if (rows == "20000") CHECK(bed.dst(content("t")) == bed.src(content("t")));
  if (!effect.empty()) CHECK(bed.dst(effect) == wanted);
  CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname LIKE 'stage\\_%' AND relkind = 'r'") == "0");
}

TEST_CASE("join: a worker whose own sessions are lost joins again", "[server]") {
  const Bed bed;
  const auto options = gated_job(bed, WriteMode::append);
  AdvisoryGate gate(options.source.target);
  auto owner = start(options);
  bed.wait_until_session_waits("src", "advisory");
  const std::string of_job = " FROM pg_stat_activity WHERE datname = 'dst' AND application_name = '" +
                             std::string(application) + "'";
  const std::string owners = bed.dst("SELECT string_agg(pid::text, ',')" + of_job);
  Running worker([&](std::stop_token stop) {
    static_cast<void>(registry(options).join(shared_job, joining(options), std::move(stop)));
  });
  const std::string workers = "SELECT max(worker) FROM leat_meta.job_workers";
  wait_for_target(bed, workers, "2");
  bed.dst("SELECT pg_terminate_backend(pid)" + of_job + " AND pid NOT IN (" + owners + ")");
  // Its lost sessions are replaced, or it enters anew; either way it does all but what the other one holds.
  wait_for_the_last_slice(bed);
  gate.open();
  owner->wait();
  worker.wait();
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("join: a worker that is stopped leaves, and the others go on", "[server]") {
  const Bed bed;
  const auto options = gated_job(bed, WriteMode::append);
  AdvisoryGate gate(options.source.target);
  auto owner = start(options);
  bed.wait_until_session_waits("src", "advisory");
  {
    Running worker([&](std::stop_token stop) {
      static_cast<void>(registry(options).join(shared_job, joining(options), std::move(stop)));
    });
    wait_for_target(bed, "SELECT count(*) FROM leat_meta.job_workers", "2");
    worker.request_stop();
    const Error left = worker.error();
    CHECK(left.kind() == ErrorKind::cancelled);
    CHECK(std::string(left.hint()).find("leat join shared") != std::string::npos);
  }
  wait_for_target(bed, "SELECT count(*) FROM leat_meta.job_workers", "1");
  gate.open();
  owner->wait();
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("join: what cannot be joined is refused, and says why", "[server]") {
  const Bed bed;
  auto options = gated_job(bed, WriteMode::append);
  std::string reason;
  SECTION("there is no such job") {
    const Error error = error_of_join(options, joining(options));
    CHECK(error.kind() == ErrorKind::config);
    CHECK(std::string(error.what()).find("there is no job \"shared\"") == 0);
    return;
  }
  SECTION("nobody works on it") {
    options.delivery.retries = 0;
    options.table.map = {{"v", "(1 / (id - 5))::text"}};
    CHECK(error_of(options).sqlstate() == "22012");
    const Error error = error_of_join(options, joining(options));
    CHECK(error.sqlstate() == "55000");
    CHECK(std::string(error.what()).find("no process works on it") != std::string::npos);
    CHECK(std::string(error.detail()).find("division by zero") != std::string::npos);
    return;
  }
  JoinOptions join = joining(options);
  SECTION("its row hook has no name") {
    options.transform = [](const RowView& row, RowBuilder& out) { out.copy_row(row); };
    reason = "a row hook without a name";
  }
  SECTION("its row hook is not known here") {
    options.transform = [](const RowView& row, RowBuilder& out) { out.copy_row(row); };
    options.transform_name = "same";
    reason = "the row hook \"same\", which this process does not have";
  }
  SECTION("its source is not known here") {
    options.source.label = "shop";
    join.source.reset();
    reason = "the job reads from shop, which is not known here";
  }
  SECTION("another source") {
    join.source = options.target;
    reason = "";
  }
  AdvisoryGate gate(options.source.target);
  auto owner = start(options);
  bed.wait_until_session_waits("src", "advisory");
  const Error error = error_of_join(options, join);
  INFO(error.what());
  CHECK(std::string(error.what()).find(reason) != std::string::npos);
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.job_workers") == "1");
  gate.open();
  owner->wait();
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("join: where nothing is left to do there is nothing to fail", "[server]") {
  const Bed bed;
  auto options = gated_job(bed, WriteMode::append);
  options.table.map.clear();
  static_cast<void>(CopyTable(options).run());
  const JobReport report = registry(options).join(shared_job, joining(options));
  CHECK(report.status == JobStatus::done);
  CHECK(report.slices_skipped == report.slices_total);
  REQUIRE(report.remarks.size() == 1);
  CHECK(report.remarks[0].find("(20000 rows): nothing is left to do") != std::string::npos);
}

TEST_CASE("join: a worker takes part in the attempt that follows the one that is over", "[server]") {
  const Bed bed;
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace);
  INFO(to_string(mode));
  const auto options = gated_job(bed, mode);
  AdvisoryGate gate(options.source.target);
  JobReport first;
  Running owner([&](std::stop_token stop) { first = CopyTable(options).run(std::move(stop)); });
  bed.wait_until_session_waits("src", "advisory");
  const std::string own_sessions = bed.src(
      "SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE datname = 'src' AND "
      "application_name = '" +
      std::string(application) + "'");
  JobReport second;
  Running worker([&](std::stop_token stop) {
    second = registry(options).join(shared_job, joining(options), std::move(stop));
  });
  wait_for_the_last_slice(bed);
  // The snapshot of the attempt ends with the session that has exported it.
  bed.src("SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[" + own_sessions + "]) pid");
  wait_for_target(bed,
                  "SELECT count(*) FROM leat_meta.job_workers w JOIN leat_meta.jobs j ON j.name = w.job AND "
                  "j.epoch = w.epoch WHERE j.epoch > 1 AND j.state = 'running'",
                  "2");
  gate.open();
  owner.wait();
  worker.wait();
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  // Of a job whose slices are committed one by one, each report tells the rows of the last attempt.
  CHECK(second.rows_written == first.rows_written);
  CHECK((second.rows_written == 20000) == (mode == WriteMode::replace));
  CHECK(bed.dst("SELECT state, error IS NULL FROM leat_meta.jobs") == "done|t");
}

TEST_CASE("join: a row hook that is known by its name runs in each process", "[server]") {
  const Bed bed;
  auto options = gated_job(bed, WriteMode::append);
  const Transform no_odd_ones = [](const RowView& row, RowBuilder& out) {
    if (row.get<std::int32_t>("id") % 2 == 0) out.copy_row(row);
  };
  options.transform = no_odd_ones;
  options.transform_name = "no odd ones";
  AdvisoryGate gate(options.source.target);
  auto owner = start(options);
  bed.wait_until_session_waits("src", "advisory");
  JoinOptions join = joining(options);
  join.hooks = {{"no odd ones", no_odd_ones}};
  Running worker([&](std::stop_token stop) {
    static_cast<void>(registry(options).join(shared_job, join, std::move(stop)));
  });
  wait_for_the_last_slice(bed);
  gate.open();
  owner->wait();
  worker.wait();
  CHECK(bed.dst("SELECT count(*), count(*) FILTER (WHERE id % 2 = 1) FROM t") == "10000|0");
}
