// Sinks of pipelines: what becomes of rows and items, by every mode and with every way to commit.
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bed.hpp"
#include "leat/jobs/copy_sink.hpp"
#include "leat/jobs/copy_table.hpp"
#include "leat/pipeline/etl_pipeline.hpp"
#include "leat/pipeline/pipeline_builder.hpp"
#include "leat/postgres/copy/copy_source.hpp"
#include "leat/postgres/copy/cursor_source.hpp"
#include "modes.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

struct Item {
  std::int32_t id = 0;
  std::optional<std::string> v{};
};

}  // namespace

template <>
struct leat::Columns<Item> {
  static constexpr auto list = columns_of("id", &Item::id, "v", &Item::v);
};

namespace {

TableSinkOptions into_t(CommitPoint commit, WriteMode mode = WriteMode::append) {
  return {.target = Bed::server().uri("dst"),
          .to = "public.t",
          .mode = mode,
          .commit = commit,
          .stream = {.limits = {.lock_timeout = 5s}, .application_name = application}};
}
QuerySourceOptions from_src(std::string sql) {
  return {.source = Bed::server().uri("src"),
          .sql = std::move(sql),
          .session = {.application_name = application}};
}

/// A source of these items.
template <class T>
auto refill_of(std::vector<T> items) {
  return [items = std::move(items)](std::size_t count, const std::stop_token&) mutable {
    std::vector<T> some;
    while (!items.empty() && some.size() < count) {
      some.push_back(std::move(items.back()));
      items.pop_back();
    }
    return some.empty() ? Refill<T>::done() : Refill<T>::items(std::move(some));
  };
}

std::vector<Item> numbered(std::int32_t count) {
  std::vector<Item> items;
  for (std::int32_t i = count; i > 0; --i) items.push_back({i, "v" + std::to_string(i)});
  return items;
}

struct Ways {
  CommitPoint commit;
  std::size_t workers;
};
const std::array<Ways, 6> every_way{{{CommitPoint::run, 1},
                                     {CommitPoint::run, 8},
                                     {CommitPoint::worker, 1},
                                     {CommitPoint::worker, 8},
                                     {CommitPoint::item, 1},
                                     {CommitPoint::item, 8}}};

/// Stores items one by one, or in batches.
PipelineReport store(CopySink<Item>& sink, std::vector<Item> items, std::size_t workers, std::size_t at_once,
                     PipelineOptions options = {}) {
  auto chain = pipeline_of<Item>(refill_of(std::move(items)));
  auto pipeline = at_once == 0
                      ? std::move(chain).into("store", {.workers = workers}, sink).build(std::move(options))
                      : std::move(chain)
                            .batch({.items = at_once})
                            .into("store", {.workers = workers}, sink)
                            .build(std::move(options));
  return pipeline.run();
}

Error sink_error(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("sink: values arrive once, one by one or in batches, however they are committed", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (v text, id int PRIMARY KEY, more int DEFAULT 7)");
  const auto way = GENERATE(from_range(every_way));
  const auto at_once = static_cast<std::size_t>(GENERATE(0, 100));
  CopySink<Item> sink(into_t(way.commit));
  const std::int32_t count = at_once == 0 && way.commit == CommitPoint::item ? 60 : 5000;
  const auto report = store(sink, numbered(count), way.workers, at_once);
  CHECK(report.completed == static_cast<std::uint64_t>(count));
  CHECK(report.failed == 0);
  CHECK(bed.dst("SELECT count(*), sum(id), count(*) FILTER (WHERE v = 'v' || id AND more = 7) FROM t") ==
        std::to_string(count) + "|" + std::to_string(std::int64_t{count} * (count + 1) / 2) + "|" +
            std::to_string(count));
  CHECK(sink.report().rows_written == static_cast<std::uint64_t>(count));
  // The sink may be used again.
  bed.dst("TRUNCATE t");
  CHECK(store(sink, numbered(50), way.workers, at_once).completed == 50);
  CHECK(bed.dst("SELECT count(*) FROM t") == "50");
  CHECK(sink.report().rows_written == static_cast<std::uint64_t>(count) + 50);
}

TEST_CASE("sink: every mode makes of the rows what CopyTable makes of them", "[server]") {
  const Bed bed;
  const auto mode = GENERATE(WriteMode::replace, WriteMode::append, WriteMode::swap, WriteMode::upsert,
                             WriteMode::insert_missing, WriteMode::delete_insert, WriteMode::sync);
  const auto way = GENERATE(from_range(every_way));
  const bool is_whole = mode == WriteMode::replace || mode == WriteMode::swap || mode == WriteMode::sync;
  const bool refused = (way.commit == CommitPoint::worker && mode != WriteMode::append) ||
                       (way.commit == CommitPoint::item && is_whole);
  if (refused) {
    CHECK_THROWS_AS(TableSink(into_t(way.commit, mode)), Error);
    return;
  }
  const std::string table = "CREATE TABLE t (id int PRIMARY KEY, v text, n serial)";
  bed.both(table);
  bed.src("INSERT INTO t (id, v, n) SELECT i, nullif('v' || i, 'v5'), i FROM generate_series(1, 4000) i");
  const std::string old_rows =
      mode == WriteMode::append
          ? "INSERT INTO t SELECT i, 'old', i FROM generate_series(5001, 5010) i"
          : "INSERT INTO t SELECT i, CASE WHEN i % 2 = 0 THEN 'v' || i ELSE 'old' END, i FROM "
            "generate_series(3991, 4010) i";
  bed.dst(old_rows);
  const auto by_job = run_changes(copy_by(bed, mode));
  const std::string wanted = bed.dst(content("t"));
  bed.dst("DROP TABLE t");
  bed.dst(table);
  bed.dst(old_rows);

  CopySource rows(from_src("SELECT * FROM t WHERE id > :a AND id <= :b"));
  TableSink sink(into_t(way.commit, mode));
  std::vector<std::pair<int, int>> ranges;
  for (int i = 0; i < 4000; i += 500) ranges.emplace_back(i, i + 500);
  pipeline_of<std::pair<int, int>>(refill_of(ranges))
      .from("fetch", {.workers = 2}, rows)
      .into("store", {.workers = way.workers}, sink)
      .build()
      .run();
  CHECK(bed.dst(content("t")) == wanted);
  CHECK(bed.dst("SELECT nextval('t_n_seq') > (SELECT max(n) FROM t)") == "t");
  if (way.commit == CommitPoint::run) CHECK(changes(sink.report()) == by_job);
  CHECK(sink.report().rows_read == 4000);
}

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
    CHECK(pipeline.report().completed == 0);
    CHECK(pipeline.report().failed == 1000);
    CHECK(bed.dst("SELECT count(*) FROM t") == "0");
    CHECK(sink.report().rows_written == 0);
  }
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

TEST_CASE("sink: a run without rows empties the table if the mode does", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.dst("INSERT INTO t VALUES (1, 'old')");
  const auto mode = GENERATE(WriteMode::replace, WriteMode::sync, WriteMode::append);
  CopySource none(from_src("SELECT 1 AS id, 'a' AS v WHERE false"));
  TableSink sink(into_t(CommitPoint::run, mode));
  pipeline_from(none).into("store", {.workers = 3}, sink).build().run();
  CHECK(bed.dst("SELECT count(*) FROM t") == (mode == WriteMode::append ? "1" : "0"));
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

TEST_CASE("sink: what does not fit is told before anything is changed", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.dst("INSERT INTO t VALUES (1, 'old')");
  const auto load = [&](const std::string& query, TableSinkOptions options) {
    CopySource rows(from_src(query));
    TableSink sink(std::move(options));
    return sink_error([&] { pipeline_from(rows).into("store", {}, sink).build().run(); });
  };
  const auto replace = into_t(CommitPoint::run, WriteMode::replace);
  const auto type = load("SELECT 1::bigint AS id", replace);
  CHECK(type.sqlstate() == "42804");
  CHECK(std::string(type.what()).find("\"id\"") != std::string::npos);
  CHECK(std::string(load("SELECT 1 AS id, 2 AS w", replace).what()).find("w") != std::string::npos);
  auto missing = replace;
  missing.to = "public.no_such";
  CHECK(load("SELECT 1 AS id", missing).sqlstate() == "42P01");
  CHECK(bed.dst("SELECT string_agg(t::text, ',') FROM t") == "(1,old)");

  CopySink<std::tuple<std::string, std::string>> tuples(into_t(CommitPoint::run));
  const auto field = sink_error([&] {
    pipeline_of<std::tuple<std::string, std::string>>(
        refill_of(std::vector<std::tuple<std::string, std::string>>{{"x", "y"}}))
        .into("store", {}, tuples)
        .build()
        .run();
  });
  CHECK(field.kind() == ErrorKind::config);
  CHECK(std::string(field.what()).find("\"id\"") != std::string::npos);
}

TEST_CASE("sink: options that have no sense together are refused", "[server]") {
  const auto refused = [](const std::function<void(TableSinkOptions&)>& change) {
    TableSinkOptions options = into_t(CommitPoint::item);
    change(options);
    return sink_error([&] { const TableSink sink(options); }).kind() == ErrorKind::config;
  };
  CHECK(refused([](auto& options) { options.to = ""; }));
  CHECK(refused([](auto& options) { options.stream.verify = true; }));
  CHECK(refused([](auto& options) { options.stream.on_progress = [](const Progress&) {}; }));
  CHECK(refused([](auto& options) {
    options.stream.max_rejects = 1;
    options.stream.rejects.callback = [](const RejectedRow&) {};
  }));
  CHECK(refused([](auto& options) { options.stream.indexes = Indexes::rebuild; }));
  CHECK(refused(
      [](auto& options) { options.stream.before_commit = [](Connection&, const std::stop_token&) {}; }));
  CHECK(refused([](auto& options) { options.key = {"id"}; }));
  auto creates = into_t(CommitPoint::run);
  creates.stream.create = CreateTarget::columns;
  CHECK_THROWS_AS(CopySink<Item>(creates), Error);
  CHECK_THROWS_AS(CopySink<Item>([] {
                    auto options = into_t(CommitPoint::run);
                    options.columns = {"id", "v"};
                    return options;
                  }()),
                  Error);
}

TEST_CASE("sink: bad rows are rejected one by one, and the others arrive", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY CHECK (id % 10 <> 0), v text)");
  std::atomic<int> rejected{0};
  auto options = into_t(CommitPoint::run);
  options.stream.max_rejects = 100;
  options.stream.rejects.callback = [&](const RejectedRow& row) {
    CHECK_FALSE(row.row);
    if (row.sqlstate == "23514") ++rejected;
  };
  CopySink<Item> sink(std::move(options));
  CHECK(store(sink, numbered(500), 4, 50).completed == 500);
  CHECK(rejected == 50);
  CHECK(sink.report().rows_rejected == 50);
  CHECK(sink.report().status == JobStatus::done_with_rejects);
  CHECK(bed.dst("SELECT count(*) FROM t") == "450");
}

TEST_CASE("sink: types of the user's own are found by their names", "[server]") {
  const Bed bed;
  bed.dst("CREATE TYPE other AS ENUM ('x')");  // so that numbers differ
  bed.both("CREATE TYPE mood AS ENUM ('ok', 'sad'); CREATE TABLE t (id int, m mood, ms mood[])");
  bed.src("INSERT INTO t VALUES (1, 'sad', '{ok}')");
  TableSink sink(into_t(CommitPoint::run));
  CopySource rows(from_src("SELECT id, m FROM t"));
  pipeline_from(rows).into("store", {}, sink).build().run();
  CHECK(bed.dst("SELECT id, m FROM t") == "1|sad");
  CopySource arrays(from_src("SELECT id, ms FROM t"));
  const auto error = sink_error([&] { pipeline_from(arrays).into("store", {}, sink).build().run(); });
  CHECK(error.kind() == ErrorKind::config);
  CHECK(std::string(error.what()).find("\"ms\"") != std::string::npos);
  CHECK(bed.dst("SELECT count(*) FROM t") == "1");
}

TEST_CASE("sink: a table is made for batches, and hooks run in the transaction", "[server]") {
  const Bed bed;
  auto options = into_t(CommitPoint::run);
  options.stream.create = CreateTarget::columns;
  options.stream.before_commit = [](Connection& session, const std::stop_token& stop) {
    session.execute("UPDATE public.t SET v = v || '!'", {}, stop);
  };
  TableSink sink(std::move(options));
  CopySource rows(from_src("SELECT 1::int4 AS id, 'a'::text AS v"));
  pipeline_from(rows).into("store", {}, sink).build().run();
  CHECK(bed.dst("SELECT id, v FROM t") == "1|a!");
}

TEST_CASE("sink: rows go through a view, and triggers of the target are heard", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE base (id int PRIMARY KEY, v text); CREATE VIEW t AS SELECT id, v FROM base");
  const auto commit = GENERATE(CommitPoint::run, CommitPoint::item);
  auto options = into_t(commit);
  options.stream.into_view = true;
  CopySink<Item> through(options);
  CHECK(store(through, numbered(200), 3, 50).completed == 200);
  CHECK(bed.dst("SELECT count(*), sum(id) FROM base") == "200|20100");
  CHECK(sink_error([&] {
          auto refused = options;
          refused.commit = CommitPoint::worker;
          const TableSink sink(refused);
        }).kind() == ErrorKind::config);

  bed.dst(
      "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN IF new.id % 2 = 0 THEN RETURN NULL; END IF; RETURN new; END'; "
      "TRUNCATE base; CREATE TRIGGER odd BEFORE INSERT ON base FOR EACH ROW EXECUTE FUNCTION odd()");
  auto into_base = into_t(commit);
  into_base.to = "public.base";
  CopySink<Item> strict(into_base);
  CHECK(sink_error([&] { store(strict, numbered(10), 1, 10); }).sqlstate() == "P0001");
  CHECK(bed.dst("SELECT count(*) FROM base") == "0");
  into_base.stream.suppressed_rows = SuppressedRows::allow;
  CopySink<Item> tolerant(into_base);
  CHECK(store(tolerant, numbered(10), 2, 5).completed == 10);
  CHECK(bed.dst("SELECT count(*) FROM base") == "5");
  CHECK(tolerant.report().rows_suppressed == 5);
}

TEST_CASE("sink: a subclass of ETLPipeline writes by a hook of each worker", "[server]") {
  using Rows = std::pair<int, int>;
  class Halves final : public ETLPipeline<Rows, Stream<RowBatch>, RowBatch, PerWorker<TableSinkWriter>> {
   public:
    Halves(CommitPoint stage, CommitPoint sink)
        : ETLPipeline(
              {.fetch = {.workers = 2}, .process = {.workers = 4}, .store = {.commit = stage, .workers = 2}}),
          source_(from_src("SELECT n AS id, 'v' || n AS v FROM generate_series(:a::int4, :b::int4) n")),
          sink_(into_t(sink)) {}
    ~Halves() override { shut_down(); }
    Refill<Rows> refill(std::size_t, const std::stop_token&) override {
      return at_ == 1000 ? Refill<Rows>::done() : Refill<Rows>::items({Rows{at_ + 1, at_ += 100}});
    }
    void fetch(WorkItem<Rows>& rows, Emitter<RowBatch>& out, const std::stop_token& stop) override {
      source_.read(
          *rows, [&](RowBatch batch) { out.emit(std::move(batch)); }, stop);
    }
    RowBatch process(WorkItem<RowBatch>& rows, const std::stop_token&) override { return std::move(*rows); }
    TableSinkWriter make_store() override { return sink_.writer(); }

   private:
    CursorSource source_;
    TableSink sink_;
    int at_ = 0;
  };
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text)");
  {
    Halves pipeline(CommitPoint::run, CommitPoint::run);
    CHECK(pipeline.run().failed == 0);
  }
  CHECK(bed.dst("SELECT count(*), sum(id) FROM t") == "1000|500500");
  {
    Halves pipeline(CommitPoint::item, CommitPoint::run);
    const auto error = sink_error([&] { pipeline.run(); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(std::string(error.what()).find("store.commit") != std::string::npos);
  }
  CHECK(bed.dst("SELECT count(*) FROM t") == "1000");
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
