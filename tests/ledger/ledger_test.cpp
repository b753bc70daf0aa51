// Who works on a job, what its plan is, that it is done.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "ledger_bed.hpp"

using namespace std::chrono_literals;
using leat::EarlierRun;
using leat::ErrorKind;
using leat::forget_job;
using leat::JobLease;
using leat::JobOutcome;
using leat::JobState;
using leat::Ledger;
using leat::read_job;
using leat::SliceBegin;
using leat::SourceConsistency;

namespace {

/// Does all that finishes a job but the COMMIT.
void begin_finish(leat::Connection& publisher, const JobLease& lease, const std::string& report = "{}") {
  publisher.begin("ISOLATION LEVEL READ COMMITTED");
  Ledger(publisher).finish(lease, report);
}

}  // namespace

TEST_CASE("ledger: a job that is not known is made, and another attempt is refused while it is live",
          "[postgres][server]") {
  LedgerBed bed;
  const auto job = bed.ledger().acquire(request_for("nightly"));
  CHECK(job.outcome == JobOutcome::created);
  CHECK(job.lease == JobLease{.job = "nightly", .run = 1, .epoch = 1});
  CHECK(job.record.is_live);
  CHECK_FALSE(job.record.has_plan);
  CHECK(job.remarks.empty());
  auto other = connect_target();
  auto request = request_for("nightly");
  request.holder = "somebody else";
  check_error(error_of([&] { static_cast<void>(Ledger(other).acquire(request)); }), ErrorKind::target,
              "55006",
              {"job \"nightly\" is at work: host db1, process 4711, user etl has it until 20", "s from now",
               "wait for its end"});
  request.earlier = EarlierRun::restart;
  CHECK(error_of([&] { static_cast<void>(Ledger(other).acquire(request)); }).sqlstate() == "55006");
  CHECK(other.is_idle());
  CHECK(read_job(other, "nightly")->epoch == 1);
}

TEST_CASE("ledger: many that want a new job at once, one gets it", "[postgres][server]") {
  LedgerBed bed;
  std::vector<leat::Connection> sessions;
  for (int i = 0; i < 6; ++i) sessions.push_back(connect_target());
  std::atomic<int> taken = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (auto& session : sessions) {
      threads.emplace_back([&] {
        try {
          static_cast<void>(Ledger(session).acquire(request_for("wanted")));
          ++taken;
        } catch (const leat::Error& error) {
          if (error.sqlstate() == "55006") ++refused;
        }
      });
    }
  }
  CHECK(taken == 1);
  CHECK(refused == 5);
}

TEST_CASE("ledger: a lease that has run out is taken over, and the old attempt's session is ended",
          "[postgres][server]") {
  LedgerBed bed;
  const auto old_lease = bed.start("nightly", 3);
  auto old_writer = connect_target();
  register_session(old_writer, old_lease);
  do_slice(old_writer, old_lease, 1, 7);
  const int old_backend = old_writer.backend_pid();
  auto idle = connect_target();  // of the same process, not registered
  bed.expire("nightly");

  const auto job = bed.ledger().acquire(request_for("nightly"));
  CHECK(job.outcome == JobOutcome::resumed);
  CHECK(job.lease == JobLease{.job = "nightly", .run = 1, .epoch = 2});
  CHECK(job.record.slices == 3);
  CHECK(job.record.slices_done == 1);
  CHECK(job.record.rows == 7);
  CHECK(job.record.bytes == 70);
  CHECK(eventually([&] { return !backend_exists(bed.admin, old_backend); }));
  CHECK(backend_exists(bed.admin, idle.backend_pid()));
  check_refused([&] { bed.ledger().renew(old_lease, 60s); },
                {"job \"nightly\" is not this attempt's any more: it was taken over by host db1"});
  check_refused([&] { register_session(idle, old_lease); });
}

