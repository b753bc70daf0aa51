// Transforms on rows of a table: before and after, and of two versions.
#include <nlohmann/json.hpp>

#include "leat/registry/transform_difference.hpp"
#include "leat/registry/transform_preview.hpp"
#include "registry_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_users(const Bed& bed) {
  bed.src(
      "CREATE TABLE users (id int PRIMARY KEY, name text, status text, doc json); INSERT INTO users SELECT "
      "i, "
      "CASE WHEN i % 5 > 0 THEN ' N' || i || ' ' END, CASE WHEN i % 4 = 0 THEN 'inactive' ELSE 'active' END, "
      "'{\"a\": 1}' FROM generate_series(1, 100) i");
}

TransformPreview preview_of(const std::string& text, std::size_t rows,
                            const std::string& query = "SELECT * FROM users ORDER BY id") {
  auto session = session_with_src();
  return preview_transform(session, transform_of(text), query, rows);
}

TransformDifference difference_of(const std::string& before, const std::string& after,
                                  TransformDifferenceOptions options) {
  auto session = session_with_src();
  if (options.query.empty()) options.query = "SELECT * FROM users;";
  return compare_transforms(session, transform_of(before), transform_of(after), options);
}

}  // namespace

TEST_CASE("transform preview: each row beside what becomes of it", "[server]") {
  const Bed bed;
  make_users(bed);
  const auto preview = preview_of(
      "rename: {name: full_name}\nfilter: {status: active}\nselect: [id, name]\ntransformations:\n- {type: "
      "apply, column: full_name, function: strip}\n",
      5);
  CHECK(preview.is_row_wise);
  REQUIRE(preview.before.size() == 5);
  REQUIRE(preview.after.size() == 5);
  CHECK(preview.before[0] == TransformPreview::Values{"1", " N1 ", "active", "{\"a\": 1}"});
  CHECK(preview.after[0] == TransformPreview::Values{"1", "N1"});
  CHECK_FALSE(preview.after[3]);
  CHECK(preview.after[4] == TransformPreview::Values{"5", std::nullopt});
  const std::string text = to_text(preview);
  INFO(text);
  CHECK(contains(text, "id  name    status    doc           ->  id          full_name\n"));
  CHECK(contains(text, "4   \" N4 \"  inactive  \"{\\\"a\\\": 1}\"  ->  (left out)\n"));
  CHECK(contains(text, "5 rows, 1 left out; nothing was written\n"));
  const auto json = nlohmann::json::parse(to_json(preview));
  CHECK(json["rows"][3]["after"].is_null());
  CHECK(json["rows"][4]["after"]["full_name"].is_null());
  CHECK(json["columns_after"][1]["name"] == "full_name");
}

TEST_CASE("transform preview: groups are made of all rows", "[server]") {
  const Bed bed;
  make_users(bed);
  const auto preview = preview_of(
      "aggregations: {group_by: [status], aggregate: {users: count(*)}}\ncast: {users: integer}\n", 3);
  CHECK_FALSE(preview.is_row_wise);
  CHECK(preview.before.size() == 3);
  REQUIRE(preview.after.size() == 2);
  const auto inactive =
      std::find(preview.after.begin(), preview.after.end(), TransformPreview::Values{"inactive", "25"});
  CHECK(inactive != preview.after.end());
  CHECK(contains(to_text(preview), "after: the first 2 rows of what is made of all\n"));
}

TEST_CASE("transform preview: errors stand in the document, and nothing can be written", "[server]") {
  const Bed bed;
  make_users(bed);
  const Error unknown =
      thrown_by([] { static_cast<void>(preview_of("add_columns:\n  a: upper(nmae)\n", 3)); });
  CHECK(unknown.sqlstate() == "42703");
  CHECK(unknown.where() == "t.yaml:2:12");
  const Error value = thrown_by([] { static_cast<void>(preview_of("cast: {name: integer}\n", 3)); });
  CHECK(value.sqlstate() == "22P02");
  bed.src("CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM users RETURNING 1'");
  const Error written = thrown_by([] { static_cast<void>(preview_of("add_columns: {a: wipe()}\n", 3)); });
  CHECK(written.sqlstate() == "25006");
  CHECK(bed.src("SELECT count(*) FROM users") == "100");
  const Error misspelt = thrown_by(
      [] { static_cast<void>(preview_of("select: [id]\n", 3, "SELECT * FROM users WHER id = 1")); });
  CHECK(misspelt.sqlstate() == "42601");
  CHECK(misspelt.sql() == "SELECT * FROM users WHER id = 1");
  CHECK(misspelt.position() == 26);
  const Error no_table =
      thrown_by([] { static_cast<void>(preview_of("select: [id]\n", 3, "SELECT * FROM usres")); });
  CHECK(contains(to_text(no_table), "did you mean public.users?"));
  const Error twice = thrown_by(
      [] { static_cast<void>(preview_of("select: [a]\n", 3, "SELECT 1 AS a, 2 AS a -- a comment")); });
  CHECK(contains(twice.what(), "two columns are called \"a\""));
  CHECK(preview_of("select: [a]\n", 3, "SELECT 1 AS a -- a comment").before.size() == 1);
}

