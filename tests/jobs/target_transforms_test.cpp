// AdHocQuery with transforms that the target runs.
#include <mutex>

#include "advisory_gate.hpp"
#include "bed.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/transform/transform.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// 100 users, of whom 75 are active.
void make_people(const Bed& bed) {
  bed.src(
      "CREATE TABLE users (id int, name text, status text, amount numeric); "
      "INSERT INTO users SELECT i, ' N' || i || ' ', CASE WHEN i % 4 = 0 THEN 'inactive' ELSE 'active' END, "
      "i / 2.0 FROM generate_series(1, 100) i");
  bed.dst("CREATE TABLE t (id int, full_name text, half int)");
}

AdHocQueryOptions in_target(const Bed& bed, const std::string& sql, std::vector<TransformStage> stages) {
  auto options = bed.query(sql);
  options.sql_transforms = std::move(stages);
  options.place = TransformPlace::target;
  return options;
}

/// Only active users, with their names.
ConfigTransform active_names() {
  return {.rename = {{"name", "full_name"}},
          .filter = FilterCondition{.kind = FilterCondition::Kind::comparison,
                                    .column = "status",
                                    .values = {LiteralValue::of("active")}},
          .select = std::vector<SourcedText>{"id", "name"}};
}

/// What a load leaves behind in the target besides its rows.
std::string left_behind(const Bed& bed) {
  return bed.dst("SELECT count(*) FROM pg_class WHERE relname IN ('leat_input', 'leat_load', 'input_data')");
}

}  // namespace

TEST_CASE("target transforms: rows are made there, with parameters of the query and of the transforms",
          "[server]") {
  const Bed bed;
  make_people(bed);
  auto transform = active_names();
  transform.add_columns = {{"half", SourcedText("id / 2")}};
  auto options = in_target(
      bed, "SELECT * FROM users WHERE id <= :most",
      {transform, SourcedText("SELECT * FROM input_data WHERE id >= :least AND id <= :most -- and no more")});
  options.parameters = {{"most", "50"}, {"least", "11"}};
  options.parameter_types = {{"least", "bigint"}};
  const JobReport report = AdHocQuery(options).run();
  CHECK(report.rows_read == 50);
  CHECK(report.rows_written == 30);
  CHECK(report.rows_dropped == 20);
  CHECK(report.rows_added == 0);
  CHECK(report.format.format == RowFormat::binary);
  CHECK(bed.dst("SELECT count(*), min(id), max(id), min(full_name), sum(half) FROM t") ==
        bed.src("SELECT count(*), min(id), max(id), min(name), sum(id / 2) FROM users WHERE id BETWEEN 11 "
                "AND 50 AND status = 'active'"));
  CHECK(left_behind(bed) == "0");
  options.parameters["other"] = "1";
  CHECK(contains(error_of(options).what(), "other"));
  options.parameters = {{"most", "50"}};
  options.parameter_types = {};
  CHECK(contains(error_of(options).what(), "least"));
}

TEST_CASE("target transforms: they may name the target's tables, and make more rows than came", "[server]") {
  const Bed bed;
  make_people(bed);
  bed.dst(
      "CREATE TABLE states (id int PRIMARY KEY, label text); INSERT INTO states VALUES (1, 'active'), (2, "
      "'inactive')");
  const auto options = in_target(bed, "SELECT id, status FROM users",
                                 {SourcedText("SELECT i.id, s.id AS half FROM input_data i JOIN states s ON "
                                              "s.label = i.status, generate_series(1, 2)")});
  const JobReport report = AdHocQuery(options).run();
  CHECK(report.rows_read == 100);
  CHECK(report.rows_added == 100);
  CHECK(report.rows_dropped == 0);
  CHECK(report.rows_written == 200);
  CHECK(bed.dst("SELECT half, count(*) FROM t GROUP BY 1 ORDER BY 1") == "1|150\n2|50");
}

