// What the Data Pipeline Platform made of each kind of step, and what leat makes of it, by a real server. The
// platform's answers were had by running it; they are kept here as text.
#include <string>
#include <vector>

#include "platform_documents.hpp"

namespace leat::test {
namespace {

struct StepsCase {
  std::string steps;     ///< as their document has them
  std::string original;  ///< what the platform did
  std::string rows;  ///< here: the target's rows in order, or "error: " and a part of the message or its hint
};

std::string quoted_value(const std::string& name, const std::string& value) {
  return "\"" + name + "\":" + value;
}

/// {"id":1} {"id":2}
std::string ids(const std::vector<int>& all) {
  std::string text;
  for (const int id : all)
    text += (text.empty() ? "" : " ") + ("{" + quoted_value("id", std::to_string(id)) + "}");
  return text;
}

void make_people(const Bed& bed) {
  bed.src(
      "CREATE TABLE people (id int, name text, status text, amount int, day date); INSERT INTO people VALUES "
      "(1, ' Ann ', 'active', 10, '2024-01-01'), (2, 'bob', 'inactive', 20, '2023-06-01'), (3, NULL, "
      "'active', NULL, "
      "NULL), (4, 'Cid', NULL, 40, '2024-05-01'), (5, 'a.c', 'active', 10, '2024-12-31')");
}

/// The rows, or what was said and told.
std::string outcome(const Bed& bed, const std::string& steps) {
  bed.dst("DROP TABLE IF EXISTS people");
  const auto run = read_platform(
      "ingestion: {query: SELECT * FROM people}\ntransformation: {type: config, config: {config: " + steps +
      "}}\npersistence: {table_name: people, strategy: replace, if_exists: append}\n");
  if (run.parsed.diagnostics.has_error()) return "error: " + run.parsed.said();
  try {
    static_cast<void>(AdHocQuery(query_of(bed, run)).run());
  } catch (const Error& error) {
    return "error: " + to_text(error);
  }
  return bed.dst(
      "SELECT string_agg(row_to_json(p)::text, ' ' ORDER BY row_to_json(p)::text COLLATE \"C\") FROM people "
      "p");
}

void check_all(const std::vector<StepsCase>& cases) {
  const Bed bed;
  make_people(bed);
  for (const auto& one : cases) {
    const std::string found = outcome(bed, one.steps);
    INFO(one.steps << "\nthe platform: " << one.original << "\nhere: " << found);
    if (one.rows.starts_with("error: ")) {
      CHECK(found.starts_with("error: "));
      CHECK(found.find(one.rows.substr(7)) != std::string::npos);
    } else {
      CHECK(found == one.rows);
    }
  }
}

}  // namespace

TEST_CASE("Platform rows: select and rename", "[server][sql]") {
  check_all({
      {"{select: [status, id], filter: {id: 2}}", "the columns in that order",
       R"({"status":"inactive","id":2})"},
      {"{select: [id, nme]}", "a warning; the column is left out", "error: there is no column \"nme\""},
      {"{select: [id, id]}", "two columns of one name", "error: column \"id\" is there twice"},
      {"{select: id}", "no column at all, silently", "error: write it in brackets: [id]"},
      {"{select: []}", "no column at all, silently", "error: it leaves no column"},
      {"{select: [name, status], rename: {name: status, status: name}, filter: {id: 2}}",
       "names change places; the filter is skipped, since id was not selected",
       R"({"status":"bob","name":"inactive"})"},
      {"{rename: {nme: full}}", "ignored", "error: rename: there is no column \"nme\""},
      {"{rename: {name: status}}", "two columns of one name", "error: there is a column \"status\" already"},
  });
}

TEST_CASE("Platform rows: filters see all columns", "[server][sql]") {
  check_all({
      {"{select: [id], filter: {status: active}}", "all five rows: a warning, and the filter is skipped",
       ids({1, 3, 5})},
      {"{select: [id], rename: {status: state}, filter: {status: active}}", "all five rows: the same",
       "error: it is called state here"},
      {"{select: [id], rename: {status: state}, filter: {state: active}}", "all five rows: the same",
       ids({1, 3, 5})},
      {"{filter: {stats: active}}", "all five rows: the same", "error: there is no column \"stats\""},
      {"{filter: {id: {'=>': 3}}}", "all five rows: the operator is not known", "error: is not known"},
      {"{select: [id], filter: {id: {'>': 1, '<=': 4}, status: {is_not_null: true}}}",
       "rows that meet all of it", ids({2, 3})},
  });
}

TEST_CASE("Platform rows: operators, and what they make of NULL", "[server][sql]") {
  const auto of = [](const std::string& condition) {
    return "{select: [id, amount, name, status], drop_columns: [amount, "
           "name, status], filter: {" +
           condition + "}}";
  };
  check_all({
      {of("amount: 10"), "1 5", ids({1, 5})},
      {of("amount: {'==': 10}"), "1 5", ids({1, 5})},
      {of("amount: {equals: 10}"), "1 5", ids({1, 5})},
      {of("amount: {'!=': 10}"), "2 3 4: NULL is kept", ids({2, 3, 4})},
      {of("amount: {not_equals: 10}"), "2 3 4", ids({2, 3, 4})},
      {of("amount: {'>': 10}"), "2 4", ids({2, 4})},
      {of("amount: {'>=': 20}"), "2 4", ids({2, 4})},
      {of("amount: {'<': 20}"), "1 5", ids({1, 5})},
      {of("amount: {'<=': 20}"), "1 2 5", ids({1, 2, 5})},
      {of("amount: {in: [10]}"), "1 5", ids({1, 5})},
      {of("amount: {in: [10, null]}"), "1 3 5: NULL is kept", ids({1, 3, 5})},
      {of("amount: {not_in: [10]}"), "2 3 4: NULL is kept", ids({2, 3, 4})},
      {of("amount: {not_in: [10, null]}"), "2 4", ids({2, 4})},
      {of("name: {contains: '^.An+'}"), "1: a regular expression; NULL is not met", ids({1})},
      {of("name: {contains: 'a.c'}"), "5", ids({5})},
      {of("name: {contains: ann}"), "none: case matters", ""},
      {of("amount: {contains: '1'}"), "an exception", "error: operator does not exist"},
      {of("status: {is_null: true}"), "4", ids({4})},
      {of("status: {is_not_null: true}"), "1 2 3 5", ids({1, 2, 3, 5})},
      {of("status: {is_null: false}"), "4, as if it were true", "error: write is_not_null: true"},
      {of("status: {is_not_null: false}"), "1 2 3 5, as if it were true", "error: write is_null: true"},
      {of("status: null"), "none", "error: write {is_null: true}"},
      {of("amount: [10, 20]"), "an exception: lengths must match", "error: write {in: […]}"},
      {of("id: '2'"), "none: a number is no text", ids({2})},
      {of("id: {'>': '3'}"), "an exception", ids({4, 5})},
      {of("id: two"), "none", "error: invalid input syntax for type integer: \"two\""},
      {of("day: {'>=': '2024-01-01'}"), "an exception, for dates", ids({1, 4, 5})},
  });
}

TEST_CASE("Platform rows: added columns are SQL, and never text by accident", "[server][sql]") {
  check_all({
      {"{select: [id], filter: {id: 2}, add_columns: {twice: amount * 2}}",
       "the text \"amount * 2\" in all five rows: amount was not selected", R"({"id":2,"twice":40})"},
      {"{select: [id], filter: {id: 1}, add_columns: {a: id + 1, b: a + 1}}", "later ones see earlier ones",
       R"({"id":1,"a":2,"b":3})"},
      {"{select: [id, amount], filter: {id: 2}, add_columns: {amount: id}}", "the column is replaced",
       R"({"id":2,"amount":2})"},
      {"{select: [id], filter: {id: 1}, add_columns: {n: 7, yes: true, none: null, text: \"'x'\"}}",
       "literals", R"({"id":1,"n":7,"yes":true,"none":null,"text":"x"})"},
      {"{add_columns: {source: web}}", "the text \"web\" in every row", "error: write {value: web}"},
      {"{add_columns: {source: the web}}", "the text \"the web\"", "error: write {value: the web}"},
      {"{select: [id], filter: {id: 1}, add_columns: {year: EXTRACT(YEAR FROM day)}}",
       "the text \"EXTRACT(YEAR FROM day)\" in every row", R"({"id":1,"year":2024})"},
      {"{select: [id], filter: {id: 2}, add_columns: {up: UPPER(name)}}", "the text \"UPPER(name)\"",
       R"({"id":2,"up":"BOB"})"},
      {"{select: [id, name], filter: {id: 2}, add_columns: {copy: name}}", "the text \"name\"",
       R"({"id":2,"name":"bob","copy":"bob"})"},
      {"{add_columns: {ok: 'status == \"active\"'}}", "true or false", "error: write status = 'active'"},
      {"{add_columns: {n: count(*)}}", "the text \"count(*)\"", "error: must appear in the GROUP BY clause"},
  });
}

TEST_CASE("Platform rows: dropped and changed columns", "[server][sql]") {
  check_all({
      {"{filter: {id: 2}, drop_columns: [name, day, amount]}", "they are left out",
       R"({"id":2,"status":"inactive"})"},
      {"{drop_columns: [nme]}", "ignored", "error: there is no column \"nme\""},
      {"{select: [id, status], transformations: [{type: map, column: status, mapping: {active: A}}]}",
       "values that are not listed become NULL",
       R"({"id":1,"status":"A"} {"id":2,"status":null} {"id":3,"status":"A"} {"id":4,"status":null} {"id":5,"status":"A"})"},
      {"{transformations: [{type: map, column: stats, mapping: {a: b}}]}", "ignored",
       "error: there is no column \"stats\""},
      {"{select: [name], filter: {id: 1}, transformations: [{type: apply, column: name, function: strip}, "
       "{type: apply, "
       "column: name, function: upper}]}",
       "the functions, one after the other", R"({"name":"ANN"})"},
      {"{select: [name], filter: {id: 4}, transformations: [{type: apply, column: name, function: lower}]}",
       "cid", R"({"name":"cid"})"},
      {"{transformations: [{type: apply, column: name, function: reverse}]}", "ignored",
       "error: is not known"},
      {"{transformations: [{type: apply, column: amount, function: upper}]}", "an exception",
       "error: function pg_catalog.upper(integer) does not exist"},
      {"{transformations: [{type: explode, column: name}]}", "ignored",
       "error: the type \"explode\" is not known"},
      {"{where: {id: 1}}", "ignored", "error: write filter"},
      {"{select: [id], filter: {id: 1}, version: 3}", "kept in memory, of which nothing is left",
       R"({"id":1})"},
  });
}

TEST_CASE("Platform rows: groups have the names that are written, and all of them", "[server][sql]") {
  const auto group = [](const std::string& aggregate) {
    return "{filter: {id: {'!=': 2}}, aggregations: {group_by: [status], aggregate: {" + aggregate + "}}}";
  };
  check_all({
      {group("total: SUM(amount)"), "a column called amount_sum; rows whose key is NULL are dropped",
       R"({"status":"active","total":20} {"status":null,"total":40})"},
      {group("least: MIN(id), most: MAX(id)"), "the last one only",
       R"({"status":"active","least":1,"most":5} {"status":null,"least":4,"most":4})"},
      {group("n: COUNT(*), total: SUM(amount)"), "COUNT(*) vanishes",
       R"({"status":"active","n":3,"total":20} {"status":null,"n":1,"total":40})"},
      {group("n: COUNT(amount)"), "amount_count", R"({"status":"active","n":2} {"status":null,"n":1})"},
      {group("total: SUM( amount )"), "a row count called count",
       R"({"status":"active","total":20} {"status":null,"total":40})"},
      {group("total: SUM(amount*2)"), "a row count called count",
       R"({"status":"active","total":40} {"status":null,"total":80})"},
      {group("mean: average(id)"), "id_mean",
       R"({"status":"active","mean":3.0000000000000000} {"status":null,"mean":4.0000000000000000})"},
      {group("middle: MEDIAN(amount)"), "a row count called count", "error: write percentile_cont(0.5)"},
      {group("total: SUM(amnt)"), "a row count called count", "error: column \"amnt\" does not exist"},
      {group("total: amount"), "a row count called count", "error: is no call of an aggregate"},
      {"{aggregations: {aggregate: {total: SUM(amount), n: COUNT(*)}}}", "COUNT(*) alone",
       R"({"total":80,"n":5})"},
      {"{filter: {id: 3}, aggregations: {aggregate: {total: SUM(amount)}}}", "0, within a group",
       R"({"total":null})"},
      {"{aggregations: {group_by: [stats], aggregate: {n: COUNT(*)}}}", "an exception",
       "error: group_by: there is no column \"stats\""},
      {"{aggregations: {}}", "no column at all", "error: there is neither a group nor an aggregate"},
  });
}

TEST_CASE("Platform rows: a column of a SELECT without a name is not guessed", "[server][sql]") {
  const Bed bed;
  make_people(bed);
  bed.dst("CREATE TABLE named (id int, name_upper text)");
  const auto run = read_platform(
      "ingestion: {query: SELECT * FROM people}\n"
      "transformation: {type: sql, config: {sql_query: \"SELECT id, UPPER(name) FROM input_data\"}}\n"
      "persistence: {table_name: named}\n");
  CHECK(run.parsed.said().find("write UPPER(name) AS name_upper") != std::string::npos);
  CHECK_FALSE(run.parsed.diagnostics.has_error());
  const auto error = error_of(query_of(bed, run));
  check_error(error, ErrorKind::target, "42703");
  CHECK(std::string(error.what()).find("upper") != std::string::npos);
  CHECK(bed.dst("SELECT count(*) FROM named") == "0");
}

}  // namespace leat::test
