// The ledger's tables: made by several at once, used by roles with few privileges, made by other leats.
#include <atomic>
#include <thread>

#include "ledger_bed.hpp"

using leat::ErrorKind;
using leat::Ledger;

namespace {

/// Two roles that may only log in.
class Roles {
 public:
  Roles() : admin_(connect_target()) {
    admin_.execute("CREATE ROLE etl LOGIN");
    admin_.execute("CREATE ROLE \"Other 'role\" LOGIN");
  }
  Roles(const Roles&) = delete;
  Roles& operator=(const Roles&) = delete;
  ~Roles() {
    admin_.execute_long("DROP SCHEMA IF EXISTS leat_meta CASCADE");
    for (const char* role : {"etl", "\"Other 'role\""}) {
      admin_.execute_long(std::string("DROP OWNED BY ") + role);
      admin_.execute(std::string("DROP ROLE ") + role);
    }
  }

 private:
  leat::Connection admin_;
};

constexpr const char* tables =
    "leat_meta.layouts, leat_meta.jobs, leat_meta.job_slices, leat_meta.job_ledger, leat_meta.job_sessions, "
    "leat_meta.job_rejects, leat_meta.job_workers, leat_meta.job_claims";

}  // namespace

TEST_CASE("ledger: many make its tables at once", "[postgres][server]") {
  LedgerBed bed;
  bed.sql("DROP SCHEMA leat_meta CASCADE");
  std::vector<leat::Connection> sessions;
  for (int i = 0; i < 6; ++i) sessions.push_back(connect_target());
  std::atomic<int> prepared = 0;
  {
    std::vector<std::jthread> threads;
    for (auto& session : sessions) {
      threads.emplace_back([&] {
        try {
          Ledger(session).prepare();
          ++prepared;
        } catch (const leat::Error&) {
        }
      });
    }
  }
  CHECK(prepared == 6);
  CHECK(bed.sql("SELECT version FROM leat_meta.layouts WHERE part = 'ledger'") == "2");
}

