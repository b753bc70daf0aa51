// Sinks of pipelines: what becomes of rows, by every mode and with every way to commit.
#include "sinks.hpp"

#include <atomic>

#include "leat/jobs/copy_table.hpp"
#include "leat/pipeline/etl_pipeline.hpp"
#include "leat/postgres/copy/copy_source.hpp"
#include "leat/postgres/copy/cursor_source.hpp"
#include "modes.hpp"

using namespace leat;
using namespace leat::test;

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
  // Hints are of what a sink's user can do.
  CHECK(type.hint().find(".map") == std::string::npos);
  bed.dst("CREATE TABLE needs (id int, v text NOT NULL)");
  auto needs = replace;
  needs.to = "public.needs";
  CHECK(load("SELECT 1 AS id", needs).hint().find("Columns<T>") != std::string::npos);
  bed.dst("ALTER TABLE t ADD CHECK (id <> 5)");
  CHECK(load("SELECT 5 AS id", replace).hint().find(".stream.max_rejects") != std::string::npos);
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
