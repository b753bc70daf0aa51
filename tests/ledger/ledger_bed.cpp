#include "ledger_bed.hpp"

#include <array>
#include <thread>

using namespace std::chrono_literals;
using leat::Connection;

Connection connect_target(const std::string& user) {
  auto target = TestServer::instance().target();
  if (!user.empty()) target.set("user", user);
  return Connection::open(target, {.side = leat::ErrorKind::target});
}

LedgerBed::LedgerBed(leat::ConnectionTarget target)
    : admin(connect_target()), coordinator(Connection::open(target, {.side = leat::ErrorKind::target})) {
  sql("DROP SCHEMA IF EXISTS leat_meta CASCADE");
  ledger().prepare();
}

LedgerBed::~LedgerBed() {
  coordinator.abort();
  admin.rollback();
  admin.execute_long("DROP SCHEMA IF EXISTS leat_meta CASCADE");
}

std::string LedgerBed::sql(const std::string& text) {
  const auto result = admin.execute(text);
  return result.columns() == 0 || result.empty() ? "" : std::string(result.text(0, 0));
}

leat::JobLease LedgerBed::start(const std::string& job, std::int64_t slices) {
  const auto lease = ledger().acquire(request_for(job)).lease;
  ledger().store_plan(lease, plan_of(slices));
  return lease;
}

void LedgerBed::expire(const std::string& job) {
  const std::array<leat::Parameter, 1> name{job};
  admin.execute("UPDATE leat_meta.jobs SET lease_until = now() - interval '1 second' WHERE name = $1", name);
}

leat::JobLease LedgerBed::take_over(const std::string& job) {
  expire(job);
  return ledger().acquire(request_for(job)).lease;
}

leat::JobRequest request_for(const std::string& job) {
  return {.job = job,
          .description = R"({"mode": "append", "from": "public.t"})",
          .hash = "h1",
          .holder = "host db1, process 4711, user etl"};
}

leat::PlannedSlice slice_of(std::int64_t number, const std::string& definition) {
  return {.number = number,
          .definition = definition.empty() ? "{\"slice\": " + std::to_string(number) + "}" : definition};
}

std::vector<leat::PlannedSlice> plan_of(std::int64_t count) {
  std::vector<leat::PlannedSlice> plan;
  for (std::int64_t i = 1; i <= count; ++i) plan.push_back(slice_of(i));
  return plan;
}

leat::LedgerLine line_of(const leat::PlannedSlice& slice, std::int64_t rows, std::int64_t bytes) {
  return {.number = slice.number, .definition = slice.definition, .rows = rows, .bytes = bytes};
}

void do_slice(Connection& writer, const leat::JobLease& lease, std::int64_t slice, std::int64_t rows) {
  REQUIRE(begin_slice(writer, lease, slice, 5s) == leat::SliceBegin::begun);
  end_slice(writer, lease, line_of(slice_of(slice), rows, rows * 10));
  writer.commit();
}

bool waits_for_lock(Connection& observer, int pid) {
  const std::array<leat::Parameter, 1> parameters{std::to_string(pid)};
  return eventually([&] {
    return !observer
                .execute("SELECT 1 FROM pg_stat_activity WHERE pid = $1::int AND wait_event_type = 'Lock'",
                         parameters)
                .empty();
  });
}

void while_it_waits(LedgerBed& bed, const Connection& session, const std::function<void()>& call,
                    const std::function<void()>& meanwhile) {
  const int pid = session.backend_pid();
  const std::jthread waiting(call);
  CHECK(waits_for_lock(bed.admin, pid));
  meanwhile();
}

void check_error(const leat::Error& error, leat::ErrorKind kind, const std::string& sqlstate,
                 const std::vector<std::string>& words) {
  INFO(error.what() << "\ndetail: " << error.detail() << "\nhint: " << error.hint());
  CHECK(error.kind() == kind);
  CHECK(error.sqlstate() == sqlstate);
  const std::string text =
      std::string(error.what()) + " | " + std::string(error.detail()) + " | " + std::string(error.hint());
  for (const auto& word : words) {
    INFO(word);
    CHECK(text.find(word) != std::string::npos);
  }
}

void check_refused(const std::function<void()>& call, const std::vector<std::string>& words) {
  check_error(error_of(call), leat::ErrorKind::target, "55000", words);
}