TEST_CASE(
    "ledger: a lease of no duration may be taken over at once, a longer one after it is renewed may not",
    "[postgres][server]") {
  LedgerBed bed;
  auto request = request_for("brief");
  request.lease = 0ms;
  static_cast<void>(bed.ledger().acquire(request));
  const auto second = bed.ledger().acquire(request);
  CHECK(second.lease.epoch == 2);
  bed.ledger().renew(second.lease, 60s);
  CHECK(error_of([&] { static_cast<void>(bed.ledger().acquire(request)); }).sqlstate() == "55006");
  request.lease = -1ms;
  CHECK(error_of([&] { static_cast<void>(bed.ledger().acquire(request)); }).kind() == ErrorKind::config);
}

TEST_CASE("ledger: a job whose sessions are gone is taken at once, and one that is attended to is not",
          "[postgres][server]") {
  LedgerBed bed;
  auto dead = connect_target();
  const auto lease = Ledger(dead).acquire(request_for("nightly")).lease;
  CHECK(error_of([&] { static_cast<void>(bed.ledger().acquire(request_for("nightly"))); }).sqlstate() ==
        "55006");
  auto writer = connect_target();
  register_session(writer, lease);
  const int attending = dead.backend_pid();
  const int writing = writer.backend_pid();
  SECTION("the one that attends is left") {
    writer.abort();
    REQUIRE(eventually([&] { return !backend_exists(bed.admin, writing); }));
    CHECK(read_job(bed.admin, "nightly")->is_live);
  }
  SECTION("a writer is left") {
    dead.abort();
    REQUIRE(eventually([&] { return !backend_exists(bed.admin, attending); }));
    CHECK(read_job(bed.admin, "nightly")->is_live);
    SECTION("and a session that takes the place of the first one") {
      auto next = connect_target();
      Ledger(next).attend(lease);
      writer.abort();
      REQUIRE(eventually([&] { return !backend_exists(bed.admin, writing); }));
      CHECK(read_job(bed.admin, "nightly")->is_live);
      return;
    }
  }
  dead.abort();
  writer.abort();
  REQUIRE(eventually(
      [&] { return !backend_exists(bed.admin, attending) && !backend_exists(bed.admin, writing); }));
  CHECK_FALSE(read_job(bed.admin, "nightly")->is_live);
  CHECK(bed.ledger().acquire(request_for("nightly")).outcome == JobOutcome::resumed);
  check_refused([&] { bed.ledger().renew(lease, 60s); });
}

TEST_CASE("ledger: a job that was given up is taken at once, and tells why it failed", "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 2);
  bed.ledger().release(lease, "the disk is full: \"'\\ ä");
  CHECK(read_job(bed.admin, "nightly")->state == JobState::failed);
  CHECK_THROWS_AS(bed.ledger().renew(lease, 60s), leat::Error);
  const auto again = bed.ledger().acquire(request_for("nightly"));
  CHECK(again.outcome == JobOutcome::resumed);
  CHECK(again.record.error == "the disk is full: \"'\\ ä");
  CHECK_FALSE(again.record.will_retry);
  bed.ledger().release(lease, "too late");  // it is another attempt's
  CHECK(read_job(bed.admin, "nightly")->is_live);
}

TEST_CASE("ledger: whoever gives a job up may announce another attempt, which keeps nobody from it",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 2);
  bed.ledger().release(lease, "its connection was lost", 60s);
  CHECK(read_job(bed.admin, "nightly")->will_retry);
  CHECK_FALSE(read_job(bed.admin, "nightly")->is_live);
  bed.sql("UPDATE leat_meta.jobs SET lease_until = now() - interval '1 s'");
  CHECK_FALSE(read_job(bed.admin, "nightly")->will_retry);
  const auto again = bed.ledger().acquire(request_for("nightly"));
  CHECK(again.outcome == JobOutcome::resumed);
  CHECK_FALSE(again.record.will_retry);
}

