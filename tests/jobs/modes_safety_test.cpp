// Write modes beside foreign keys, triggers and other sessions: nothing goes along, nothing is half done.
#include <atomic>
#include <mutex>
#include <set>

#include "guest.hpp"
#include "leat/postgres/session/connection.hpp"
#include "modes.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Source rows 1 and 2; target rows 1 (differs) and 9, which child rows reference.
void make_parent(const Bed& bed, const std::string& action) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, code text, v int)");
  bed.src("INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2)");
  bed.dst(
      "INSERT INTO t VALUES (1, 'uno', 7), (9, 'nine', 9); ALTER TABLE t ADD UNIQUE (code); CREATE TABLE "
      "child "
      "(n int, t int REFERENCES t " +
      action + "); INSERT INTO child VALUES (1, 1), (9, 9)");
}

std::string coded_rows(const Bed& bed) {
  return bed.dst("SELECT string_agg(id || code || v, ' ' ORDER BY id) FROM t");
}

std::string children(const Bed& bed) {
  return bed.dst("SELECT string_agg(n || ':' || coalesce(t::text, '-'), ' ' ORDER BY n) FROM child");
}

/// Readers of t in the target, who look again and again while `job` runs.
class Readers {
 public:
  explicit Readers(const std::string& sql)
      : thread_([this, sql](const std::stop_token& stop) {
          auto session =
              Connection::open(ConnectionFactory().resolve(Bed::server().uri("dst")).target, {}, {});
          while (!stop.stop_requested()) {
            static_cast<void>(session.execute("SET lock_timeout = '500ms'"));
            try {
              const std::string seen(session.execute(sql).text(0, 0));
              const std::lock_guard lock(mutex_);
              seen_.insert(seen);
            } catch (const Error& error) {
              const std::lock_guard lock(mutex_);
              seen_.insert("error " + std::string(error.sqlstate()));
            }
            ++looks_;
          }
        }) {}

  /// What they saw, without repetitions.
  [[nodiscard]] std::set<std::string> stop() {
    thread_.request_stop();
    thread_.join();
    return seen_;
  }
  void wait_for_looks(int count) const {
    for (int from = looks_; looks_ < from + count;) std::this_thread::yield();
  }

 private:
  std::mutex mutex_;
  std::set<std::string> seen_;
  std::atomic<int> looks_{0};
  std::jthread thread_;
};

}  // namespace

TEST_CASE("modes: upsert and insert-missing let no cascade fire", "[server]") {
  const Bed bed;
  make_parent(bed, GENERATE("ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE RESTRICT", ""));
  const WriteMode mode = GENERATE(WriteMode::upsert, WriteMode::insert_missing);
  static_cast<void>(run_changes(copy_by(bed, mode)));
  CHECK(coded_rows(bed) == (mode == WriteMode::upsert ? "1one1 2two2 9nine9" : "1uno7 2two2 9nine9"));
  CHECK(children(bed) == "1:1 9:9");
}

TEST_CASE("modes: sync does not delete rows that others would go along with", "[server]") {
  const Bed bed;
  make_parent(bed, GENERATE("ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE SET DEFAULT"));
  const Error error = error_of(copy_by(bed, WriteMode::sync));
  check_error(error, ErrorKind::target, "23503");
  CHECK(std::string(error.what()).find("public.child") != std::string::npos);
  CHECK(coded_rows(bed) == "1uno7 9nine9");
  bed.dst("DELETE FROM child WHERE t = 9");
  CHECK(run_changes(copy_by(bed, WriteMode::sync)) == "1 inserted, 1 updated, 1 deleted");
  CHECK(children(bed) == "1:1");
}

TEST_CASE("modes: delete-insert of rows that are referenced", "[server]") {
  const Bed bed;
  SECTION("by a key that only checks: they come again") {
    make_parent(bed, "");
    CHECK(run_changes(copy_by(bed, WriteMode::delete_insert)) == "2 inserted, 1 deleted");
    CHECK(coded_rows(bed) == "1one1 2two2 9nine9");
  }
  SECTION("by one that deletes along") {
    make_parent(bed, "ON DELETE CASCADE");
    check_error(error_of(copy_by(bed, WriteMode::delete_insert)), ErrorKind::target, "23503");
    CHECK(coded_rows(bed) == "1uno7 9nine9");
  }
  CHECK(children(bed) == "1:1 9:9");
}

