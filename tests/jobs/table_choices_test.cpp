// Many tables: where each of them arrives, and what becomes of its columns.
#include <algorithm>

#include "leat/jobs/select_tables.hpp"
#include "many_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// The error with which a run of these options begins.
Error refusal_of(const CopyTablesOptions& options) {
  try {
    static_cast<void>(CopyTables(options).run());
  } catch (const Error& error) {
    return error;
  }
  FAIL("the run began");
  return {ErrorKind::config, ""};
}

void run_all_tables(const CopyTablesOptions& options) {
  const CopyTablesReport report = CopyTables(options).run();
  for (const auto& table : report.tables) {
    INFO(table.table);
    if (table.error) FAIL_CHECK(table.error->what());
  }
  CHECK(report.status == JobStatus::done);
}

std::string tables_of_target(const Bed& bed) {
  return bed.dst(
      "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY 1) FROM (SELECT schemaname, tablename "
      "FROM "
      "pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'leat_meta') ORDER BY 1, 2) t");
}

/// Two schemas of three tables, each with a row, and nothing in the target.
struct TwoSchemas {
  TwoSchemas() {
    bed.src(
        "DROP SCHEMA IF EXISTS sales, stock CASCADE; CREATE SCHEMA sales; CREATE SCHEMA stock; "
        "CREATE TABLE sales.orders (id int PRIMARY KEY, email text, note text); "
        "CREATE TABLE sales.tmp_a (id int, email text); CREATE TABLE stock.orders (id int, \"E mail\" text); "
        "INSERT INTO sales.orders VALUES (1, 'a@b', 'n'); INSERT INTO sales.tmp_a VALUES (2, 'c@d'); "
        "INSERT INTO stock.orders VALUES (3, 'e@f')");
    bed.dst("DROP SCHEMA IF EXISTS sales, stock, archive, \"A b\" CASCADE");
  }
  ~TwoSchemas() { bed.both("DROP SCHEMA IF EXISTS sales, stock, archive, \"A b\" CASCADE"); }
  TwoSchemas(const TwoSchemas&) = delete;
  TwoSchemas& operator=(const TwoSchemas&) = delete;

  [[nodiscard]] CopyTablesOptions creating(std::vector<std::string> include) const {
    auto options = copy_of(std::move(include));
    options.stream.create = CreateTarget::full;
    return options;
  }

  Bed bed{};
};

}  // namespace

TEST_CASE("table choices: another schema, which is made where it is missing", "[server]") {
  const TwoSchemas two;
  auto options = two.creating({"sales.*"});
  options.to_schema = GENERATE("archive", "\"A b\"");
  const std::string schema = options.to_schema;
  for (const auto& plan : CopyTables(options).plan()) CHECK_FALSE(has_error(plan.findings));
  CHECK(two.bed.dst("SELECT count(*) FROM pg_namespace WHERE nspname IN ('archive', 'A b')") == "0");
  const CopyTablesReport report = CopyTables(options).run();
  REQUIRE(report.failed() == 0);
  CHECK(report.tables.at(0).table == "sales.orders");
  CHECK(report.tables.at(0).target == schema + ".orders");
  CHECK(two.bed.dst("SELECT email FROM " + schema + ".orders") == "a@b");
  CHECK(two.bed.dst("SELECT email FROM " + schema + ".tmp_a") == "c@d");
  CHECK(two.bed.dst("SELECT count(*) FROM pg_namespace WHERE nspname = 'sales'") == "0");
  // They are there now.
  run_all_tables(options);
  CHECK(two.bed.dst("SELECT count(*) FROM " + schema + ".orders") == "1");
}

