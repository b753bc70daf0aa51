// Sinks of pipelines that fail or are stopped: the report's items are the table's rows.
#include <atomic>
#include <random>

#include "leat/postgres/copy/copy_source.hpp"
#include "leat/postgres/copy/cursor_source.hpp"
#include "sinks.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Its text is computed, and the function may throw or give another text each time.
struct Computed {
  std::int32_t id = 0;
  std::function<std::string()> text{};
};

}  // namespace

template <>
struct leat::Columns<Computed> {
  static constexpr auto list =
      columns_of("id", &Computed::id, "v", [](const Computed& value) { return value.text(); });
};

TEST_CASE("sink: if the last batch fails, its items have failed and nothing else", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY CHECK (id <> 1), v text)");
  const auto workers = static_cast<std::size_t>(GENERATE(1, 8));
  std::atomic<int> failed_results{0};
  const PipelineOptions skip{.on_failure = OnFailure::skip, .on_result = [&](const PipelineResult& result) {
                               if (!result.error) return;
                               ++failed_results;
                             }};
  SECTION("where each batch is a transaction") {
    CopySink<Item> sink(into_t(CommitPoint::item));
    const auto report = store(sink, numbered(1000), workers, 100, skip);
    // Which items share a batch with the bad one is chance, where several workers take them.
    const std::string stored = bed.dst("SELECT count(*) FROM t");
    CHECK(std::to_string(report.completed) == stored);
    CHECK(report.completed + report.failed == 1000);
    CHECK(report.failed >= 1);
    CHECK(report.failed <= 100);
    CHECK(static_cast<std::uint64_t>(failed_results) == report.failed);
    CHECK(bed.dst("SELECT count(*) FROM t WHERE id = 1") == "0");
    CHECK(sink.report().rows_written == report.completed);
  }
  SECTION("where all rows are one transaction, or one for each worker") {
    const auto commit = GENERATE(CommitPoint::run, CommitPoint::worker);
    CopySink<Item> sink(into_t(commit));
    auto pipeline = pipeline_of<Item>(refill_of(numbered(1000)))
                        .batch({.items = 100})
                        .into("store", {.workers = workers}, sink)
                        .build(skip);
    const auto error = sink_error([&] { pipeline.run(); });
    CHECK(error.kind() == ErrorKind::target);
    CHECK(std::string(error.what()).find("t_id_check") != std::string::npos);
    // The others are given up, since their rows could not stay.
    const auto report = pipeline.report();
    CHECK(report.completed == 0);
    CHECK(report.failed >= 1);
    CHECK(report.failed + report.in_flight == report.entered);
    CHECK(bed.dst("SELECT count(*) FROM t") == "0");
    CHECK(sink.report().rows_written == 0);
  }
}

TEST_CASE("sink: a run whose transaction is lost ends at once, although failed items are skipped",
          "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY CHECK (id <> 7), v text)");
  const auto way =
      GENERATE(Ways{CommitPoint::run, 1}, Ways{CommitPoint::run, 8}, Ways{CommitPoint::worker, 8});
  auto options = into_t(way.commit);
  options.stream.batch_bytes = ByteCount{4096};
  CopySink<Item> sink(std::move(options));
  // It never ends by itself.
  std::int32_t given = 0;
  auto pipeline = pipeline_of<Item>([&](std::size_t count, const std::stop_token&) {
                    std::vector<Item> some;
                    while (some.size() < count) some.push_back({++given, std::string(100, 'x')});
                    return Refill<Item>::items(std::move(some));
                  })
                      .into("store", {.workers = way.workers}, sink)
                      .build({.on_failure = OnFailure::skip});
  const auto error = sink_error([&] { pipeline.run(); });
  CHECK(error.sqlstate() == "23514");
  CHECK(error.work().rows_read > 0);
  CHECK(error.work().rows_committed == 0);
  CHECK(pipeline.report().completed == 0);
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
}

