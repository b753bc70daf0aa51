// Many tables that are made together: the partitioned tables above them, foreign keys between them, and what
// is told of the rest.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "made_tables.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("made together: partitioned tables come with their partitions, nested ones too", "[server][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE part (id int, at date, v text DEFAULT 'x', PRIMARY KEY (at, id)) PARTITION BY RANGE "
      "(at); "
      "CREATE INDEX part_v ON part (v); COMMENT ON TABLE part IS 'all'; "
      "CREATE TABLE part_24 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY "
      "LIST (id); "
      "CREATE TABLE part_24_odd PARTITION OF part_24 FOR VALUES IN (1, 3); "
      "CREATE TABLE part_24_rest PARTITION OF part_24 DEFAULT; "
      "CREATE TABLE part_25 PARTITION OF part FOR VALUES FROM ('2025-01-01') TO (MAXVALUE); "
      "CREATE TABLE h (id int) PARTITION BY HASH (id); "
      "CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (modulus 2, remainder 0); "
      "CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (modulus 2, remainder 1); "
      "INSERT INTO part SELECT i, date '2024-06-01' + i FROM generate_series(1, 400) i; "
      "INSERT INTO h SELECT generate_series(1, 50)");
  auto options = making({"public.*"});
  SECTION("as they are") {
    options.jobs = GENERATE(1U, 3U);
    const CopyTablesReport report = run_whole(options);
    CHECK(tells(report.remarks, "the partitioned table public.part was made"));
    CHECK(bed.dst(shape("public")) == bed.src(shape("public")));
    CHECK(bed.dst(content("part")) == bed.src(content("part")));
    CHECK(bed.dst("SELECT obj_description('part'::regclass)") == "all");
    CHECK(bed.dst("INSERT INTO part (id, at) VALUES (9, '2024-01-02') RETURNING tableoid::regclass")
              .find("part_24_rest") != std::string::npos);
    // They are there now, and are loaded as what they are.
    run_whole(options);
    CHECK(bed.dst(content("part")) == bed.src(content("part")));
  }
  SECTION("with columns and primary key alone") {
    options = making({"part_*"}, CreateTarget::columns);
    run_whole(options);
    CHECK(bed.dst("SELECT count(*) FROM part") == "400");
    CHECK(bed.dst("SELECT count(*) FROM pg_index WHERE indrelid = 'part'::regclass") == "1");
  }
  SECTION("in another schema, without a column, and with one that SQL gives") {
    options = making({"part_*"});
    options.to_schema = "there";
    options.exclude_columns = {"*.id"};
    options.exclude_columns = {};
    options.map = {{.column = "part*.v", .sql = "md5(v)"}};
    run_whole(options);
    CHECK(bed.dst("SELECT count(*), count(DISTINCT v) FROM there.part") == "400|1");
    CHECK(bed.dst("SELECT v FROM there.part LIMIT 1") == bed.src("SELECT md5('x')"));
    bed.dst("DROP SCHEMA there CASCADE");
  }
  SECTION("some of them alone") {
    options = making({"part_2*"});
    options.exclude = {"part_25"};
    run_whole(options);
    CHECK(bed.dst("SELECT count(*) FROM part") == bed.src("SELECT count(*) FROM part_24"));
    // The others come later.
    options.exclude = {"part_24*"};
    run_whole(options);
    CHECK(bed.dst(content("part")) == bed.src(content("part")));
  }
  SECTION("beneath a table that has none in the target") {
    bed.dst("CREATE TABLE part (id int)");
    const CopyTablesReport report = run_whole(making({"part_25"}));
    CHECK(tells(report.remarks, "public.part is no partitioned table in the target"));
  }
  SECTION("each a job with a name") {
    options.mode = WriteMode::append;
    options.delivery.job = "all";
    run_whole(options);
    CHECK(bed.dst(shape("public")) == bed.src(shape("public")));
    CHECK(bed.dst(content("part")) == bed.src(content("part")));
  }
}