TEST_CASE("modes: swap of rows that are referenced", "[server]") {
  const Bed bed;
  SECTION("by a key that only checks: they are there again") {
    make_parent(bed, "");
    bed.src("INSERT INTO t VALUES (9, 'neuf', 9)");
    CHECK(run_changes(copy_by(bed, WriteMode::swap)) == "3 inserted, 2 deleted");
    CHECK(coded_rows(bed) == "1one1 2two2 9neuf9");
  }
  SECTION("by one that only checks, and not there again") {
    make_parent(bed, "");
    check_error(error_of(copy_by(bed, WriteMode::swap)), ErrorKind::target, "23503");
    CHECK(coded_rows(bed) == "1uno7 9nine9");
  }
  SECTION("by one that forbids") {
    make_parent(bed, "ON DELETE RESTRICT");
    check_error(error_of(copy_by(bed, WriteMode::swap)), ErrorKind::target, "23503");
    CHECK(coded_rows(bed) == "1uno7 9nine9");
  }
  SECTION("by one that deletes along") {
    make_parent(bed, "ON DELETE CASCADE");
    check_error(error_of(copy_by(bed, WriteMode::swap)), ErrorKind::target, "23503");
    CHECK(coded_rows(bed) == "1uno7 9nine9");
  }
  CHECK(children(bed) == "1:1 9:9");
}

TEST_CASE("modes: an update that others would change along with is refused", "[server]") {
  const Bed bed;
  make_parent(bed, "");
  bed.dst("DROP TABLE child; CREATE TABLE child (n int, t text REFERENCES t (code) ON UPDATE CASCADE)");
  bed.dst("INSERT INTO child VALUES (9, 'nine')");
  CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "1 inserted, 1 updated");
  bed.src("UPDATE t SET code = 'eins' WHERE id = 1");
  bed.dst("INSERT INTO child VALUES (1, 'one')");
  check_error(error_of(copy_by(bed, WriteMode::upsert)), ErrorKind::target, "23503");
  CHECK(children(bed) == "1:one 9:nine");
}

TEST_CASE("modes: a table that references itself", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, parent int)");
  bed.src("INSERT INTO t VALUES (1, 3), (2, 1), (3, NULL)");
  bed.dst("INSERT INTO t VALUES (9, NULL), (1, 9), (2, 9)");
  const auto content_of = [&bed] {
    return bed.dst("SELECT string_agg(id || ':' || coalesce(parent::text, '-'), ' ' ORDER BY id) FROM t");
  };
  SECTION("rows that stay come away from one that goes, to one that is new") {
    bed.dst("ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t" +
            std::string(GENERATE(" ON DELETE CASCADE", "")));
    CHECK(run_changes(copy_by(bed, WriteMode::sync)) == "1 inserted, 2 updated, 1 deleted");
    CHECK(content_of() == "1:3 2:1 3:-");
  }
  SECTION("swap") {
    bed.dst("ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t" +
            std::string(GENERATE(" ON DELETE CASCADE", "")));
    CHECK(run_changes(copy_by(bed, WriteMode::swap)) == "3 inserted, 3 deleted");
    CHECK(content_of() == "1:3 2:1 3:-");
  }
  SECTION("sync of rows that do not meet the key") {
    bed.src("DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (4, 9)");
    bed.dst("ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t ON DELETE " +
            std::string(GENERATE("CASCADE", "SET NULL")));
    bed.src("UPDATE t SET parent = NULL WHERE id = 1");
    check_error(error_of(copy_by(bed, WriteMode::sync)), ErrorKind::target, "23503");
    CHECK(content_of() == "1:9 2:9 9:-");
  }
  SECTION("delete-insert might lose others") {
    bed.dst("ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t ON DELETE CASCADE");
    check_error(error_of(copy_by(bed, WriteMode::delete_insert)), ErrorKind::target, "23503");
    CHECK(content_of() == "1:9 2:9 9:-");
  }
}

