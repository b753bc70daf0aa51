// Values that servers of two versions know or print in two ways.
#include "bed.hpp"
#include "leat/jobs/verify_table.hpp"
#include "support/server_template.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Servers of the oldest and of the newest version that is installed, with a database each.
class TwoVersions {
 public:
  static constexpr const char* database = "versions";

  /// Null unless one knows infinite intervals, prints a "char" by its number, and the other one does not.
  static const TwoVersions* instance() {
    static const std::unique_ptr<TwoVersions> made = [] {
      const auto found = installed_servers();
      if (found.empty() || found.front().first >= 16 || found.back().first < 17) {
        return std::unique_ptr<TwoVersions>();
      }
      return std::make_unique<TwoVersions>(found.front().second, found.back().second);
    }();
    return made.get();
  }
  TwoVersions(const std::string& older_programs, const std::string& newer_programs)
      : older({.programs = older_programs}), newer({.programs = newer_programs}) {
    for (const auto* const server : {&older, &newer}) server->create_database(database);
  }

  /// Drops what was there, and runs it on both.
  void both(const std::string& sql) const {
    for (const auto* const server : {&older, &newer}) {
      server->psql(
          database,
          "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public; " + sql);
    }
  }
  static std::string on(const PrivateServer& server, const std::string& sql) {
    return without_line_break(server.psql(database, sql));
  }

  PrivateServer older;
  PrivateServer newer;
};

#define REQUIRE_TWO_VERSIONS(servers)                                        \
  const TwoVersions* const servers##_found = TwoVersions::instance();        \
  if (servers##_found == nullptr) {                                          \
    WARN("SKIPPED: no servers before PostgreSQL 16 and since 17 are there"); \
    return;                                                                  \
  }                                                                          \
  const TwoVersions& servers = *servers##_found

CopyTableOptions copy_between(const PrivateServer& from, const PrivateServer& to) {
  return {.source = ConnectionFactory().resolve(from.uri(TwoVersions::database)),
          .target = ConnectionFactory().resolve(to.uri(TwoVersions::database)),
          .table = {.from = "public.t"},
          .stream = {.application_name = application}};
}

VerifyReport compare_between(const PrivateServer& from, const PrivateServer& to) {
  return VerifyTable({.source = ConnectionFactory().resolve(from.uri(TwoVersions::database)),
                      .target = ConnectionFactory().resolve(to.uri(TwoVersions::database)),
                      .table = {.from = "public.t"},
                      .application_name = application})
      .run();
}

/// Types that hold intervals, and a value of each with an infinite one and with none.
struct Interval {
  const char* type;
  const char* infinite;
  const char* finite;
};
constexpr std::array<Interval, 7> with_intervals{{
    {"interval", "'infinity'", "'1 mon -3 days 00:00:00.000001'"},
    {"span", "'-infinity'", "'-1 year'"},
    {"interval[]", "'{1 day,NULL,infinity}'", "'{1 day,NULL}'"},
    {"stay", "ROW(1, 'infinity')::stay", "ROW(1, '1 day')::stay"},
    {"stay[]", "ARRAY[ROW(1, '-infinity')::stay, NULL]", "ARRAY[ROW(1, '1 day')::stay]"},
    {"spans", "spans('1 day', 'infinity')", "spans('1 day', NULL)"},
    {"span[]", "'{infinity}'", "'{}'"},
}};
constexpr const char* interval_types =
    "CREATE DOMAIN span AS interval; CREATE TYPE stay AS (room int, time interval); "
    "CREATE TYPE spans AS RANGE (SUBTYPE = interval); ";

}  // namespace

