// A server process that ends in the middle of a job is an error of its side, and the old content stands.
#include "bed.hpp"
#include "tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_target_sleep(const Bed& bed) {
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; "
      "END'; "
      "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
}

constexpr const char* a_query_that_hangs_at_once = "SELECT id FROM t WHERE pg_sleep(600) IS NOT NULL";
constexpr const char* a_query_that_hangs_after_rows =
    "SELECT id FROM t WHERE id <= 15000 OR pg_sleep(600) IS NOT NULL";

}  // namespace

TEST_CASE("kill: the source's session, in the middle of its rows or before them", "[server]") {
  const Bed bed;
  make_numbers(bed, 20000);
  const std::string sql =
      GENERATE(as<std::string>(), a_query_that_hangs_at_once, a_query_that_hangs_after_rows);
  const auto job = start(bed.query(sql));
  bed.wait_until_session_waits("src", "PgSleep");
  bed.kill_session("src");
  check_error(job->error(), ErrorKind::source, "57P01");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("kill: the source's session, under a cursor", "[server]") {
  const Bed bed;
  make_numbers(bed, 20000);
  auto options =
      bed.query("SELECT id FROM t, (SELECT :n) AS u WHERE id <= 15000 OR pg_sleep(600) IS NOT NULL");
  options.parameters = {{"n", "15000"}};
  const auto job = start(options);
  bed.wait_until_session_waits("src", "PgSleep");
  bed.kill_session("src");
  check_error(job->error(), ErrorKind::source, "57P01");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("kill: the target's session, while it works", "[server]") {
  const Bed bed;
  make_numbers(bed, 20000);
  make_target_sleep(bed);
  const auto job = start(bed.copy());
  bed.wait_until_session_waits("dst", "PgSleep");
  bed.kill_session("dst");
  const Error error = job->error();
  check_error(error, ErrorKind::target, "57P01");
  CHECK_FALSE(error.in_doubt());
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("kill: the target's session, while the source is silent in the middle of its rows", "[server]") {
  const Bed bed;
  make_numbers(bed, 20000);
  const auto job = start(bed.query(a_query_that_hangs_after_rows));
  bed.wait_until_session_waits("src", "PgSleep");
  bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + std::string(application) +
                   "' AND datname = 'dst' AND query LIKE 'COPY%' AND wait_event = 'ClientRead'",
               "1");
  bed.kill_session("dst");
  check_error(job->error(), ErrorKind::target, "57P01");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("kill: the target's session, while the source has sent no row yet", "[server]") {
  const Bed bed;
  make_numbers(bed, 20000);
  const auto job = start(bed.query(a_query_that_hangs_at_once));
  bed.wait_until_session_waits("src", "PgSleep");
  bed.kill_session("dst");
  check_error(job->error(), ErrorKind::target, "57P01");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("kill: the target's session at the COMMIT", "[server]") {
  const Bed bed;
  make_numbers(bed, 20000);
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; "
      "END'; "
      "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
      "EXECUTE FUNCTION f()");
  const auto job = start(bed.copy());
  bed.wait_until_session_waits("dst", "PgSleep");
  bed.kill_session("dst");
  const Error error = job->error();
  check_error(error, ErrorKind::target, "57P01");
  // It can be told to end when the commit already stands, so the server is asked, and says that it does not.
  CHECK_FALSE(error.in_doubt());
  CHECK(std::string(error.what()).find("nothing was committed") != std::string::npos);
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}