TEST_CASE("transform difference: rows that two versions make differently, by key", "[server]") {
  const Bed bed;
  make_users(bed);
  const auto difference =
      difference_of("filter: id > 2\n",
                    "filter: id < 99 AND id <> 3\ntransformations:\n- {type: map, column: "
                    "status, mapping: {inactive: off}, otherwise: keep}\n",
                    {.likely_key = {"id"}, .rows = 3});
  CHECK(difference.key == std::vector<std::string>{"id"});
  CHECK(difference.rows_before == 98);
  CHECK(difference.rows_after == 97);
  // 1 and 2, 3, 99 and 100, and those of 4, 8, … 96.
  CHECK(difference.differing == 29);
  REQUIRE(difference.rows.size() == 3);
  const std::string text = to_text(difference, "a@1", "a@2");
  CHECK(contains(text, "  only a@2: id = 1, name = \" N1 \", status = active, "));
  CHECK(contains(text, "  and 26 more\n"));
  CHECK(contains(text, "a@1 makes 98 rows, a@2 97; 29 differ\n"));
  const auto all =
      to_text(difference_of(
                  "select: [id, status]\n",
                  "select: [id, status]\ntransformations:\n- {type: map, column: status, mapping: {inactive: "
                  "off}, otherwise: keep}\n",
                  {.key = {"id"}, .rows = 30}),
              "a@1", "a@2");
  CHECK(contains(all, "  id = 96: status inactive -> off\n"));
  CHECK(contains(all, "25 differ\n"));
  CHECK(nlohmann::json::parse(to_json(difference))["rows"][0]["before"].is_null());
}

TEST_CASE("transform difference: columns, types and what is equal", "[server]") {
  const Bed bed;
  make_users(bed);
  CHECK(difference_of("filter: {status: active}\n", "sql: SELECT * FROM input_data WHERE status = 'active'\n",
                      {})
            .equal());
  const auto columns = difference_of("select: [id, name]\n", "select: [id, doc]\ncast: {id: bigint}\n", {});
  CHECK_FALSE(columns.equal());
  CHECK(columns.differing == 0);
  const std::string text = to_text(columns, "a@1", "a@2");
  CHECK(contains(text, "only a@1 makes name text\n"));
  CHECK(contains(text, "only a@2 makes doc json\n"));
  CHECK(contains(text, "id is integer, now bigint\n"));
  // Without a key, rows are told one by one; a row that is there twice differs from one.
  const auto twice = difference_of("sql: SELECT status FROM input_data WHERE id < 3\n",
                                   "sql: SELECT status FROM input_data WHERE id < 2\n", {});
  CHECK(twice.differing == 1);
  CHECK(contains(to_text(twice, "a@1", "a@2"), "  only a@1: status = active\n"));
  CHECK(contains(thrown_by([] {
                   static_cast<void>(difference_of("select: [id]\n", "select: [id]\n", {.key = {"idd"}}));
                 }).what(),
                 "\"idd\"; did you mean id?"));
  CHECK(contains(
      thrown_by([] { static_cast<void>(difference_of("select: [id]\n", "select: [name]\n", {})); }).what(),
      "no column in common"));
  auto session = session_with_src();
  CHECK(primary_key_of(session, "users") == std::vector<std::string>{"id"});
  CHECK(primary_key_of(session, "pg_catalog.pg_stat_activity").empty());
}

TEST_CASE("transform difference: lines of two texts") {
  CHECK(line_difference("a\nb\n", "a\nb\n").empty());
  CHECK(line_difference("a\nb\nc\n", "a\nx\nc\n") == "@@ line 1, now 1 @@\n a\n-b\n+x\n c\n");
  CHECK(line_difference("", "a\n") == "@@ line 1, now 1 @@\n+a\n");
  std::string many;
  for (int i = 0; i < 20; ++i) many += std::to_string(i) + "\n";
  CHECK(line_difference(many, many + "x\n") == "@@ line 18, now 18 @@\n 17\n 18\n 19\n+x\n");
  CHECK(line_difference("a\nb\nc\nd\n", "b\nc\nz\nd\n") == "@@ line 1, now 1 @@\n-a\n b\n c\n+z\n d\n");
}