TEST_CASE("made together: sequences of a partitioned table go on behind its rows", "[server][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE part (id serial, at int) PARTITION BY RANGE (at); "
      "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100); "
      "INSERT INTO part (at) SELECT generate_series(1, 20)");
  run_whole(making({"part_1"}));
  CHECK(bed.dst("INSERT INTO part (at) VALUES (50) RETURNING id").find("21") != std::string::npos);
}

TEST_CASE("made together: foreign keys between the tables", "[server][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE other (id int PRIMARY KEY); CREATE TABLE z_parent (id int PRIMARY KEY, \"Code\" text "
      "UNIQUE, "
      "up int REFERENCES z_parent); "
      "CREATE TABLE a_child (id int PRIMARY KEY, parent int CONSTRAINT \"Its parent\" REFERENCES z_parent ON "
      "DELETE "
      "CASCADE DEFERRABLE, code text REFERENCES z_parent (\"Code\") ON UPDATE SET NULL, other int REFERENCES "
      "other); "
      "COMMENT ON CONSTRAINT \"Its parent\" ON a_child IS 'it''s'; "
      "CREATE TABLE p (id int PRIMARY KEY, parent int REFERENCES z_parent) PARTITION BY RANGE (id); "
      "CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (1000); "
      "CREATE TABLE to_p (p int REFERENCES p); "
      "INSERT INTO other VALUES (1); INSERT INTO z_parent SELECT i, 'c' || i, 1 FROM generate_series(1, 10) "
      "i; "
      "INSERT INTO a_child SELECT i, 1 + i % 10, 'c1', 1 FROM generate_series(1, 100) i; "
      "INSERT INTO p SELECT i, 1 + i % 10 FROM generate_series(1, 100) i; INSERT INTO to_p VALUES (5)");
  SECTION("all of them") {
    auto options = making({"public.*"});
    options.jobs = 3;
    const CopyTablesReport report = run_whole(options);
    for (const auto& table : report.tables)
      CHECK_FALSE(tells(table.report.remarks, "foreign keys are not made"));
    CHECK(bed.dst(all_keys) == bed.src(all_keys));
    CHECK(bed.dst(content("a_child")) == bed.src(content("a_child")));
  }
  SECTION("under other names") {
    auto options = making({"z_parent", "a_child", "other"});
    options.to_schema = "there";
    options.rename_tables = {{.from = "z_parent", .to = "\"The parent\""}};
    run_whole(options);
    CHECK(
        bed.dst(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND confrelid = 'there.\"The parent\"'::"
            "regclass") == "3");
    bed.dst("DROP SCHEMA there CASCADE");
  }
  SECTION("not to a table that is not copied, which is told") {
    const CopyTablesReport report = run_whole(making({"z_parent", "a_child"}));
    CHECK(tells(report.remarks,
                "foreign key a_child_other_fkey of public.a_child is not made: public.other, which it "
                "references, is not copied"));
    CHECK(bed.dst("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == "3");
  }
  SECTION("not without full") {
    const CopyTablesReport report =
        run_whole(making({"z_parent", "a_child", "other"}, CreateTarget::columns));
    CHECK(bed.dst("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == "0");
    CHECK(tells(report.tables[0].report.remarks, "foreign keys are not made"));
  }
  SECTION("what rows stand against is told with the statement") {
    bed.src(
        "ALTER TABLE a_child DISABLE TRIGGER ALL; INSERT INTO a_child VALUES (1000, 77); "
        "ALTER TABLE a_child ENABLE TRIGGER ALL");
    const CopyTablesReport report = run_whole(making({"public.*"}));
    CHECK(tells(report.remarks, "foreign key \"Its parent\" of public.a_child is not made"));
    CHECK(tells(report.remarks, "ALTER TABLE \"public\".\"a_child\" ADD CONSTRAINT \"Its parent\""));
  }
}

TEST_CASE("made together: what is left out is counted", "[server][sql]") {
  const Bed bed;
  bed.src("SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
  bed.src(
      "CREATE TABLE t (id int, v int); CREATE VIEW v AS SELECT 1 AS a; CREATE VIEW w AS SELECT 1 AS a; "
      "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE SEQUENCE own; "
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
      "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); CREATE POLICY p ON t; "
      "CREATE STATISTICS s ON id, v FROM t; GRANT SELECT ON t TO PUBLIC; SELECT lo_from_bytea(0, 'x')");
  const std::string text =
      "left out, since only tables are made and copied: 2 views, 1 materialized view, 1 sequence of no "
      "column, 1 "
      "function, 1 trigger, 1 policy, 1 table's privileges, 1 large object";
  const auto options = making({"public.t"});
  CHECK(tells(CopyTables(options).plan().front().remarks, text));
  CHECK(tells(run_whole(options).remarks, text));
  CHECK_FALSE(tells(run_whole(copy_of({"public.t"})).remarks, "left out"));
  bed.src("SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
}

TEST_CASE("made together: pg_dump tells the same of both sides", "[server][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE z_parent (id int GENERATED ALWAYS AS IDENTITY "
      "PRIMARY KEY, "
      "m mood DEFAULT 'ok', v text COLLATE \"C\" CHECK (v <> ''), w text GENERATED ALWAYS AS (upper(v)) "
      "STORED); "
      "CREATE INDEX z_parent_v ON z_parent (lower(v)); ALTER TABLE z_parent CLUSTER ON "
      "z_parent_v; "
      "CREATE TABLE a_child (id serial PRIMARY KEY, parent int REFERENCES z_parent ON DELETE CASCADE, "
      "during int4range, EXCLUDE USING gist (during WITH &&)); COMMENT ON TABLE a_child IS 'c'; "
      "CREATE STATISTICS st ON id, parent FROM a_child; "
      "CREATE TABLE part (id int, at date NOT NULL, parent int REFERENCES z_parent, PRIMARY KEY (at, id)) "
      "PARTITION BY RANGE (at); CREATE INDEX part_parent ON part (parent); "
      "CREATE TABLE part_24 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); "
      "CREATE TABLE part_rest PARTITION OF part DEFAULT; "
      "INSERT INTO z_parent (v) VALUES ('a'), ('b'); INSERT INTO a_child (parent) VALUES (1), (2); "
      "INSERT INTO part VALUES (1, '2024-05-05', 1), (2, '2020-01-01', 2)");
  const CopyTablesReport report = run_whole(making({"public.*"}));
  CHECK(report.tables.size() == 4);
  const std::filesystem::path place =
      std::filesystem::temp_directory_path() / ("leat-dumps-" + std::to_string(::getpid()));
  std::filesystem::create_directory(place);
  const auto dump = [&place](const std::string& database) {
    const std::string file = (place / database).string();
    const std::string command = "pg_dump --schema-only '" + Bed::server().uri(database) +
                                "' | grep -vE '^(--|$|SET |\\\\(un)?restrict)' > '" + file + "'";
    REQUIRE(std::system(command.c_str()) == 0);
    std::ifstream stream(file);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  const std::string source = dump("src");
  CHECK(source.find("ATTACH PARTITION") != std::string::npos);
  CHECK(dump("dst") == source);
  std::filesystem::remove_all(place);
}

TEST_CASE("made together: a partition that was there before, as a table of its own, is told",
          "[server][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE part (id int) PARTITION BY RANGE (id); "
      "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (1) TO (10); "
      "CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20); INSERT INTO part VALUES (1), "
      "(11)");
  bed.dst("CREATE TABLE part_1 (id int)");
  const CopyTablesReport report = run_whole(making({"public.*"}));
  const std::string attach =
      R"(ALTER TABLE "public"."part" ATTACH PARTITION "public"."part_1" FOR VALUES FROM (1) TO (10))";
  REQUIRE(tells(report.remarks, "public.part_1 was there before, and is a table of its own"));
  REQUIRE(tells(report.remarks, attach));
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM part") == "11");
  bed.dst(attach);
  CHECK(bed.dst("SELECT string_agg(id::text, ',' ORDER BY id) FROM part") == "1,11");
  CHECK_FALSE(tells(run_whole(making({"public.*"})).remarks, "was there before"));
}