TEST_CASE("sink: what is wrong for all items ends the run, although failed items are skipped", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)");
  const auto commit = GENERATE(CommitPoint::run, CommitPoint::worker, CommitPoint::item);
  const auto fails = [&](const std::string& query, TableSinkOptions options) {
    CopySource rows(from_src(query));
    TableSink sink(std::move(options));
    auto pipeline = pipeline_of<int>(refill_of(std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}))
                        .from("read", {.workers = 2}, rows)
                        .into("store", {.workers = 2}, sink)
                        .build({.on_failure = OnFailure::skip});
    const auto error = sink_error([&] { pipeline.run(); });
    CHECK(bed.dst("SELECT count(*) FROM t") == "0");
    return error;
  };
  const auto options = into_t(commit);
  auto elsewhere = options;
  elsewhere.to = "public.no_such";
  CHECK(fails("SELECT :n::int4 AS id, 'x'::text AS v", elsewhere).sqlstate() == "42P01");
  CHECK(fails("SELECT :n::int4 AS id, 'x'::text AS w", options).sqlstate() == "42703");
  CHECK(fails("SELECT :n::int8 AS id, 'x'::text AS v", options).sqlstate() == "42804");
  CHECK(fails("SELECT :n::int4 AS id", options).sqlstate() == "23502");
  // In the source
  CHECK(fails("SELECT :n::int4 AS id, 'x'::text AS v FROM no_such", options).sqlstate() == "42P01");
  CHECK(fails("SELECT :n::int4 + :m::int4 AS id, 'x'::text AS v", options).kind() == ErrorKind::config);
  // One item's own fault is not the others'.
  CopySource rows(from_src("SELECT 10 / (:n::int4 - 3) + 100 * :n::int4 AS id, 'x'::text AS v"));
  TableSink sink(into_t(commit));
  const auto report = pipeline_of<int>(refill_of(std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}))
                          .from("read", {.workers = 2}, rows)
                          .into("store", {.workers = 2}, sink)
                          .build({.on_failure = OnFailure::skip})
                          .run();
  CHECK(report.failed == 1);
  CHECK(bed.dst("SELECT count(*) FROM t") == "7");
}

TEST_CASE("sink: a run whose snapshot is lost ends, although failed items are skipped", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int, v text)");
  CursorSource rows(from_src("SELECT g AS id, 'x'::text AS v FROM generate_series(1, :n::int4) g"));
  TableSink sink(into_t(CommitPoint::item));
  // It never ends by itself.
  bool is_lost = false;
  auto pipeline =
      pipeline_of<int>([&](std::size_t, const std::stop_token&) {
        if (!is_lost && rows.position().reads >= 20) {
          is_lost = true;
          Bed::on("src", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" +
                             std::string(application) + "' AND datname = 'src'");
        }
        return Refill<int>::items({10});
      })
          .from("read", {.workers = 2, .queue_items = 8}, rows)
          .into("store", {.workers = 2}, sink)
          .build({.on_failure = OnFailure::skip});
  const auto error = sink_error([&] { pipeline.run(); });
  CHECK(error.sqlstate() == "08003");
  CHECK(std::to_string(sink.report().rows_written) == bed.dst("SELECT count(*) FROM t"));
}

TEST_CASE("sink: where items are committed by themselves, the report says how many rows are there",
          "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY CHECK (id <> 5), v text)");
  CopySink<Item> sink(into_t(CommitPoint::item));
  const auto error = sink_error([&] {
    store(sink, {{5, "e"}, {4, "d"}, {3, "c"}, {2, "b"}, {1, "a"}}, 1, 0);
  });
  CHECK(error.sqlstate() == "23514");
  CHECK(error.work().rows_read == 0);  // what others commit meanwhile would be missing
  CHECK(sink.report().rows_written == 4);
  CHECK(bed.dst("SELECT count(*) FROM t") == "4");
}

TEST_CASE("sink: retries are refused where no item can be tried again", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text)");
  const auto commit = GENERATE(CommitPoint::run, CommitPoint::worker);
  CopySink<Item> sink(into_t(commit));
  const StageOptions twice{.retry = {.attempts = 2}};
  const auto error =
      sink_error([&] { auto chain = pipeline_of<Item>(refill_of(numbered(1))).into("store", twice, sink); });
  CHECK(error.kind() == ErrorKind::config);
  CHECK(std::string(error.what()).find("\"store\".retry") != std::string::npos);
}

