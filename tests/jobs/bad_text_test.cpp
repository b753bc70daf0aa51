// Rows of a source without an encoding, and what is told of a row that the target refuses.
#include "leat/jobs/options/reject.hpp"
#include "verify_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A source whose text may be anything. Row 777's is no UTF-8.
void make_bytes(const Bed& bed, const std::string& columns = "") {
  static const bool created = [&] {
    bed.src("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'");
    return true;
  }();
  static_cast<void>(created);
  const std::string table = "CREATE TABLE t (id int PRIMARY KEY, a text" + columns + ")";
  Bed::on("bytes", "DROP TABLE IF EXISTS t; " + table +
                       "; INSERT INTO t (id, a) SELECT g, CASE WHEN g = 777 THEN E'caf\\xe9' WHEN g = 778 "
                       "THEN E'caf\\xc3\\xa9' ELSE 'good' END FROM generate_series(1, 3000) AS g");
  bed.dst(table);
}

CopyTableOptions copy_bytes(const Bed& bed) {
  auto options = bed.copy();
  options.source = ConnectionFactory().resolve(Bed::server().uri("bytes"));
  return options;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("bad text: of a source without an encoding the row, the column and a way out are told",
          "[server]") {
  const Bed bed;
  const bool by_text = GENERATE(false, true);
  CAPTURE(by_text);
  make_bytes(bed, by_text ? ", r regclass" : "");
  auto options = copy_bytes(bed);
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "22021");
  // A line of text is converted before it is cut into columns.
  CHECK(has(error.context(), by_text ? "line 777" : "line 777, column a"));
  CHECK(has(error.hint(), ".max_rejects"));
  CHECK(
      has(error.hint(), "convert_from(convert(convert_to(a, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII')"));
  SECTION("the row is rejected alone, by its key") {
    std::vector<std::string> keys;
    options.stream.max_rejects = 1;
    options.stream.rejects.callback = [&keys](const RejectedRow& row) {
      keys.push_back(row.key + row.column);
    };
    CHECK(CopyTable(options).run().rows_written == 2999);
    CHECK(keys == std::vector<std::string>{by_text ? "(id)=(777)" : "(id)=(777)a"});
    CHECK(bed.dst("SELECT a FROM t WHERE id = 778") == "café");
  }
  SECTION("the way out is one") {
    options.table.map["a"] =
        "CASE WHEN id = 777 THEN convert_from(convert(convert_to(a, 'SQL_ASCII'), 'LATIN1', 'UTF8'), "
        "'SQL_ASCII') ELSE a END";
    options.stream.verify = true;
    CHECK(CopyTable(options).run().rows_written == 3000);
    CHECK(bed.dst("SELECT DISTINCT a FROM t WHERE id IN (777, 778)") == "café");
  }
  SECTION("several readers") {
    options.readers = 3;
    check_error(error_of(options), ErrorKind::target, "22021");
  }
}

TEST_CASE("bad text: a comparison finds it, and does not fail", "[server][verify]") {
  const Bed bed;
  make_bytes(bed);
  auto options = copy_bytes(bed);
  options.stream.max_rejects = 1;
  options.stream.rejects.callback = [](const RejectedRow&) {};
  static_cast<void>(CopyTable(options).run());
  auto compared = verify_options();
  compared.source = options.source;
  CHECK(differences(compared) == "missing 777");
  bed.dst("INSERT INTO t VALUES (777, 'caf')");
  CHECK(differences(compared).starts_with("changed 777: a 'caf"));
  compared.key = {"a"};
  CHECK(VerifyTable(compared).run().source_rows == 3000);
}

TEST_CASE("bad text: XML of a source without an encoding arrives as it is", "[server]") {
  const Bed bed;
  make_bytes(bed, ", x xml DEFAULT '<a/>'");
  Bed::on("bytes", "DELETE FROM t WHERE id = 777");
  static_cast<void>(CopyTable(copy_bytes(bed)).run());
  CHECK(bed.dst("SELECT DISTINCT x::text FROM t") == "<a/>");
}

TEST_CASE("a row that the target refuses is told with a way out", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT g, 'v' FROM generate_series(1, 99) "
      "AS g; UPDATE t SET v = 'too long' WHERE id = 50");
  std::string code;
  std::string place = "line 50";
  SECTION("a check") {
    bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text CHECK (length(v) < 5))");
    code = "23514";
    bed.src("CLUSTER t USING t_pkey");
  }
  SECTION("a shorter column") {
    bed.dst("CREATE TABLE t (id int PRIMARY KEY, v varchar(5))");
    code = "22001";
    place = "line 50, column v";
    bed.src("CLUSTER t USING t_pkey");
  }
  const Error error = error_of(bed.copy());
  check_error(error, ErrorKind::target, code);
  CHECK(has(error.context(), place));
  CHECK(has(error.hint(), ".max_rejects"));
}

TEST_CASE("bad text: of a target without an encoding the cause is told, whoever writes the rows",
          "[server]") {
  const Bed bed;
  make_bytes(bed);
  static const bool created = [&] {
    bed.src("CREATE DATABASE bytes_target ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'");
    return true;
  }();
  static_cast<void>(created);
  Bed::on("bytes_target",
          "DROP SCHEMA IF EXISTS leat_meta CASCADE; DROP TABLE IF EXISTS t; CREATE TABLE t (id int, a text); "
          "CREATE UNIQUE INDEX ON t (a) WHERE a <> 'good'; INSERT INTO t VALUES (0, E'caf\\xe9')");
  auto options = copy_bytes(bed);
  options.target = ConnectionFactory().resolve(Bed::server().uri("bytes_target"));
  options.mode = WriteMode::append;
  SECTION("a plain load") {}
  SECTION("several writers") {
    options.readers = 2;
    options.writers = 2;
  }
  SECTION("a job that publishes its rows") {
    options.delivery = {.job = "j", .retries = 0};
  }
  SECTION("a job that writes straight into the table") {
    options.delivery = {.job = "j", .on_lost_snapshot = OnLostSnapshot::carry_on, .retries = 0};
  }
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "23505");
  CHECK(error.detail().find("Key (a)=(caf") != std::string_view::npos);
  CHECK(Bed::on("bytes_target", "SELECT count(*) FROM t") == "1\n");
  Bed::on("bytes_target", "DROP SCHEMA IF EXISTS leat_meta CASCADE; DROP TABLE t");
}