TEST_CASE("target transforms: tables called input_data are others, also for the target's triggers",
          "[server]") {
  const Bed bed;
  make_people(bed);
  bed.both("CREATE TABLE input_data (id int); INSERT INTO input_data VALUES (-7)");
  bed.dst(
      "CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.half := (SELECT min(id) FROM "
      "input_data); RETURN NEW; END'; CREATE TRIGGER own BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION "
      "own()");
  auto options = in_target(bed, "SELECT id FROM users", {SourcedText("SELECT id FROM input_data")});
  CHECK(AdHocQuery(options).run().rows_written == 100);
  CHECK(bed.dst("SELECT count(DISTINCT id), min(id), min(half), max(half) FROM t") == "100|1|-7|-7");
  options.to = "input_data";
  CHECK(AdHocQuery(options).run().rows_written == 100);
  CHECK(bed.dst("SELECT count(*), min(id) FROM public.input_data") == "100|1");
}

TEST_CASE("target transforms: two loads at once do not meet", "[server]") {
  const Bed bed;
  make_people(bed);
  auto first =
      in_target(bed, "SELECT id FROM users",
                {SourcedText("SELECT id FROM input_data WHERE pg_advisory_xact_lock(77) IS NOT NULL")});
  first.mode = WriteMode::append;
  auto second = in_target(bed, "SELECT -id AS id FROM users", {SourcedText("SELECT id FROM input_data")});
  second.mode = WriteMode::append;
  std::unique_ptr<Running> job;
  second.stream.before_commit = [&](Connection& session, const std::stop_token& stop) {
    // The other one is in the middle of its own when this one ends.
    static_cast<void>(session.execute("SELECT pg_advisory_xact_lock(77)", {}, stop));
    job = start(first);
    bed.wait_for("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", "1");
  };
  CHECK(AdHocQuery(second).run().rows_written == 100);
  job->wait();
  CHECK(bed.dst("SELECT count(*), sum(id) FROM t") == "200|0");
  CHECK(left_behind(bed) == "0");
}

TEST_CASE("target transforms: an error stands in its author's text, and says where that is", "[server]") {
  const Bed bed;
  make_people(bed);
  bed.dst("INSERT INTO t VALUES (-1, 'old', 0)");
  auto transform = active_names();
  auto options = in_target(bed, "SELECT * FROM users WHERE id < :most", {});
  options.parameters = {{"most", "10"}};
  options.text_places = [](std::size_t origin, std::size_t character) {
    return "users.yaml:" + std::to_string(origin) + ":" + std::to_string(character);
  };
  SECTION("of a column that is not there") {
    transform.add_columns = {{"half", SourcedText("id / :most + creatd", 14)}};
    options.sql_transforms = {transform};
    const auto wrong = error_of(options);
    check_error(wrong, ErrorKind::target, "42703");
    CHECK(wrong.sql() == "id / :most + creatd");
    CHECK(wrong.position() == 14);
    CHECK(wrong.where() == "users.yaml:14:14");
  }
  SECTION("of several") {
    transform.drop_columns = {{"gone", 21}, {"lost", 22}};
    options.sql_transforms = {transform};
    const auto faults = error_of(options);
    CHECK(faults.kind() == ErrorKind::config);
    CHECK(contains(faults.what(), "\"gone\""));
    CHECK(contains(faults.what(), "\"lost\""));
    CHECK(faults.where() == "users.yaml:21:1");
  }
  SECTION("of a value that a cast loses") {
    options.sql_transforms = {ConfigTransform{.select = std::vector<SourcedText>{"id"},
                                              .add_columns = {{"half", SourcedText("amount")}},
                                              .cast = {{"half", CheckedCast{"integer"}}}}};
    const auto lost = error_of(options);
    check_error(lost, ErrorKind::target, "22P02");
    CHECK(contains(lost.what(), "does not survive as integer: 0.5"));
    CHECK(lost.work().rows_read == 9);
  }
  SECTION("of what is there no more when the statement runs") {
    bed.dst("CREATE TABLE labels (label text)");
    AdvisoryGate gate(options.source.target);
    options.sql += " AND (SELECT " + AdvisoryGate::wait + ") IS NOT NULL";
    transform.add_columns = {{"half", SourcedText("(SELECT :most + count(*)::int FROM labels)", 5)}};
    options.sql_transforms = {transform};
    const auto job = start(options);
    bed.wait_until_session_waits("src", "advisory");
    bed.dst("DROP TABLE labels");
    gate.open();
    const auto gone = job->error();
    check_error(gone, ErrorKind::target, "42P01");
    CHECK(gone.sql() == "(SELECT :most + count(*)::int FROM labels)");
    CHECK(gone.where() == "users.yaml:5:36");
  }
  SECTION("of two columns of one name") {
    options.sql_transforms = {SourcedText("SELECT id, id FROM input_data")};
    CHECK(contains(error_of(options).what(), "two columns named \"id\""));
  }
  SECTION("of a type that does not go into the target's") {
    options.sql_transforms = {SourcedText("SELECT amount AS id FROM input_data")};
    const auto differs = error_of(options);
    check_error(differs, ErrorKind::target, "42804");
    CHECK(contains(differs.hint(), "change the transforms"));
  }
  CHECK(bed.dst("SELECT string_agg(t::text, ' ') FROM t") == "(-1,old,0)");
  CHECK(left_behind(bed) == "0");
}

