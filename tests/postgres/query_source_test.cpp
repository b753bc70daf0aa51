// Queries that are read again and again with other values, by cursors and by COPY.
#include "leat/postgres/copy/query_source.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "leat/core/run_failure.hpp"
#include "leat/postgres/copy/copy_source.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/copy/cursor_source.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace leat;

namespace {

constexpr const char* readers_name = "leat-source-test";

QuerySourceOptions of_query(std::string sql) {
  return {.source = TestServer::instance().target(),
          .sql = std::move(sql),
          .session = {.application_name = readers_name}};
}

/// By a cursor, or by COPY.
std::unique_ptr<QuerySource> source(bool copies, QuerySourceOptions options) {
  if (copies) return std::make_unique<CopySource>(std::move(options));
  return std::make_unique<CursorSource>(std::move(options));
}

/// The first column of all rows, as a text with commas.
template <class T, class Values>
std::string values_of(QuerySource& rows, const Values& values) {
  std::string text;
  rows.read(values, [&](const RowBatch& batch) {
    for (const RowView row : batch) {
      if (!text.empty()) text += ",";
      if constexpr (std::is_same_v<T, std::string>) {
        text += row.get<std::optional<std::string>>(0).value_or("NULL");
      } else {
        text += std::to_string(row.get<T>(0));
      }
    }
  });
  return text;
}

std::string sessions(Connection& observer) {
  return std::string(observer
                         .execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
                                  std::string(readers_name) + "'")
                         .text(0, 0));
}

}  // namespace

TEST_CASE("query source: rows are those that the values ask for", "[server]") {
  const bool copies = GENERATE(false, true);
  const auto numbers = source(
      copies, of_query("SELECT n FROM generate_series(1::int8, 10) n WHERE n >= :a AND n < :b ORDER BY n;"));
  CHECK(values_of<std::int64_t>(*numbers, std::array<std::int64_t, 2>{3, 6}) == "3,4,5");
  CHECK(values_of<std::int64_t>(*numbers, std::pair<int, std::string>(9, "11")) == "9,10");
  CHECK(values_of<std::int64_t>(*numbers, std::tuple<int, std::optional<int>>(9, std::nullopt)).empty());
  CHECK(numbers->position().reads == 3);
  CHECK(numbers->position().rows == 5);
  CHECK(numbers->schema()->columns()[0].name == "n");

  const auto texts = source(copies, of_query("SELECT :v::text || '!' AS v"));
  for (const std::string text : {"it's", "", "back\\slash", "$1 :v", "zwölf"}) {
    CHECK(values_of<std::string>(*texts, text) == text + "!");
  }
  CHECK(values_of<std::string>(*texts, std::optional<std::string>()) == "NULL");
  CHECK(error_of([&] { values_of<std::string>(*texts, std::string("a\0b", 3)); }).sqlstate() == "22021");
}

TEST_CASE("query source: a query without parameters, and one with numbers", "[server]") {
  CursorSource counted(of_query("SELECT $1::int4 + 1 AS n"));
  CHECK(values_of<std::int32_t>(counted, 41) == "42");
  CopySource numbered(of_query("SELECT $1::int4 AS n"));
  const auto error = error_of([&] { values_of<std::int32_t>(numbered, 1); });
  CHECK(error.kind() == ErrorKind::config);
  CHECK(error.hint().find(":from") != std::string::npos);

  CopySource all(of_query("SELECT 7::int4 AS n"));
  std::uint64_t rows = 0;
  all.read_all([&](const RowBatch& batch) { rows += batch.size(); });
  CHECK(rows == 1);
  CHECK(error_of([&] { values_of<std::int32_t>(all, 1); }).kind() == ErrorKind::config);
  CHECK_THROWS_AS(CursorSource(of_query(" ; ")), Error);
}

