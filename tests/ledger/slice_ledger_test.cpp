// A slice's rows and its row in the ledger: once, whatever is lost on the way.
#include <sys/socket.h>

#include <optional>

#include "leat/postgres/session/detail/session_access.hpp"
#include "leat/postgres/session/transaction_status.hpp"
#include "ledger_bed.hpp"

#include <libpq-fe.h>

using namespace std::chrono_literals;
using leat::Connection;
using leat::ErrorKind;
using leat::SliceBegin;
using leat::was_committed;

namespace {

/// Rows of slices, and a COMMIT that waits for the advisory lock 77.
void make_rows(LedgerBed& bed) {
  bed.sql("DROP TABLE IF EXISTS side");
  bed.sql("CREATE TABLE side (slice int8)");
  bed.sql(
      "CREATE OR REPLACE FUNCTION wait_for_77() RETURNS trigger LANGUAGE plpgsql AS $$ "
      "BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END $$");
  bed.sql(
      "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON side DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION wait_for_77()");
}

std::string rows_of(LedgerBed& bed, int slice) {
  return bed.sql("SELECT count(*) FROM side WHERE slice = " + std::to_string(slice));
}

void write_row(Connection& writer, const leat::JobLease& lease, int slice) {
  REQUIRE(begin_slice(writer, lease, slice, 5s) == SliceBegin::begun);
  writer.execute("INSERT INTO side VALUES (" + std::to_string(slice) + ")");
  end_slice(writer, lease, line_of(slice_of(slice), 1, 8));
}

}  // namespace

TEST_CASE("slice: its rows and its ledger row come together or not at all", "[postgres][server]") {
  LedgerBed bed;
  make_rows(bed);
  const auto lease = bed.start("nightly", 2);
  auto writer = connect_target();
  write_row(writer, lease, 1);
  CHECK(bed.sql("SELECT count(*) FROM leat_meta.job_ledger") == "0");
  writer.rollback();
  CHECK_FALSE(was_committed(bed.admin, lease, 1, 1s));
  write_row(writer, lease, 1);
  writer.commit();
  CHECK(was_committed(bed.admin, lease, 1, 1s));
  CHECK(bed.admin.is_idle());
  CHECK(rows_of(bed, 1) == "1");
  CHECK(begin_slice(writer, lease, 1, 1s) == SliceBegin::already_done);
  CHECK(writer.is_idle());
  CHECK(bed.sql("SELECT rows || ' ' || bytes || ' ' || epoch FROM leat_meta.job_ledger") == "1 8 1");
  CHECK(bed.sql("SELECT committed_at BETWEEN now() - interval '1 hour' AND clock_timestamp() FROM "
                "leat_meta.job_ledger") == "t");
}

TEST_CASE("slice: lock_timeout is that of the session again once the slice has begun", "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 2);
  auto writer = connect_target();
  writer.execute("SET lock_timeout = '7min'");
  REQUIRE(begin_slice(writer, lease, 1, 5s) == SliceBegin::begun);
  CHECK(writer.execute("SHOW lock_timeout").text(0, 0) == "7min");
  CHECK(writer.execute("SHOW transaction_isolation").text(0, 0) == "read committed");
}

TEST_CASE("slice: whoever comes second waits, and is told what the first has come to", "[postgres][server]") {
  LedgerBed bed;
  make_rows(bed);
  const auto lease = bed.start("nightly", 2);
  auto first = connect_target();
  auto second = connect_target();
  for (const bool commits : {true, false}) {
    const int slice = commits ? 1 : 2;
    write_row(first, lease, slice);
    std::optional<SliceBegin> begun;
    while_it_waits(
        bed, second, [&] { begun = begin_slice(second, lease, slice, 30s); },
        [&] {
          if (commits) {
            first.commit();
          } else {
            first.rollback();
          }
        });
    CHECK(begun == (commits ? SliceBegin::already_done : SliceBegin::begun));
    second.rollback();
  }
}

TEST_CASE("slice: sessions that are serializable by default see what others have committed meanwhile",
          "[postgres][server]") {
  LedgerBed bed;
  make_rows(bed);
  auto first = connect_target();
  auto second = connect_target();
  for (auto* session : {&bed.coordinator, &first, &second}) {
    session->execute("SET default_transaction_isolation = 'serializable'");
  }
  const auto lease = bed.start("nightly", 1);
  register_session(first, lease);
  write_row(first, lease, 1);
  std::optional<SliceBegin> begun;
  while_it_waits(
      bed, second, [&] { begun = begin_slice(second, lease, 1, 30s); },
      [&] {
        bed.ledger().renew(lease, 60s);
        first.commit();
      });
  CHECK(begun == SliceBegin::already_done);
}

TEST_CASE("slice: a wait for another session's slice has an end", "[postgres][server]") {
  LedgerBed bed;
  make_rows(bed);
  const auto lease = bed.start("nightly", 2);
  auto first = connect_target();
  auto second = connect_target();
  write_row(first, lease, 1);
  const auto error = error_of([&] { static_cast<void>(begin_slice(second, lease, 1, 20ms)); });
  check_error(error, ErrorKind::target, "55P03", {"slice 1 of job \"nightly\" is held by another session"});
  CHECK(error.retryable());
  CHECK(second.is_idle());
  CHECK(error_of([&] { static_cast<void>(was_committed(second, lease, 1, 20ms)); }).sqlstate() == "55P03");
  CHECK(second.is_idle());
  CHECK(begin_slice(second, lease, 2, 20ms) == SliceBegin::begun);
}

