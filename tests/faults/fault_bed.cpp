#include "fault_bed.hpp"

#include <poll.h>

#include <stdexcept>
#include <utility>

namespace leat::test {
namespace {

constexpr const char* sessions_of_clients =
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> "
    "'leat-test-sql'";

// Few rows sleep, each for so long that it matters little how exact a sleep is.
constexpr const char* make_source = R"(
CREATE FUNCTION slow(v text, id int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF id % 300 = 0 THEN PERFORM pg_sleep(0.005); END IF;
  RETURN v;
END $$;
CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 60000) i)";

// $$ stands for the job's name, quoted.
constexpr const char* ledger_complaint = R"(
SELECT concat_ws('; ',
  (SELECT 'the job is ' || state FROM leat_meta.jobs WHERE name = $$ AND state <> 'done'),
  (SELECT 'there is no such job' WHERE NOT EXISTS (SELECT FROM leat_meta.jobs WHERE name = $$)),
  (SELECT 'slice ' || slice || ': ' || what FROM (
     SELECT slice, CASE WHEN p.slice IS NULL THEN 'not planned' WHEN l.slice IS NULL THEN 'not done'
                        WHEN l.rows IS NULL THEN 'begun only' END AS what
     FROM (SELECT slice, run FROM leat_meta.job_slices WHERE job = $$) p
     FULL JOIN (SELECT slice, run, rows FROM leat_meta.job_ledger WHERE job = $$) l USING (slice, run)) s
   WHERE what IS NOT NULL ORDER BY slice LIMIT 1),
  (SELECT 'the ledger has ' || sum(rows) || ' rows' FROM leat_meta.job_ledger WHERE job = $$
   HAVING sum(rows) <> 60000),
  (SELECT relname || ' is left' FROM pg_class WHERE relname LIKE 'stage\_%' LIMIT 1)))";

std::string with_name(std::string sql, const std::string& name) {
  for (std::size_t at = 0; (at = sql.find("$$", at)) != std::string::npos;) {
    sql.replace(at, 2, "'" + name + "'");
  }
  return sql;
}

/// Nobody but the tests changes what a snapshot says, and a server gives up on nobody by itself.
PrivateServer::Options quiet() {
  return {.settings = {{"autovacuum", "off"}}};
}

}  // namespace

std::uint64_t random_to(std::mt19937_64& random, std::uint64_t most) {
  return std::uniform_int_distribution<std::uint64_t>(0, most)(random);
}

void pass_time(std::mt19937_64& random, std::chrono::milliseconds most) {
  ::poll(nullptr, 0, static_cast<int>(random_to(random, static_cast<std::uint64_t>(most.count()))));
}

PrivateServer& FaultBed::source() {
  static PrivateServer instance(quiet());
  return instance;
}

PrivateServer& FaultBed::target() {
  static PrivateServer instance(quiet());
  return instance;
}

void FaultBed::end_jobs() {
  for (const PrivateServer* server : {&source(), &target()}) {
    // Either may be down.
    if (server->postmaster_pid() == -1) continue;
    server->psql("postgres",
                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" +
                     std::string(application) + "'");
  }
}

FaultBed::FaultBed() {
  static const bool created = [] {
    source().create_database("src");
    target().create_database("dst");
    source().psql("src", make_source);
    source().psql("src", "VACUUM (FREEZE, ANALYZE) t");
    return true;
  }();
  static_cast<void>(created);
  reset_target();
}

std::string FaultBed::src(const std::string& sql) const {
  return without_line_break(source().psql("src", sql));
}
std::string FaultBed::dst(const std::string& sql) const {
  return without_line_break(target().psql("dst", "SET client_min_messages = error; " + sql));
}

void FaultBed::reset_target() const {
  dst("DROP SCHEMA IF EXISTS leat_meta CASCADE; DROP TABLE IF EXISTS t; "
      "CREATE TABLE t (id int PRIMARY KEY, v text)");
}

void FaultBed::add_old_rows(WriteMode mode) const {
  if (mode == WriteMode::append) return;
  dst("INSERT INTO t SELECT i * 3, 'old' FROM generate_series(1, 3000) i");
  if (mode == WriteMode::replace) dst("INSERT INTO t SELECT -i, 'old' FROM generate_series(1, 1000) i");
}

CopyTableOptions FaultBed::job(const std::string& name) const {
  return {.source = ConnectionFactory().resolve(source().uri("src")),
          .target = ConnectionFactory().resolve(target().uri("dst")),
          .table = {.from = "public.t", .map = {{"v", "slow(v, id)"}}},
          .stream = {.application_name = application, .batch_bytes = ByteCount{6U << 10U}},
          .delivery = {.job = name, .retries = 20},
          .readers = 2,
          .writers = 2,
          .slice_bytes = ByteCount{24U << 10U}};
}

void FaultBed::expire(const std::string& job) const {
  if (dst("SELECT to_regclass('leat_meta.jobs') IS NOT NULL") != "t") return;
  // What a process has sent before it was halted, the renewal of its lease among it, is done first.
  const bool is_quiet = becomes_true(patience, [this] {
    return dst("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> "
               "pg_backend_pid() AND datname = current_database() "
               "AND COALESCE(wait_event_type, '') NOT IN ('Client', 'Lock')") == "0";
  });
  REQUIRE(is_quiet);
  dst("UPDATE leat_meta.jobs SET lease_until = now() WHERE name = '" + job + "' AND lease_until IS NOT NULL");
}

void FaultBed::lose_snapshot() const {
  src("SELECT txid_current()");
}

void FaultBed::wait_for_slices(const std::string& job, int count, const std::function<bool()>& over) const {
  const bool reached = becomes_true(patience, [&] {
    if (over()) return true;
    if (dst("SELECT to_regclass('leat_meta.job_ledger') IS NOT NULL") != "t") return false;
    return std::stoi(dst("SELECT count(*) FROM leat_meta.job_ledger WHERE job = '" + job + "'")) >= count;
  });
  REQUIRE(reached);
}

std::string FaultBed::complaint(const std::string& job) const {
  std::string result = dst(with_name(ledger_complaint, job));
  const auto add = [&result](const std::string& more) { result += (result.empty() ? "" : "; ") + more; };
  const std::string twice = dst("SELECT count(*) - count(DISTINCT id) FROM t");
  if (twice != "0") add(twice + " rows are there twice");
  const std::string wanted = src(content("t"));
  const std::string found = dst(content("t"));
  if (found != wanted) {
    add("the content is ");
    result += found + " instead of " + wanted;
  }
  return result;
}

void FaultBed::check_delivered(const std::string& job) const {
  CHECK(complaint(job) == "");
  check_no_sessions();
}

void FaultBed::check_no_sessions() const {
  CHECK(becomes_true(patience, [this] { return src(sessions_of_clients) == "0"; }));
  CHECK(becomes_true(patience, [this] { return dst(sessions_of_clients) == "0"; }));
}

RunningJob::RunningJob(CopyTableOptions options)
    : running_([this, options = std::move(options)](
                   const std::stop_token& stop) { report_ = CopyTable(options).run(stop); },
               FaultBed::end_jobs) {}

JobReport RunningJob::report() {
  running_.wait(limit);
  return report_;
}

}  // namespace leat::test