TEST_CASE("table choices: other names, by patterns too", "[server]") {
  const TwoSchemas two;
  auto options = two.creating({"sales.*", "stock.*"});
  SECTION("* stands for the same on both sides, and the first that fits counts") {
    options.rename_tables = {{.from = "sales.tmp_*", .to = "archive.old_*"},
                             {.from = "*.*", .to = "*.\"All \"*"}};
    run_all_tables(options);
    CHECK(tables_of_target(two.bed) == "archive.old_a sales.All orders stock.All orders");
    CHECK(two.bed.dst("SELECT \"E mail\" FROM stock.\"All orders\"") == "e@f");
  }
  SECTION("a name without a schema stays in the one that is chosen for all") {
    options.to_schema = "archive";
    options.rename_tables = {{.from = "stock.orders", .to = "goods"}};
    run_all_tables(options);
    CHECK(tables_of_target(two.bed) == "archive.goods archive.orders archive.tmp_a");
  }
  SECTION("a table that is there under the new name is loaded") {
    two.bed.dst(
        "CREATE SCHEMA archive; CREATE TABLE archive.o (id int, email text, note text); "
        "INSERT INTO archive.o VALUES (9, 'old', 'old')");
    options = copy_of({"sales.orders"});
    options.rename_tables = {{.from = "sales.orders", .to = "archive.o"}};
    run_all_tables(options);
    CHECK(two.bed.dst("SELECT id FROM archive.o") == "1");
  }
}

TEST_CASE("table choices: a partitioned table above those that are copied gets another name", "[server]") {
  const TwoSchemas two;
  two.bed.src(
      "CREATE TABLE sales.part (id int) PARTITION BY RANGE (id); CREATE TABLE sales.part_1 PARTITION OF "
      "sales.part FOR VALUES FROM (0) TO (10); INSERT INTO sales.part VALUES (1), (2)");
  auto options = two.creating({"sales.part*"});
  options.rename_tables = {{.from = "sales.part", .to = "archive.\"All of it\""}};
  run_all_tables(options);
  CHECK(tables_of_target(two.bed) == "archive.All of it sales.part_1");
  CHECK(two.bed.dst("SELECT count(*), min(tableoid::regclass::text) FROM archive.\"All of it\"") ==
        "2|sales.part_1");
  // The same options choose the same tables where rows are compared, and where all is there.
  CHECK(select_tables(options).size() == 1);
  run_all_tables(options);
  options.rename_tables = {{.from = "sales.part", .to = "part_1"}};
  const Error error = refusal_of(options);
  CHECK(error.kind() == ErrorKind::config);
  CHECK(std::string(error.what()) == "sales.part_1 and sales.part would both arrive in sales.part_1");
  options.rename_tables = {{.from = "sales.parts", .to = "p"}};
  CHECK(std::string(refusal_of(options).what()).find("sales.part") != std::string::npos);
}

