// Tests of transforms, on rows that no table has.
#include <nlohmann/json.hpp>

#include "leat/registry/check_transform.hpp"
#include "leat/registry/transform_tests.hpp"
#include "registry_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

TransformTestReport report_of(const std::string& text, const std::vector<QueryColumn>& input = {}) {
  auto session = session_with_src();
  const auto document = transform_of(text);
  const auto columns = input.empty() ? document_columns(session, document) : input;
  return run_transform_tests(session, document, columns);
}

constexpr const char* users = R"doc(
columns: {id: bigint, name: text, status: text, amount: "numeric(12,2)", since: timestamptz, tags: "text[]"}
rename: {name: full_name}
filter: {status: active}
transformations:
- {type: apply, column: full_name, function: strip}
- {type: apply, column: full_name, function: upper}
tests:
)doc";

}  // namespace

TEST_CASE("transform tests: what rows become is compared with what is expected", "[server]") {
  const Bed bed;
  const auto report = report_of(std::string(users) + R"(
- name: inactive users are dropped
  input:
  - {id: 1, name: " Ann ", status: active, amount: 1.5, since: 2024-03-01 12:00+01, tags: '{a,"b c"}'}
  - {id: 2, name: Bob, status: inactive}
  expect:
  - {id: 1, full_name: ANN, amount: 1.50, since: 2024-03-01 11:00+00, tags: '{a,b c}'}
- name: wrong on purpose
  input: [{id: 1, name: ann, status: active}, {id: 2, name: "o'neil", status: active}, {id: 3, status: active}]
  expect: [{id: 2, full_name: O'NEILL}, {id: 1, full_name: ANN}, {id: 4, full_name: x}]
- name: none
  input: []
  expect: []
- name: too many
  input: [{id: 1, status: active}]
  expect: []
)");
  REQUIRE(report.tests.size() == 4);
  CHECK(report.failed() == 2);
  CHECK(report.tests[0].passed);
  CHECK(report.tests[2].passed);
  const auto& wrong = report.tests[1];
  CHECK(wrong.place == "t.yaml:16:3");
  REQUIRE(wrong.different.size() == 1);
  CHECK(wrong.different[0].got == TransformTestValues{"2", "O'NEIL"});
  REQUIRE(wrong.missing.size() == 1);
  REQUIRE(wrong.unexpected.size() == 1);
  const std::string text = to_text(report);
  CHECK(contains(text, "inactive users are dropped: passed\n"));
  CHECK(contains(text,
                 "wrong on purpose: failed, t.yaml:16:3\n"
                 "  id = 2: full_name is O'NEIL, expected O'NEILL\n"
                 "  missing: id = 4, full_name = x\n"
                 "  not expected: id = 3, full_name = NULL\n"));
  CHECK(contains(text, "  not expected: id = 1, full_name = NULL, status = active, "));
  CHECK(contains(text, "4 tests, 2 failed\n"));
  const auto json = nlohmann::json::parse(to_json(report));
  CHECK(json["failed"] == 2);
  CHECK(json["tests"][1]["different"][0]["expected"]["full_name"] == "O'NEILL");
  CHECK(json["tests"][1]["unexpected"][0]["full_name"].is_null());
  // Nothing was made for that.
  CHECK(bed.src("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == "0");
}

TEST_CASE("transform tests: groups, SQL and rows that are there twice", "[server]") {
  const Bed bed;
  const auto report = report_of(R"(
columns: {country: text, paid: numeric}
steps:
- aggregations:
    group_by: [country]
    aggregate: {users: count(*), mean: avg(paid)}
- sql: SELECT users, mean FROM input_data UNION ALL SELECT users, mean FROM input_data
tests:
- name: sums
  input: [{country: no, paid: 1}, {country: no, paid: 2.00}, {paid: 4}]
  expect: [{users: 2, mean: 1.5}, {users: 2, mean: 1.5}, {users: 1, mean: 4}, {users: 1, mean: 4.0}]
- name: once is not twice
  input: [{paid: 4}]
  expect: [{users: 1, mean: 4}]
)");
  INFO(to_text(report));
  CHECK(report.tests[0].passed);
  CHECK_FALSE(report.tests[1].passed);
  CHECK(report.tests[1].unexpected.size() == 1);
}

TEST_CASE("transform tests: a row that the server refuses fails its test alone", "[server]") {
  const Bed bed;
  const auto report = report_of(R"(
columns: {id: integer, half: numeric}
cast: {half: integer}
tests:
- {name: lost, input: [{id: 1, half: 0.5}], expect: [{half: 0}]}
- {name: no number, input: [{id: one}], expect: []}
- {name: kept, input: [{id: 1, half: 2}], expect: [{half: 2}]}
)");
  REQUIRE(report.tests.size() == 3);
  CHECK(contains(report.tests[0].error, "it does not survive as integer: 0.5"));
  INFO(report.tests[1].error);
  CHECK(contains(report.tests[1].error, "invalid input syntax for type integer: \"one\" (t.yaml:6:34)"));
  CHECK(report.tests[2].passed);
  CHECK(contains(to_text(report), "lost: failed, t.yaml:5:3\n  error: 22P02: "));
}

TEST_CASE("transform tests: columns that there are not are told with their places", "[server]") {
  const Bed bed;
  const Error unknown = thrown_by([] {
    static_cast<void>(
        report_of("columns: {id: bigint}\nadd_columns: {double: id * 2}\ntests:\n- name: t\n  "
                  "input: [{idd: 1}]\n  expect: [{duoble: 2}]\n"));
  });
  CHECK(unknown.kind() == ErrorKind::config);
  CHECK(contains(unknown.what(), "test \"t\" gives a column \"idd\", which the transform's input has not"));
  CHECK(
      contains(unknown.what(), "test \"t\" expects a column \"duoble\", which the transform does not make"));
  CHECK(unknown.where() == "t.yaml:5:12");
  CHECK(unknown.hint() == "did you mean id?");
  const Error no_columns = thrown_by([] { static_cast<void>(report_of("select: [a]\n")); });
  CHECK(contains(no_columns.what(), "does not say which columns it reads"));
  const Error no_type =
      thrown_by([] { static_cast<void>(report_of("columns: {id: bigint, b: txt}\nselect: [id]\n")); });
  CHECK(no_type.sqlstate() == "42704");
  CHECK(no_type.where() == "t.yaml:1:26");
  // What stands there is one type, and is not run.
  CHECK(thrown_by([] {
          static_cast<void>(report_of("columns: {id: \"bigint; SELECT 1\"}\nselect: [id]\n"));
        }).sqlstate() == "42601");
  CHECK(thrown_by([] {
          static_cast<void>(report_of("columns: {id: \"bigint AS id, 1\"}\nselect: [id]\n"));
        }).kind() == ErrorKind::config);
  const Error no_column =
      thrown_by([] { static_cast<void>(report_of("columns: {id: bigint}\nfilter: idd > 1\n")); });
  CHECK(no_column.sqlstate() == "42703");
  CHECK(no_column.where() == "t.yaml:2:9");
}

TEST_CASE("transform tests: the types of a table, and values that are no SQL", "[server]") {
  const Bed bed;
  bed.src("CREATE TYPE mood AS ENUM ('sad', 'it''s fine'); CREATE TABLE t (id int, how mood)");
  auto session = session_with_src();
  const auto input = query_columns_of(session, "SELECT * FROM t");
  const auto report = report_of(
      "filter: {how: \"it's fine\"}\ntests:\n- name: quotes\n  input: [{id: 1, how: \"it's fine\"}, {id: 2, "
      "how: sad}]\n  expect: [{id: 1, how: \"it's fine\"}]\n- name: injection\n  input: [{id: \"1); DROP "
      "TABLE "
      "t; --\"}]\n  expect: []\n",
      input);
  CHECK(report.tests[0].passed);
  CHECK(contains(report.tests[1].error, "22P02"));
  CHECK(bed.src("SELECT count(*) FROM t") == "0");
}
