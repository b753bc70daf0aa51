// Statements that travel with a COPY.
#include "leat/postgres/copy/beside_copy.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "leat/data/type_oids.hpp"
#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/postgres/copy/copy_writer.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace leat;

namespace {

std::shared_ptr<const Schema> one_number() {
  return std::make_shared<const Schema>(std::vector<Column>{{.name = "a", .type = oid::int4}},
                                        RowFormat::text);
}

RowBatch two_rows() {
  RowBatch batch(one_number());
  for (const std::string line : {"1\n", "2\n"}) batch.append(std::as_bytes(std::span(line)));
  return batch;
}

/// A session of this path, with an empty table `beside`.
Connection session_of(CopyPath path) {
  auto session = TestServer::instance().connect({.side = ErrorKind::target, .copy_path = path});
  session.execute("SET client_min_messages = error");
  session.execute("DROP TABLE IF EXISTS beside");
  session.execute("CREATE TABLE beside (a int)");
  return session;
}

std::int64_t rows_of_beside(Connection& session) {
  return session.execute("SELECT count(*) FROM beside").integer(0, 0);
}

constexpr const char* copy_beside_in = "COPY beside FROM STDIN";
constexpr const char* copy_beside_out = "COPY (SELECT generate_series(1, 3)) TO STDOUT";

}  // namespace

TEST_CASE("Beside a COPY in: what stands before and after is run in its order, and answers",
          "[postgres][server]") {
  auto session = session_of(GENERATE(CopyPath::automatic, CopyPath::libpq));
  session.begin_with_next();
  CopyWriter writer(
      session, copy_beside_in, RowFormat::text,
      BesideCopy{.before = "INSERT INTO beside VALUES (0); SELECT 'x', NULL, count(*) FROM beside",
                 .after = "SELECT count(*), '' FROM beside"});
  writer.write(two_rows());
  CHECK(writer.finish() == 2);
  const std::vector<BesideRow> expected{{"x", std::nullopt, "1"}, {"3", ""}};
  CHECK(writer.beside() == expected);
  CHECK(session.in_transaction());
  session.commit();
  CHECK(rows_of_beside(session) == 3);
}

TEST_CASE("Beside a COPY in: what fails before it keeps it from starting", "[postgres][server]") {
  auto session = session_of(GENERATE(CopyPath::automatic, CopyPath::libpq));
  session.begin_with_next();
  const auto error = error_of([&] {
    CopyWriter writer(session, copy_beside_in, RowFormat::text,
                      BesideCopy{.before = "SELECT 1 / 0", .after = {}});
  });
  CHECK(error.sqlstate() == "22012");
  CHECK(session.has_failed());
  session.rollback();
  CHECK(rows_of_beside(session) == 0);
}

TEST_CASE("Beside a COPY in: what fails after it fails it", "[postgres][server]") {
  auto session = session_of(GENERATE(CopyPath::automatic, CopyPath::libpq));
  session.begin();
  {
    CopyWriter writer(session, copy_beside_in, RowFormat::text,
                      BesideCopy{.before = {}, .after = "SELECT 1 / 0"});
    writer.write(two_rows());
    CHECK(error_of([&] { writer.finish(); }).sqlstate() == "22012");
    CHECK(writer.give_up());
  }
  CHECK(session.has_failed());
  session.rollback();
  CHECK(rows_of_beside(session) == 0);
}

TEST_CASE("Beside a COPY in: where the COPY fails, nothing after it is run", "[postgres][server]") {
  auto session = session_of(GENERATE(CopyPath::automatic, CopyPath::libpq));
  session.execute("ALTER TABLE beside ADD CHECK (a < 2)");
  session.execute("DROP SEQUENCE IF EXISTS beside_runs");
  session.execute("CREATE SEQUENCE beside_runs");
  session.begin();
  {
    CopyWriter writer(session, copy_beside_in, RowFormat::text,
                      BesideCopy{.before = {}, .after = "SELECT nextval('beside_runs')"});
    CHECK(error_of([&] {
            writer.write(two_rows());
            writer.finish();
          }).sqlstate() == "23514");
    CHECK(writer.give_up());
  }
  session.rollback();
  CHECK(session.execute("SELECT is_called FROM beside_runs").text(0, 0) == "f");
}

TEST_CASE("Beside a COPY out: its rows are counted alone, and the question at its end is answered",
          "[postgres][server]") {
  auto session = session_of(GENERATE(CopyPath::automatic, CopyPath::libpq));
  session.begin();
  CopyReader reader(session, copy_beside_out, one_number(), {},
                    BesideCopy{.before = {}, .after = "SELECT 7 UNION ALL SELECT 8"});
  std::size_t rows = 0;
  while (const auto batch = reader.read()) rows += batch->size();
  CHECK(rows == 3);
  CHECK(reader.server_rows() == 3);
  CHECK(reader.beside() == std::vector<BesideRow>{{"7"}, {"8"}});
  CHECK(session.execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("Beside a COPY out: rows without columns are rows", "[postgres][server]") {
  auto session = session_of(GENERATE(CopyPath::automatic, CopyPath::libpq));
  CopyReader reader(session, copy_beside_out, one_number(), {},
                    BesideCopy{.before = {}, .after = "SELECT FROM pg_class LIMIT 1"});
  while (reader.read()) {
  }
  CHECK(reader.beside().size() == 1);
  CHECK(reader.server_rows() == 3);
}