TEST_CASE("target transforms: a salt is shown nowhere", "[server]") {
  const Bed bed;
  make_people(bed);
  auto options = in_target(
      bed, "SELECT id, name AS full_name FROM users",
      {ConfigTransform{
          .transformations = {{"full_name", MaskValue{.how = MaskValue::How::sha256, .salt = "pepper'"}}}}});
  std::string logged;
  std::mutex logs;
  options.stream.log = Logger(LogLevel::trace, LogRecordSink([&](const LogRecord& record) {
                                const std::lock_guard lock(logs);
                                logged += record.message;
                                for (const auto& field : record.fields) logged += field.name;
                              }));
  const auto plan = AdHocQuery(options).plan();
  CHECK_FALSE(contains(to_json(plan), "pepper"));
  CHECK(contains(to_json(plan), "'***'"));
  CHECK_FALSE(contains(to_json(AdHocQuery(options).run()), "pepper"));
  CHECK(bed.dst("SELECT full_name FROM t WHERE id = 7") ==
        bed.src(
            "SELECT encode(sha256(convert_to('pepper''' || name, 'UTF8')), 'hex') FROM users WHERE id = 7"));
  bed.dst("TRUNCATE t; ALTER TABLE t ADD CHECK (id < 100)");
  const auto error = error_of(options);
  CHECK(error.sqlstate() == "23514");
  CHECK_FALSE(contains(to_text(error), "pepper"));
  CHECK_FALSE(contains(logged, "pepper"));
}

TEST_CASE("target transforms: the plan says where they run and by what statements, and changes nothing",
          "[server]") {
  const Bed bed;
  make_people(bed);
  auto options = in_target(bed, "SELECT * FROM users", {active_names()});
  const auto plan = AdHocQuery(options).plan();
  CHECK(has_line(plan.remarks, "place target"));
  CHECK(has_line(plan.target_sql, "CREATE TEMPORARY TABLE \"pg_temp\".\"leat_input\""));
  CHECK(has_line(plan.target_sql, "FORMAT binary"));
  CHECK(has_line(plan.target_sql, "WITH input_data AS"));
  CHECK_FALSE(has_line(plan.source_sql, "input_data"));
  REQUIRE(plan.columns.size() == 2);
  CHECK(plan.columns[1].name == "full_name");
  options.place = TransformPlace::auto_;
  const auto chosen = AdHocQuery(options).plan();
  CHECK(has_line(chosen.remarks, "place auto: the transforms run in the source"));
  CHECK(has_line(chosen.source_sql, "input_data"));
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  CHECK(left_behind(bed) == "0");
}

