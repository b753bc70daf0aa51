// Which tables patterns choose, and what they must not leave out or take without a word.
#include "bed.hpp"
#include "listed_tables.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("list: no part of a partitioned table that is copied as one can be left out", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE parts (id int) PARTITION BY RANGE (id); "
      "CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (10) PARTITION BY LIST (id); "
      "CREATE TABLE parts_low_1 PARTITION OF parts_low DEFAULT; "
      "CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (10) TO (20); CREATE TABLE other (id int)");
  const std::string exclude = GENERATE("parts_low_1", "parts_l*", "public.\"parts_low\"", "*_high");
  const std::string partition = exclude == "parts_low_1" ? "public.parts_low_1"
                                : exclude == "*_high"    ? "public.parts_high"
                                                         : "public.parts_low";
  SECTION("told for the table as a whole") {
    const Texts include = GENERATE(Texts{"parts"}, Texts{"parts", "parts_low"}, Texts{"parts", "*"});
    const Error error = refused_listing(include, {exclude});
    CHECK(error.what() == "the pattern " + exclude + " excludes " + partition +
                              ", a partition of public.parts, which is copied as one");
    CHECK(std::string(error.hint()).find("instead of public.parts") != std::string::npos);
  }
  SECTION("left out of its leaves") {
    CHECK_FALSE(listed({"*"}, {exclude}).empty());
  }
  SECTION("left out with the whole") {
    CHECK(listed({"parts", "other"}, {exclude, "parts"}) == Texts{"public.other"});
  }
}

TEST_CASE("list: a part of a partitioned table that is copied as one cannot be left out, below others",
          "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE parts (id int) PARTITION BY RANGE (id); "
      "CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (10) PARTITION BY LIST (id); "
      "CREATE TABLE parts_low_1 PARTITION OF parts_low DEFAULT; "
      "CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (10) TO (20)");
  CHECK(std::string(refused_listing({"parts_low"}, {"parts_low_1"}).what()) ==
        "the pattern parts_low_1 excludes public.parts_low_1, a partition of public.parts_low, which is "
        "copied as one");
  CHECK(listed({"parts_low"}, {"parts_high"}) == Texts{"public.parts_low"});
}

TEST_CASE("list: a name to exclude must be there, a wildcard need not", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE VIEW v AS SELECT 1 AS id");
  CHECK(std::string(refused_listing({"*"}, {"b", "nowhere"}).what()) ==
        "the pattern nowhere to exclude matches no table of the source");
  CHECK(std::string(refused_listing({"*"}, {"other.b"}).what()).find("other.b") != std::string::npos);
  CHECK(std::string(refused_listing({"*"}, {"\"B\""}).what()).find("\"B\"") != std::string::npos);
  CHECK(listed({"*"}, {"no*"}) == Texts{"public.a", "public.b"});
  CHECK(listed({"a"}, {"b", "v"}) == Texts{"public.a"});
}

TEST_CASE("list: excludes that leave no table are refused", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE a (id int); CREATE TABLE b (id int)");
  CHECK(std::string(refused_listing({"*"}, {"a", "b"}).what()) == "exclude leaves no table");
  CHECK(std::string(refused_listing({"a"}, {"*"}).what()) == "exclude leaves no table");
  CHECK(std::string(refused_listing({"nothing*"}, {"*"}).what()) ==
        "the pattern nothing* matches no table of the source");
}

TEST_CASE("list: a foreign table that wildcards leave out of a partitioned table is told", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw; "
      "CREATE TABLE r (id int) PARTITION BY RANGE (id); "
      "CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (0) TO (10); "
      "CREATE FOREIGN TABLE r2 PARTITION OF r FOR VALUES FROM (10) TO (20) SERVER away; "
      "CREATE TABLE r3 PARTITION OF r FOR VALUES FROM (20) TO (30) PARTITION BY LIST (id); "
      "CREATE FOREIGN TABLE r3_a PARTITION OF r3 DEFAULT SERVER away; "
      "CREATE TABLE lone (id int) PARTITION BY LIST (id); "
      "CREATE FOREIGN TABLE lone_a PARTITION OF lone DEFAULT SERVER away; "
      "CREATE FOREIGN TABLE apart (id int) SERVER away");
  Texts notes;
  SECTION("by the tree of which other parts are copied") {
    CHECK(listed({"*"}, {}, &notes) == Texts{"public.r1"});
    CHECK(notes == Texts{"public.r2 is a foreign table and a partition of public.r, of which other "
                         "partitions are copied; name it to have it, too",
                         "public.r3_a is a foreign table and a partition of public.r, of which other "
                         "partitions are copied; name it to have it, too"});
  }
  SECTION("by the nearest of them") {
    CHECK(listed({"r3_a", "r*"}, {"r1"}, &notes) == Texts{"public.r3_a"});
    REQUIRE(notes.size() == 1);
    CHECK(notes.front().starts_with("public.r2 is a foreign table and a partition of public.r,"));
  }
  SECTION("not where it is named, excluded, not asked for, or copied with the whole") {
    CHECK(listed({"*", "r2"}, {"r3*"}, &notes) == Texts{"public.r1", "public.r2"});
    CHECK(listed({"r1"}, {}, &notes) == Texts{"public.r1"});
    CHECK(listed({"*1"}, {}, &notes) == Texts{"public.r1"});
    CHECK(listed({"r", "r*"}, {}, &notes) == Texts{"public.r"});
    CHECK(notes.empty());
  }
  bed.src("DROP SERVER away CASCADE");
}

TEST_CASE("list: tables that leat keeps for itself are never chosen", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE orders (id int); CREATE SCHEMA leat_meta; CREATE TABLE leat_meta.jobs (id int); "
      "ALTER DATABASE src SET search_path = public, leat_meta");
  const std::string include = GENERATE("*.*", "*", "?????*.*s");
  CHECK(listed({include}) == Texts{"public.orders"});
  CHECK(listed({include}, {"leat_meta.jobs"}) == Texts{"public.orders"});
  for (const std::string named : {"leat_meta.jobs", "leat_meta.*", "\"leat_meta\".\"jobs\"", "jobs"}) {
    CHECK(
        refused_listing({include, named}).what() ==
        "the pattern " + named +
            " matches only tables that leat keeps for itself, which are never copied under their own names");
  }
  bed.src("DROP SCHEMA leat_meta CASCADE; ALTER DATABASE src RESET search_path");
}
