// Runs of documents: each load once, in order, whatever fails.
#include "leat/runs/document_run.hpp"

#include <algorithm>

#include "runs.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_shop(const Bed& bed) {
  bed.src(
      "DROP SCHEMA IF EXISTS sales CASCADE; CREATE SCHEMA sales; CREATE TABLE sales.a (id int PRIMARY KEY, v "
      "text); CREATE TABLE sales.b (id int "
      "PRIMARY "
      "KEY, v text); CREATE TABLE sales.c (id int PRIMARY KEY, v text); "
      "INSERT INTO sales.a SELECT i, 'a' || i FROM generate_series(1, 100) i; INSERT INTO sales.b SELECT i, "
      "'b' || i "
      "FROM generate_series(1, 200) i; INSERT INTO sales.c SELECT i, 'c' || i FROM generate_series(1, 300) "
      "i");
  bed.dst("DROP SCHEMA IF EXISTS dwh CASCADE; CREATE SCHEMA dwh; CREATE TABLE dwh.a (id int, v text)");
}

constexpr const char* three_loads = R"(
leat: 1
name: shop
source: src
target: dst
params: {most: {type: int, default: "50"}}
defaults: {create: columns, retries: 0}
loads:
  - {name: c, from: sales.c, to: dwh.c, after: [b]}
  - {name: b, sql: "SELECT id, upper(v) AS v FROM sales.b WHERE id <= :most", to: dwh.b, mode: append}
  - {name: a, from: sales.a, to: dwh.a, where: id <= :most, mode: append}
)";

}  // namespace

TEST_CASE("document run: loads run in order, with the document's values", "[server]") {
  const Bed bed;
  make_shop(bed);
  const RunReport report = run_text(three_loads);
  CHECK(names_of(report) == "b:done c:done a:done");
  CHECK(report.status == JobStatus::done);
  CHECK_FALSE(report.is_continued);
  CHECK(report.rows_written() == 50 + 300 + 50);
  CHECK(bed.dst("SELECT (SELECT count(*) FROM dwh.a), (SELECT count(*) FROM dwh.b), (SELECT count(*) FROM "
                "dwh.c)") == "50|50|300");
  CHECK(bed.dst("SELECT v FROM dwh.b WHERE id = 7") == "B7");
  // Tonight's run is not last night's.
  const RunReport again = run_text(three_loads);
  CHECK(again.id != report.id);
  CHECK(bed.dst("SELECT (SELECT count(*) FROM dwh.a), (SELECT count(*) FROM dwh.c)") == "100|300");
  CHECK(bed.dst("SELECT state, count(*) FROM leat_meta.runs GROUP BY 1") == "done|2");
}

TEST_CASE(
    "document run: a load that fails is told, those that wait for it are not begun, and the next run goes on",
    "[server]") {
  const Bed bed;
  make_shop(bed);
  bed.dst("CREATE TABLE dwh.b (id int CHECK (id < 40), v text)");
  const RunReport first = run_text(three_loads);
  CHECK(names_of(first) == "b:failed c:waits a:done");
  CHECK(first.status == JobStatus::failed);
  REQUIRE(first.first_error());
  CHECK(first.first_error()->sqlstate() == "23514");
  CHECK(first.loads[1].waits_for == "b");
  CHECK(to_text(first).find("the same command goes on with this run") != std::string::npos);
  bed.dst("ALTER TABLE dwh.b DROP CONSTRAINT b_id_check");
  const RunReport second = run_text(three_loads);
  CHECK(second.id == first.id);
  CHECK(second.is_continued);
  CHECK(names_of(second) == "b:done c:done a:done_before");
  CHECK(bed.dst("SELECT (SELECT count(*) FROM dwh.a), (SELECT count(*) FROM dwh.b)") == "50|50");
  // It is done, so there is a new one.
  CHECK(run_text(three_loads).id != first.id);
}

TEST_CASE("document run: another content, other params, and a run that is to be new, go on with nothing",
          "[server]") {
  const Bed bed;
  make_shop(bed);
  bed.dst("CREATE TABLE dwh.b (id int CHECK (id < 10), v text)");
  const std::string id = run_text(three_loads).id;
  CHECK(run_text(std::string(three_loads) + "description: another\n").id != id);
  CHECK(run_text(three_loads, {.params = {{"most", "30"}}}).id != id);
  CHECK(run_text(three_loads, {.begins_new = true}).id != id);
}

