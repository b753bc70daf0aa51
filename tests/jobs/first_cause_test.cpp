// What ends one of several sessions is what is told, not what follows from that.
#include "jobs/run/first_cause.hpp"

#include "bed.hpp"
#include "leat/jobs/options/throttle.hpp"

using namespace leat;
using namespace leat::test;
using leat::jobs_detail::FirstCause;

namespace {

/// The source's server says this, and holds what several readers need.
Error said(const std::string& sqlstate) {
  return {ErrorKind::source, "said " + sqlstate, {.sqlstate = sqlstate}};
}

CopyTableOptions by_readers(const Bed& bed, std::size_t readers, std::size_t writers) {
  auto options = bed.copy();
  options.readers = readers;
  options.writers = writers;
  options.mode = WriteMode::append;
  options.slice_bytes = ByteCount{1U << 16U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  return options;
}

void make_read_table(const Bed& bed, int rows) {
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', 200) FROM generate_series(1, " + std::to_string(rows) + ") i");
}

}  // namespace

TEST_CASE("first cause: a lost session follows from what came before it", "[jobs]") {
  FirstCause cause;
  CHECK(cause.of(said("08006")).sqlstate() == "08006");
  CHECK(cause.of(said("40001")).sqlstate() == "40001");
  CHECK(cause.of(said("08003")).sqlstate() == "40001");
  CHECK(cause.of(said("08006")).sqlstate() == "40001");
  CHECK(cause.of(said("53100")).sqlstate() == "53100");
  CHECK(cause.of(said("08006")).sqlstate() == "40001");
}

TEST_CASE("first cause: the loss of a snapshot waits for what has ended its session", "[jobs]") {
  FirstCause cause;
  const auto ask = [&cause](std::stop_token stop) { return cause.of_lost_snapshot(said("08003"), stop); };
  SECTION("which another session meets") {
    auto lost = std::async(std::launch::async, ask, std::stop_token());
    static_cast<void>(cause.of(said("57P01")));
    CHECK(lost.get().sqlstate() == "57P01");
  }
  SECTION("which nobody does before all are stopped") {
    std::stop_source stopped;
    stopped.request_stop();
    CHECK(ask(stopped.get_token()).sqlstate() == "08003");
  }
}

TEST_CASE("first cause: what the server says between two statements is known", "[server]") {
  const Bed bed;
  auto session =
      Connection::open(ConnectionTarget::parse(Bed::server().uri("src")), {.application_name = application});
  CHECK_FALSE(session.last_words());
  bed.kill_session("src");
  REQUIRE(becomes_true(10s, [&] { return session.last_words().has_value(); }));
  CHECK(session.last_words()->sqlstate() == "57P01");
  // Whoever holds it opens another one.
  CHECK_FALSE(session.is_open());
  try {
    static_cast<void>(session.execute("SELECT 1"));
    FAIL("answered");
  } catch (const Error& error) {
    check_error(error, ErrorKind::source, "57P01");
  }
}

TEST_CASE("first cause: an administrator ends the source's sessions", "[server]") {
  const Bed bed;
  make_read_table(bed, 20000);
  const std::size_t readers = GENERATE(2U, 8U);
  const std::size_t writers = GENERATE(1U, 2U);
  auto options = by_readers(bed, readers, writers);
  SECTION("without a name") {}
  SECTION("straight") {
    options.delivery = {.job = "j", .on_lost_snapshot = OnLostSnapshot::carry_on, .retries = 0};
  }
  SECTION("published") {
    options.delivery = {.job = "j", .retries = 0};
  }
  // Slow enough that the server has sent slices which nobody has read yet.
  options.stream.throttle = std::make_shared<Throttle>(ByteCount{1U << 20U});
  const std::string own = " FROM pg_stat_activity WHERE datname = 'src' AND application_name = '" +
                          std::string(application) + "'";
  const auto job = start(options);
  bed.wait_for("SELECT count(*) >= 1" + own + " AND query LIKE 'COPY%' AND state = 'idle in transaction'",
               "t");
  bed.src("SELECT pg_terminate_backend(pid)" + own);
  try {
    job->wait();
    // All rows were on their way before the sessions ended.
    CHECK(bed.dst("SELECT count(*) FROM t") == "20000");
  } catch (const Error& error) {
    INFO(error.what());
    check_error(error, ErrorKind::source, "57P01");
  }
}
