#include "leat/postgres/session/sql_parameters.hpp"

#include "leat/core/error.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using leat::bind_parameters;
using leat::parse_named_parameters;
using Names = std::vector<std::string>;

TEST_CASE("SQL parameters: each name becomes one number, in order of first use", "[postgres]") {
  const auto query = parse_named_parameters("SELECT :b, :a_1 WHERE x=:b AND y<:größe");
  CHECK(query.sql == "SELECT $1, $2 WHERE x=$1 AND y<$3");
  CHECK(query.names == Names{"b", "a_1", "größe"});
}

TEST_CASE("SQL parameters: SQL without parameters comes back byte for byte", "[postgres]") {
  const std::vector<std::string> untouched{
      "",
      "SELECT 1 -- :a\n, 2 /* :b /* :c */ :d */",
      "SELECT ':a', 'it''s :a', E'\\':a', e'\\\\', U&'\\0061:a', B'1', \":a\"\":b\"",
      "SELECT $$:a$$, $tag$ :a $$ :b $tag$, $ä1$:a$ä1$",
      "SELECT E'a'\n '\\':a'",
      "SELECT E'a' -- it's\n -- more\r\n '\\':a'",
      "SELECT JSON_OBJECT('a':b, c : d), json_objectagg(k:v)",
      "SELECT x::text, '1'::int::text",
      "SELECT f(a := 1)",
      "SELECT a[1:n], a[i:j], a[i : j], a[f(x):n], a[b[1]:n], a[\"i\":j], a[1:2][3:n], a[$1:n]",
      "SELECT 'not closed :a",
      "SELECT \"not closed :a",
      "SELECT $x$ not closed :a",
      "SELECT E'not closed \\",
      "SELECT $1, $2",
      "SELECT a$b$ FROM t",
      "SELECT 12:30",
      ":",
      "a[",
      "]",
      "$",
  };
  for (const auto& sql : untouched) {
    CAPTURE(sql);
    const auto query = parse_named_parameters(sql);
    CHECK(query.sql == sql);
    CHECK(query.names.empty());
  }
}

TEST_CASE("SQL parameters: those beside strings, comments, casts and slices are found", "[postgres]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"SELECT ':x':a", "SELECT ':x'$1"},
      {"SELECT 'x\\', :a, ''", "SELECT 'x\\', $1, ''"},
      {"SELECT nameE'x\\', :a", "SELECT nameE'x\\', $1"},
      {"SELECT '1' '\\', :a", "SELECT '1' '\\', $1"},
      {"SELECT :a::int", "SELECT $1::int"},
      {"SELECT f(x := :a)", "SELECT f(x := $1)"},
      {"SELECT -- :b\r:a", "SELECT -- :b\r$1"},
      {"SELECT /* /* */ :b */:a", "SELECT /* /* */ :b */$1"},
      {"SELECT $$:b$$||:a", "SELECT $$:b$$||$1"},
      {"SELECT ARRAY[:a]", "SELECT ARRAY[$1]"},
      {"SELECT ARRAY[1, :a]", "SELECT ARRAY[1, $1]"},
      {"SELECT x[:a]", "SELECT x[$1]"},
      {"SELECT x[:a:n]", "SELECT x[$1:n]"},
      {"SELECT x[1 + :a]", "SELECT x[1 + $1]"},
      {"SELECT x[1: :a]", "SELECT x[1: $1]"},
      {"SELECT ARRAY[(SELECT :a)]", "SELECT ARRAY[(SELECT $1)]"},
      {"SELECT ARRAY[f(VARIADIC :a)]", "SELECT ARRAY[f(VARIADIC $1)]"},
      {"SELECT ARRAY[CASE WHEN b THEN :a ELSE :a END]", "SELECT ARRAY[CASE WHEN b THEN $1 ELSE $1 END]"},
      {"SELECT x[1:n], :a", "SELECT x[1:n], $1"},
      {"SELECT E'a' -- more\n, '\\', :a", "SELECT E'a' -- more\n, '\\', $1"},
      {"SELECT E'a' /* \n */ '\\', :a", "SELECT E'a' /* \n */ '\\', $1"},
      {"SELECT JSON_OBJECT('k': :a, :a VALUE :a, (f(:a)) : 1)",
       "SELECT JSON_OBJECT('k': $1, $1 VALUE $1, (f($1)) : 1)"},
      {"SELECT JSON_OBJECT (:a:v)", "SELECT JSON_OBJECT ($1:v)"},
      {"SELECT json_object, (f:a)", "SELECT json_object, (f$1)"},
      {"SELECT x[ f(y, :a) : n]", "SELECT x[ f(y, $1) : n]"},
  };
  for (const auto& [sql, expected] : cases) {
    CAPTURE(sql);
    const auto query = parse_named_parameters(sql);
    CHECK(query.sql == expected);
    CHECK(query.names == Names{"a"});
  }
}

TEST_CASE("SQL parameters: SQL with $1 and :name is refused", "[postgres]") {
  const auto error = error_of([] { static_cast<void>(parse_named_parameters("SELECT $1, :name")); });
  CHECK(error.kind() == leat::ErrorKind::config);
  CHECK(std::string(error.what()).find(":name") != std::string::npos);
}

TEST_CASE("SQL parameters: values are bound in the order of the numbers, NULL included", "[postgres]") {
  const auto values =
      bind_parameters(parse_named_parameters(":b :a :b :n"), {{"a", "1"}, {"b", "2"}, {"n", std::nullopt}});
  CHECK(values == std::vector<leat::Parameter>{"2", "1", std::nullopt});
}

