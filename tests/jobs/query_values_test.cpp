// Values of a query's parameters: by COPY they give the rows that they give when they are bound.
#include <algorithm>

#include "bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

struct ValuedQuery {
  std::string sql;
  std::map<std::string, std::optional<std::string>> values;
};

bool is_by_copy(const JobPlan& plan) {
  return std::any_of(plan.source_sql.begin(), plan.source_sql.end(),
                     [](const std::string& sql) { return sql.starts_with("COPY "); });
}

std::string reason_of(const JobPlan& plan) {
  for (const auto& remark : plan.remarks) {
    if (remark.starts_with("the query is read by a server-side cursor instead of COPY: ")) return remark;
  }
  return {};
}

AdHocQueryOptions valued(const Bed& bed, const ValuedQuery& query) {
  auto options = bed.query(query.sql);
  options.parameters = query.values;
  return options;
}

void make_valued_table(const Bed& bed) {
  bed.src(R"(
CREATE TYPE mood AS ENUM ('sad', 'so so');
CREATE DOMAIN even AS int CHECK (value % 2 = 0);
DROP SCHEMA IF EXISTS "O""dd" CASCADE;
CREATE SCHEMA "O""dd";
CREATE TYPE "O""dd"."Ty pe" AS ENUM ('one');
CREATE TABLE t (id int, v text, at timestamptz, day date, n numeric, b bpchar(5), bits bit(4), m mood,
  e even, o "O""dd"."Ty pe", c "char", f float8, i interval, u uuid, a int[], raw bytea, j jsonb);
INSERT INTO t SELECT g, 'v' || g, '2026-01-01 UTC'::timestamptz + g * interval '1 h',
  '2026-01-01'::date + g, g / 3.0, 'b' || g, g::bit(4), 'so so', g * 2, 'one', 'x', g / 3.0,
  g * interval '1 min', md5(g::text)::uuid, ARRAY[g, g + 1], decode(md5(g::text), 'hex'),
  jsonb_build_object('k', g) FROM generate_series(1, 15) g;
CREATE FUNCTION arrived(x text) RETURNS text LANGUAGE sql AS $$ SELECT x || 't' $$;
CREATE FUNCTION arrived(x bpchar) RETURNS text LANGUAGE sql AS $$ SELECT 'b' || x $$)");
  bed.dst("CREATE TABLE t (v text)");
}

}  // namespace