TEST_CASE("sink: an item whose last attempt fails while it is written is not committed at the end",
          "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text)");
  auto options = into_t(CommitPoint::item);
  options.stream.limits.lock_timeout = 50ms;
  CopySink<Item> sink(std::move(options));
  auto other = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  std::size_t given = 0;
  auto pipeline = pipeline_of<Item>([&](std::size_t, const std::stop_token&) {
                    if (given == 2) return Refill<Item>::done();
                    if (++given == 2) {
                      // The first one is there.
                      CHECK(becomes_true(patience, [&] { return bed.dst("SELECT count(*) FROM t") == "1"; }));
                      other.begin();
                      other.execute("LOCK TABLE public.t IN SHARE MODE");
                    }
                    return Refill<Item>::items({Item{static_cast<std::int32_t>(given), "x"}});
                  })
                      .into("store", {.workers = 1}, sink)
                      .build({.on_failure = OnFailure::skip, .on_result = [&](const PipelineResult& result) {
                                if (result.error)
                                  other.rollback();  // so that nothing is in the way at the end
                              }});
  const auto report = pipeline.run();
  CHECK(report.completed == 1);
  CHECK(report.failed == 1);
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "1");
  CHECK(sink.report().rows_written == 1);
}

TEST_CASE("sink: a value that cannot be made fails alone, whatever it throws, and is made once", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text)");
  const auto way = GENERATE(from_range(every_way));
  const auto at_once = static_cast<std::size_t>(GENERATE(1, 50));
  std::atomic<int> calls{0};
  std::vector<Computed> values;
  for (std::int32_t i = 1; i <= 100; ++i) {
    values.push_back({i, [&calls, i]() -> std::string {
                        ++calls;
                        if (i % 10 == 0) throw std::invalid_argument("no text");
                        return std::string(static_cast<std::size_t>(calls) * 100, 'x');  // longer each time
                      }});
  }
  auto options = into_t(way.commit);
  options.stream.batch_bytes = ByteCount{4096};
  CopySink<Computed> sink(std::move(options));
  auto pipeline = pipeline_of<Computed>(refill_of(std::move(values)))
                      .batch({.items = at_once})
                      .into("store", {.workers = way.workers}, sink)
                      .build({.on_failure = OnFailure::skip});
  const auto report = pipeline.run();
  CHECK(calls == 100);
  CHECK(report.failed == 10);
  CHECK(report.completed == 90);
  CHECK(bed.dst("SELECT count(*), count(*) FILTER (WHERE id % 10 = 0) FROM t") == "90|0");
}

TEST_CASE("sink: a stop right after the commit does not make rows of it that are not there", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id serial PRIMARY KEY, v text)");
  const auto way = GENERATE(from_range(every_way));
  Pipeline* running = nullptr;
  auto options = into_t(way.commit);
  options.stream.log = Logger(LogLevel::info, LogRecordSink([&](const LogRecord& record) {
                                if (record.event == "commit" && running != nullptr) {
                                  running->stop(leat::StopMode::abort);
                                }
                              }));
  CopySink<Item> sink(std::move(options));
  auto pipeline = pipeline_of<Item>(refill_of(numbered(200)))
                      .batch({.items = 20})
                      .into("store", {.workers = way.workers}, sink)
                      .build();
  running = &pipeline;
  try {
    pipeline.run();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::cancelled);
  }
  running = nullptr;
  const std::string stored = bed.dst("SELECT count(*) FROM t");
  CHECK(std::to_string(sink.report().rows_written) == stored);
  CHECK(std::to_string(pipeline.report().completed) == stored);
  if (stored != "0") CHECK(bed.dst("SELECT nextval('t_id_seq') > (SELECT max(id) FROM t)") == "t");
}

