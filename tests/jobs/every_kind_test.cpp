// A database that was not made for leat, with every kind of object of the manual's chapters on data
// definition, as a whole into one whose schema pg_dump has written, if there is one that knows the server's
// version.
#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "bed.hpp"
#include "every_kind.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "support/server_template.hpp"

using namespace leat;
using namespace leat::test;

namespace {

std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

/// The databases "kinds", with rows, and "kinds_copy", with its schema alone. They are made once.
class Kinds {
 public:
  Kinds() {
    static const bool made = [] {
      auto& server = Bed::server();
      server.create_database("kinds");
      server.create_database("kinds_copy");
      run("psql -X -q -o /dev/null -f " + every_kind_sql() + " '" + server.uri("kinds") + "'");
      const std::string into_copy =
          "psql -X -q -o /dev/null -v ON_ERROR_STOP=1 '" + server.uri("kinds_copy") + "'";
      const std::string dump = ServerTemplate::instance().program("pg_dump");
      if (std::system(("schema=$('" + dump + "' -s '" + server.uri("kinds") +
                       "') && printf '%s\n' \"$schema\" | " + into_copy)
                          .c_str()) != 0) {  // pg_dump is older than the server
        run(into_copy + " -f " + every_kind_sql());
        server.psql(
            "kinds_copy",
            "SET session_replication_role = replica; DO $$BEGIN EXECUTE (SELECT 'TRUNCATE ' || "
            "string_agg(oid::regclass::text, ', ') || ' RESTART IDENTITY' FROM pg_class WHERE relkind IN "
            "('r', 'p') AND relnamespace::regnamespace::text !~ '^pg_|^information_schema'); END$$");
      }
      return true;
    }();
    static_cast<void>(made);
  }

  /// SQL's answer in the source, and in the target.
  [[nodiscard]] static std::string source(const std::string& sql) { return Bed::server().psql("kinds", sql); }
  [[nodiscard]] static std::string target(const std::string& sql) {
    return Bed::server().psql("kinds_copy", sql);
  }

  /// The names of all that holds rows of its own.
  [[nodiscard]] static std::vector<std::string> tables() {
    return lines(
        source("SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = "
               "relnamespace "
               "WHERE relkind = 'r' AND nspname !~ '^pg_|^information_schema' ORDER BY 1"));
  }

  static void check_equal() {
    const auto names = tables();
    CHECK(names.size() == 27);
    for (const auto& table : names) {
      INFO(table);
      CHECK(target(content("ONLY " + table)) == source(content("ONLY " + table)));
    }
  }

 private:
  static void run(const std::string& command) { REQUIRE(std::system(command.c_str()) == 0); }
};

CopyTablesOptions copy_kinds() {
  const ConnectionFactory connections;
  return {.source = connections.resolve(Bed::server().uri("kinds")),
          .target = connections.resolve(Bed::server().uri("kinds_copy")),
          .include = {"*.*"},
          .stream = {.triggers = Triggers::disable, .application_name = application}};
}

void run_kinds(const CopyTablesOptions& options) {
  const CopyTablesReport report = CopyTables(options).run();
  for (const auto& table : report.tables) {
    INFO(table.table);
    if (table.error) FAIL_CHECK(table.error->what() << " " << table.error->detail());
  }
  CHECK(report.status == JobStatus::done);
  CHECK(report.tables.size() == Kinds::tables().size());
}

}  // namespace

TEST_CASE("every kind: all tables arrive as they are, over what is there, any number of times", "[server]") {
  const Bed bed;
  const Kinds kinds;
  auto options = copy_kinds();
  options.jobs = GENERATE(1U, 3U);
  run_kinds(options);
  Kinds::check_equal();
  run_kinds(options);
  Kinds::check_equal();
  // Sequences stand behind the rows, so that what is inserted next meets none of them.
  const std::string next =
      "BEGIN; SET LOCAL session_replication_role = replica; INSERT INTO types.everything (code) VALUES ('x') "
      "RETURNING id > (SELECT max(id) FROM types.everything), again > (SELECT max(again) FROM "
      "types.everything), "
      "old_style > (SELECT max(old_style) FROM types.everything); ROLLBACK";
  CHECK(Kinds::target(next) == "t|t|t\n");
  CHECK(Kinds::target("SELECT count(*) FROM hr.audit") == "1\n");
}

TEST_CASE("every kind: rows go into partitioned tables by their roots, too", "[server]") {
  const Bed bed;
  const Kinds kinds;
  auto options = copy_kinds();
  options.include = {"parts.measured", "parts.by_list", "parts.seen"};
  const CopyTablesReport report = CopyTables(options).run();
  CHECK(report.failed() == 0);
  REQUIRE(report.tables.size() == 3);
  CHECK(report.tables[1].report.rows_written == 1500);
  for (const auto& table : Kinds::tables()) {
    if (table.starts_with("parts.")) CHECK(Kinds::target(content(table)) == Kinds::source(content(table)));
  }
}

TEST_CASE("every kind: with triggers, what they do is told before", "[server]") {
  const Bed bed;
  const Kinds kinds;
  auto options = copy_kinds();
  options.include = {"hr.*"};
  options.stream.triggers = Triggers::fire;
  std::vector<std::string> codes;
  for (const auto& plan : CopyTables(options).plan()) {
    for (const auto& finding : plan.findings) {
      if (finding.severity != Severity::note) codes.push_back(finding.code);
    }
  }
  std::sort(codes.begin(), codes.end());
  // The circle of department and employee, with badge; triggers of ticket, reordered, city; a rule of
  // documents.
  CHECK(codes == std::vector<std::string>{"foreign_key_cycle", "foreign_key_cycle", "foreign_key_cycle",
                                          "rules", "triggers", "triggers", "triggers"});
}

TEST_CASE("every kind: views and foreign tables are read where they are named", "[server]") {
  const Bed bed;
  const Kinds kinds;
  const std::string view = GENERATE("people", "people_count", "tree");
  static_cast<void>(Kinds::target("DROP TABLE IF EXISTS copied; CREATE TABLE copied AS SELECT * FROM hr." +
                                  view + " WITH NO DATA"));
  run_job(CopyTableOptions{.source = copy_kinds().source,
                           .target = copy_kinds().target,
                           .table = {.from = "hr." + view, .to = "public.copied"},
                           .stream = {.application_name = application}});
  CHECK(Kinds::target(content("copied")) == Kinds::source(content("hr." + view)));
  CHECK(Kinds::target("SELECT count(*) > 0 FROM copied") == "t\n");
  static_cast<void>(Kinds::target("DROP TABLE copied"));
}
