// The writer that rejects rows, by itself: on both ways to COPY, and several that share a book.
#include "jobs/rejects/rejecting_writer.hpp"

#include "bed.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;
using jobs_detail::RejectingWriter;
using jobs_detail::RejectSetup;

namespace {

Connection open(CopyPath path) {
  auto session =
      Connection::open(ConnectionFactory().resolve(Bed::server().uri("dst")).target,
                       {.side = ErrorKind::target, .application_name = application, .copy_path = path});
  session.begin();
  return session;
}

std::shared_ptr<const Schema> schema() {
  return std::make_shared<const Schema>(
      std::vector<Column>{{.name = "id", .type = 23}, {.name = "v", .type = 25}}, RowFormat::text);
}

/// Rows from `first` on; v of each seventh is longer than the target takes, and so is that of the last one.
RowBatch rows_from(int first, int count) {
  RowBatch batch(schema());
  for (int i = first; i < first + count; ++i) {
    const bool is_bad = i % 7 == 0 || i == first + count - 1;
    const std::string line = std::to_string(i) + "\t" + std::string(is_bad ? 300 : 200, 'v') + "\n";
    batch.append(std::as_bytes(std::span(line)));
  }
  return batch;
}

RejectSetup setup_of(Connection& session, const StreamOptions& options, std::uint64_t most_collected = 0) {
  const TableInfo table = TableManager(session).describe({.schema = "public", .name = "t"});
  std::vector<Finding> findings;
  auto setup = jobs_detail::prepare_rejects(session,
                                            {.table = table,
                                             .copied_into = table.name,
                                             .numbers_rows = true,
                                             .most_collected = ByteCount{most_collected}},
                                            {"id", "v"}, {}, options, findings, {});
  REQUIRE(findings.empty());
  return setup;
}

constexpr const char* copy_statement = "COPY public.t (id, v) FROM STDIN";

}  // namespace

TEST_CASE("RejectingWriter: the session goes on after each refusal, through libpq and past it", "[server]") {
  for (const CopyPath path : {CopyPath::automatic, CopyPath::libpq}) {
    const Bed bed;
    bed.dst("CREATE TABLE t (id int PRIMARY KEY, v varchar(250))");
    auto session = open(path);
    StreamOptions options;
    options.max_rejects = 5000;
    std::uint64_t called = 0;
    options.rejects.callback = [&called](const RejectedRow&) { ++called; };
    const RejectSetup setup = setup_of(session, options);
    RejectingWriter writer(session, setup, copy_statement, RowFormat::text, {});
    // Far more than a socket's buffers hold, so that refusals come while rows are being sent.
    for (int i = 0; i < 3; ++i) writer.write(rows_from(1 + i * 7000, 7000), {});
    CHECK(writer.finish({}) == 18000);
    CHECK(writer.rejected() == 3000);
    CHECK(called == 3000);
    session.commit();
    CHECK(bed.dst("SELECT count(*), count(*) FILTER (WHERE id % 7 = 0) FROM t") == "18000|0");
  }
}

TEST_CASE("RejectingWriter: what a target says while it takes rows makes none of them come twice",
          "[server]") {
  for (const CopyPath path : {CopyPath::automatic, CopyPath::libpq}) {
    const Bed bed;
    // Its words arrive in pieces. A statement that brings no rows is refused like a bad row.
    bed.dst(
        "CREATE TABLE t (id int, v varchar(250));"
        "CREATE FUNCTION talk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.id % 1000 = 500 THEN RAISE NOTICE '%', repeat('long', 50000); END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER talk BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION talk();"
        "CREATE FUNCTION want_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NOT EXISTS (SELECT FROM new_rows) THEN "
        "RAISE EXCEPTION 'no rows' USING ERRCODE = 'check_violation'; END IF; RETURN NULL; END $$;"
        "CREATE TRIGGER want_rows AFTER INSERT ON t REFERENCING NEW TABLE AS new_rows "
        "FOR EACH STATEMENT EXECUTE FUNCTION want_rows()");
    auto session = open(path);
    StreamOptions options;
    options.max_rejects = 5000;
    options.rejects.callback = [](const RejectedRow&) {};
    const RejectSetup setup = setup_of(session, options);
    RejectingWriter writer(session, setup, copy_statement, RowFormat::text, {});
    RowBatch rows(schema());
    for (int i = 1; i <= 20000; ++i) {
      const std::string line = std::to_string(i) + "\t" + std::string(i == 19000 ? 300 : 200, 'v') + "\n";
      rows.append(std::as_bytes(std::span(line)));
    }
    writer.write(rows, {});
    CHECK(writer.finish({}) == 19999);
    CHECK(writer.rejected() == 1);
    session.commit();
    CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM t") == "19999|19999");
  }
}