TEST_CASE("ledger: another command under the same name is refused, and what differs is said",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 2);
  auto writer = connect_target();
  do_slice(writer, lease, 1);
  bed.ledger().release(lease, "");
  auto request = request_for("nightly");
  request.description = R"({"mode": "replace", "from": "public.t"})";
  request.hash = "h2";
  check_error(error_of([&] { static_cast<void>(bed.ledger().acquire(request)); }), ErrorKind::config, "",
              {R"(job "nightly" was begun by another command: mode: "append" -> "replace" |)", ".restart"});
  CHECK(read_job(bed.admin, "nightly")->epoch == 1);

  request.earlier = EarlierRun::restart;
  const auto job = bed.ledger().acquire(request);
  CHECK(job.outcome == JobOutcome::restarted);
  CHECK(job.lease == JobLease{.job = "nightly", .run = 2, .epoch = 2});
  CHECK(job.record.slices == 0);
  CHECK(job.record.slices_done == 0);
  CHECK_FALSE(job.record.has_plan);
  CHECK(bed.sql("SELECT count(*) FROM leat_meta.job_slices") == "0");
  CHECK(bed.sql("SELECT count(*) FROM leat_meta.job_ledger") == "0");
  bed.ledger().release(job.lease, "");
  request.earlier = EarlierRun::resume;
  CHECK(bed.ledger().acquire(request).outcome == JobOutcome::resumed);
}

TEST_CASE("ledger: a restart does not wait for a session that still commits a slice", "[postgres][server]") {
  LedgerBed bed;
  const auto old_lease = bed.start("nightly", 1);
  auto writer = connect_target();
  REQUIRE(begin_slice(writer, old_lease, 1, 1s) == SliceBegin::begun);
  end_slice(writer, old_lease, line_of(slice_of(1), 1, 1));
  bed.expire("nightly");
  auto impatient = leat::Connection::open(TestServer::instance().target(),
                                          {.side = ErrorKind::target, .lock_timeout = 50ms});
  auto request = request_for("nightly");
  request.earlier = EarlierRun::restart;
  const auto job = Ledger(impatient).acquire(request);
  REQUIRE(job.remarks.size() == 1);
  CHECK(job.remarks[0].find("what a discarded run has left could not be removed") == 0);
  CHECK(job.record.slices == 0);
  writer.commit();
  Ledger(impatient).store_plan(job.lease, plan_of(1));
  CHECK(read_job(bed.admin, "nightly")->slices_done == 0);
  CHECK(error_of([&] { Ledger(impatient).require_complete(job.lease); }).sqlstate() == "55000");
  do_slice(writer, job.lease, 1);
  Ledger(impatient).require_complete(job.lease);
}

TEST_CASE("ledger: a new run discards plan, ledger and staging table", "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 2);
  auto writer = connect_target();
  do_slice(writer, lease, 1);
  const auto staging = bed.ledger().name_staging(lease);
  CHECK(staging == bed.ledger().name_staging(lease));
  bed.admin.execute("CREATE TABLE " + staging.sql() + " (a int)");
  bed.ledger().set_source(lease, "00000003-0000001B-1", SourceConsistency::several_snapshots);
  auto record = *read_job(bed.admin, "nightly");
  CHECK(record.staging == staging);
  CHECK(record.source_snapshot == "00000003-0000001B-1");
  CHECK_FALSE(record.is_consistent);

  std::vector<std::string> remarks;
  const auto next = bed.ledger().new_run(lease, remarks);
  CHECK(next == JobLease{.job = "nightly", .run = 2, .epoch = 1});
  CHECK(remarks.empty());
  CHECK(bed.sql("SELECT to_regclass('" + staging.sql() + "') IS NULL") == "t");
  record = *read_job(bed.admin, "nightly");
  CHECK(record.is_consistent);
  CHECK(record.source_snapshot.empty());
  CHECK_FALSE(record.staging);
  CHECK(bed.ledger().read_plan(next).empty());
  CHECK(bed.sql("SELECT count(*) FROM leat_meta.job_ledger") == "0");
  CHECK(bed.ledger().name_staging(next) != staging);
  check_refused([&] { static_cast<void>(bed.ledger().name_staging(lease)); }, {"it was begun anew"});
}

TEST_CASE("ledger: a staging table that cannot be dropped now is dropped by the next attempt",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 2);
  const auto staging = bed.ledger().name_staging(lease);
  bed.admin.execute("CREATE TABLE " + staging.sql() + " (a int)");
  auto reader = connect_target();
  reader.begin();
  reader.execute("SELECT * FROM " + staging.sql());
  bed.coordinator.execute("SET lock_timeout = 50");
  std::vector<std::string> remarks;
  const auto next = bed.ledger().new_run(lease, remarks);
  REQUIRE(remarks.size() == 1);
  CHECK(bed.sql("SELECT to_regclass('" + staging.sql() + "') IS NULL") == "f");
  reader.rollback();
  bed.ledger().release(next, "");
  CHECK(bed.ledger().acquire(request_for("nightly")).remarks.empty());
  CHECK(bed.sql("SELECT to_regclass('" + staging.sql() + "') IS NULL") == "t");
}