TEST_CASE("modes: triggers that leave rows out are noticed", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v int)");
  bed.src("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
  bed.dst(
      "INSERT INTO t VALUES (1, 7), (2, 7), (8, 8), (9, 9); CREATE FUNCTION f() RETURNS trigger LANGUAGE "
      "plpgsql AS "
      "'BEGIN IF coalesce(NEW.id, OLD.id) IN (2, 3, 9) THEN RETURN NULL; END IF; RETURN coalesce(NEW, OLD); "
      "END'");
  const auto content_of = [&bed] {
    return bed.dst("SELECT string_agg(id || ':' || v, ' ' ORDER BY id) FROM t");
  };
  const std::string event = GENERATE("INSERT", "UPDATE", "DELETE");
  bed.dst("CREATE TRIGGER tr BEFORE " + event + " ON t FOR EACH ROW EXECUTE FUNCTION f()");
  auto options = copy_by(bed, WriteMode::sync);
  SECTION("an error") {
    const Error error = error_of(options);
    check_error(error, ErrorKind::target, "P0001");
    CHECK(content_of() == "1:7 2:7 8:8 9:9");
  }
  SECTION("counted where they may be left out, but never old rows that were to go") {
    options.stream.suppressed_rows = SuppressedRows::allow;
    if (event == "DELETE") {
      check_error(error_of(options), ErrorKind::target, "P0001");
    } else {
      CHECK(run_changes(options) == (event == "INSERT" ? "2 updated, 1 suppressed, 2 deleted"
                                                       : "1 inserted, 1 updated, 1 suppressed, 2 deleted"));
      CHECK(content_of() == (event == "INSERT" ? "1:1 2:2" : "1:1 2:7 3:3"));
    }
  }
  SECTION("silent") {
    options.stream.triggers = Triggers::disable;
    CHECK(run_changes(options) == "1 inserted, 2 updated, 2 deleted");
    CHECK(content_of() == "1:1 2:2 3:3");
  }
  SECTION("swap and delete-insert") {
    const WriteMode mode = GENERATE(WriteMode::swap, WriteMode::delete_insert);
    options = copy_by(bed, mode);
    if (event == "UPDATE") {
      CHECK(run_changes(options).find("3 inserted") == 0);
    } else {
      check_error(error_of(options), ErrorKind::target, "P0001");
      CHECK(content_of() == "1:7 2:7 8:8 9:9");
    }
  }
  SECTION("replace by DELETE") {
    bed.dst("CREATE TABLE child (t int REFERENCES t)");
    if (event == "DELETE")
      check_error(error_of(copy_by(bed, WriteMode::replace)), ErrorKind::target, "P0001");
  }
}

TEST_CASE("modes: a session that is ended while it publishes leaves everything as it was", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v int)");
  bed.src("INSERT INTO t VALUES (1, 1), (2, 2)");
  bed.dst(
      "INSERT INTO t VALUES (1, 7), (9, 9); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
      "PERFORM pg_sleep(600); RETURN NULL; END'; CREATE TRIGGER tr AFTER INSERT ON t FOR EACH STATEMENT "
      "EXECUTE "
      "FUNCTION f()");
  const WriteMode mode = GENERATE(WriteMode::swap, WriteMode::upsert, WriteMode::insert_missing,
                                  WriteMode::delete_insert, WriteMode::sync);
  auto options = copy_by(bed, mode);
  const auto check_old = [&bed] {
    CHECK(bed.dst("SELECT string_agg(id || ':' || v, ' ' ORDER BY id) FROM t") == "1:7 9:9");
    CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname LIKE 'leat%'") == "0");
  };
  SECTION("killed") {
    const auto job = start(options);
    bed.wait_until_session_waits("dst", "PgSleep");
    // Readers see the old rows, and do not wait.
    CHECK(bed.dst("SET lock_timeout = 1; SELECT string_agg(id || ':' || v, ' ' ORDER BY id) FROM t")
              .find("1:7 9:9") != std::string::npos);
    bed.kill_session("dst");
    check_error(job->error(), ErrorKind::target, "57P01");
  }
  SECTION("stopped") {
    const auto job = start(options);
    bed.wait_until_session_waits("dst", "PgSleep");
    job->request_stop();
    CHECK(job->error().kind() == ErrorKind::cancelled);
  }
  check_old();
}

TEST_CASE("modes: readers during a swap see the old rows or the new ones, and never wait", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v int)");
  bed.src("INSERT INTO t SELECT i, 2 FROM generate_series(1, 50000) i");
  bed.dst("INSERT INTO t SELECT i, 1 FROM generate_series(1, 50000) i");
  const std::string sql = "SELECT count(*) || ' of ' || min(v) || ' to ' || max(v) FROM t";
  Readers readers(sql);
  readers.wait_for_looks(2);
  for (int i = 0; i < 3; ++i) {
    CHECK(run_changes(copy_by(bed, WriteMode::swap)) == "50000 inserted, 50000 deleted");
    readers.wait_for_looks(2);
  }
  CHECK(readers.stop() == std::set<std::string>{"50000 of 1 to 1", "50000 of 2 to 2"});
}

TEST_CASE("modes: writers wait while a load publishes, and what they wrote before is not lost", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v int)");
  bed.src("INSERT INTO t VALUES (1, 1), (2, 2)");
  const WriteMode mode = GENERATE(WriteMode::upsert, WriteMode::insert_missing, WriteMode::sync);
  auto writer = Connection::open(ConnectionFactory().resolve(Bed::server().uri("dst")).target, {}, {});
  writer.begin();
  static_cast<void>(writer.execute("INSERT INTO t VALUES (2, 20), (3, 30)"));
  const auto job = start(copy_by(bed, mode));
  // It waits for the writer at the end, after its rows.
  bed.wait_for(
      "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'ExclusiveLock' AND locktype = 'relation'",
      "1");
  writer.commit();
  job->wait();
  CHECK(bed.dst("SELECT string_agg(id || ':' || v, ' ' ORDER BY id) FROM t") ==
        (mode == WriteMode::upsert           ? "1:1 2:2 3:30"
         : mode == WriteMode::insert_missing ? "1:1 2:20 3:30"
                                             : "1:1 2:2"));
}

