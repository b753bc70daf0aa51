// A standby whose recovery ends what still reads: the server's words reach the user, and the target stays as
// it was.
#include <functional>
#include <memory>

#include "verify_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

PrivateServer& primary_server() {
  static PrivateServer instance({.settings = {{"autovacuum", "off"}}});
  return instance;
}

/// It waits for no reader when rows go away.
PrivateServer& standby_server() {
  static PrivateServer instance({.settings = {{"max_standby_streaming_delay", "0"}, {"autovacuum", "off"}},
                                 .standby_of = &primary_server()});
  return instance;
}

/// A database of a primary and its standby, with a table t of many pages.
class StandbyPair {
 public:
  explicit StandbyPair(std::string database) : database_(std::move(database)) {
    const std::string there = "SELECT count(*) FROM pg_database WHERE datname = '" + database_ + "'";
    if (primary_.psql("postgres", there) == "0\n") primary_.create_database(database_);
    primary("DROP TABLE IF EXISTS t");
    primary(
        "CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, "
        "20000) i");
    replay();
  }

  [[nodiscard]] ResolvedConnection source() const {
    return ConnectionFactory().resolve(standby_.uri(database_));
  }

  std::string primary(const std::string& sql) const {
    return without_line_break(primary_.psql(database_, sql));
  }
  std::string standby(const std::string& sql) const {
    return without_line_break(standby_.psql("postgres", sql));
  }
  /// The number of sessions that recovery has ended, or whose statement it has.
  [[nodiscard]] int conflicts() const {
    return std::stoi(
        standby("SELECT sum(conflicts) FROM pg_stat_database WHERE datname = '" + database_ + "'"));
  }
  /// Returns when so many sessions of a job, or more, wait in a statement of theirs.
  void wait_for_readers(int sessions) const {
    REQUIRE(becomes_true(patience, [&] {
      return standby("SELECT count(*) >= " + std::to_string(sessions) +
                     " FROM pg_stat_activity WHERE wait_event = 'advisory' AND application_name = '" +
                     std::string(application) + "'") == "t";
    }));
  }
  /// Ends every session of a job on the standby.
  void end_jobs() const {
    standby("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" +
            std::string(application) + "'");
    Bed::end_jobs();
  }
  /// A session that holds what the statements of a job wait for.
  [[nodiscard]] Connection close_gate() const {
    auto gate = Connection::open(ConnectionTarget::parse(standby_.uri(database_)), {});
    static_cast<void>(gate.execute("SELECT pg_advisory_lock(7)"));
    return gate;
  }
  void drop_database() const { primary_.psql("postgres", "DROP DATABASE " + database_ + " WITH (FORCE)"); }
  /// Rows that go away, and not only out of sight.
  void delete_rows(const std::string& which) const {
    primary("DELETE FROM t WHERE " + which);
    primary("VACUUM t");
  }

 private:
  void replay() const {
    const std::string place = primary("SELECT pg_current_wal_flush_lsn()");
    REQUIRE(becomes_true(
        patience, [&] { return standby("SELECT pg_last_wal_replay_lsn() >= '" + place + "'") == "t"; }));
  }

  const std::string database_;
  PrivateServer& primary_ = primary_server();
  PrivateServer& standby_ = standby_server();
};

constexpr const char* behind_gate = "(pg_advisory_xact_lock_shared(7)) IS NOT NULL";

std::unique_ptr<Running> run_behind_gate(const StandbyPair& pair, std::function<void(std::stop_token)> job) {
  return std::make_unique<Running>(std::move(job), [&pair] { pair.end_jobs(); });
}

template <class Options>
std::unique_ptr<Running> start_behind_gate(const StandbyPair& pair, Options options) {
  return run_behind_gate(pair,
                         [options = std::move(options)](std::stop_token stop) { run_job(options, stop); });
}

}  // namespace

