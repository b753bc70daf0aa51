// Many tables in a snapshot that somebody else holds, and what runs before each of their commits.
#include <algorithm>
#include <mutex>

#include "bed.hpp"
#include "leat/jobs/copy_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

CopyTablesOptions snapshot_copy_of(std::vector<std::string> include) {
  const ConnectionFactory connections;
  return {.source = connections.resolve(Bed::server().uri("src")),
          .target = connections.resolve(Bed::server().uri("dst")),
          .include = std::move(include)};
}

}  // namespace

TEST_CASE("many tables: a snapshot of the caller's own is what is listed and read", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE a (id int); CREATE TABLE b (id int)");
  bed.src("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)");
  Connection holder = Connection::open(ConnectionTarget::parse(Bed::server().uri("src")), {});
  holder.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY");
  auto options = snapshot_copy_of({"*"});
  options.snapshot = holder.execute("SELECT pg_export_snapshot()").text(0, 0);
  bed.src("INSERT INTO a VALUES (2); CREATE TABLE later (id int)");
  const CopyTablesReport report = CopyTables(options).run();
  CHECK(report.status == JobStatus::done);
  CHECK(report.tables.size() == 2);
  CHECK(bed.dst("SELECT count(*) FROM a") == "1");

  holder.rollback();
  try {
    static_cast<void>(CopyTables(options).run());
    FAIL("the snapshot is gone");
  } catch (const Error& error) {
    check_error(error, ErrorKind::source, "08003");
  }
}

TEST_CASE("many tables: neither a snapshot nor before_commit goes with a job's name") {
  auto options = snapshot_copy_of({"*"});
  options.delivery.job = "nightly";
  auto with_hook = options;
  options.snapshot = "00000003-0000001B-1";
  with_hook.before_commit = [](Connection&, const std::vector<TableName>&, const std::stop_token&) {};
  for (const auto& wrong : {options, with_hook}) {
    try {
      const CopyTables job(wrong);
      FAIL("it was taken");
    } catch (const Error& error) {
      check_error(error, ErrorKind::config, "");
    }
  }
}

TEST_CASE("many tables: before_commit is a part of each load", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES p); CREATE TABLE alone (id "
      "int); CREATE TABLE refused (id int)");
  bed.src("INSERT INTO p VALUES (1); INSERT INTO c VALUES (1); INSERT INTO refused VALUES (1)");
  bed.dst("CREATE TABLE marks (name text)");
  auto options = snapshot_copy_of({"*"});
  options.before_commit = [](Connection& target, const std::vector<TableName>& tables,
                             const std::stop_token& stop) {
    std::string names;
    for (const auto& table : tables) names += table.name + " ";
    const std::vector<Parameter> parameters{names};
    static_cast<void>(target.execute("INSERT INTO marks VALUES ($1)", parameters, stop));
    if (names == "refused ") throw Error(ErrorKind::target, "not this one");
  };
  const CopyTablesReport report = CopyTables(options).run();
  CHECK(report.failed() == 1);
  CHECK(bed.dst("SELECT string_agg(name, ',' ORDER BY name) FROM marks") == "alone ,p c ");
  CHECK(bed.dst("SELECT count(*) FROM refused") == "0");
}