TEST_CASE("document run: only some loads", "[server]") {
  const Bed bed;
  make_shop(bed);
  CHECK(names_of(run_text(three_loads, {.only = {"a"}})) == "a:done");
  CHECK(names_of(run_text(three_loads, {.only = {"b", "+downstream"}})) == "b:done c:done");
  CHECK(names_of(run_text(three_loads, {.only = {"c", "+upstream"}})) == "b:done c:done");
  CHECK(config_error(three_loads, {.only = {"d"}}) == "no load of the document is called d");
  CHECK(config_error(three_loads, {.only = {"+downstream"}}) == "only names no load");
}

TEST_CASE("document run: params that are missing, unknown or out of their words are told", "[server]") {
  const Bed bed;
  const std::string text =
      "leat: 1\nsource: src\ntarget: dst\nparams: {since: {required: true}, country: {one_of: [de, fr], "
      "default: "
      "de}}\nloads: [{sql: 'SELECT :since::text AS v', to: t}]\n";
  CHECK(config_error(text) == "parameters without a value: since");
  CHECK(config_error(text, {.params = {{"since", "1"}, {"sinec", "2"}}}) ==
        "the document has no parameter sinec");
  CHECK(config_error(text, {.params = {{"since", "1"}, {"country", "it"}}}) ==
        "parameter country has none of its values");
}

TEST_CASE("document run: many tables are kept one by one", "[server]") {
  const Bed bed;
  make_shop(bed);
  bed.dst("CREATE TABLE dwh.b (id int CHECK (id < 40), v text)");
  const std::string text =
      "leat: 1\nname: all\nsource: src\ntarget: dst\nloads: [{name: many, tables: 'sales.*', to: "
      "'dwh.{table}', create: "
      "columns, retries: 0}]\n";
  const RunReport first = run_text(text);
  CHECK(names_of(first) == "many:failed");
  REQUIRE(first.loads[0].tables);
  CHECK(first.loads[0].tables->failed() == 1);
  CHECK(bed.dst("SELECT (SELECT count(*) FROM dwh.a), (SELECT count(*) FROM dwh.b), (SELECT count(*) FROM "
                "dwh.c)") == "100|0|300");
  bed.dst("ALTER TABLE dwh.b DROP CONSTRAINT b_id_check; DELETE FROM dwh.a");
  const RunReport second = run_text(text);
  CHECK(names_of(second) == "many:done");
  CHECK(second.loads[0].tables->tables.size() == 1);
  CHECK(bed.dst("SELECT (SELECT count(*) FROM dwh.a), (SELECT count(*) FROM dwh.b), (SELECT count(*) FROM "
                "dwh.c)") == "0|200|300");
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.jobs WHERE name LIKE 'run/" + first.id + "/many%'") == "4");
}

TEST_CASE("document run: a key is one run, from however many processes", "[server]") {
  const Bed bed;
  make_shop(bed);
  constexpr std::size_t processes = 20;
  std::vector<std::string> ids(processes);
  std::vector<std::string> faults(processes);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < processes; ++i) {
      threads.emplace_back([&, i] {
        try {
          const RunReport report = run_text(three_loads, {.idempotency_key = "tonight"});
          ids[i] = report.id + " " + std::string(to_string(report.status));
        } catch (const Error& error) {
          faults[i] = error.what();
        }
      });
    }
  }
  for (const auto& fault : faults) CHECK(fault.empty());
  for (const auto& id : ids) CHECK(id == ids[0]);
  CHECK(bed.dst("SELECT (SELECT count(*) FROM dwh.a), (SELECT count(*) FROM dwh.b)") == "50|50");
  CHECK(config_error(three_loads, {.params = {{"most", "30"}}, .idempotency_key = "tonight"})
            .find("the key \"tonight\" was used for other content of document \"shop\"") == 0);
  CHECK(config_error(three_loads, {.begins_new = true, .idempotency_key = "tonight"}) ==
        "a run of a key is begun once, and this one is to begin anew");
}

TEST_CASE("document run: two at the same time do not meet", "[server]") {
  const Bed bed;
  make_shop(bed);
  Connection blocker = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  blocker.begin();
  static_cast<void>(blocker.execute("LOCK TABLE dwh.a"));
  Running running([&](const std::stop_token& stop) { static_cast<void>(run_text(three_loads, {}, stop)); },
                  end_runs);
  bed.wait_for(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'leat run%' AND wait_event_type = "
      "'Lock'",
      "1");
  try {
    static_cast<void>(run_text(three_loads));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.sqlstate() == "55006");
    CHECK(std::string(error.what()) == "document \"shop\" is being run by another process");
  }
  blocker.rollback();
  running.wait();
  CHECK(bed.dst("SELECT count(*) FROM dwh.a") == "50");
}