TEST_CASE("slice: an attempt that was taken over begins nothing and ends nothing", "[postgres][server]") {
  LedgerBed bed;
  make_rows(bed);
  const auto old_lease = bed.start("nightly", 3);
  auto stale = connect_target();
  write_row(stale, old_lease, 3);
  stale.rollback();
  REQUIRE(begin_slice(stale, old_lease, 1, 1s) == SliceBegin::begun);
  const auto lease = bed.take_over("nightly");
  check_refused([&] { end_slice(stale, old_lease, line_of(slice_of(1), 1, 1)); }, {"taken over"});
  stale.rollback();
  check_refused([&] { static_cast<void>(begin_slice(stale, old_lease, 2, 1s)); }, {"taken over"});
  CHECK(stale.is_idle());
  CHECK(bed.sql("SELECT count(*) FROM leat_meta.job_ledger") == "0");
  do_slice(stale, lease, 2);
}

TEST_CASE("slice: what a stale attempt commits after the takeover counts, and is not done again",
          "[postgres][server]") {
  LedgerBed bed;
  make_rows(bed);
  const auto old_lease = bed.start("nightly", 1);
  auto stale = connect_target();
  write_row(stale, old_lease, 1);
  const auto lease = bed.take_over("nightly");
  auto writer = connect_target();
  std::optional<SliceBegin> begun;
  while_it_waits(
      bed, writer, [&] { begun = begin_slice(writer, lease, 1, 30s); }, [&] { stale.commit(); });
  CHECK(begun == SliceBegin::already_done);
  CHECK(rows_of(bed, 1) == "1");
  bed.ledger().require_complete(lease);
}

TEST_CASE("slice: renewals, plans and cuts do not wait for slices that are being written",
          "[postgres][server]") {
  LedgerBed bed;
  make_rows(bed);
  const auto lease = bed.start("nightly", 2);
  auto writer = connect_target();
  write_row(writer, lease, 1);
  bed.coordinator.execute("SET lock_timeout = 20");
  bed.ledger().renew(lease, 60s);
  CHECK(bed.ledger().cut(lease, slice_of(2, "{}"), "{}") == 3);
  CHECK(bed.ledger().read_plan(lease).size() == 3);
  CHECK(bed.take_over("nightly").epoch == 2);
}

TEST_CASE("slice: what is not begun is not ended", "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 1);
  auto writer = connect_target();
  writer.begin();
  check_refused([&] { end_slice(writer, lease, line_of(slice_of(1), 1, 1)); }, {"was not begun"});
  CHECK(error_of([&] { static_cast<void>(begin_slice(writer, lease, 1, 1s)); }).kind() == ErrorKind::config);
  CHECK(error_of([&] { static_cast<void>(was_committed(writer, lease, 1, 1s)); }).kind() ==
        ErrorKind::config);
}

TEST_CASE("slice: a COMMIT whose answer was lost is found to have happened, after a wait for its end",
          "[postgres][server]") {
  LedgerBed bed;
  make_rows(bed);
  const auto lease = bed.start("nightly", 1);
  auto writer = connect_target();
  must_be_cancelled(writer);  // else the server looks for its client and gives up
  write_row(writer, lease, 1);
  const auto transaction = current_transaction_id(writer);
  bed.sql("SELECT pg_advisory_lock(77)");
  std::optional<leat::Error> error;
  while_it_waits(
      bed, writer, [&] { error = error_of([&] { writer.commit(); }); },
      [&] { ::shutdown(PQsocket(leat::postgres_detail::SessionAccess::handle(writer)), SHUT_RDWR); });
  REQUIRE(error);
  CHECK(error->in_doubt());
  auto asking = connect_target();
  std::optional<bool> was_there;
  while_it_waits(
      bed, asking, [&] { was_there = was_committed(asking, lease, 1, 30s); },
      [&] {
        CHECK(transaction_status(bed.admin, transaction) == leat::TransactionStatus::in_progress);
        bed.sql("SELECT pg_advisory_unlock(77)");
      });
  CHECK(was_there == true);
  CHECK(transaction_status(bed.admin, transaction) == leat::TransactionStatus::committed);
  CHECK(begin_slice(asking, lease, 1, 1s) == SliceBegin::already_done);
  CHECK(rows_of(bed, 1) == "1");
}

TEST_CASE("slice: a COMMIT whose session was ended is found not to have happened", "[postgres][server]") {
  LedgerBed bed;
  make_rows(bed);
  const auto lease = bed.start("nightly", 1);
  auto writer = connect_target();
  write_row(writer, lease, 1);
  const auto transaction = current_transaction_id(writer);
  bed.sql("SELECT pg_advisory_lock(77)");
  std::optional<leat::Error> error;
  while_it_waits(
      bed, writer, [&] { error = error_of([&] { writer.commit(); }); },
      [&, pid = writer.backend_pid()] {
        bed.sql("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
      });
  bed.sql("SELECT pg_advisory_unlock(77)");
  REQUIRE(error);
  CHECK(error->in_doubt());
  auto again = connect_target();
  CHECK_FALSE(was_committed(again, lease, 1, 30s));
  CHECK(transaction_status(again, transaction) == leat::TransactionStatus::aborted);
  write_row(again, lease, 1);
  again.commit();
  CHECK(rows_of(bed, 1) == "1");
}