TEST_CASE("ledger: a table that is none of leat's is never taken for a staging table", "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 1);
  bed.sql("CREATE TABLE leat_meta.precious (a int)");
  bed.sql("UPDATE leat_meta.jobs SET discarded = '{precious,\"stage_1; x\"}'");
  std::vector<std::string> remarks;
  const auto next = bed.ledger().new_run(lease, remarks);
  CHECK(remarks.size() == 2);
  CHECK(bed.sql("SELECT to_regclass('leat_meta.precious') IS NULL") == "f");
  bed.ledger().release(next, "");
  CHECK_THROWS_AS(forget_job(bed.admin, "nightly"), leat::Error);
  bed.admin.rollback();
}

TEST_CASE("ledger: a plan of many thousand slices comes back as it was", "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.ledger().acquire(request_for("big")).lease;
  auto plan = plan_of(20000);
  plan[7].definition = R"({"key": "it's \"ä\" {,} \\ NULL"})";
  bed.ledger().store_plan(lease, plan);
  auto writer = connect_target();
  do_slice(writer, lease, 2, 5);
  plan[1].is_done = true;
  plan[1].rows = 5;
  plan[1].bytes = 50;
  CHECK(bed.ledger().read_plan(lease) == plan);
  check_refused([&] { bed.ledger().store_plan(lease, plan_of(1)); }, {"has a plan already"});
}

TEST_CASE("ledger: a slice that is not done is cut; one that is done, or is being committed, is not",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 2);
  auto writer = connect_target();
  const auto head = slice_of(1, R"({"to": 10})");
  const std::string rest = R"({"from": 10})";
  REQUIRE(begin_slice(writer, lease, 1, 1s) == SliceBegin::begun);  // while it runs
  CHECK(bed.ledger().cut(lease, head, rest) == 3);
  const auto plan = bed.ledger().read_plan(lease);
  REQUIRE(plan.size() == 3);
  CHECK(plan[0] == head);
  CHECK(plan[2] == slice_of(3, rest));
  end_slice(writer, lease, line_of(head, 1, 1));
  CHECK_FALSE(bed.ledger().cut(lease, slice_of(1, R"({"to": 5})"), "{}"));
  writer.commit();
  CHECK_FALSE(bed.ledger().cut(lease, slice_of(1, R"({"to": 5})"), "{}"));
  CHECK(bed.ledger().read_plan(lease).size() == 3);
  CHECK(error_of([&] { static_cast<void>(bed.ledger().cut(lease, slice_of(9), "{}")); }).sqlstate() ==
        "55000");
}

TEST_CASE("ledger: slices that are cut at the same time get numbers of their own", "[postgres][server]") {
  LedgerBed bed;
  constexpr std::int64_t slices = 8;
  const auto lease = bed.start("nightly", slices);
  std::mutex mutex;
  std::set<std::int64_t> numbers;
  {
    std::vector<std::jthread> threads;
    for (std::int64_t slice = 1; slice <= slices; ++slice) {
      threads.emplace_back([&, slice] {
        auto session = connect_target();
        for (int i = 0; i < 10; ++i) {
          const auto number = Ledger(session).cut(lease, slice_of(slice), "{}");
          const std::lock_guard lock(mutex);
          numbers.insert(number.value_or(-1));
        }
      });
    }
  }
  CHECK(numbers.size() == 10 * slices);
  CHECK(*numbers.begin() == slices + 1);
  CHECK(*numbers.rbegin() == 11 * slices);
}

