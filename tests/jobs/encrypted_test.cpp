// Jobs over TLS, where rows go through libpq, and the same path without TLS.
#include "bed.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/postgres/copy/copy_sql.hpp"
#include "leat/postgres/copy/copy_writer.hpp"
#include "leat/transform/transform.hpp"
#include "support/child_process.hpp"

using namespace leat;
using namespace leat::literals;
using namespace leat::test;

namespace {

/// Gives the server a certificate of its own, once.
void make_server_speak_tls() {
  static const bool made = [] {
    PrivateServer& server = Bed::server();
    const std::string data = server.data_dir();
    static_cast<void>(
        ChildProcess{{"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                      "/CN=localhost", "-keyout", data + "/server.key", "-out", data + "/server.crt"},
                     data + "/openssl.log"}
            .run());
    server.psql("postgres", "ALTER SYSTEM SET ssl = on");
    server.restart();
    return true;
  }();
  static_cast<void>(made);
}

ResolvedConnection encrypted(const std::string& database) {
  return ConnectionFactory().resolve(Bed::server().tcp_uri(database) + "?sslmode=require");
}

template <class Options>
Options over_tls(Options options) {
  options.source = encrypted("src");
  options.target = encrypted("dst");
  return options;
}

constexpr const char* table_of_both = "CREATE TABLE t (id int PRIMARY KEY, n numeric, v text, b bytea)";

void make_rows_of_all_lengths(const Bed& bed, int rows) {
  bed.both(table_of_both);
  bed.src(
      "INSERT INTO t SELECT i, i / 7.0, nullif(repeat(E'v\\t\\n\\\\', i % 100), ''), decode(md5(i::text), "
      "'hex') "
      "FROM generate_series(1, " +
      std::to_string(rows) + ") i");
}

}  // namespace

TEST_CASE("TLS: a certificate is compared with the host's name, not with its address", "[server]") {
  make_server_speak_tls();
  const Bed bed;
  const auto connect = [](const std::string& host) {
    auto target = ConnectionTarget::parse(Bed::server().tcp_uri("src"));
    target.set("host", host);
    target.set("sslmode", "verify-full");
    target.set("sslrootcert", Bed::server().data_dir() + "/server.crt");
    return Connection::open(target, {});
  };
  auto session = connect("localhost");
  CHECK(session.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").boolean(0, 0));
  CHECK_THROWS_AS(connect("127.0.0.1"), Error);
}

TEST_CASE("TLS: both sessions are encrypted, and every row arrives", "[server]") {
  make_server_speak_tls();
  const Bed bed;
  SECTION("a table") {
    make_rows_of_all_lengths(bed, 100000);
    CHECK(CopyTable(over_tls(bed.copy())).run().rows_written == 100000);
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
  SECTION("a table through a hook") {
    make_rows_of_all_lengths(bed, 20000);
    auto options = over_tls(bed.copy());
    options.transform = [](const RowView& row, RowBuilder& out) { out.copy_row(row).set("v", "new"); };
    CHECK(CopyTable(options).run().rows_written == 20000);
    CHECK(bed.dst("SELECT count(*), min(v), max(v) FROM t") == "20000|new|new");
  }
  SECTION("a table that travels as text") {
    make_rows_of_all_lengths(bed, 20000);
    bed.both("ALTER TABLE t ADD r regclass DEFAULT 'pg_class'");
    CHECK(CopyTable(over_tls(bed.copy())).run().format.format == RowFormat::text);
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
  SECTION("wide rows") {
    bed.both("CREATE TABLE t (id int, v text)");
    bed.src("INSERT INTO t SELECT i, repeat(md5(i::text), 100000) FROM generate_series(1, 20) i");
    auto options = over_tls(bed.copy());
    options.stream.memory = 3_MiB;
    options.stream.batch_bytes = 64_KiB;
    CHECK(CopyTable(options).run().rows_written == 20);
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
  SECTION("what the servers say of the sessions") {
    const std::string is_encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    bed.dst("CREATE FUNCTION is_encrypted() RETURNS bool LANGUAGE sql AS '" + is_encrypted +
            "'; CREATE TABLE t (ssl bool, target bool DEFAULT is_encrypted())");
    static_cast<void>(AdHocQuery(over_tls(bed.query(is_encrypted))).run());
    CHECK(bed.dst("SELECT * FROM t") == "t|t");
  }
}

TEST_CASE("TLS: failures and stops are what they are without", "[server]") {
  make_server_speak_tls();
  const Bed bed;
  make_rows_of_all_lengths(bed, 50000);
  bed.dst("INSERT INTO t (id) VALUES (-1)");
  SECTION("an error of the source in mid-stream") {
    auto options = over_tls(bed.copy());
    options.table.where = "1 / (id - 40000) IS NOT NULL";
    check_error(error_of(options), ErrorKind::source, "22012");
  }
  SECTION("a constraint that the last row violates") {
    check_error(error_of(over_tls(bed.query("SELECT id % 49999 AS id FROM t ORDER BY id DESC"))),
                ErrorKind::target, "23505");
  }
  SECTION("a trigger's error that notices precede, while the source goes on for hours") {
    bed.dst(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.id > 1900 THEN RAISE NOTICE 'soon'; END IF; "
        "IF NEW.id = 2000 THEN RAISE EXCEPTION 'now'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER note BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note()");
    const auto job = start(over_tls(bed.query("SELECT generate_series(1, 2000000000) AS id")));
    check_error(job->error(), ErrorKind::target, "P0001");
  }
  SECTION("a stop while the source works") {
    const auto job =
        start(over_tls(bed.query("SELECT id FROM t WHERE id < 40000 OR pg_sleep(600) IS NOT NULL")));
    bed.wait_until_session_waits("src", "PgSleep");
    job->request_stop();
    check_error(job->error(promised(3s)), ErrorKind::cancelled, "");
  }
  SECTION("the target's session killed while the source is silent") {
    const auto job = start(over_tls(bed.query("SELECT id FROM t WHERE pg_sleep(600) IS NOT NULL")));
    bed.wait_until_session_waits("src", "PgSleep");
    bed.kill_session("dst");
    check_error(job->error(), ErrorKind::target, "57P01");
  }
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("COPY: libpq's own path gives the same rows without TLS", "[server]") {
  const Bed bed;
  make_rows_of_all_lengths(bed, 20000);
  const auto format = GENERATE(RowFormat::binary, RowFormat::text);
  auto source = Connection::open(
      bed.copy().source.target,
      {.side = ErrorKind::source, .application_name = application, .copy_path = CopyPath::libpq});
  auto target = Connection::open(
      bed.copy().target.target,
      {.side = ErrorKind::target, .application_name = application, .copy_path = CopyPath::libpq});
  TableManager tables(source);
  const auto info = tables.describe(TableName::parse("public.t"));
  const auto columns = select_columns(info, {}, {});
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  CopyReader reader(source,
                    postgres_detail::copy_to_sql(info, postgres_detail::select_items(columns), "", format),
                    std::make_shared<const Schema>(row_columns(columns), format), {.batch_bytes = 10_KiB});
  CopyWriter writer(target, copy_from_sql(info.name, names, format), format);
  while (const auto batch = reader.read()) writer.write(*batch);
  CHECK(writer.finish() == 20000);
  CHECK(reader.server_rows() == 20000U);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}