TEST_CASE("sink: at random, the report's items are the table's rows", "[server]") {
  const Bed bed;
  const RandomRun run(40, 6);
  std::mt19937 random(run.seed());
  bed.dst("CREATE TABLE t (id int PRIMARY KEY CHECK (id % 97 <> 0), v text)");
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    bed.dst("TRUNCATE t");
    const Ways way = every_way[random() % every_way.size()];
    const auto count = static_cast<std::int32_t>(random() % 400);
    const std::size_t at_once = random() % 3 == 0 ? 0 : 1 + random() % 60;
    const bool bad = random() % 2 == 0;
    std::vector<Item> items = numbered(count);
    if (!bad) std::erase_if(items, [](const Item& item) { return item.id % 97 == 0; });
    // One that does not fit its column fails alone.
    const bool misfit = random() % 3 == 0;
    if (misfit) items.push_back({1000, std::string("a\0b", 3)});
    const std::size_t all = items.size();
    auto options = into_t(way.commit);
    if (random() % 2 == 0) options.stream.batch_bytes = ByteCount{4096};
    CopySink<Item> sink(std::move(options));
    CAPTURE(round, static_cast<int>(way.commit), way.workers, count, at_once, bad, misfit);
    auto chain = pipeline_of<Item>(refill_of(std::move(items)));
    const StageOptions stage{.workers = way.workers};
    const PipelineOptions skip{.on_failure = OnFailure::skip};
    auto pipeline = at_once == 0
                        ? std::move(chain).into("store", stage, sink).build(skip)
                        : std::move(chain).batch({.items = at_once}).into("store", stage, sink).build(skip);
    bool thrown = false;
    try {
      pipeline.run();
    } catch (const Error& error) {
      thrown = true;
      CHECK(error.kind() == ErrorKind::target);
    }
    const auto report = pipeline.report();
    CHECK(report.completed + report.failed == all);
    CHECK(bed.dst("SELECT count(*) FROM t") == std::to_string(report.completed));
    CHECK(sink.report().rows_written == report.completed);
    const bool fails = bad && count >= 97;
    CHECK(thrown == (fails && way.commit != CommitPoint::item));
    if (!fails) CHECK(report.failed == (misfit ? 1U : 0U));
  }
}

TEST_CASE("sink: a stop leaves nothing of the run behind", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int, v text)");
  const auto commit = GENERATE(CommitPoint::run, CommitPoint::worker);
  CopySink<Item> sink(into_t(commit));
  std::atomic<std::int32_t> next{0};
  auto pipeline = pipeline_of<Item>([&](std::size_t, const std::stop_token&) {
                    return Refill<Item>::items({Item{++next, std::string(1000, 'x')}});
                  })
                      .into("store", {.workers = 4}, sink)
                      .build();
  pipeline.start();
  REQUIRE(becomes_true(patience, [&] { return next > 5000; }));
  pipeline.stop(leat::StopMode::abort);
  CHECK_THROWS_AS(pipeline.wait(), Error);
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  CHECK(pipeline.report().completed == 0);
}

TEST_CASE("sink: a drain commits what has come", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int, v text)");
  CopySink<Item> sink(into_t(CommitPoint::run));
  std::atomic<std::int32_t> next{0};
  auto pipeline = pipeline_of<Item>([&](std::size_t, const std::stop_token&) {
                    return Refill<Item>::items({Item{++next, {}}});
                  })
                      .into("store", {.workers = 4}, sink)
                      .build();
  pipeline.start();
  REQUIRE(becomes_true(patience, [&] { return next > 100; }));
  pipeline.stop(leat::StopMode::drain);
  const auto report = pipeline.wait();
  CHECK(bed.dst("SELECT count(*) FROM t") == std::to_string(report.completed));
  CHECK(report.completed > 0);
}

TEST_CASE("sink: a batch whose session is lost is tried again, and is there once", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text)");
  CopySink<Item> sink(into_t(CommitPoint::item));
  std::atomic<int> given{0};
  auto pipeline =
      pipeline_of<Item>([&](std::size_t, const std::stop_token&) {
        if (given == 10) return Refill<Item>::done();
        const int i = ++given;
        // Between two of its transactions.
        if (i == 5 && becomes_true(patience, [&] { return bed.dst("SELECT count(*) FROM t") == "4"; })) {
          Bed::end_jobs();
        }
        return Refill<Item>::items({Item{i, "x"}});
      })
          .into("store", {.retry = {.attempts = 3, .initial_delay = 1ms}, .workers = 1}, sink)
          .build();
  CHECK(pipeline.run().completed == 10);
  CHECK(bed.dst("SELECT count(*), sum(id) FROM t") == "10|55");
}
