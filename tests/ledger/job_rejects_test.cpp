// Rows that slices of a job have rejected, as the ledger keeps them.
#include "leat/ledger/job_rejects.hpp"

#include <array>

#include "ledger_bed.hpp"

using leat::Connection;
using leat::Parameter;
using leat::RejectsOf;

namespace {

std::vector<std::string> lines(Connection& session, RejectsOf which, const std::string& job = "nightly") {
  std::vector<std::string> found;
  session.begin();
  leat::read_rejects(session, job, which, [&](std::string_view line) { found.emplace_back(line); });
  session.commit();
  return found;
}

/// Rejects rows of these fields in a slice.
void reject(Connection& writer, const leat::JobLease& lease, std::int64_t slice,
            const std::vector<std::vector<Parameter>>& rows) {
  REQUIRE(leat::begin_slice(writer, lease, slice, std::chrono::seconds(1)) == leat::SliceBegin::begun);
  std::int64_t number = 0;
  for (const auto& row : rows) leat::keep_reject(writer, lease, slice, ++number, row);
  leat::end_slice(writer, lease, line_of(slice_of(slice), 0, 0));
}

}  // namespace

TEST_CASE("job rejects: rows are kept with their slice, and come as lines of CSV", "[postgres][server]") {
  LedgerBed bed;
  auto writer = connect_target();
  const auto lease = bed.start("nightly", 3);
  const auto other = bed.start("other", 1);
  reject(writer, lease, 2, {{"3", "a \"b\", \\ ü\n{c}", std::nullopt, "", "NULL"}, {"4"}});
  writer.rollback();
  CHECK(lines(bed.admin, RejectsOf::current_run).empty());
  reject(writer, lease, 2, {{"3", "a \"b\", \\ ü\n{c}", std::nullopt, "", "NULL"}, {"4"}});
  writer.commit();
  reject(writer, lease, 1, {{std::nullopt, "1"}, {std::nullopt, std::nullopt}});
  writer.commit();
  reject(writer, other, 1, {{"other"}});
  writer.commit();
  const std::vector<std::string> expected{",\"1\"", ",", "\"3\",\"a \"\"b\"\", \\ ü\n{c}\",,\"\",\"NULL\"",
                                          "\"4\""};
  CHECK(lines(bed.admin, RejectsOf::current_run) == expected);
  CHECK(lines(bed.admin, RejectsOf::current_run, "other") == std::vector<std::string>{"\"other\""});
  CHECK(leat::read_job(bed.admin, "nightly")->rejected == 4);
  static_cast<void>(bed.ledger().acquire(request_for("third")));
  CHECK(lines(bed.admin, RejectsOf::all_runs, "third").empty());
  bed.ledger().release(lease, "");
  CHECK(leat::forget_job(bed.admin, "nightly")->rejected == 4);
  CHECK(lines(bed.admin, RejectsOf::all_runs).empty());
  CHECK(lines(bed.admin, RejectsOf::all_runs, "other").size() == 1);
}

TEST_CASE("job rejects: those of discarded runs stay until they are dropped", "[postgres][server]") {
  LedgerBed bed;
  auto writer = connect_target();
  const auto lease = bed.start("nightly", 1);
  reject(writer, lease, 1, {{"old"}});
  writer.commit();
  std::vector<std::string> remarks;
  const auto next = bed.ledger().new_run(lease, remarks);
  CHECK(lines(bed.admin, RejectsOf::current_run).empty());
  CHECK(leat::read_job(bed.admin, "nightly")->rejected == 0);
  bed.ledger().store_plan(next, plan_of(1));
  reject(writer, next, 1, {{"new"}});
  writer.commit();
  CHECK(lines(bed.admin, RejectsOf::all_runs) == std::vector<std::string>{"\"old\"", "\"new\""});
  bed.ledger().hold(next, [&](Connection& session) { leat::drop_discarded_rejects(session, next); });
  CHECK(lines(bed.admin, RejectsOf::all_runs) == std::vector<std::string>{"\"new\""});
}

TEST_CASE("job rejects: a job that is held is not taken over, and one that is lost cannot be held",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 1);
  bed.expire("nightly");
  bed.ledger().hold(lease, [&](Connection&) {
    auto other = connect_target();
    other.execute("SET lock_timeout = '50ms'");
    check_error(
        [&] {
          try {
            static_cast<void>(leat::Ledger(other).acquire(request_for("nightly")));
          } catch (const leat::Error& error) {
            return error;
          }
          return leat::Error(leat::ErrorKind::config, "it was taken over");
        }(),
        leat::ErrorKind::target, "55P03");
  });
  static_cast<void>(bed.ledger().acquire(request_for("nightly")));
  bool was_used = false;
  try {
    bed.ledger().hold(lease, [&](Connection&) { was_used = true; });
  } catch (const leat::Error& error) {
    check_error(error, leat::ErrorKind::target, "55000");
  }
  CHECK_FALSE(was_used);
}

TEST_CASE("job rejects: a ledger from before there were any gets their table", "[postgres][server]") {
  LedgerBed bed;
  static_cast<void>(bed.start("nightly", 1));
  bed.sql("DROP TABLE leat_meta.job_rejects");
  CHECK(leat::read_job(bed.admin, "nightly")->rejected == 0);
  CHECK(lines(bed.admin, RejectsOf::all_runs).empty());
  bed.ledger().prepare();
  CHECK(bed.sql("SELECT to_regclass('leat_meta.job_rejects') IS NOT NULL") == "t");
  CHECK(leat::read_job(bed.admin, "nightly")->state == leat::JobState::running);
}
