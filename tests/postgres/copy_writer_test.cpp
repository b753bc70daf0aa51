// A writer whose rows the server refuses before it has them all, or takes with many words.
#include "leat/postgres/copy/copy_writer.hpp"

#include <memory>
#include <span>
#include <string>

#include "leat/data/type_oids.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace leat;

namespace {

/// Rows 1 to `count`, as COPY's text.
RowBatch numbered_rows(int count) {
  RowBatch batch(std::make_shared<const Schema>(std::vector<Column>{{.name = "id", .type = oid::int4}},
                                                RowFormat::text));
  for (int i = 1; i <= count; ++i) {
    const std::string line = std::to_string(i) + "\n";
    batch.append(std::as_bytes(std::span(line)));
  }
  return batch;
}

/// A table `noted` for whose rows a trigger runs this PL/pgSQL.
void make_noted_table(Connection& admin, const std::string& body) {
  admin.execute("SET client_min_messages = error");
  admin.execute("DROP TABLE IF EXISTS noted");
  admin.execute("CREATE TABLE noted (id int)");
  admin.execute("CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + body +
                " RETURN NEW; END $$");
  admin.execute("CREATE TRIGGER note BEFORE INSERT ON noted FOR EACH ROW EXECUTE FUNCTION note()");
}

bool has_failed_on_the_server(Connection& observer, int backend) {
  return !observer
              .execute(
                  "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction (aborted)' AND pid = " +
                  std::to_string(backend))
              .empty();
}

constexpr const char* copy_noted = "COPY noted FROM STDIN";

}  // namespace

TEST_CASE("CopyWriter: an error behind a notice is heard before the rows end", "[postgres][server]") {
  const auto path = GENERATE(CopyPath::automatic, CopyPath::libpq);
  auto observer = TestServer::instance().connect();
  make_noted_table(observer,
                   "IF NEW.id > 90 THEN RAISE NOTICE 'soon'; END IF; "
                   "IF NEW.id = 100 THEN RAISE EXCEPTION 'now'; END IF;");
  auto session = TestServer::instance().connect({.side = ErrorKind::target, .copy_path = path});
  session.begin();
  const RowBatch rows = numbered_rows(100);
  CopyWriter writer(session, copy_noted, RowFormat::text);
  std::string heard;
  const auto write = [&] {
    try {
      writer.write(rows);
    } catch (const Error& error) {
      heard = error.what();
    }
    return !heard.empty();
  };
  if (!write()) {  // on a busy machine the server may be that fast
    // So that notices and error are there together.
    REQUIRE(eventually([&] { return has_failed_on_the_server(observer, session.backend_pid()); }));
    CHECK(eventually(write));
  }
  CHECK(heard == "now");
}

TEST_CASE("CopyWriter: a trigger may say as much as it likes", "[postgres][server]") {
  const auto path = GENERATE(CopyPath::automatic, CopyPath::libpq);
  const std::string notice = GENERATE("'short'", "repeat('long', 50000)");
  auto observer = TestServer::instance().connect();
  make_noted_table(observer, "IF NEW.id % 100 = 0 THEN RAISE NOTICE '%', " + notice + "; END IF;");
  auto session = TestServer::instance().connect({.side = ErrorKind::target, .copy_path = path});
  const RowBatch rows = numbered_rows(1000);
  CopyWriter writer(session, copy_noted, RowFormat::text);
  for (int i = 0; i < 20; ++i) writer.write(rows);
  CHECK(writer.finish() == 20000);
  CHECK(observer.execute("SELECT count(*), count(DISTINCT id) FROM noted").text(0, 0) == "20000");
}

TEST_CASE("CopyWriter: the session tells what became of its transaction", "[postgres][server]") {
  const auto path = GENERATE(CopyPath::automatic, CopyPath::libpq);
  auto observer = TestServer::instance().connect();
  make_noted_table(observer, "IF NEW.id = 100 THEN RAISE EXCEPTION 'now'; END IF;");
  auto session = TestServer::instance().connect({.copy_path = path});
  const auto copy = [&](int rows) {
    CopyWriter writer(session, copy_noted, RowFormat::text);
    try {
      writer.write(numbered_rows(rows));
      CHECK_FALSE(session.is_idle());
      CHECK(session.in_transaction());
      const auto written = writer.finish();
      CHECK(written == 99);
    } catch (const Error& error) {
      CHECK(std::string(error.what()) == "now");
      CHECK(writer.give_up());
    }
  };
  SECTION("a transaction that goes on") {
    session.begin();
    copy(99);
    CHECK(session.in_transaction());
    CHECK_FALSE(session.has_failed());
  }
  SECTION("one that has failed, until it is rolled back") {
    session.begin();
    session.execute("SAVEPOINT before");
    copy(100);
    CHECK(session.in_transaction());
    CHECK(session.has_failed());
    session.execute("ROLLBACK TO SAVEPOINT before");
    CHECK_FALSE(session.has_failed());
    copy(100);
    CHECK(session.has_failed());
    session.rollback();
    CHECK(session.is_idle());
  }
  SECTION("none") {
    copy(100);
    CHECK_FALSE(session.has_failed());
    CHECK(session.is_idle());
  }
}