TEST_CASE("target transforms: with each mode, a table that is made, hooks and triggers", "[server]") {
  const Bed bed;
  make_people(bed);
  bed.dst("DROP TABLE t");
  const auto mode = GENERATE(WriteMode::replace, WriteMode::append, WriteMode::swap, WriteMode::upsert,
                             WriteMode::insert_missing, WriteMode::delete_insert, WriteMode::sync);
  auto options = in_target(
      bed, "SELECT * FROM users",
      {ConfigTransform{.select = std::vector<SourcedText>{"id"},
                       .aggregations = Aggregation{.group_by = {{"part", SourcedText("id % 10")}},
                                                   .aggregates = {{"n", "count(*)"}, {"most", "max(id)"}}}}});
  options.stream.create = CreateTarget::columns;
  const auto made = AdHocQuery(options).run();
  CHECK(made.rows_read == 100);
  CHECK(made.rows_dropped == 90);
  CHECK(bed.dst("SELECT count(*), sum(n), min(part), max(part) FROM t") == "10|100|0|9");
  options.stream.create = CreateTarget::never;
  options.mode = mode;
  std::string around;
  options.stream.before_load = [&around](Connection&, const std::stop_token&) { around += "before "; };
  options.stream.before_commit = [&around](Connection& session, const std::stop_token& stop) {
    around += session.execute("SELECT count(*) FROM t", {}, stop).text(0, 0);
  };
  const bool fires = GENERATE(false, true);
  bed.dst(
      "ALTER TABLE t ADD PRIMARY KEY (part); DELETE FROM t WHERE part > 6; INSERT INTO t VALUES (77, 0, 0)");
  if (mode == WriteMode::append) bed.dst("DELETE FROM t WHERE part < 77");
  if (fires) {
    bed.dst(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.part = 8 THEN RETURN NULL; "
        "END "
        "IF; RETURN NEW; END'; CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()");
    CHECK(error_of(options).sqlstate() == "P0001");
    CHECK(bed.dst("SELECT count(*) FROM t") == (mode == WriteMode::append ? "1" : "8"));
    around.clear();
    options.stream.suppressed_rows = SuppressedRows::allow;
  }
  const auto report = AdHocQuery(options).run();
  CHECK(report.rows_suppressed == (fires ? 1U : 0U));
  CHECK(report.rows_written + report.rows_unchanged + report.rows_suppressed == 10);
  const bool keeps = mode == WriteMode::append || mode == WriteMode::upsert ||
                     mode == WriteMode::insert_missing || mode == WriteMode::delete_insert;
  const std::string all = std::string("0,1,2,3,4,5,6,7,") + (fires ? "9" : "8,9") + (keeps ? ",77" : "");
  CHECK(bed.dst("SELECT string_agg(part::text, ',' ORDER BY part) FROM t") == all);
  CHECK(around == "before " + bed.dst("SELECT count(*) FROM t"));
  CHECK(left_behind(bed) == "0");
}

TEST_CASE("target transforms: of rows with one key the last one counts, however wide they are", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, full_name text, half int)");
  auto options =
      in_target(bed,
                "SELECT i % 50 AS id, repeat('x', i * 37 % 900) AS full_name, i AS half FROM "
                "generate_series(1, 3000) i ORDER BY i",
                {ConfigTransform{.transformations = {{"full_name", ApplyFunction{ColumnFunction::upper}}}}});
  options.mode =
      GENERATE(WriteMode::upsert, WriteMode::insert_missing, WriteMode::delete_insert, WriteMode::sync);
  const auto report = AdHocQuery(options).run();
  CHECK(report.rows_superseded == 2950);
  CHECK(bed.dst("SELECT count(*), min(half), max(half) FROM t") == "50|2951|3000");
}

TEST_CASE("target transforms: through a view, and not where a rule would act", "[server]") {
  const Bed bed;
  make_people(bed);
  auto options = in_target(bed, "SELECT * FROM users", {active_names()});
  options.mode = WriteMode::append;
  bed.dst("CREATE VIEW names AS SELECT id, full_name FROM t");
  options.to = "names";
  options.stream.into_view = true;
  CHECK(AdHocQuery(options).run().rows_written == 75);
  CHECK(bed.dst("SELECT count(*) FROM t") == "75");
  bed.dst("DROP VIEW names; CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING");
  options.to = "t";
  options.stream.into_view = false;
  CHECK(contains(error_of(options).what(), "has rules"));
  CHECK(bed.dst("SELECT count(*) FROM t") == "75");
}