TEST_CASE("query values: by COPY they give the rows that they give when they are bound", "[server]") {
  const Bed bed;
  make_valued_table(bed);
  const std::vector<ValuedQuery> queries{
      {"SELECT v FROM t WHERE at > :x", {{"x", "2026-01-01 05:00 Europe/Berlin"}}},
      {"SELECT v FROM t WHERE day - :x > 3", {{"x", "2026-01-02"}}},
      {"SELECT v FROM t WHERE at > now() - :x::interval", {{"x", "1000 years"}}},
      {"SELECT v FROM t WHERE b = :x", {{"x", "b3   "}}},
      {"SELECT v FROM t WHERE bits = :x", {{"x", "0101"}}},
      {"SELECT v FROM t WHERE m = :x", {{"x", "so so"}}},
      {"SELECT v FROM t WHERE e = :x", {{"x", "4"}}},
      {"SELECT v FROM t WHERE o = :x", {{"x", "one"}}},
      {"SELECT v FROM t WHERE c = :x", {{"x", "x"}}},
      {"SELECT v FROM t WHERE f > :x", {{"x", "0.1"}}},
      {"SELECT v FROM t WHERE n > :x / 3", {{"x", "1"}}},
      {"SELECT v FROM t WHERE i >= :x", {{"x", "0:03"}}},
      {"SELECT v FROM t WHERE u = :x", {{"x", "{c4ca4238-a0b923820dcc509a6f75849b}"}}},
      {"SELECT v FROM t WHERE id = ANY (:x)", {{"x", "{1,2,NULL}"}}},
      {"SELECT v FROM t WHERE a @> :x", {{"x", "{3}"}}},
      {"SELECT v FROM t WHERE raw = :x", {{"x", "\\xc4ca4238a0b923820dcc509a6f75849b"}}},
      {"SELECT v FROM t WHERE j @> :x", {{"x", "{\"k\": 3}"}}},
      {"SELECT v FROM t WHERE v LIKE :x ESCAPE :y", {{"x", "v1%"}, {"y", "!"}}},
      {"SELECT v FROM t WHERE v <> :x AND v ~ :y", {{"x", "it's \\ \"$1\" :x"}, {"y", "^v\\d$"}}},
      {"SELECT :x || v AS v FROM t", {{"x", "it's \\ \"$1\" :x \n 馬"}}},
      {"SELECT v FROM t WHERE v IN (:x, :y)", {{"x", "v1"}, {"y", "v2"}}},
      {"SELECT v FROM t WHERE id BETWEEN :x AND :x + :y", {{"x", "3"}, {"y", "4"}}},
      {"SELECT v FROM t ORDER BY id LIMIT :x OFFSET :y", {{"x", "3"}, {"y", "2"}}},
      {"SELECT v FROM t ORDER BY id FETCH FIRST :x ROWS ONLY", {{"x", "3"}}},
      {"SELECT v FROM t ORDER BY id DESC FETCH FIRST (:x) ROWS WITH TIES", {{"x", "3"}}},
      {"SELECT coalesce(:x, v) AS v FROM t", {{"x", std::nullopt}}},
      {"SELECT v FROM t WHERE (:x::int IS NULL OR id = :x)", {{"x", std::nullopt}}},
      {"SELECT v FROM t WHERE (:x::int IS NULL OR id = :x)", {{"x", "7"}}},
      {"SELECT :x AS v FROM t", {{"x", "a"}}},
      {"SELECT :x || :y AS v", {{"x", "a"}, {"y", "b"}}},
      {"SELECT max(v) AS v FROM t GROUP BY date_trunc(:x, at), id HAVING count(*) > :z",
       {{"x", "day"}, {"z", "0"}}},
      {"SELECT date_trunc(:x, at)::text AS v FROM t GROUP BY date_trunc(:x, at)", {{"x", "day"}}},
      {"SELECT v FROM t ORDER BY :x, id", {{"x", "1"}}},
      {"SELECT arrived(:x) AS v", {{"x", "a "}}},
      {"SELECT to_char(at AT TIME ZONE :z, :f) AS v FROM t", {{"z", "Asia/Tokyo"}, {"f", "HH24:MI"}}},
      {"WITH s AS (SELECT id, :x AS v FROM t UNION ALL SELECT :n AS id, v FROM t) SELECT v FROM s WHERE id > "
       ":n",
       {{"x", "a"}, {"n", "4"}}},
      {"SELECT column1 AS v FROM (VALUES (:x), ('b')) AS w", {{"x", "a"}}},
      {"SELECT string_agg(v, :x ORDER BY id) FILTER (WHERE id > :n) AS v FROM t", {{"x", ";"}, {"n", "3"}}},
      {"SELECT CASE WHEN id = :x THEN v ELSE :y END AS v FROM t", {{"x", "1"}, {"y", "z"}}},
      {"SELECT (sum(id) OVER (ORDER BY id ROWS :x PRECEDING))::text AS v FROM t", {{"x", "2"}}},
      {"SELECT v FROM t WHERE at <= :x", {{"x", "infinity"}}},
      {"SELECT (j -> :x)::text AS v FROM t", {{"x", "k"}}},
      {"SELECT a[:x]::text AS v FROM t", {{"x", "2"}}},
  };
  for (const auto& query : queries) {
    CAPTURE(query.sql);
    auto options = valued(bed, query);
    CHECK(reason_of(AdHocQuery(options).plan()) == "");
    CHECK(is_by_copy(AdHocQuery(options).plan()));
    static_cast<void>(AdHocQuery(options).run());
    const std::string by_copy = bed.dst("SELECT v FROM t ORDER BY v");
    options.sql = "SELECT s.v FROM (" + options.sql + ") AS s, (SELECT :by_cursor) AS u";
    options.parameters.emplace("by_cursor", "");
    CHECK_FALSE(is_by_copy(AdHocQuery(options).plan()));
    static_cast<void>(AdHocQuery(options).run());
    CHECK(by_copy == bed.dst("SELECT v FROM t ORDER BY v"));
    CHECK(!by_copy.empty());
  }
}