TEST_CASE("modes: two loads of one table at the same time", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v int)");
  bed.src("INSERT INTO t SELECT i, i FROM generate_series(1, 20000) i");
  const auto first = start(copy_by(bed, WriteMode::upsert));
  const auto second = start(copy_by(bed, WriteMode::upsert));
  first->wait();
  second->wait();
  CHECK(bed.dst("SELECT count(*), sum(v) FROM t") == "20000|200010000");
}

TEST_CASE("modes: with no more privileges than each needs", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v int)");
  bed.src("INSERT INTO t VALUES (1, 1), (2, 2)");
  bed.dst("INSERT INTO t VALUES (1, 7), (9, 9)");
  const Guest guest(bed);
  const auto [mode, needs] = GENERATE(
      table<WriteMode, std::vector<std::string>>({{WriteMode::upsert, {"SELECT", "INSERT", "UPDATE"}},
                                                  {WriteMode::insert_missing, {"SELECT", "INSERT"}},
                                                  {WriteMode::delete_insert, {"SELECT", "INSERT", "DELETE"}},
                                                  {WriteMode::sync, {"SELECT", "INSERT", "UPDATE", "DELETE"}},
                                                  {WriteMode::swap, {"INSERT", "DELETE"}}}));
  auto options = copy_by(bed, mode);
  options.target = Guest::connection("dst");
  for (std::size_t left_out = 0; left_out <= needs.size(); ++left_out) {
    bed.dst("REVOKE ALL ON t FROM guest");
    for (std::size_t i = 0; i < needs.size(); ++i) {
      if (i != left_out) bed.dst("GRANT " + needs[i] + " ON t TO guest");
    }
    INFO(to_string(mode) << " without " << (left_out < needs.size() ? needs[left_out] : "nothing"));
    if (left_out == needs.size()) {
      static_cast<void>(run_changes(options));
      CHECK(bed.dst("SELECT count(*) FROM t WHERE id = 2 AND v = 2") == "1");
    } else {
      check_error(error_of(options), ErrorKind::target, "42501");
      CHECK(bed.dst("SELECT string_agg(id || ':' || v, ' ' ORDER BY id) FROM t") == "1:7 9:9");
    }
  }
}

TEST_CASE("modes: rows that a condition leaves out are lost only where that was said", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, 'new' FROM generate_series(1, 20) i");
  bed.dst("INSERT INTO t SELECT i, 'old' FROM generate_series(1, 5) i");
  auto options = bed.copy();
  options.mode = GENERATE(WriteMode::replace, WriteMode::swap);
  options.table.where = "id <= 10 -- the first ones";
  const auto codes = [&options] {
    std::vector<std::string> all;
    for (const auto& finding : CopyTable(options).plan().findings) all.push_back(finding.code);
    return all;
  };
  CHECK(codes() == std::vector<std::string>{"replace_filtered"});
  options.rows_outside = RowsOutside::refuse;
  SECTION("none is there") {
    CHECK(codes() == std::vector<std::string>{"replace_filtered"});
    CHECK(CopyTable(options).run().rows_written == 10);
    CHECK(CopyTable(options).run().rows_written == 10);
  }
  SECTION("one is there") {
    bed.dst("INSERT INTO t VALUES (11, 'old')");
    options.readers = GENERATE(1U, 2U);
    CHECK(codes() == std::vector<std::string>{"replace_filtered", "rows_outside"});
    CHECK(std::string(error_of(options).hint()).find("WriteMode::replace") != std::string::npos);
    CHECK(bed.dst("SELECT count(*) FROM t WHERE v = 'old'") == "6");
    options.mode = WriteMode::upsert;
    CHECK(CopyTable(options).run().rows_written == 10);
    CHECK(bed.dst("SELECT count(*) FROM t") == "11");
  }
  SECTION("the condition is NULL for one") {
    bed.both("ALTER TABLE t ADD w int DEFAULT 1");
    bed.dst("INSERT INTO t VALUES (6, 'old', NULL)");
    options.table.where = "w = 1";
    static_cast<void>(error_of(options));
    CHECK(bed.dst("SELECT count(*) FROM t") == "6");
  }
  SECTION("the target has no such column") {
    bed.src("ALTER TABLE t ADD w int DEFAULT 1");
    options.table.exclude = {"w"};
    options.table.where = "w = 1";
    static_cast<void>(error_of(options));
    CHECK(bed.dst("SELECT count(*) FROM t") == "5");
    bed.dst("TRUNCATE t");
    CHECK(CopyTable(options).run().rows_written == 20);
  }
}