TEST_CASE("ledger: an attempt that does not know of a cut cannot commit the whole slice",
          "[postgres][server]") {
  LedgerBed bed;
  const auto old_lease = bed.start("nightly", 1);
  auto writer = connect_target();
  REQUIRE(begin_slice(writer, old_lease, 1, 1s) == SliceBegin::begun);
  CHECK(bed.ledger().cut(old_lease, slice_of(1, R"({"to": 10})"), "{}") == 2);
  check_refused([&] { end_slice(writer, old_lease, line_of(slice_of(1), 1, 1)); },
                {"slice 1 of job \"nightly\" was cut meanwhile"});
}

TEST_CASE("ledger: a job is done when all slices of its plan are, together with what publishes it",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 3);
  auto writer = connect_target();
  do_slice(writer, lease, 1);
  do_slice(writer, lease, 3);
  auto publisher = connect_target();
  check_refused([&] { begin_finish(publisher, lease); },
                {"job \"nightly\" is not complete: 2 of 3 slices are done"});
  publisher.rollback();
  do_slice(writer, lease, 2);
  bed.ledger().require_complete(lease);

  begin_finish(publisher, lease, R"({"rows_read": 3})");
  publisher.rollback();
  CHECK_FALSE(bed.ledger().was_finished(lease));
  CHECK(read_job(bed.admin, "nightly")->is_live);

  begin_finish(publisher, lease, R"({"rows_read": 3})");
  publisher.commit();
  CHECK(bed.ledger().was_finished(lease));
  const auto again = bed.ledger().acquire(request_for("nightly"));
  CHECK(again.outcome == JobOutcome::already_done);
  CHECK(again.record.report == R"({"rows_read": 3})");
  CHECK(again.record.epoch == 1);
  CHECK_FALSE(again.record.finished_at.empty());

  auto request = request_for("nightly");
  request.earlier = EarlierRun::restart;
  const auto restarted = bed.ledger().acquire(request);
  CHECK(restarted.lease.run == 2);
  CHECK(restarted.record.report.empty());
  CHECK(restarted.record.finished_at.empty());
}

TEST_CASE("ledger: an empty plan is done at once, but a job without a plan is not", "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.ledger().acquire(request_for("empty")).lease;
  check_refused([&] { bed.ledger().require_complete(lease); }, {"it has no plan"});
  bed.ledger().store_plan(lease, {});
  bed.ledger().require_complete(lease);
}

TEST_CASE("ledger: slices that are not in the plan keep a job from being done", "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 1);
  auto writer = connect_target();
  do_slice(writer, lease, 1);
  bed.sql("INSERT INTO leat_meta.job_ledger VALUES ('nightly', 1, 9, 1, 1, 1)");
  check_refused([&] { bed.ledger().require_complete(lease); }, {"1 that are done are not in the plan"});
  REQUIRE(begin_slice(writer, lease, 7, 1s) == SliceBegin::begun);
  check_refused([&] { end_slice(writer, lease, line_of(slice_of(7), 1, 1)); },
                {"slice 7 of job \"nightly\" is not in its plan"});
}

TEST_CASE("ledger: a stale attempt does not publish, and a publication is not taken over while it commits",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 1);
  auto publisher = connect_target();
  do_slice(publisher, lease, 1);
  begin_finish(publisher, lease);
  JobOutcome outcome = JobOutcome::created;
  auto other = connect_target();
  while_it_waits(
      bed, other, [&] { outcome = Ledger(other).acquire(request_for("nightly")).outcome; },
      [&] { publisher.commit(); });
  CHECK(outcome == JobOutcome::already_done);

  const auto second = bed.start("other", 1);
  do_slice(publisher, second, 1);
  static_cast<void>(bed.take_over("other"));
  check_refused([&] { begin_finish(publisher, second); }, {"taken over"});
}

TEST_CASE("ledger: a job is finished in no other transaction than a READ COMMITTED one",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 0);
  CHECK(error_of([&] { bed.ledger().finish(lease, "{}"); }).kind() == ErrorKind::config);
  bed.coordinator.begin("ISOLATION LEVEL REPEATABLE READ");
  CHECK(error_of([&] { bed.ledger().finish(lease, "{}"); }).kind() == ErrorKind::config);
  CHECK(error_of([&] { bed.ledger().renew(lease, 60s); }).kind() == ErrorKind::config);
}