TEST_CASE("query source: wrong numbers of values, and a query that is wrong, are told", "[server]") {
  const bool copies = GENERATE(false, true);
  const auto two = source(copies, of_query("SELECT :from::int4 + :upto::int4 AS n"));
  const auto error = error_of([&] { values_of<std::int32_t>(*two, 1); });
  CHECK(error.kind() == ErrorKind::config);
  CHECK(std::string(error.what()) == "the query has 2 parameters (:from, :upto), and a read gives 1 value");
  // A read that has failed leaves the others alone.
  CHECK(values_of<std::int32_t>(*two, std::pair(1, 2)) == "3");
  CHECK(error_of([&] { values_of<std::int32_t>(*two, std::pair("x", 2)); }).sqlstate() == "22P02");
  CHECK(values_of<std::int32_t>(*two, std::pair(1, 2)) == "3");
  const auto wrong = source(copies, of_query("SELECT x FROM no_such_table"));
  CHECK(error_of([&] { static_cast<void>(wrong->schema()); }).sqlstate() == "42P01");
}

TEST_CASE("query source: what the server refuses is told in the user's own words", "[server]") {
  const bool copies = GENERATE(false, true);
  struct Case {
    std::string sql;
    std::size_t position;
  };
  // Characters, of the SQL as it was written: before parameters and behind them, and behind letters of two
  // bytes.
  for (const auto& [sql, position] :
       std::vector<Case>{{"SELECT n, nn FROM generate_series(1, 3) n;", 11},
                         {"SELECT n, nn FROM generate_series(1, $1) n", 11},
                         {"SELECT nn, :limit::int4 AS l FROM (VALUES (1)) v (n)", 8},
                         {"SELECT :limit::int4 AS l,\n  nn FROM (VALUES (1)) v (n)", 29},
                         {"SELECT 'größe', :a::int4, :b::text, :a::int8 + nn", 48},
                         {"SELECT 1 FROM no_such_table", 15}}) {
    INFO(sql);
    const auto wrong = source(copies, of_query(sql));
    const auto error = error_of([&] { static_cast<void>(wrong->schema()); });
    CHECK(error.kind() == ErrorKind::source);
    CHECK(error.sql() == sql);
    CHECK(error.position() == position);
  }
}

TEST_CASE("query source: a table that is misspelt is told together with the one that was meant", "[server]") {
  const bool copies = GENERATE(false, true);
  auto observer = TestServer::instance().connect();
  observer.execute("CREATE TABLE IF NOT EXISTS \"Misspelt orders\" (id int)");
  const auto [written, meant] = GENERATE(table<std::string, bool>(
      {{"\"Mispelt orders\"", true}, {"public.\"Misspelt order\"", true}, {"warehouse_stock", false}}));
  const auto wrong = source(copies, of_query("SELECT 'ö', id FROM " + written + " WHERE id > :id"));
  const std::string message = error_of([&] { static_cast<void>(wrong->schema()); }).what();
  CHECK(message.ends_with("; did you mean public.\"Misspelt orders\"?") == meant);
  // The source can be asked again.
  CHECK(error_of([&] { static_cast<void>(wrong->schema()); }).what() == message);
  observer.execute("DROP TABLE \"Misspelt orders\"");
}

TEST_CASE("query source: a value that a COPY refuses is told at its parameter", "[server]") {
  const std::string sql = "SELECT 'größe', :a::int4 + :b::int4 AS n;";
  const auto sums = source(true, of_query(sql));
  const auto error = error_of([&] { values_of<std::int32_t>(*sums, std::pair(1, "x")); });
  CHECK(error.sqlstate() == "22P02");
  CHECK(error.sql() == sql);
  CHECK(error.position() == 28);
}

TEST_CASE("cursor: an error stands where it is in the SQL that was given", "[server]") {
  auto session = TestServer::instance().connect();
  session.begin();
  const auto columns = std::make_shared<const Schema>(std::vector<Column>{{.name = "n"}});
  const auto error = error_of([&] { Cursor(session, "SELECT n, nn FROM (VALUES (1)) v (n)", {}, columns); });
  CHECK(error.sqlstate() == "42703");
  CHECK(error.position() == 11);
}