TEST_CASE("standby: a conflict with recovery is told as the server tells it, and the target is as before",
          "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int, v text); INSERT INTO t VALUES (0, 'old')");
  // About rows that they may still read; or about the table, which they hold a lock of.
  const bool of_rows = GENERATE(true, false);
  const StandbyPair pair("src");
  auto copy = bed.copy();
  copy.source = pair.source();
  copy.table.where = behind_gate;
  copy.slice_bytes = ByteCount{1U << 17U};
  auto gate = pair.close_gate();
  std::unique_ptr<Running> job;
  int readers = 1;
  SECTION("a copy") {
    job = start_behind_gate(pair, copy);
  }
  SECTION("several readers") {
    copy.readers = 2;
    readers = 2;
    job = start_behind_gate(pair, copy);
  }
  SECTION("several writers") {
    copy.mode = WriteMode::append;
    copy.writers = 2;
    job = start_behind_gate(pair, copy);
  }
  SECTION("a job that publishes its rows") {
    copy.delivery = {.job = "j", .retries = 0};
    copy.readers = 2;
    readers = 2;
    job = start_behind_gate(pair, copy);
  }
  SECTION("a job that writes straight into the table") {
    copy.mode = WriteMode::append;
    copy.delivery = {.job = "j", .on_lost_snapshot = OnLostSnapshot::carry_on, .retries = 0};
    copy.readers = 2;  // as many as it likes would be another number each time
    readers = 2;
    job = start_behind_gate(pair, copy);
  }
  SECTION("a query") {
    auto query = bed.query(std::string("SELECT * FROM t WHERE ") + behind_gate);
    query.source = pair.source();
    job = start_behind_gate(pair, query);
  }
  SECTION("a comparison") {
    auto compared = verify_options();
    compared.source = pair.source();
    compared.table.where = behind_gate;
    job = run_behind_gate(
        pair, [compared](std::stop_token stop) { static_cast<void>(VerifyTable(compared).run(stop)); });
  }
  pair.wait_for_readers(readers);
  if (of_rows) {
    pair.delete_rows("id > 10");
  } else {
    pair.primary("TRUNCATE t");
  }
  const Error error = job->error();
  check_error(error, ErrorKind::source, "40001");
  CHECK(std::string(error.what()).find("due to conflict with recovery") != std::string::npos);
  CHECK(error.detail().starts_with("User "));
  CHECK(bed.dst("SELECT id, v FROM t") == "0|old");
}

TEST_CASE("standby: a job that tries again reads what is there after the conflict", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int, v text); INSERT INTO t VALUES (0, 'old')");
  const StandbyPair pair("src");
  auto copy = bed.copy();
  copy.source = pair.source();
  copy.table.where = behind_gate;
  copy.slice_bytes = ByteCount{1U << 17U};
  copy.delivery = {.job = "j", .retries = 3};
  copy.readers = GENERATE(1U, 2U);
  auto gate = pair.close_gate();
  const int conflicts = pair.conflicts();
  const auto job = start_behind_gate(pair, copy);
  pair.wait_for_readers(static_cast<int>(copy.readers));
  pair.delete_rows("id > 15000");
  REQUIRE(becomes_true(patience, [&] { return pair.conflicts() > conflicts; }));
  gate.abort();
  job->wait();
  CHECK(bed.dst(content("t")) == pair.primary(content("t")));
  CHECK(bed.dst("SELECT epoch > 1 FROM leat_meta.jobs") == "t");
}

TEST_CASE("standby: a database that is dropped ends its readers with the server's words", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int, v text); INSERT INTO t VALUES (0, 'old')");
  const StandbyPair pair("doomed");
  auto copy = bed.copy();
  copy.source = pair.source();
  copy.table.where = behind_gate;
  copy.slice_bytes = ByteCount{1U << 17U};
  copy.readers = GENERATE(1U, 2U);
  auto gate = pair.close_gate();
  const auto job = start_behind_gate(pair, copy);
  pair.wait_for_readers(static_cast<int>(copy.readers));
  pair.drop_database();
  const Error error = job->error();
  check_error(error, ErrorKind::source, "57P04");
  CHECK(std::string(error.what()) == "terminating connection due to conflict with recovery");
  CHECK(bed.dst("SELECT id, v FROM t") == "0|old");
}
