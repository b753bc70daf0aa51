// Tables that several sessions read at the same time, slice by slice.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "bed.hpp"
#include "leat/transform/transform.hpp"
#include "tables.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_uneven_table_and_old_row(const Bed& bed) {
  make_uneven_table(bed, 10000);
  bed.dst("INSERT INTO t VALUES (-1, 'old')");
}

void check_nothing_copied(const Bed& bed) {
  CHECK(bed.dst("SELECT string_agg(t::text, ',') FROM t") == "(-1,old)");
}

std::string sessions(const std::string& database) {
  return "SELECT count(*) FROM pg_stat_activity WHERE datname = '" + database + "' AND application_name = '" +
         application + "'";
}

/// A place where threads wait until it is opened.
class Gate {
 public:
  /// Waits; true when it was opened.
  bool pass() {
    std::unique_lock lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    changed_.notify_all();
    return changed_.wait_for(lock, patience, [this] { return open_; });
  }
  bool wait_for_threads(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return threads_.size() >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::thread::id> threads_;
  bool open_ = false;
};

}  // namespace

TEST_CASE("slices: the content is the same as the source's", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  auto options = sliced_copy(bed, GENERATE(2U, 3U, 8U));
  SECTION("of the whole table") {
    CHECK(has_line(CopyTable(options).plan().remarks, "slices of public.t in one snapshot"));
    const JobReport report = CopyTable(options).run();
    CHECK(report.rows_read == 7999);
    CHECK(report.rows_written == 7999);
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
  SECTION("of rows that meet a condition") {
    options.table.where = "id % 2 = 0 OR id = 1 -- and a comment";
    CHECK(CopyTable(options).run().rows_written == 4000);
    CHECK(bed.dst("SELECT count(*), sum(id) FROM t") ==
          bed.src("SELECT count(*), sum(id) FROM t WHERE id % 2 = 0 OR id = 1"));
  }
  SECTION("appended") {
    options.mode = WriteMode::append;
    static_cast<void>(CopyTable(options).run());
    CHECK(bed.dst("SELECT count(*) FROM t") == "8000");
  }
  SECTION("as text") {
    bed.both("ALTER TABLE t ADD r regclass DEFAULT 'pg_class'");
    CHECK(CopyTable(options).run().format.format == RowFormat::text);
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
  SECTION("with slices of a size of leat's own") {
    options.slice_bytes = ByteCount{};
    static_cast<void>(CopyTable(options).run());
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
  SECTION("without the rows of tables that inherit from it") {
    bed.src("CREATE TABLE child () INHERITS (t); INSERT INTO child VALUES (0, 'child')");
    options.table.inheritance = Inheritance::only;
    CHECK(CopyTable(options).run().rows_written == 7999);
  }
}

TEST_CASE("slices: of tables with hardly any rows", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.dst("INSERT INTO t VALUES (-1, 'old')");
  const std::string rows = GENERATE("0", "1", "2000");
  bed.src("INSERT INTO t SELECT generate_series(1, " + rows + ")");
  static_cast<void>(CopyTable(sliced_copy(bed)).run());
  CHECK(bed.dst("SELECT count(*) FROM t") == rows);
}

TEST_CASE("slices: all sessions see one snapshot, whatever others commit meanwhile", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  const std::string before = bed.src(content("t"));
  auto options = sliced_copy(bed, GENERATE(2U, 4U));
  bool changed = false;
  // The job says that it begins when its first session has looked, and no other is there yet.
  options.stream.log = Logger(LogLevel::info, [&](LogLevel, std::string_view message) {
    if (!message.starts_with("reading ") || std::exchange(changed, true)) return;
    bed.src(
        "INSERT INTO t SELECT i, 'new' FROM generate_series(20001, 40000) i; UPDATE t SET v = 'changed'; "
        "DELETE FROM t WHERE id % 3 = 0");
  });
  static_cast<void>(CopyTable(options).run());
  CHECK(changed);
  CHECK(bed.dst(content("t")) == before);
}

TEST_CASE("slices: nobody truncates the table between two slices", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  auto options = sliced_copy(bed);
  bool refused = false;
  options.stream.log = Logger(LogLevel::info, [&](LogLevel, std::string_view message) {
    if (!message.starts_with("reading ")) return;
    try {
      bed.src("SET lock_timeout = 1; TRUNCATE t");
    } catch (const std::exception&) {
      refused = true;
    }
  });
  static_cast<void>(CopyTable(options).run());
  CHECK(refused);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("slices: as many sessions as readers, and none afterwards", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  auto options = sliced_copy(bed, 4);
  options.table.where = "pg_sleep(600) IS NOT NULL";
  const auto job = start(options);
  bed.wait_until_session_waits("src", "PgSleep", 4);
  CHECK(bed.src(sessions("src")) == "4");
  CHECK(bed.src(sessions("dst")) == "1");
  job->request_stop();
  check_error(job->error(promised(3s)), ErrorKind::cancelled, "");
  bed.wait_for(sessions("src"), "0");
  check_nothing_copied(bed);
}

TEST_CASE("slices: every session waits for locks as long as the job may", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  auto options = sliced_copy(bed, 2);
  options.stream.limits.lock_timeout = 7s;
  options.table.where = "current_setting('lock_timeout') = '7s'";
  if (GENERATE(false, true)) options.delivery.job = "j";
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("slices: row hooks run on several threads, each on a hook of its own", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  const std::size_t readers = GENERATE(1U, 2U);
  Gate gate;
  auto options = sliced_copy(bed, readers);
  options.stream.batch_bytes = ByteCount{4096};
  options.transform_workers = 2;
  std::atomic<int> made{0};
  options.transform = [&](const Schema& columns) {
    ++made;
    return
        [&, id = columns.field<std::int32_t>("id"), calls = 0](const RowView& row, RowBuilder& out) mutable {
          if (++calls == 1 && !gate.pass()) throw std::runtime_error("the gate stayed closed");
          if (row.get(id) % 2 == 0) out.copy_row(row).set("v", "even");
        };
  };
  const auto job = start(options);
  CHECK(gate.wait_for_threads(2));
  gate.open();
  job->wait();
  CHECK(made == 2);
  CHECK(bed.dst("SELECT count(*), min(v), max(v), sum(id) FROM t") ==
        bed.src("SELECT count(*), 'even', 'even', sum(id) FROM t WHERE id % 2 = 0"));
}

TEST_CASE("slices: what fails is what run() throws, and the old rows stand", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  auto options = sliced_copy(bed);
  SECTION("a source's error in some slice") {
    options.table.where = "id / (id - 9000) IS NOT NULL";
    check_error(error_of(options), ErrorKind::source, "22012");
  }
  SECTION("a target's error") {
    bed.dst("ALTER TABLE t ADD CHECK (id <> 9000)");
    check_error(error_of(options), ErrorKind::target, "23514");
  }
  SECTION("a hook's error, which tells the slice and the row") {
    options.transform = [](const RowView& row, RowBuilder&) {
      if (row.get<std::int32_t>("id") == 9000) static_cast<void>(row.get<std::int32_t>("v"));
    };
    const Error error = error_of(options);
    check_error(error, ErrorKind::transform, "");
    CHECK(error.where().starts_with("pages "));
    CHECK(contains(error.where(), ", row "));
  }
  SECTION("a hook's exception of its own") {
    struct Mine {};
    options.transform = [](const RowView&, RowBuilder&) { throw Mine(); };
    CHECK_THROWS_AS(CopyTable(options).run(), Mine);
  }
  SECTION("a progress callback's") {
    struct Mine {};
    options.table.where = "pg_sleep(600) IS NOT NULL";
    options.stream.progress_interval = 1ms;
    options.stream.on_progress = [](const Progress&) { throw Mine(); };
    CHECK_THROWS_AS(CopyTable(options).run(), Mine);
  }
  SECTION("rows that the target leaves out") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        "CREATE TRIGGER drops BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.id = 9000) EXECUTE FUNCTION f()");
    check_error(error_of(options), ErrorKind::target, "P0001");
  }
  check_nothing_copied(bed);
}

TEST_CASE("slices: a session that is ended", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  auto options = sliced_copy(bed);
  options.table.where = GENERATE("pg_sleep(600) IS NOT NULL", "id % 200 <> 0 OR pg_sleep(600) IS NOT NULL");
  const auto job = start(options);
  bed.wait_until_session_waits("src", "PgSleep", 3);
  SECTION("on the source") {
    bed.kill_session("src");
    check_error(job->error(), ErrorKind::source, "57P01");
  }
  SECTION("on the target, while the source is silent") {
    bed.kill_session("dst");
    check_error(job->error(), ErrorKind::target, "57P01");
  }
  check_nothing_copied(bed);
}

TEST_CASE("slices: a stop", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  auto options = sliced_copy(bed);
  SECTION("while the target works") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; "
        "END'; CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  }
  SECTION("at the end of the COPY") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; "
        "END'; CREATE TRIGGER slow AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION f()");
  }
  const auto job = start(options);
  bed.wait_until_session_waits("dst", "PgSleep");
  job->request_stop();
  check_error(job->error(promised(3s)), ErrorKind::cancelled, "");
  check_nothing_copied(bed);
}

TEST_CASE("slices: what cannot be cut is read by one session, and the plan says why", "[server]") {
  const Bed bed;
  make_uneven_table_and_old_row(bed);
  auto options = sliced_copy(bed);
  options.table.to = "t";
  std::string why;
  SECTION("a view") {
    bed.src("CREATE VIEW other AS SELECT * FROM t");
    why = "it is a view";
  }
  SECTION("a table of a few pages") {
    bed.src("CREATE TABLE other AS SELECT * FROM t");
    options.slice_bytes = ByteCount{1U << 20U};
    why = "it is small";
  }
  options.table.from = "other";
  CHECK(has_line(CopyTable(options).plan().remarks, why));
  CHECK(CopyTable(options).run().rows_written == 7999);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("slices: options out of range are refused by name", "[server]") {
  const Bed bed;
  auto options = bed.copy();
  std::string name;
  SECTION("too many readers") {
    options.readers = 65;
    name = "readers";
  }
  SECTION("no worker") {
    options.transform_workers = 0;
    name = "transform_workers";
  }
  SECTION("too little memory for them") {
    options.readers = 30;
    name = "memory";
  }
  const Error error = error_of(options);
  check_error(error, ErrorKind::config, "");
  CHECK(std::string_view(error.what()).starts_with(name));
}

TEST_CASE("slices: one page of values out of line is cut while it is read", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v bytea); ALTER TABLE t ALTER v SET STORAGE EXTERNAL");
  bed.src(
      "INSERT INTO t SELECT g, decode(repeat(md5(g::text), 65536), 'hex') FROM generate_series(1, 40) AS g");
  auto options = bed.copy();
  options.readers = 2;
  CHECK(CopyTable(options).run().rows_written == 40);
  CHECK(bed.dst("SELECT sum(hashtextextended(md5(v), id)) FROM t") ==
        bed.src("SELECT sum(hashtextextended(md5(v), id)) FROM t"));
}