TEST_CASE("SQL parameters: a value with a NUL byte is refused by the name of its parameter", "[postgres]") {
  const auto query = parse_named_parameters("SELECT :n");
  const auto error = error_of([&] {
    static_cast<void>(bind_parameters(query, {{"n", std::string("a\0b", 3)}}));
  });
  CHECK(error.sqlstate() == "22021");
  CHECK(std::string(error.what()).find("the value of :n contains a NUL byte") != std::string::npos);
}

TEST_CASE("SQL parameters: missing and unused values are named all at once, and their values are not",
          "[postgres]") {
  const auto error = error_of([] {
    static_cast<void>(
        bind_parameters(parse_named_parameters(":a :b :c"), {{"b", "1"}, {"x", "hidden"}, {"y", "hidden"}}));
  });
  CHECK(error.kind() == leat::ErrorKind::config);
  const std::string text = error.what();
  for (const char* name : {":a", ":c", "x", "y"}) CHECK(text.find(name) != std::string::npos);
  CHECK(text.find(":b") == std::string::npos);
  CHECK(text.find("hidden") == std::string::npos);
}

TEST_CASE("SQL parameters: the server reads what was left alone as it was meant", "[postgres][server]") {
  auto connection = TestServer::instance().connect();
  const auto query = parse_named_parameters(
      "SELECT ':a' || E'\\':a' || $q$:a$q$ || (ARRAY[1,2,3])[1:n]::text || :a::text /* :a */ || (ARRAY[:a, "
      "'z'])[1] "
      "FROM (SELECT 2 AS n) AS s -- :a");
  const auto result = connection.execute(query.sql, bind_parameters(query, {{"a", "ü"}}));
  CHECK(result.text(0, 0) == ":a':a:a{1,2}üü");
}

TEST_CASE("SQL parameters: a comment that is not closed is refused at its place", "[postgres]") {
  const auto check_refused = [](const std::string& sql) {
    for (const auto& read :
         std::vector<std::function<void()>>{[&] { static_cast<void>(parse_named_parameters(sql)); },
                                            [&] { static_cast<void>(leat::sql_without_end(sql)); }}) {
      const auto error = error_of(read);
      CHECK(error.kind() == leat::ErrorKind::config);
      CHECK(error.sql() == sql);
      CHECK(error.position() == 14);
      CHECK(std::string(error.what()) == "the SQL has a comment (/*) that is not closed");
    }
  };
  check_refused("SELECT 'ä' x /* /* */");
  check_refused("SELECT 'ä' x /*");
  CHECK(leat::sql_without_end("SELECT 1 /* /* */ */") == "SELECT 1");
}

TEST_CASE("SQL parameters: texts stand where the parameters were", "[postgres]") {
  const auto query = parse_named_parameters(":b + :a, ':a', :b");
  CHECK(query.with(std::vector<std::string>{"(1)", "x"}) == "(1) + x, ':a', (1)");
  CHECK(query.with(std::vector<std::string>{"$1", "$2"}) == query.sql);
  CHECK(parse_named_parameters("SELECT 1").with({}) == "SELECT 1");
}

TEST_CASE("SQL parameters: one that may name a column is known", "[postgres]") {
  const std::vector<std::string> naming{
      "SELECT :a",
      "SELECT :a;",
      "SELECT 1, :a",
      "SELECT 1, :a FROM t",
      "SELECT DISTINCT :a",
      "SELECT ALL :a",
      "SELECT DISTINCT ON (x) :a FROM t",
      "SELECT (:a)",
      "SELECT ((:a)) FROM t",
      "SELECT :a UNION SELECT 1",
      "SELECT :a COLLATE \"C\"",
      "SELECT (:a)::int",
      "SELECT x FROM (SELECT :a /* b */ ) s",
      "WITH s AS (SELECT 1, :a) SELECT * FROM s",
      "SELECT :a -- AS x",
      "SELECT :a[1]",
      "SELECT\n:a\nWHERE true",
      "SELECT a IS DISTINCT FROM b, :a",
      "SELECT 1 AS from, :a",
      "SELECT (:a, 1)",
      "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x), :a FROM t",
  };
  for (const auto& sql : naming) {
    CAPTURE(sql);
    const auto query = parse_named_parameters(sql);
    REQUIRE(query.places.size() == 1);
    CHECK(query.places[0].may_name_column);
    CHECK(sql.substr(query.places[0].own, 2) == ":a");
    CHECK(query.sql.substr(query.places[0].at, 2) == "$1");
  }
  const std::vector<std::string> others{
      "SELECT :a AS x",
      "SELECT :a x",
      "SELECT :a \"x\"",
      "SELECT :a::int",
      "SELECT :a + 1",
      "SELECT 1 + :a",
      "SELECT x FROM t WHERE y = :a",
      "SELECT f(:a)",
      "SELECT f(1, :a)",
      "SELECT x FROM t WHERE y IN (:a, 2)",
      "SELECT x FROM t WHERE y IN (1, :a)",
      "SELECT x FROM t LIMIT :a",
      "VALUES (:a)",
      "SELECT x = ANY (:a)",
      "SELECT ARRAY[:a]",
      "SELECT CASE WHEN :a THEN 1 END",
      "SELECT x FROM t WHERE (:a IS NULL OR y > 1)",
      "SELECT x FROM f(:a) AS x",
      "SELECT :a || 'b'",
  };
  for (const auto& sql : others) {
    CAPTURE(sql);
    const auto query = parse_named_parameters(sql);
    REQUIRE(query.places.size() == 1);
    CHECK_FALSE(query.places[0].may_name_column);
  }
}