TEST_CASE("an infinite interval never becomes another value on a server that knows none",
          "[server][versions]") {
  REQUIRE_TWO_VERSIONS(servers);
  for (const auto& kind : with_intervals) {
    const std::string type = kind.type;
    INFO(type);
    servers.both(interval_types + ("CREATE TABLE t (id int PRIMARY KEY, v " + type + ")"));
    const auto fill = [&](const char* value) {
      servers.on(servers.newer,
                 std::string("INSERT INTO t VALUES (1, ") + kind.finite + "), (2, NULL), (3, " + value + ")");
    };
    SECTION("finite ones arrive: " + type) {
      fill(kind.finite);
      auto options = copy_between(servers.newer, servers.older);
      options.stream.verify = true;
      CHECK(CopyTable(options).run().rows_written == 3);
      CHECK(servers.on(servers.older, "SELECT * FROM t ORDER BY id") ==
            servers.on(servers.newer, "SELECT * FROM t ORDER BY id"));
    }
    SECTION("an infinite one ends the load: " + type) {
      fill(kind.infinite);
      const Error error = error_of(copy_between(servers.newer, servers.older));
      CHECK(error.kind() == ErrorKind::target);
      CHECK(std::string(error.context()).find("line 3, column v") != std::string::npos);
      CHECK(servers.on(servers.older, "SELECT count(*) FROM t") == "0");
    }
    SECTION("or is rejected: " + type) {
      fill(kind.infinite);
      auto options = copy_between(servers.newer, servers.older);
      std::vector<std::string> keys;
      options.stream.max_rejects = 5;
      options.stream.rejects.callback = [&keys](const RejectedRow& row) { keys.push_back(row.key); };
      CHECK(CopyTable(options).run().rows_rejected == 1);
      CHECK(keys == std::vector<std::string>{"(id)=(3)"});
      CHECK(servers.on(servers.older, "SELECT count(*) FROM t") == "2");
    }
  }
}

TEST_CASE("the same bytes are no equal interval to servers that take them for two", "[server][versions]") {
  REQUIRE_TWO_VERSIONS(servers);
  servers.both("CREATE TABLE t (id int PRIMARY KEY, v interval)");
  servers.on(servers.newer, "INSERT INTO t VALUES (1, 'infinity'), (2, '1 day')");
  servers.on(
      servers.older,
      "INSERT INTO t VALUES (1, '178956970 years 7 mons 2147483647 days 2562047788:00:54.775807'), (2, "
      "'1 day')");
  CHECK_FALSE(compare_between(servers.newer, servers.older).equal);
  const VerifyReport report = compare_between(servers.older, servers.newer);
  REQUIRE(report.differences.size() == 1);
  CHECK(report.differences.front().key.front() == "1");
  CHECK(report.differences.front().columns.front().column == "v");
  servers.on(servers.newer, "DELETE FROM t WHERE id = 1");
  servers.on(servers.older, "DELETE FROM t WHERE id = 1");
  CHECK(compare_between(servers.newer, servers.older).equal);
}

TEST_CASE("a \"char\" beyond ASCII never becomes another one between versions that print it in two ways",
          "[server][versions]") {
  REQUIRE_TWO_VERSIONS(servers);
  const std::string fill =
      "INSERT INTO t SELECT g, ((g + 128) % 256 - 128)::\"char\" FROM generate_series(1, 255) AS g";
  const auto numbers = [&](const PrivateServer& server) {
    return servers.on(server, "SELECT string_agg(c::int4::text, ' ' ORDER BY id) FROM t");
  };
  SECTION("in binary form each arrives") {
    servers.both("CREATE TABLE t (id int PRIMARY KEY, c \"char\", a \"char\"[])");
    servers.on(servers.newer,
               "INSERT INTO t SELECT g, c, ARRAY[c, NULL] FROM (SELECT g, ((g + 128) % 256 - "
               "128)::\"char\" AS c FROM generate_series(1, 255) AS g) AS s");
    auto options = copy_between(servers.newer, servers.older);
    options.stream.verify = true;
    CHECK(CopyTable(options).run().format.format == RowFormat::binary);
    CHECK(numbers(servers.older) == numbers(servers.newer));
    CHECK(compare_between(servers.older, servers.newer).equal);
  }
  SECTION("as text one ends the load") {
    servers.both("CREATE TABLE t (id int PRIMARY KEY, c \"char\", names regclass DEFAULT 'pg_class')");
    servers.on(servers.newer, fill.substr(0, 13) + " (id, c)" + fill.substr(13));
    const Error error = error_of(copy_between(servers.newer, servers.older));
    CHECK(std::string(error.what()).find("column \"c\" is no character that PostgreSQL before 16 reads") !=
          std::string::npos);
    servers.on(servers.newer, "DELETE FROM t WHERE c::int4 < 0");
    CHECK(CopyTable(copy_between(servers.newer, servers.older)).run().rows_written == 127);
    CHECK(numbers(servers.older) == numbers(servers.newer));
  }
  SECTION("as text in an array it is refused") {
    servers.both("CREATE TABLE t (id int PRIMARY KEY, c \"char\"[], names regclass)");
    CHECK(std::string(error_of(copy_between(servers.newer, servers.older)).what()).find("backslashes") !=
          std::string::npos);
  }
}
