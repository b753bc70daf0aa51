// AdHocQuery with transforms that the source runs.
#include <mutex>

#include "bed.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/transform/transform.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_users(const Bed& bed) {
  bed.src(
      "CREATE TABLE users (id int, name text, status text, amount numeric); "
      "INSERT INTO users SELECT i, ' N' || i || ' ', CASE WHEN i % 4 = 0 THEN 'inactive' ELSE 'active' END, "
      "i / 2.0 "
      "FROM generate_series(1, 100) i");
  bed.dst("CREATE TABLE t (id int, full_name text, half int)");
}

FilterCondition active() {
  return {
      .kind = FilterCondition::Kind::comparison, .column = "status", .values = {LiteralValue::of("active")}};
}

Error error_of_query(const AdHocQueryOptions& options) {
  try {
    static_cast<void>(AdHocQuery(options).run());
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("query transforms: rows arrive as the steps make them", "[server]") {
  const Bed bed;
  make_users(bed);
  auto options = bed.query("SELECT * FROM users WHERE id <= :most");
  options.parameters = {{"most", "50"}, {"least", "11"}};
  options.sql_transforms = {
      ConfigTransform{.rename = {{"name", "full_name"}},
                      .filter = active(),
                      .select = std::vector<SourcedText>{"id", "name"},
                      .add_columns = {{"half", SourcedText("id / 2")}},
                      .transformations = {{"full_name", ApplyFunction{ColumnFunction::strip}}}},
      SourcedText("SELECT * FROM input_data WHERE id >= :least -- the parameter is one of the query's")};
  options.stream.verify = GENERATE(false, true);
  const JobReport report = AdHocQuery(options).run();
  CHECK(report.rows_written == 30);
  CHECK(bed.dst("SELECT count(*), min(id), max(id), min(full_name), sum(half) FROM t") ==
        "30|11|50|N11|" +
            bed.src("SELECT sum(id / 2) FROM users WHERE id BETWEEN 11 AND 50 AND status = 'active'"));
}

TEST_CASE("query transforms: values that a cast loses end the load, or are told with their row", "[server]") {
  const Bed bed;
  make_users(bed);
  auto options = bed.query("SELECT id, name AS full_name, amount AS half FROM users");
  options.sql_transforms = {ConfigTransform{.cast = {{"half", CheckedCast{"integer"}}}}};
  bed.dst("INSERT INTO t VALUES (-1, 'old', 0)");
  const auto error = error_of_query(options);
  CHECK(error.sqlstate() == "22P02");
  CHECK(std::string(error.what()).find("does not survive as integer: 0.5") != std::string::npos);
  CHECK(bed.dst("SELECT string_agg(t::text, ' ') FROM t") == "(-1,old,0)");
}

TEST_CASE("query transforms: an error stands in its author's text, and says where that is", "[server]") {
  const Bed bed;
  make_users(bed);
  auto options = bed.query("SELECT * FROM users WHERE id < :most");
  options.parameters = {{"most", "10"}};
  options.text_places = [](std::size_t origin, std::size_t character) {
    return "users.yaml:" + std::to_string(origin) + ":" + std::to_string(character);
  };
  ConfigTransform transform{.rename = {{"name", "full_name"}},
                            .select = std::vector<SourcedText>{"id", "name"},
                            .add_columns = {{"half", SourcedText("id / :most + creatd", 14)}}};
  options.sql_transforms = {transform};
  const auto wrong = error_of_query(options);
  CHECK(wrong.sqlstate() == "42703");
  CHECK(wrong.sql() == "id / :most + creatd");
  CHECK(wrong.position() == 14);
  CHECK(wrong.where() == "users.yaml:14:14");
  transform.add_columns = {{"half", SourcedText("id / 2")}};
  transform.drop_columns = {{"gone", 21}, {"lost", 22}};
  options.sql_transforms = {transform};
  const auto faults = error_of_query(options);
  CHECK(faults.kind() == ErrorKind::config);
  CHECK(std::string(faults.what()).find("\"gone\"") != std::string::npos);
  CHECK(std::string(faults.what()).find("\"lost\"") != std::string::npos);
  CHECK(faults.where() == "users.yaml:21:1");
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
}

TEST_CASE("query transforms: a salt is shown nowhere", "[server]") {
  const Bed bed;
  make_users(bed);
  auto options = bed.query("SELECT id, name AS full_name FROM users");
  options.sql_transforms = {ConfigTransform{
      .transformations = {{"full_name", MaskValue{.how = MaskValue::How::sha256, .salt = "pepper'"}}}}};
  options.stream.verify = true;
  std::string logged;
  std::mutex logs;
  options.stream.log = Logger(LogLevel::trace, LogRecordSink([&](const LogRecord& record) {
                                const std::lock_guard lock(logs);
                                logged += record.message;
                                for (const auto& field : record.fields) logged += field.name;
                              }));
  const auto plan = AdHocQuery(options).plan();
  CHECK(to_json(plan).find("pepper") == std::string::npos);
  CHECK(to_json(plan).find("'***'") != std::string::npos);
  const auto report = AdHocQuery(options).run();
  CHECK(to_json(report).find("pepper") == std::string::npos);
  CHECK(logged.find("pepper") == std::string::npos);
  CHECK(bed.dst("SELECT count(DISTINCT full_name), count(*) FROM t WHERE length(full_name) = 64") ==
        "100|100");
  CHECK(bed.dst("SELECT full_name FROM t WHERE id = 7") ==
        bed.src(
            "SELECT encode(sha256(convert_to('pepper''' || name, 'UTF8')), 'hex') FROM users WHERE id = 7"));
}

TEST_CASE("query transforms: a job of that name is done once, and other transforms are another job",
          "[server]") {
  const Bed bed;
  make_users(bed);
  auto options = bed.query("SELECT id, name AS full_name FROM users");
  options.mode = WriteMode::append;
  options.delivery.job = "users";
  options.sql_transforms = {
      ConfigTransform{.filter = FilterCondition{.kind = FilterCondition::Kind::sql, .sql = "id <= 10"}}};
  CHECK(AdHocQuery(options).run().rows_written == 10);
  static_cast<void>(AdHocQuery(options).run());
  CHECK(bed.dst("SELECT count(*) FROM t") == "10");
  options.sql_transforms = {
      ConfigTransform{.filter = FilterCondition{.kind = FilterCondition::Kind::sql, .sql = "id <= 11"}}};
  CHECK(error_of_query(options).kind() == ErrorKind::config);
  CHECK(bed.dst("SELECT count(*) FROM t") == "10");
}

TEST_CASE("query transforms: with each mode, a table that is made, a row hook and rejected rows",
          "[server]") {
  const Bed bed;
  make_users(bed);
  bed.dst("DROP TABLE t");
  const auto mode = GENERATE(WriteMode::replace, WriteMode::append, WriteMode::swap, WriteMode::upsert,
                             WriteMode::insert_missing, WriteMode::delete_insert, WriteMode::sync);
  auto options = bed.query("SELECT * FROM users");
  options.sql_transforms = {ConfigTransform{
      .select = std::vector<SourcedText>{"id"},
      .add_columns = {{"twice", SourcedText("id * 2")}},
      .aggregations =
          Aggregation{.group_by = {{"part", SourcedText("id % 10")}}, .aggregates = {{"n", "count(*)"}}}}};
  // The query's own columns, as the transforms leave them, are the new table's.
  options.stream.create = CreateTarget::columns;
  CHECK(AdHocQuery(options).run().rows_written == 10);
  CHECK(bed.dst("SELECT count(*), sum(n), min(part), max(part) FROM t") == "10|100|0|9");
  // A hook behind them drops one, and the target refuses another where rows go straight into it.
  const bool is_straight = mode == WriteMode::replace || mode == WriteMode::append;
  bed.dst("DELETE FROM t; ALTER TABLE t ADD PRIMARY KEY (part)");
  if (is_straight) bed.dst("ALTER TABLE t ADD CHECK (part <> 3)");
  options.stream.create = CreateTarget::never;
  options.mode = mode;
  options.transform = [](const Schema& columns) {
    return [part = columns.field<std::int32_t>("part")](const RowView& row, RowBuilder& out) {
      if (row.get(part) != 5) out.copy_row(row);
    };
  };
  std::uint64_t rejected = 0;
  options.stream.max_rejects = 1;
  options.stream.rejects.callback = [&](const RejectedRow&) { ++rejected; };
  const JobReport report = AdHocQuery(options).run();
  CHECK(rejected == (is_straight ? 1U : 0U));
  CHECK(report.rows_rejected == rejected);
  CHECK(report.rows_dropped == 1);
  CHECK(bed.dst("SELECT string_agg(part::text, ',' ORDER BY part) FROM t") ==
        (is_straight ? "0,1,2,4,6,7,8,9" : "0,1,2,3,4,6,7,8,9"));
}