TEST_CASE("query source: a table that is lost while it is read is told where the user names it", "[server]") {
  // The query was described before, so that the server finds it in a statement of leat's.
  const bool copies = GENERATE(false, true);
  auto observer = TestServer::instance().connect();
  observer.execute("DROP TABLE IF EXISTS short_lived");
  observer.execute("CREATE TABLE short_lived (n int8)");
  const std::string sql = "SELECT n FROM short_lived WHERE n > :n";
  QuerySourceOptions options = of_query(sql);
  options.one_snapshot = false;
  const auto rows = source(copies, options);
  static_cast<void>(rows->schema());
  rows->read(1, [](const RowBatch&) {});
  observer.execute("DROP TABLE short_lived");
  const auto error = error_of([&] { rows->read(1, [](const RowBatch&) {}); });
  CHECK(error.sqlstate() == "42P01");
  CHECK(error.sql() == sql);
  CHECK(error.position() == 15);
}

TEST_CASE("query source: columns that do not fit a type are told of a result without rows, too", "[server]") {
  const bool copies = GENERATE(false, true);
  const bool has_rows = GENERATE(false, true);
  const auto numbers = source(
      copies, of_query(std::string("SELECT 1 AS id, 'a' AS v WHERE ") + (has_rows ? "true" : "false")));
  struct Discard {
    void emit(const std::tuple<std::int64_t, std::string>&) const {}
  } out;
  std::optional<std::tuple<>> item{std::tuple<>()};
  auto reader = numbers->as<std::tuple<std::int64_t, std::string>>().reader();
  const auto error = error_of([&] {
    try {
      reader(item, out, std::stop_token());
    } catch (const RunFailure& failure) {
      std::rethrow_exception(failure.error());
    }
  });
  CHECK(error.kind() == ErrorKind::transform);
  CHECK(std::string(error.what()) == "column \"id\" (integer) is not a std::int64_t");
  CHECK(error.hint() == "a column of this type is a std::int32_t");
  CHECK(error.column() == "id");
}

TEST_CASE("query source: all reads see one snapshot, on whichever session", "[server]") {
  const bool copies = GENERATE(false, true);
  auto other = TestServer::instance().connect();
  other.execute("DROP TABLE IF EXISTS seen");
  other.execute("CREATE TABLE seen (n int4)");
  other.execute("INSERT INTO seen VALUES (1)");
  const std::string query = "SELECT n FROM seen WHERE n <> :not ORDER BY n";
  {
    const auto frozen = source(copies, of_query(query));
    auto options = of_query(query);
    options.one_snapshot = false;
    const auto live = source(copies, std::move(options));
    CHECK(values_of<std::int32_t>(*frozen, 0) == "1");
    CHECK(values_of<std::int32_t>(*live, 0) == "1");
    other.execute("INSERT INTO seen VALUES (2)");
    CHECK(values_of<std::int32_t>(*frozen, 0) == "1");
    CHECK(values_of<std::int32_t>(*live, 0) == "1,2");
    // Another session, since the first one is in the middle of its rows.
    const auto rows = frozen->rows({"0"});
    rows->open({}, {});
    CHECK(values_of<std::int32_t>(*frozen, 0) == "1");
    REQUIRE(rows->read({}));
    CHECK_FALSE(rows->read({}));

    frozen->close();
    CHECK(values_of<std::int32_t>(*frozen, 0) == "1,2");
  }
  CHECK(eventually([&] { return sessions(other) == "0"; }));
  other.execute("DROP TABLE seen");
}

TEST_CASE("query source: a table that changes between two reads is told, and read after close()",
          "[server]") {
  const bool copies = GENERATE(false, true);
  auto admin = TestServer::instance().connect();
  admin.execute("CREATE TABLE changing (n float8)");
  admin.execute("INSERT INTO changing VALUES (1.5)");
  auto options = of_query("SELECT n FROM changing");
  options.one_snapshot = false;
  const auto rows = source(copies, options);
  const auto count = [&] {
    std::string types;
    rows->read_all([&](const RowBatch& batch) { types += (*batch.schema())[0].type_name; });
    return types;
  };
  CHECK(count() == "double precision");
  // Of the same size, so that nothing else tells the one from the other.
  admin.execute("ALTER TABLE changing ALTER n TYPE int8");
  const auto error = error_of(count);
  CHECK(error.kind() == ErrorKind::source);
  CHECK(error.hint().find("close()") != std::string::npos);
  CHECK(error_of(count).kind() == ErrorKind::source);
  rows->close();
  CHECK(count() == "bigint");
  admin.execute("DROP TABLE changing");
}

