// A job knows its source by the server and the database, whatever they are called.
#include <algorithm>
#include <string>

#include "guest.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "leat/jobs/job_registry.hpp"
#include "modes.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A database that has the source's tables with the same numbers, and other rows.
class Twin {
 public:
  Twin() {
    Bed::server().psql("postgres", "DROP DATABASE IF EXISTS twin");
    Bed::server().psql("postgres",
                       "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'src'");
    Bed::server().psql("postgres", "CREATE DATABASE twin TEMPLATE src");
    Bed::server().psql("twin", "UPDATE t SET v = 'of the twin'");
  }
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;
  ~Twin() { Bed::server().psql("postgres", "DROP DATABASE twin WITH (FORCE)"); }

  [[nodiscard]] ResolvedConnection source() const {
    return ConnectionFactory().resolve(Bed::server().uri("twin"));
  }
};

CopyTableOptions interrupted_job(const Bed& bed, WriteMode mode, OnLostSnapshot on_lost_snapshot,
                                 const ResolvedConnection* source = nullptr) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, 8000) i");
  bed.src("VACUUM t");
  auto options = bed.copy();
  if (source != nullptr) options.source = *source;
  options.mode = mode;
  options.delivery = {.job = "nightly", .on_lost_snapshot = on_lost_snapshot};
  options.readers = 2;
  options.writers = 2;
  options.slice_bytes = ByteCount{3U << 13U};
  bed.dst("ALTER TABLE t ADD CONSTRAINT no CHECK (id <> 6000)");
  check_error(error_of(options), ErrorKind::target, "23514");
  bed.dst("ALTER TABLE t DROP CONSTRAINT no");
  return options;
}

bool has_finding(const JobPlan& plan, const std::string& code) {
  return std::any_of(plan.findings.begin(), plan.findings.end(),
                     [&code](const Finding& finding) { return finding.code == code; });
}

}  // namespace

TEST_CASE("job source: another name for it makes no difference", "[server][sql]") {
  const Bed bed;
  auto options = interrupted_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  const std::string label = options.source.label;
  SECTION("of the program's") {
    options.source.label = "the shop";
  }
  SECTION("several hosts, of which one answers") {
    const std::string host(options.source.target.get("host"));
    const std::string port(options.source.target.get("port"));
    options.source.target.set("host", "/nowhere," + host);
    options.source.target.set("port", port + "," + port);
    options.source.label = options.source.target.describe();
  }
  const JobReport report = CopyTable(options).run();
  INFO(report.source);
  CHECK(report.slices_done + report.slices_skipped == report.slices_total);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  CHECK(report.source.find("dbname=src") != std::string::npos);
  CHECK(report.source.find("nowhere") == std::string::npos);
  const JobReport again = CopyTable(options).run();
  CHECK(again.slices_skipped == again.slices_total);
  CHECK(again.source.find("dbname=src") != std::string::npos);
}

TEST_CASE("job source: another one under the same name is refused before anything happens", "[server][sql]") {
  const Bed bed;
  const bool is_straight = GENERATE(true, false);
  auto options = interrupted_job(bed, is_straight ? WriteMode::append : WriteMode::replace,
                                 is_straight ? OnLostSnapshot::carry_on : OnLostSnapshot::redo);
  const auto own = options.source;
  const bool is_done = GENERATE(false, true);
  if (is_done) CopyTable(options).run();
  const std::string stands = bed.dst(content("t"));
  const std::string ledger = bed.dst(content("leat_meta.jobs"));
  const Twin twin;
  options.source = twin.source();
  options.source.label = own.label;  // as with services of one name in two files
  const Error error = error_of(options);
  INFO(error.what());
  CHECK(error.kind() == ErrorKind::config);
  for (const char* name : {"nightly", "dbname=src", "dbname=twin"}) {
    CHECK(std::string(error.what()).find(name) != std::string::npos);
  }
  CHECK(has_finding(CopyTable(options).plan(), "job_taken"));
  CHECK(bed.dst(content("t")) == stands);
  CHECK(bed.dst(content("leat_meta.jobs")) == ledger);
  options.delivery.job = "of the twin";
  options.mode = WriteMode::replace;
  CopyTable(options).run();
  CHECK(bed.dst("SELECT count(*) FROM t WHERE v = 'of the twin'") == "8000");
}

TEST_CASE("job source: what a release began that knew it by its label is gone on with", "[server][sql]") {
  const Bed bed;
  const auto options = interrupted_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  const auto session = jobs_detail::connect(options.source, ErrorKind::source, options.stream, {});
  const auto request = jobs_detail::job_request(
      options,
      jobs_detail::job_source(options.source, session.get(), jobs_detail::survey_server(*session, {})));
  bed.dst("UPDATE leat_meta.jobs SET description_hash = '" + request.earlier_hashes.at(0) + "'");
  auto other = options;
  other.source.label = "the shop";
  const Error error = error_of(other);
  CHECK(error.kind() == ErrorKind::config);
  const JobReport report = CopyTable(options).run();
  CHECK(report.slices_skipped > 0);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  CHECK(CopyTable(other).run().slices_done == 0);
}

TEST_CASE("job source: a server that may not tell which one it is, is known by its place", "[server][sql]") {
  const Bed bed;
  const Guest guest(bed);
  bed.src(
      "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO guest; REVOKE EXECUTE ON FUNCTION "
      "pg_control_system() FROM PUBLIC");
  const auto source = Guest::connection("src");
  auto options = interrupted_job(bed, WriteMode::append, OnLostSnapshot::carry_on, &source);
  const Twin twin;
  auto other = options;
  other.source = ConnectionFactory().resolve(Bed::server().uri("twin") + "&user=guest");
  other.source.label = options.source.label;
  const Error error = error_of(other);
  CHECK(error.kind() == ErrorKind::config);
  for (const char* name : {"nightly", "dbname=src", "dbname=twin"}) {
    INFO(error.what());
    CHECK(std::string(error.what()).find(name) != std::string::npos);
  }
  options.source.label = "the shop";
  const JobReport report = CopyTable(options).run();
  CHECK(report.slices_skipped > 0);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  bed.src("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC");
}