TEST_CASE("document run: a stop leaves a run to go on with", "[server]") {
  const Bed bed;
  make_shop(bed);
  Connection blocker = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  blocker.begin();
  static_cast<void>(blocker.execute("LOCK TABLE dwh.a"));
  RunReport first;
  Running running([&](const std::stop_token& stop) { first = run_text(three_loads, {}, stop); }, end_runs);
  bed.wait_for(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'leat run%' AND wait_event_type = "
      "'Lock'",
      "1");
  running.request_stop();
  running.wait();
  CHECK(names_of(first) == "b:done c:done a:cancelled");
  CHECK(first.status == JobStatus::cancelled);
  blocker.rollback();
  const RunReport second = run_text(three_loads);
  CHECK(second.id == first.id);
  CHECK(names_of(second) == "b:done_before c:done_before a:done");
}

TEST_CASE("document run: the end of its timeout is told", "[server]") {
  const Bed bed;
  make_shop(bed);
  Connection blocker = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  blocker.begin();
  static_cast<void>(blocker.execute("LOCK TABLE dwh.a"));
  const RunReport report = run_text(std::string(three_loads) + "run: {timeout: 2s}\n");
  CHECK(report.loads.back().status == LoadStatus::cancelled);
  CHECK(report.status == JobStatus::cancelled);
  REQUIRE(report.remarks.size() == 1);
  CHECK(report.remarks[0].find("its timeout was over") != std::string::npos);
  blocker.rollback();
  // Another content is another run.
  CHECK(run_text(std::string(three_loads) + "run: {timeout: 10min}\n").id != report.id);
}

TEST_CASE("document run: the ledger keeps the last ten runs", "[server]") {
  const Bed bed;
  make_shop(bed);
  for (int i = 0; i < 13; ++i) static_cast<void>(run_text(three_loads, {.only = {"b"}}));
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.runs") == "10");
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.jobs") == "10");
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.job_ledger") == "10");
}

TEST_CASE("document run: the plan tells of each load, and changes nothing", "[server]") {
  const Bed bed;
  make_shop(bed);
  bed.dst("CREATE TABLE dwh.c (id int, w text NOT NULL)");
  const RunPlan plan = pipeline_of_text(three_loads, {}).plan();
  REQUIRE(plan.loads.size() == 3);
  CHECK(plan.loads[0].plans.at(0).findings.empty());
  REQUIRE(plan.first_error());
  CHECK(to_text(plan).find("load c, after b\n") != std::string::npos);
  CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname = 'b' AND relnamespace = "
                "'dwh'::regnamespace") == "0");
  CHECK(bed.dst("SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0");
}

TEST_CASE("document run: sessions of loads are few, whatever their number", "[server]") {
  const Bed bed;
  make_shop(bed);
  std::string text = "leat: 1\nname: many\nsource: src\ntarget: dst\nloads:\n";
  for (int i = 0; i < 20; ++i) {
    text += "  - {name: l" + std::to_string(i) + ", from: sales.a, to: dwh.t" + std::to_string(i) +
            ", create: columns, after_sql: 'INSERT INTO dwh.pids VALUES (pg_backend_pid())'}\n";
  }
  bed.dst("CREATE TABLE dwh.pids (pid int)");
  CHECK(run_text(text).status == JobStatus::done);
  CHECK(bed.dst("SELECT count(*), count(DISTINCT pid) FROM dwh.pids") == "20|1");
}

TEST_CASE("document run: a table's rows are transformed in the source", "[server]") {
  const Bed bed;
  make_shop(bed);
  const std::string text =
      "leat: 1\nname: shop\nsource: src\ntarget: dst\nparams: {most: {type: int, default: \"60\"}}\nloads: "
      "[{from: "
      "sales.a, where: id <= :most, to: dwh.t, create: columns, transform: {place: PLACE, filter: {id: "
      "{\">\": 40}}, "
      "rename: {v: name}, transformations: [{type: apply, column: name, function: upper}]}}]\n";
  for (const std::string place : {"source", "target"}) {
    std::string own = text;
    own.replace(own.find("PLACE"), 5, place);
    bed.dst("DROP TABLE IF EXISTS dwh.t");
    const RunReport report = run_text(own);
    INFO(to_text(report));
    CHECK(report.status == JobStatus::done);
    CHECK(bed.dst("SELECT count(*), min(id), max(id), min(name) FROM dwh.t") == "20|41|60|A41");
  }
}