TEST_CASE("query values: where rows could be other ones a cursor reads them, and it is said why",
          "[server]") {
  const Bed bed;
  make_valued_table(bed);
  const auto read_by_cursor = [&](const ValuedQuery& query, const std::string& reason) {
    const auto options = valued(bed, query);
    const JobPlan plan = AdHocQuery(options).plan();
    CHECK_FALSE(is_by_copy(plan));
    CHECK(reason_of(plan).find(reason) != std::string::npos);
    static_cast<void>(AdHocQuery(options).run());
  };
  read_by_cursor({"SELECT row_to_json(s)::text AS v FROM (SELECT :x) AS s", {{"x", "a"}}},
                 ":x may be a column without a name (write AS behind it)");
  CHECK(bed.dst("SELECT v FROM t") == "{\"?column?\":\"a\"}");
  read_by_cursor({"SELECT :x AS v", {{"x", std::string(1100000, 'x')}}}, "the values are longer than 1 MiB");
  CHECK(bed.dst("SELECT length(v) FROM t") == "1100000");
}

TEST_CASE("query values: a value of the wrong form is told as when it is bound", "[server]") {
  const Bed bed;
  make_valued_table(bed);
  const Error error = error_of(valued(bed, {"SELECT v FROM t WHERE id = :x", {{"x", "ten"}}}));
  check_error(error, ErrorKind::source, "22P02");
  CHECK(std::string(error.what()).find("invalid input syntax for type integer: \"ten\"") !=
        std::string::npos);
}

TEST_CASE("query values: no plan, no report and no log shows one", "[server]") {
  const Bed bed;
  make_valued_table(bed);
  auto options = valued(bed, {"SELECT :x AS v FROM t WHERE id < :n", {{"x", "s3cretWord"}, {"n", "3"}}});
  std::string log;
  options.stream.log =
      Logger(LogLevel::trace, [&log](LogLevel, std::string_view text) { log += std::string(text) + "\n"; });
  const std::string plan = to_json(AdHocQuery(options).plan());
  CHECK(plan.find("s3cretWord") == std::string::npos);
  CHECK(plan.find(":x AS v FROM t WHERE id < :n") != std::string::npos);
  CHECK(to_json(AdHocQuery(options).run()).find("s3cretWord") == std::string::npos);
  CHECK(log.find("reading") != std::string::npos);
  CHECK(log.find("s3cretWord") == std::string::npos);
}

TEST_CASE("query values: a parameter may have a type of its own", "[server]") {
  const Bed bed;
  make_valued_table(bed);
  auto options = valued(bed, {"SELECT pg_typeof(:x) || ' ' || :x AS v", {{"x", "1.239"}}});
  options.parameter_types = {{"x", "numeric(5,2)"}};
  SECTION("by COPY") {
    CHECK(is_by_copy(AdHocQuery(options).plan()));
  }
  SECTION("by a cursor") {
    options.sql += " FROM (SELECT :u) AS u";
    options.parameters.emplace("u", "");
    CHECK_FALSE(is_by_copy(AdHocQuery(options).plan()));
  }
  static_cast<void>(AdHocQuery(options).run());
  CHECK(bed.dst("SELECT v FROM t") == "numeric 1.24");
  options.parameter_types = {{"x", "numerik"}};
  const Error none = error_of(options);
  check_error(none, ErrorKind::config, "");
  CHECK(std::string(none.what()).find("the type of :x, numerik, is none") != std::string::npos);
  options.parameter_types = {{"x", "int) || (1"}};
  check_error(error_of(options), ErrorKind::config, "");
  options.parameter_types = {{"other", "int"}};
  CHECK_THROWS_AS(AdHocQuery(options), Error);
}

TEST_CASE("query values: a query with parameters is verified", "[server]") {
  const Bed bed;
  make_valued_table(bed);
  auto options = valued(bed, {"SELECT v FROM t WHERE at > :x", {{"x", "2026-01-01 05:00 UTC"}}});
  options.stream.verify = true;
  const JobReport report = AdHocQuery(options).run();
  CHECK(std::any_of(report.remarks.begin(), report.remarks.end(),
                    [](const std::string& remark) { return remark.starts_with("verified: "); }));
  CHECK(report.rows_written == 10);
  bed.dst(R"(
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := 'w'; RETURN NEW; END $$;
CREATE TRIGGER spoil BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION spoil())");
  check_error(error_of(options), ErrorKind::verify, "");
  CHECK(bed.dst("SELECT count(*) FROM t WHERE v <> 'w'") == "10");
}