TEST_CASE("ledger: where there is none nothing is known, and nothing is made by looking",
          "[postgres][server]") {
  LedgerBed bed;
  bed.sql("DROP SCHEMA leat_meta CASCADE");
  CHECK(read_jobs(bed.admin).empty());
  CHECK_FALSE(read_job(bed.admin, "x"));
  CHECK_FALSE(forget_job(bed.admin, "x"));
  CHECK(bed.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0");
}

TEST_CASE("ledger: one that a newer leat has made, or of which a part is missing, is refused",
          "[postgres][server]") {
  LedgerBed bed;
  bed.sql("UPDATE leat_meta.layouts SET version = 3");
  check_error(error_of([&] { bed.ledger().prepare(); }), ErrorKind::target, "0A000",
              {"made by a newer leat: it has layout 3, and this one knows 2"});
  CHECK(error_of([&] { static_cast<void>(read_jobs(bed.admin)); }).sqlstate() == "0A000");
  bed.sql("UPDATE leat_meta.layouts SET version = 2");
  bed.sql("DROP TABLE leat_meta.job_ledger");
  check_error(error_of([&] { bed.ledger().prepare(); }), ErrorKind::target, "42P01", {"not complete"});
}

TEST_CASE("ledger: a role that may not make or use it is told what to grant", "[postgres][server]") {
  LedgerBed bed;
  const Roles roles;
  auto etl = connect_target("etl");
  auto other = connect_target("Other 'role");
  check_error(error_of([&] { static_cast<void>(read_jobs(other)); }), ErrorKind::target, "42501",
              {"may not read the ledger", "GRANT USAGE ON SCHEMA leat_meta TO \"Other 'role\""});
  bed.sql("GRANT USAGE ON SCHEMA leat_meta TO \"Other 'role\"");
  bed.sql(std::string("GRANT SELECT ON ") + tables + " TO \"Other 'role\"");
  CHECK(read_jobs(other).empty());
  check_error(error_of([&] { Ledger(other).prepare(); }), ErrorKind::target, "42501",
              {"may not change the ledger", "UPDATE"});
  bed.sql(std::string("GRANT INSERT, UPDATE, DELETE ON ") + tables + " TO \"Other 'role\"");
  Ledger(other).prepare();
  const auto lease = Ledger(other).acquire(request_for("theirs")).lease;
  Ledger(other).store_plan(lease, plan_of(2));
  auto writer = connect_target("Other 'role");
  register_session(writer, lease);
  do_slice(writer, lease, 1);
  do_slice(writer, lease, 2);
  writer.begin("ISOLATION LEVEL READ COMMITTED");
  Ledger(writer).finish(lease, "{}");
  writer.commit();
  CHECK(forget_job(other, "theirs"));

  bed.sql("DROP SCHEMA leat_meta CASCADE");
  check_error(error_of([&] { Ledger(etl).prepare(); }), ErrorKind::target, "42501",
              {"may not make the ledger", "GRANT CREATE ON DATABASE", "TO \"etl\""});
  CHECK(bed.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0");
  bed.sql("CREATE SCHEMA leat_meta AUTHORIZATION etl");
  Ledger(etl).prepare();
  CHECK(read_jobs(etl).empty());
}

TEST_CASE(
    "ledger: tables of a role that is not trusted are not used, but that of the loaded table's owner is",
    "[postgres][server]") {
  LedgerBed bed;
  const Roles roles;
  bed.sql("DROP SCHEMA leat_meta CASCADE");
  bed.sql("CREATE SCHEMA leat_meta AUTHORIZATION etl");
  auto etl = connect_target("etl");
  Ledger(etl).prepare();
  static_cast<void>(Ledger(etl).acquire(request_for("theirs")));
  check_error(error_of([&] { bed.ledger().prepare(); }), ErrorKind::target, "42501",
              {"belongs to the role \"etl\"", "ALTER SCHEMA leat_meta OWNER TO"});
  CHECK(error_of([&] { static_cast<void>(forget_job(bed.admin, "theirs")); }).sqlstate() == "42501");
  CHECK(read_jobs(bed.admin).size() == 1);
  bed.sql("CREATE TABLE owned (a int)");
  bed.sql("ALTER TABLE owned OWNER TO etl");
  const auto oid = std::stoul(bed.sql("SELECT 'owned'::regclass::oid::text"));
  bed.ledger().prepare(static_cast<leat::Oid>(oid));
}

TEST_CASE("ledger: sessions of another role that cannot be ended are told, and the takeover stands",
          "[postgres][server]") {
  LedgerBed bed;
  const Roles roles;
  bed.sql("GRANT USAGE ON SCHEMA leat_meta TO etl");
  bed.sql(std::string("GRANT SELECT, INSERT, UPDATE, DELETE ON ") + tables + " TO etl");
  const auto old_lease = bed.start("nightly", 1);
  auto old_writer = connect_target();  // a superuser
  register_session(old_writer, old_lease);
  bed.expire("nightly");
  for (const bool may_see : {false, true}) {
    if (may_see) bed.sql("GRANT pg_read_all_stats TO etl");
    auto etl = connect_target("etl");
    const auto job = Ledger(etl).acquire(request_for("nightly"));
    REQUIRE(job.remarks.size() == 1);
    INFO(job.remarks[0]);
    CHECK(job.remarks[0].find("session " + std::to_string(old_writer.backend_pid()) +
                              " of an earlier attempt " +
                              (may_see ? "could not be ended: " : "may be at work still")) == 0);
    CHECK(old_writer.execute("SELECT 1").rows() == 1);
    CHECK(error_of([&] {
            static_cast<void>(begin_slice(old_writer, old_lease, 1, std::chrono::seconds(1)));
          }).sqlstate() == "55000");
    Ledger(etl).release(job.lease, "");
  }
}