TEST_CASE("ledger: a publication whose COMMIT is in doubt is asked for, and the answer waits for its end",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 0);
  auto publisher = connect_target();
  begin_finish(publisher, lease);
  bool is_done = false;
  while_it_waits(
      bed, bed.coordinator, [&] { is_done = bed.ledger().was_finished(lease); }, [&] { publisher.commit(); });
  CHECK(is_done);
}

TEST_CASE("ledger: jobs of odd names, and names that no job may have", "[postgres][server]") {
  LedgerBed bed;
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "ä";
  const std::vector<std::string> names{"Ω'\"; DROP TABLE x; --", "$1 %s \\ {a,b}", "a b", "A", "a", wide};
  auto writer = connect_target();
  for (const auto& name : names) {
    const auto lease = bed.start(name, 2);
    register_session(writer, lease);
    do_slice(writer, lease, 2);
    bed.ledger().release(lease, "");
  }
  const auto jobs = read_jobs(bed.admin);
  CHECK(jobs.size() == names.size());
  for (const auto& name : names) {
    REQUIRE(read_job(bed.admin, name));
    CHECK(read_job(bed.admin, name)->slices_done == 1);
    CHECK(forget_job(bed.admin, name)->name == name);
    writer = connect_target();
  }
  CHECK(read_jobs(bed.admin).empty());
  for (const std::string& name : {std::string(), std::string("a\nb"), wide + "x", std::string("\x7f")}) {
    CHECK(error_of([&] { static_cast<void>(bed.ledger().acquire(request_for(name))); }).kind() ==
          ErrorKind::config);
  }
  CHECK(error_of([&] { static_cast<void>(bed.ledger().acquire(request_for("\xff"))); }).sqlstate() ==
        "22021");
  CHECK(read_jobs(bed.admin).empty());
}

TEST_CASE("ledger: a job is forgotten with its staging table, but not while it is at work",
          "[postgres][server]") {
  LedgerBed bed;
  const auto lease = bed.start("nightly", 2);
  const auto staging = bed.ledger().name_staging(lease);
  bed.admin.execute("CREATE TABLE " + staging.sql() + " (a int)");
  auto writer = connect_target();
  register_session(writer, lease);
  do_slice(writer, lease, 1);
  check_error(error_of([&] { static_cast<void>(forget_job(bed.admin, "nightly")); }), ErrorKind::target,
              "55006", {"job \"nightly\" is at work: host db1"});
  bed.expire("nightly");
  const auto kept = bed.start("kept", 1);
  REQUIRE(begin_slice(writer, lease, 2, 1s) == SliceBegin::begun);

  const auto gone = forget_job(bed.admin, "nightly");
  REQUIRE(gone);
  CHECK(gone->staging == staging);
  CHECK(gone->slices_done == 1);
  CHECK_FALSE(read_job(bed.admin, "nightly"));
  CHECK(bed.sql("SELECT to_regclass('" + staging.sql() + "') IS NULL") == "t");
  CHECK(bed.sql("SELECT count(*) FROM leat_meta.job_ledger") == "0");
  CHECK(bed.sql("SELECT count(*) FROM leat_meta.job_slices") == "1");
  CHECK_THROWS_AS(writer.commit(), leat::Error);  // its session was ended
  check_refused([&] { bed.ledger().renew(lease, 60s); }, {"it was forgotten"});
  bed.ledger().renew(kept, 60s);
  CHECK_FALSE(forget_job(bed.admin, "nightly"));
}

TEST_CASE("ledger: a stop request ends a wait for a job", "[postgres][server]") {
  LedgerBed bed;
  static_cast<void>(bed.start("nightly", 0));
  bed.admin.begin();
  bed.sql("SELECT * FROM leat_meta.jobs FOR UPDATE");
  auto observer = connect_target();
  auto waiting = connect_target();
  std::stop_source stop;
  const std::jthread stopper([&, pid = waiting.backend_pid()] {
    waits_for_lock(observer, pid);
    stop.request_stop();
  });
  CHECK_THROWS_AS(Ledger(waiting).acquire(request_for("nightly"), stop.get_token()), leat::Stopped);
  bed.admin.rollback();
}
