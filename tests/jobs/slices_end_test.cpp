// What ended a load of several readers or workers is what it throws, also where a hook is not ready to end.
#include <atomic>
#include <latch>
#include <stdexcept>

#include "bed.hpp"
#include "leat/transform/transform.hpp"

using namespace leat;
using namespace leat::test;

namespace {

class HookFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Batches are more than fits into a socket's buffers, so whoever writes the first one waits for the target,
/// which sleeps on its first row.
void make_blocked_writers(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src(
      "ALTER TABLE t ALTER v SET STORAGE PLAIN; "
      "INSERT INTO t SELECT i, repeat('v', 1000) FROM generate_series(1, 10000) i");
  bed.dst(
      "INSERT INTO t VALUES (-1); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
      "pg_sleep(600); RETURN NEW; END'; CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION "
      "f()");
}

}  // namespace

TEST_CASE("slices: what ended the load is told while a hook still works", "[server]") {
  const Bed bed;
  make_blocked_writers(bed);
  std::latch has_begun(1);
  std::latch may_go_on(1);
  std::latch may_throw(1);
  std::atomic<int> told = 0;
  auto options = bed.copy();
  options.readers = 2;
  options.transform_workers = 2;
  options.slice_bytes = ByteCount{2U << 20U};
  options.stream.progress_interval = 10ms;
  options.stream.on_progress = [&told](const Progress&) { ++told; };
  options.transform = [&](const RowView& row, RowBuilder& out) {
    const auto id = row.get<std::int32_t>("id");
    if (id == 1) {
      has_begun.count_down();
      may_go_on.wait();
    }
    if (id == 9999) {
      may_throw.wait();
      throw HookFailure("row 9999");
    }
    out.copy_row(row);
  };
  const auto job = start(options);
  bed.wait_until_session_waits("dst", "PgSleep");
  has_begun.wait();
  const bool by_hook = GENERATE(false, true);
  if (by_hook) {
    may_throw.count_down();
  } else {
    job->request_stop();
  }
  // The writer has gone, and the caller's thread has looked at the target since.
  bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE datname = 'dst' AND application_name = '" +
                   std::string(application) + "'",
               "0");
  const int before = told;
  CHECK(becomes_true(patience, [&] { return told > before + 1; }));
  may_go_on.count_down();
  if (by_hook) {
    CHECK_THROWS_AS(job->wait(), HookFailure);
  } else {
    may_throw.count_down();
    check_error(job->error(), ErrorKind::cancelled, "");
  }
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}