TEST_CASE("table choices: what cannot be meant is refused before the start", "[server]") {
  const TwoSchemas two;
  auto options = two.creating({"sales.*", "stock.*"});
  const auto message = [&options] { return std::string(refusal_of(options).what()); };
  SECTION("two tables in one") {
    options.to_schema = "archive";
    CHECK(message() == "sales.orders and stock.orders would both arrive in archive.orders");
  }
  SECTION("a rename that fits nothing") {
    options.rename_tables = {{.from = "sales.order", .to = "a.b"}};
    CHECK(message() ==
          "rename_tables names sales.order=a.b, which fits no table that is copied; did you mean "
          "sales.orders?");
  }
  SECTION("an excluded column of no table") {
    options.exclude_columns = {"salse.orders.email"};
    CHECK(message() ==
          "exclude_columns names salse.orders.email, which fits no table that is copied; did you mean "
          "sales.orders?");
  }
  SECTION("an excluded column that no table has") {
    options.exclude_columns = {"*.*.emial"};
    CHECK(
        message() ==
        "exclude_columns names *.*.emial, and no table that it fits has such a column; did you mean email?");
  }
  SECTION("a mapped column that no table has") {
    options.map = {{.column = "sales.*.emial", .sql = "'x'"}};
    CHECK(message() ==
          "map names sales.*.emial, and no table that it fits has such a column; did you mean email?");
  }
  SECTION("a mapped column of no table") {
    options.map = {{.column = "stok.orders.id", .sql = "1"}};
    CHECK(message() ==
          "map names stok.orders.id, which fits no table that is copied; did you mean stock.orders?");
  }
  SECTION("texts that are no names") {
    options.exclude_columns = {"email"};
    CHECK_THROWS_AS(CopyTables(options), Error);
    options.exclude_columns = {};
    options.map = {{.column = "sales.orders.*", .sql = "1"}};
    CHECK_THROWS_AS(CopyTables(options), Error);
    options.map = {{.column = "sales.orders.id", .sql = " "}};
    CHECK_THROWS_AS(CopyTables(options), Error);
    options.map = {};
    options.to_schema = "a.b";
    CHECK_THROWS_AS(CopyTables(options), Error);
    options.to_schema = "";
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"sales.*", "a.b.c"},
                                                                                   {"sales.orders", "a.*"},
                                                                                   {"sales.*", "*.b"},
                                                                                   {"*s.o*s", "a.b?"},
                                                                                   {"a", "\"b"}}) {
      INFO(from << " " << to);
      options.rename_tables = {{.from = from, .to = to}};
      CHECK_THROWS_AS(CopyTables(options), Error);
    }
    options.rename_tables = {};
  }
  SECTION("a name that is too long") {
    options.rename_tables = {{.from = "*.*", .to = "*." + std::string(60, 'x') + "*"}};
    CHECK(message().find("a name has 1 to 63 bytes") != std::string::npos);
  }
  CHECK(tables_of_target(two.bed).empty());
}

TEST_CASE("table choices: within one database no table goes where another one is read", "[server]") {
  const TwoSchemas two;
  auto options = copy_of({"sales.orders", "sales.tmp_a"});
  options.target = options.source;
  options.rename_tables = {{.from = "sales.tmp_a", .to = "sales.orders"},
                           {.from = "sales.orders", .to = "sales.x"}};
  const Error error = refusal_of(options);
  CHECK(error.what() ==
        std::string("sales.tmp_a would arrive in sales.orders, in whose rows sales.orders is copied from"));
  CHECK(two.bed.src("SELECT email FROM sales.orders") == "a@b");
}

TEST_CASE("table choices: columns that are left out, and those that SQL gives", "[server]") {
  const TwoSchemas two;
  auto options = two.creating({"sales.*", "stock.*"});
  options.exclude_columns = {"sales.orders.note", "stock.*.\"E \"*"};
  options.map = {{.column = "sales.tmp_a.email", .sql = "'own'"},
                 {.column = "*.*.email", .sql = "md5(email)"},
                 {.column = "stock.orders.more", .sql = "id * 2"}};
  options.stream.verify = true;
  run_all_tables(options);
  CHECK(two.bed.dst("SELECT * FROM sales.orders") == two.bed.src("SELECT 1, md5('a@b')"));
  CHECK(two.bed.dst("SELECT * FROM sales.tmp_a") == "2|own");
  CHECK(two.bed.dst("SELECT * FROM stock.orders") == "3|6");
}

TEST_CASE("table choices: hints name options that the job of many tables has", "[server]") {
  const TwoSchemas two;
  two.bed.dst("CREATE SCHEMA sales; CREATE TABLE sales.orders (id int, email int)");
  const auto plans = CopyTables(copy_of({"sales.orders"})).plan();
  REQUIRE(plans.size() == 1);
  REQUIRE(plans[0].findings.size() >= 2);
  for (const auto& finding : plans[0].findings) {
    INFO(finding.code << ": " << finding.hint);
    CHECK(finding.hint.find(".exclude)") == std::string::npos);
    CHECK(finding.hint.find("(.rename)") == std::string::npos);
    if (finding.code == "type_differs") CHECK(finding.hint.find(".map 'sales.orders.") != std::string::npos);
  }
}

