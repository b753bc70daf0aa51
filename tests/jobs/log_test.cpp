// What a job's log tells.
#include <algorithm>
#include <map>
#include <mutex>

#include "bed.hpp"
#include "leat/jobs/copy_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

struct LoggedEvent {
  std::string event;
  std::string text;  // with all fields
  std::map<std::string, std::string> fields;
};

/// Keeps all records, from any thread.
class LoggedEvents {
 public:
  [[nodiscard]] Logger logger(LogLevel level) {
    return Logger(level, LogRecordSink([this](const LogRecord& record) {
                    LoggedEvent one{
                        .event = std::string(record.event), .text = to_text(record), .fields = {}};
                    for (const auto& field : record.fields) {
                      const LogRecord alone{.message = "", .fields = std::span(&field, 1)};
                      one.fields[std::string(field.name)] = to_text(alone).substr(field.name.size() + 1);
                    }
                    const std::lock_guard lock(mutex_);
                    events_.push_back(std::move(one));
                  }));
  }

  [[nodiscard]] std::vector<LoggedEvent> of(const std::string& event) const {
    std::vector<LoggedEvent> found;
    for (const auto& one : events_) {
      if (one.event == event) found.push_back(one);
    }
    return found;
  }
  /// Their names in their order, each once.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& one : events_) {
      if (std::find(found.begin(), found.end(), one.event) == found.end()) found.push_back(one.event);
    }
    return found;
  }
  [[nodiscard]] const std::vector<LoggedEvent>& all() const { return events_; }

 private:
  std::mutex mutex_;
  std::vector<LoggedEvent> events_;
};

void make_logged_table(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', 50) FROM generate_series(1, 5000) i");
  bed.src("VACUUM t");
}

}  // namespace

TEST_CASE("job log: a job with a name tells each step, with its fields", "[server]") {
  const Bed bed;
  make_logged_table(bed);
  bed.dst(
      "CREATE SEQUENCE once; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.id = "
      "4000 AND "
      "nextval('once') = 1 THEN RAISE 'not yet' USING ERRCODE = '40001'; END IF; RETURN NEW; END$$; "
      "CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  LoggedEvents log;
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.delivery = {.job = "nightly"};
  options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  options.slice_bytes = ByteCount{1U << 16U};
  options.readers = 2;
  options.writers = 2;
  options.stream.log = log.logger(LogLevel::info).with({{"run", 42}});
  const JobReport report = CopyTable(options).run();
  for (const auto& one : log.all()) {
    INFO(one.text);
    CHECK(one.fields.at("run") == "42");
    CHECK(one.fields.at("job") == "nightly");
    CHECK(one.fields.at("table") == options.table.target_name());
  }
  CHECK(log.of("begin").at(0).fields.at("mode") == "append");
  CHECK(log.of("plan").at(0).fields.at("target").find("dbname=dst") != std::string::npos);
  std::uint64_t rows = 0;
  for (const auto& slice : log.of("slice")) rows += std::stoull(slice.fields.at("rows"));
  CHECK(rows == 5000);
  CHECK(log.of("slice").size() == report.slices_total);
  REQUIRE(log.of("retry").size() == 1);
  const auto retry = log.of("retry").front().fields;
  CHECK(retry.at("sqlstate") == "40001");
  CHECK(retry.at("attempt") == "1");
  const auto slices = log.of("slice");
  CHECK(std::count_if(slices.begin(), slices.end(), [&](const auto& slice) {
          return slice.fields.at("unit") == retry.at("unit") && slice.fields.at("attempt") == "2";
        }) == 1);
  CHECK(log.of("commit").size() == 1);
  const auto end = log.of("end").at(0).fields;
  CHECK(end.at("status") == "done");
  CHECK(end.at("rows") == "5000");
  CHECK(std::stod(end.at("seconds")) > 0);
  CHECK(log.all().front().event == "begin");
  CHECK(log.all().back().event == "end");
}

TEST_CASE("job log: one transaction is published, then committed, then done", "[server]") {
  const Bed bed;
  make_logged_table(bed);
  LoggedEvents log;
  auto options = bed.copy();
  options.stream.log = log.logger(LogLevel::info);
  static_cast<void>(CopyTable(options).run());
  auto names = log.names();
  names.erase(std::remove(names.begin(), names.end(), "finding"), names.end());
  CHECK(names == std::vector<std::string>{"begin", "plan", "publish", "commit", "end"});
  CHECK(log.of("publish").at(0).fields.at("rows") == "5000");
}

TEST_CASE("job log: the end of a job that fails has its SQLSTATE", "[server]") {
  const Bed bed;
  make_logged_table(bed);
  bed.dst("ALTER TABLE t ADD CHECK (id < 100)");
  LoggedEvents log;
  auto options = bed.copy();
  options.stream.log = log.logger(LogLevel::info);
  CHECK_THROWS_AS(CopyTable(options).run(), Error);
  const auto end = log.of("end").at(0).fields;
  CHECK(end.at("status") == "failed");
  CHECK(end.at("kind") == "target");
  CHECK(end.at("sqlstate") == "23514");
  CHECK(log.of("commit").empty());
}

TEST_CASE("job log: statements show no texts of the user's rows and conditions", "[server]") {
  const Bed bed;
  make_logged_table(bed);
  LoggedEvents log;
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.table.where = "v <> 's3cret'";
  options.stream.verify = true;
  options.stream.log = log.logger(LogLevel::debug);
  static_cast<void>(CopyTable(options).run());
  const auto statements = log.of("statement");
  CHECK(std::any_of(statements.begin(), statements.end(), [](const auto& one) {
    return one.fields.at("side") == "source" && one.fields.at("sql").find("COPY") != std::string::npos;
  }));
  CHECK(std::any_of(statements.begin(), statements.end(), [](const auto& one) {
    return one.fields.at("side") == "target" && one.fields.at("sql").find("COMMIT") != std::string::npos;
  }));
  for (const auto& one : log.all()) {
    CHECK(one.text.find("s3cret") == std::string::npos);
    CHECK(one.text.find("xxxxx") == std::string::npos);
  }
}

TEST_CASE("job log: each of many tables has its events", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int REFERENCES a); CREATE TABLE c (id int)");
  bed.src("INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1); INSERT INTO c VALUES (1)");
  bed.dst("ALTER TABLE c ADD CHECK (id > 5)");
  LoggedEvents log;
  CopyTablesOptions options{.source = bed.copy().source, .target = bed.copy().target, .include = {"*"}};
  options.stream.log = log.logger(LogLevel::info);
  static_cast<void>(CopyTables(options).run());
  std::map<std::string, std::string> ends;
  for (const auto& end : log.of("end")) ends[end.fields.at("table")] = end.fields.at("status");
  CHECK(ends == std::map<std::string, std::string>{
                    {"public.a", "done"}, {"public.b", "done"}, {"public.c", "failed"}});
  CHECK(log.of("begin").size() == 3);
}