TEST_CASE("query source: a session that is lost is replaced, in the same snapshot", "[server]") {
  auto other = TestServer::instance().connect();
  other.execute("DROP TABLE IF EXISTS kept");
  other.execute("CREATE TABLE kept (n int4)");
  CopySource rows(of_query("SELECT count(*)::int4 AS n FROM kept"));
  CHECK(values_of<std::int32_t>(rows, ParameterValues{}) == "0");
  other.execute("INSERT INTO kept VALUES (1)");
  // The session that has read last; the one that holds the snapshot does nothing else.
  other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" +
                std::string(readers_name) + "' AND query NOT LIKE '%export_snapshot%'");
  REQUIRE(eventually([&] { return sessions(other) == "1"; }));
  CHECK(error_of([&] { values_of<std::int32_t>(rows, ParameterValues{}); }).kind() == ErrorKind::source);
  CHECK(values_of<std::int32_t>(rows, ParameterValues{}) == "0");
  rows.close();
  CHECK(values_of<std::int32_t>(rows, ParameterValues{}) == "1");
  rows.close();
  other.execute("DROP TABLE kept");
}

TEST_CASE("query source: eight threads read at the same time, each what it asks for", "[server]") {
  const bool copies = GENERATE(false, true);
  const auto rows = source(copies, of_query("SELECT n FROM generate_series(:a::int8, :b::int8) n"));
  std::atomic<std::int64_t> sum{0};
  std::atomic<int> failures{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        try {
          for (std::int64_t i = 0; i < 5; ++i) {
            const std::int64_t from = (t * 5 + i) * 1000 + 1;
            rows->read(std::pair(from, from + 999), [&](const RowBatch& batch) {
              for (const RowView row : batch) sum += row.get<std::int64_t>(0);
            });
          }
        } catch (...) {
          ++failures;
        }
      });
    }
  }
  CHECK(failures == 0);
  CHECK(sum == 40'000LL * 40'001 / 2);
  CHECK(rows->position().rows == 40'000);
  CHECK(rows->position().reads == 40);
}

TEST_CASE("query source: a stop ends a read, and the source can be read again", "[server]") {
  const bool copies = GENERATE(false, true);
  const auto rows =
      source(copies, of_query("SELECT n, pg_sleep(CASE WHEN n > :upto THEN 600 ELSE 0 END)::text "
                              "FROM generate_series(1::int8, 10) n"));
  std::stop_source stop;
  std::jthread stopper([&] {
    auto observer = TestServer::instance().connect();
    static_cast<void>(eventually([&] {
      return observer
                 .execute(
                     "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND "
                     "application_name = '" +
                     std::string(readers_name) + "'")
                 .text(0, 0) == "1";
    }));
    stop.request_stop();
  });
  CHECK_THROWS_AS(rows->read(
                      5, [](const RowBatch&) {}, stop.get_token()),
                  Stopped);
  CHECK(values_of<std::int64_t>(*rows, 20) == "1,2,3,4,5,6,7,8,9,10");
}

TEST_CASE("query source: what the taker throws ends the read alone", "[server]") {
  const bool copies = GENERATE(false, true);
  const auto rows = source(copies, of_query("SELECT n FROM generate_series(1::int8, :most::int8) n"));
  struct Enough {};
  CHECK_THROWS_AS(rows->read(3'000'000, [](const RowBatch&) { throw Enough(); }), Enough);
  CHECK(values_of<std::int64_t>(*rows, 3) == "1,2,3");
}

TEST_CASE("query source: what is no query to be read is told so", "[server]") {
  const bool copies = GENERATE(false, true);
  auto admin = TestServer::instance().connect();
  admin.execute("CREATE TABLE read_only (n int)");
  const auto rows = source(copies, of_query("DELETE FROM read_only RETURNING n"));
  const auto error = error_of([&] { rows->read_all([](const RowBatch&) {}); });
  CHECK(error.hint().find("SELECT, WITH or VALUES") != std::string::npos);
  admin.execute("DROP TABLE read_only");
}