TEST_CASE("RejectingWriter: a text with a NUL byte is kept as its bytes", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int, v varchar(250))");
  auto session = open(CopyPath::automatic);
  StreamOptions options;
  options.max_rejects = 1;
  options.rejects.table = "public.refused";
  const RejectSetup setup = setup_of(session, options);
  RejectingWriter writer(session, setup, copy_statement, RowFormat::text, {});
  RowBatch rows(schema());
  for (const std::string& line : {std::string("1\ta\n"), std::string("2\ta\0b\n", 6)}) {
    rows.append(std::as_bytes(std::span(line)));
  }
  writer.write(rows, {});
  CHECK(writer.finish({}) == 1);
  session.commit();
  CHECK(bed.dst("SELECT leat_sqlstate, leat_hex, id, v FROM refused") == "22021|\"v\"|2|\\x610062");
}

TEST_CASE("RejectingWriter: writers with their own transactions share one limit", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v varchar(250))");
  auto one = open(CopyPath::automatic);
  auto other = open(CopyPath::automatic);
  StreamOptions options;
  options.max_rejects = 3;
  options.rejects.callback = [](const RejectedRow&) {};
  const RejectSetup setup = setup_of(one, options);
  RejectingWriter first(one, setup, copy_statement, RowFormat::text, {});
  RejectingWriter second(other, setup, copy_statement, RowFormat::text, {});
  first.write(rows_from(1, 14), {});
  CHECK(first.rejected() == 2);
  second.write(rows_from(15, 7), {});
  CHECK(setup.book->count() == 3);
  CHECK_THROWS_AS(second.write(rows_from(22, 7), {}), Error);
  CHECK(setup.book->count() == 4);
  CHECK(first.finish({}) == 12);
  one.commit();
  CHECK(bed.dst("SELECT count(*) FROM t") == "12");
}

TEST_CASE("RejectingWriter: batches are written together while none of their rows is refused", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v varchar(250))");
  const std::uint64_t most = GENERATE(std::uint64_t{0}, std::uint64_t{100000});
  auto session = open(CopyPath::automatic);
  StreamOptions options;
  options.max_rejects = 3;
  options.rejects.callback = [](const RejectedRow&) {};
  const RejectSetup setup = setup_of(session, options, most);
  RejectingWriter writer(session, setup, copy_statement, RowFormat::text, {});
  constexpr int batches = 200;
  for (int i = 0; i < batches; ++i) {
    RowBatch batch(schema());
    for (int row = i * 10; row < i * 10 + 10; ++row) {
      const std::string line = std::to_string(row) + "\t" + std::string(200, 'v') + "\n";
      batch.append(std::as_bytes(std::span(line)));
    }
    batch.set_first_row(static_cast<std::uint64_t>(i) * 10);
    writer.write(batch, {});
  }
  CHECK(writer.finish({}) == batches * 10);
  session.commit();
  const int savepoints = std::stoi(bed.dst("SELECT count(DISTINCT xmin::text) FROM t"));
  if (most == 0) CHECK(savepoints == batches);
  if (most > 0) CHECK(savepoints < 30);
  CHECK(bed.dst("SELECT count(*) FROM t") == std::to_string(batches * 10));
}

TEST_CASE("RejectingWriter: of batches of any size exactly the bad rows are rejected, by their numbers",
          "[server][random]") {
  const RandomRun run(10);
  std::mt19937 random(run.seed());
  const auto below = [&random](unsigned bound) { return static_cast<int>(random() % bound); };
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("round " << round);
    const Bed bed;
    bed.dst("CREATE TABLE t (id int PRIMARY KEY, v varchar(250))");
    auto session = open(round % 2 == 0 ? CopyPath::automatic : CopyPath::libpq);
    StreamOptions options;
    options.max_rejects = 100000;
    std::vector<std::uint64_t> rejected;
    options.rejects.callback = [&rejected](const RejectedRow& row) { rejected.push_back(*row.row); };
    const RejectSetup setup = setup_of(session, options, static_cast<std::uint64_t>(below(60000)));
    RejectingWriter writer(session, setup, copy_statement, RowFormat::text, {});
    const int clean = 1 + below(400);
    std::vector<std::uint64_t> bad;
    int next = 0;
    for (int batches = 1 + below(100); batches > 0; --batches) {
      RowBatch batch(schema());
      batch.set_first_row(static_cast<std::uint64_t>(next));
      for (int rows = below(20); rows > 0; --rows) {
        const bool is_bad = below(static_cast<unsigned>(clean)) == 0;
        const std::string line = std::to_string(next) + "\t" +
                                 std::string(static_cast<std::size_t>(is_bad ? 300 : below(250)), 'v') + "\n";
        batch.append(std::as_bytes(std::span(line)));
        if (is_bad) bad.push_back(static_cast<std::uint64_t>(next) + 1);
        ++next;
      }
      writer.write(batch, {});
    }
    CHECK(writer.finish({}) == static_cast<std::uint64_t>(next) - bad.size());
    session.commit();
    CHECK(rejected == bad);
    CHECK(bed.dst("SELECT count(*) FROM t") == std::to_string(static_cast<std::size_t>(next) - bad.size()));
  }
}