TEST_CASE("table choices: tables of several schemas that are made in one keep their keys and indexes",
          "[server]") {
  const TwoSchemas two;
  two.bed.src(
      "DROP TABLE sales.orders, stock.orders; "
      "CREATE TABLE sales.orders (id serial PRIMARY KEY, v int UNIQUE); CREATE INDEX orders_i ON "
      "sales.orders (v); "
      "CREATE TABLE stock.orders (id serial PRIMARY KEY, v int UNIQUE); CREATE INDEX orders_i ON "
      "stock.orders (v); "
      "INSERT INTO sales.orders SELECT i, i FROM generate_series(1, 20000) i; "
      "INSERT INTO stock.orders SELECT i, i FROM generate_series(1, 20000) i");
  auto options = two.creating({"sales.orders", "stock.orders"});
  options.rename_tables = {{.from = "sales.*", .to = "archive.a_*"},
                           {.from = "stock.*", .to = "archive.b_*"}};
  options.jobs = GENERATE(1U, 2U, 8U);
  // Without it each is made by itself, and with it in one transaction.
  const bool has_type = GENERATE(false, true);
  if (has_type) {
    two.bed.both("DROP TYPE IF EXISTS mood");
    two.bed.src(
        "CREATE TYPE mood AS ENUM ('ok'); ALTER TABLE sales.orders ADD m mood; ALTER TABLE stock.orders ADD "
        "m "
        "mood");
  }
  run_all_tables(options);
  for (const std::string table : {"a_orders", "b_orders"}) {
    CHECK(two.bed.dst(
              "SELECT count(*), count(*) FILTER (WHERE indisprimary), count(*) FILTER (WHERE indisunique) "
              "FROM pg_index WHERE indrelid = 'archive." +
              table + "'::regclass") == "3|1|2");
    CHECK(two.bed.dst("INSERT INTO archive." + table + " (v) VALUES (-1) RETURNING id") == "20001");
  }
}

TEST_CASE("table choices: statistics objects of several schemas that are made in one keep theirs",
          "[server]") {
  const TwoSchemas two;
  two.bed.src(
      "CREATE STATISTICS sales.st ON id, email FROM sales.orders; CREATE STATISTICS stock.st ON id, \"E "
      "mail\" FROM stock.orders; COMMENT ON STATISTICS stock.st IS 'of stock'");
  auto options = two.creating({"sales.orders", "stock.orders"});
  options.rename_tables = {{.from = "sales.*", .to = "archive.a_*"},
                           {.from = "stock.*", .to = "archive.b_*"}};
  const CopyTablesReport report = CopyTables(options).run();
  for (const auto& table : report.tables) {
    INFO(table.table);
    CHECK_FALSE(table.error);
    for (const auto& remark : table.report.remarks) CHECK(remark.find("st is not made") == std::string::npos);
  }
  CHECK(two.bed.dst("SELECT string_agg(stxname || ' of ' || stxrelid::regclass || ' ' || "
                    "COALESCE(obj_description(oid), '-'), ', ' ORDER BY stxname) FROM pg_statistic_ext WHERE "
                    "stxnamespace = 'archive'::regnamespace") ==
        "st of archive.a_orders -, st_2 of archive.b_orders of stock");
}

TEST_CASE("table choices: an option that is given twice for the same is refused", "[server]") {
  const TwoSchemas two;
  auto options = two.creating({"sales.*"});
  SECTION("map") {
    options.map = {{.column = "sales.orders.note", .sql = "'1'"},
                   {.column = "sales.orders.note", .sql = "'2'"}};
    CHECK_THROWS_WITH(CopyTables(options), "map names sales.orders.note twice");
  }
  SECTION("rename_tables") {
    options.rename_tables = {{.from = "sales.orders", .to = "a"}, {.from = "sales.orders", .to = "b"}};
    CHECK_THROWS_WITH(CopyTables(options), "rename_tables names sales.orders twice");
  }
}