TEST_CASE("target transforms: types of the source's own must be in the target", "[server]") {
  const Bed bed;
  bed.both("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
  bed.src(
      "CREATE DOMAIN age AS int CHECK (VALUE > 0); CREATE TABLE people (id age, m mood, ms mood[]); INSERT "
      "INTO people SELECT i, (enum_range(NULL::mood))[1 + i % 3], ARRAY['ok', 'sad']::mood[] FROM "
      "generate_series(1, 30) i");
  bed.dst("CREATE TABLE t (id int, m mood, ms mood[], worst text)");
  const auto options = in_target(bed, "SELECT * FROM people",
                                 {SourcedText("SELECT *, (SELECT min(x) FROM unnest(ms) x) AS worst FROM "
                                              "input_data WHERE m > 'sad'")});
  CHECK(AdHocQuery(options).run().rows_written == 20);
  CHECK(bed.dst("SELECT m, count(*), min(worst), min(ms::text) FROM t GROUP BY 1 ORDER BY 1") ==
        "ok|10|sad|{ok,sad}\nhappy|10|sad|{ok,sad}");
  bed.dst("ALTER TABLE t ALTER m TYPE text, ALTER ms TYPE text; DROP TYPE mood");
  const auto missing = error_of(options);
  check_error(missing, ErrorKind::target, "42704");
  CHECK(contains(missing.what(), "mood"));
  CHECK(contains(missing.hint(), "convert that column in the query"));
  CHECK(bed.dst("SELECT count(*) FROM t") == "20");
}

TEST_CASE("target transforms: what does not go with them is refused before anything is done", "[server]") {
  const Bed bed;
  make_people(bed);
  auto options = in_target(bed, "SELECT * FROM users", {active_names()});
  SECTION("a row hook") {
    options.transform = [](const RowView& row, RowBuilder& out) { out.copy_row(row); };
  }
  SECTION("verify") {
    options.stream.verify = true;
  }
  SECTION("rejects") {
    options.stream.max_rejects = 1;
  }
  SECTION("no transforms") {
    options.sql_transforms = {};
  }
  CHECK(error_of(options).kind() == ErrorKind::config);
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
}

TEST_CASE("target transforms: a session that ends in the middle has changed nothing, and a job goes on",
          "[server]") {
  const Bed bed;
  make_people(bed);
  bed.both("CREATE TABLE gate (open boolean)");
  bed.dst(
      "INSERT INTO t VALUES (-1, 'old', 0); INSERT INTO gate VALUES "
      "(false)");
  auto options = in_target(
      bed, "SELECT * FROM users",
      {active_names(), SourcedText("SELECT * FROM input_data WHERE (SELECT open FROM gate) OR pg_sleep(600) "
                                   "IS NOT NULL")});
  const auto mode =
      GENERATE(WriteMode::replace, WriteMode::append, WriteMode::swap, WriteMode::insert_missing);
  options.mode = mode;
  if (mode == WriteMode::insert_missing) bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
  const bool is_job = GENERATE(false, true);
  if (is_job) options.delivery.job = "people";
  const auto job = start(options);
  bed.wait_until_session_waits("dst", "PgSleep");
  if (is_job) bed.dst("UPDATE gate SET open = true");
  bed.dst(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'dst' AND wait_event = "
      "'PgSleep'");
  if (is_job) {
    job->wait();
  } else {
    check_error(job->error(), ErrorKind::target, "57P01");
    CHECK(bed.dst("SELECT string_agg(t::text, ' ') FROM t") == "(-1,old,0)");
    CHECK(left_behind(bed) == "0");
    bed.dst("UPDATE gate SET open = true");
    CHECK(AdHocQuery(options).run().rows_written == 75);
  }
  const bool keeps = mode == WriteMode::append || mode == WriteMode::insert_missing;
  const std::string all = keeps ? "76" : "75";
  CHECK(bed.dst("SELECT count(*) FROM t") == all);
  if (!is_job) return;
  CHECK(bed.dst("SELECT state, (SELECT sum(rows) FROM leat_meta.job_ledger) FROM leat_meta.jobs") ==
        "done|75");
  CHECK(AdHocQuery(options).run().rows_written == 0);
  CHECK(bed.dst("SELECT count(*) FROM t") == all);
  // In the other place they might be other rows.
  options.place = TransformPlace::source;
  CHECK(error_of(options).kind() == ErrorKind::config);
}
