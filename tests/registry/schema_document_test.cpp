// Schemas as documents describe them, and as tables have them.
#include "leat/registry/schema_document.hpp"
#include "bed.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/registry/compare_schemas.hpp"
#include "leat/registry/table_schema.hpp"
#include "schema_words.hpp"

using namespace leat;
using namespace leat::test;

namespace {

struct ReadText {
  RegisteredSchema schema{};
  std::string said{};
};

ReadText read_text(const std::string& text) {
  Diagnostics diagnostics;
  ReadText result;
  const auto root = read_document(std::make_shared<SourceText>("s.yaml", text), diagnostics);
  if (root) result.schema = read_schema(*root, diagnostics);
  result.said = to_text(diagnostics);
  return result;
}

RegisteredSchema live(const std::string& table, std::vector<std::string> columns = {}) {
  auto connection = Connection::open(ConnectionFactory().resolve(Bed::server().uri("src")).target,
                                     {.application_name = application});
  return read_table_schema(connection, TableName::parse(table), columns);
}

/// The types of all columns.
std::vector<std::string> types_of(const RegisteredSchema& schema) {
  std::vector<std::string> types;
  for (const auto& column : schema.columns) types.push_back(column.type);
  return types;
}

}  // namespace

TEST_CASE("A document describes columns with all that they have", "[registry]") {
  const auto read = read_text(R"y(
description: orders of the shops
key: [shop, id]
columns:
  - {name: id, type: int}
  - {name: shop, type: "varchar( 20 )", description: which shop}
  - {name: price, type: "DECIMAL(12, 2)", nullable: false, default: 0}
  - {name: at, type: timestamptz(3), default: now()}
  - {name: mood, type: public.mood, labels: [sad, happy]}
  - {name: tags, type: "text[]", collation: 'pg_catalog."C"'}
)y");
  CHECK(read.said.empty());
  CHECK(read.schema.description == "orders of the shops");
  CHECK(types_of(read.schema) == std::vector<std::string>{"integer", "character varying(20)", "numeric(12,2)",
                                                          "timestamp(3) with time zone", "public.mood",
                                                          "text[]"});
  CHECK(read.schema.key() == std::vector<std::string>{"shop", "id"});
  CHECK_FALSE(read.schema.columns[0].nullable);
  CHECK_FALSE(read.schema.columns[2].nullable);
  CHECK(read.schema.columns[2].default_value == "0");
  CHECK(read.schema.columns[3].default_value == "now()");
  CHECK(read.schema.columns[4].labels == std::vector<std::string>{"sad", "happy"});
  CHECK(read.schema.columns[5].collation == "pg_catalog.\"C\"");
  CHECK_FALSE(read.schema.allow_extra_columns);
}

TEST_CASE("A schema definition of data frames is read, with its types, defaults and what it allows",
          "[registry]") {
  const auto read = read_text(R"y({"version": 3, "description": "users", "created_at": null,
 "columns": [
  {"name": "id", "dtype": "int", "nullable": false},
  {"name": "email", "dtype": "string", "default": "it's none"},
  {"name": "score", "dtype": "float", "default": 0.5},
  {"name": "active", "dtype": "bool", "default": true},
  {"name": "born", "dtype": "date"},
  {"name": "seen", "dtype": "datetime64[ns]", "default": null, "description": "last"}]}
)y");
  CHECK(read.said.empty());
  CHECK(types_of(read.schema) == std::vector<std::string>{"bigint", "text", "double precision", "boolean",
                                                          "timestamp without time zone",
                                                          "timestamp without time zone"});
  CHECK_FALSE(read.schema.columns[0].nullable);
  CHECK(read.schema.columns[1].default_value == "'it''s none'");
  CHECK(read.schema.columns[2].default_value == "0.5");
  CHECK(read.schema.columns[3].default_value == "true");
  CHECK_FALSE(read.schema.columns[5].default_value);
  CHECK(read.schema.allow_extra_columns);
  CHECK_FALSE(read_text("{columns: [{name: a, dtype: int}], allow_extra_columns: false, strict: true}")
                  .schema.allow_extra_columns);
  CHECK(read_text("{columns: [{name: a, dtype: int}], strict: true}").schema.strict);
}

TEST_CASE("What is wrong with a schema is said with its place, all at once", "[registry]") {
  const auto said = [](const std::string& text) { return read_text(text).said; };
  CHECK(has(said("columns: [{name: a, type: bigin}]"),
            "s.yaml:1:27: columns[0].type: \"bigin\" is no built-in type [unknown-type]"));
  CHECK(has(said("columns: [{name: a, type: bigin}]"), "did you mean bigint?"));
  CHECK(has(said("columns: [{name: a, type: geometry}]"), "write the schema of a type"));
  CHECK(has(said("columns: [{name: a, type: numeric(2000)}]"), "[unknown-type]"));
  CHECK(has(said("columns: [{name: a, type: bigint(4)}]"), "[unknown-type]"));
  CHECK(has(said("columns: [{name: a, dtype: strin}]"), "did you mean string?"));
  CHECK(has(said("columns: [{name: a}]"), "columns[0].type is missing"));
  CHECK(has(said("columns: [{type: int}]"), "columns[0].name is missing"));
  CHECK(has(said("columns: [{name: a, type: int, dtype: int}]"), "has type and dtype"));
  CHECK(has(said("columns: [{name: a, type: int, nulable: true}]"), "did you mean nullable?"));
  CHECK(has(said("columns: [{name: a, type: int, nullable: maybe}]"), "must be true or false"));
  CHECK(has(said("columns: [{name: a, type: int, key: true, nullable: true}]"),
            "a column of the key cannot be NULL"));
  CHECK(has(said("columns: [{name: a, type: int, labels: [x]}]"), "integer has no labels"));
  CHECK(has(said("columns: [{name: a, type: int, default: [1]}]"), "must be one value"));
  CHECK(has(said("columns: [{name: a, type: int}, {name: a, type: int}]"), "two columns are called"));
  CHECK(has(said("{columns: [{name: amount, type: int}], key: [amout]}"), "there is no column \"amout\""));
  CHECK(has(said("{columns: [{name: amount, type: int}], key: [amout]}"), "did you mean amount?"));
  CHECK(has(said("{columns: [{name: a, type: int, key: true}], key: [a]}"), "leave one of them out"));
  CHECK(has(said("columns: []"), "columns has no column"));
  CHECK(has(said("description: x"), "columns is missing"));
  CHECK(has(said("columns: 5"), "columns must be"));
  const auto several = said("{columns: [{name: a, type: in}, {nam: b, type: int}], strict: 5}");
  CHECK(has(several, "columns[0].type"));
  CHECK(has(several, "columns[1]"));
  CHECK(has(several, "strict must be"));
}

TEST_CASE("Tables, partitioned tables and views are read as they are", "[registry][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN amount AS numeric(8,2) NOT NULL CHECK (VALUE "
      ">= "
      "0); CREATE TYPE pair AS (a int, b text); CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, shop "
      "varchar(20) COLLATE \"C\" NOT NULL, price amount, m mood, ms mood[], p pair, twice int GENERATED "
      "ALWAYS "
      "AS (2 * 3) STORED, at timestamptz(3) DEFAULT now(), PRIMARY KEY (shop, id)); COMMENT ON COLUMN t.at "
      "IS "
      "'when'; COMMENT ON TABLE t IS 'all of them'; CREATE VIEW v AS SELECT id, m, price FROM t; CREATE "
      "TABLE "
      "parts (id int, day date NOT NULL, PRIMARY KEY (day, id)) PARTITION BY RANGE (day); CREATE "
      "MATERIALIZED "
      "VIEW mv AS SELECT id FROM t");
  const auto schema = live("t");
  CHECK(schema.description == "all of them");
  CHECK(types_of(schema) == std::vector<std::string>{"bigint", "character varying(20)", "public.amount",
                                                     "public.mood", "public.mood[]", "public.pair", "integer",
                                                     "timestamp(3) with time zone"});
  CHECK(schema.key() == std::vector<std::string>{"shop", "id"});
  CHECK(schema.find("id")->default_value == "GENERATED ALWAYS AS IDENTITY");
  CHECK(schema.find("shop")->collation == "pg_catalog.\"C\"");
  CHECK(schema.find("price")->base == "numeric(8,2)");
  CHECK_FALSE(schema.find("price")->nullable);
  CHECK(schema.find("m")->labels == std::vector<std::string>{"sad", "happy"});
  CHECK(schema.find("ms")->labels == std::vector<std::string>{"sad", "happy"});
  CHECK(schema.find("p")->definition == "(a integer, b text)");
  CHECK(schema.find("twice")->default_value->find("GENERATED ALWAYS AS (") == 0);
  CHECK(schema.find("at")->description == "when");
  CHECK(schema.find("at")->default_value == "now()");

  CHECK(types_of(live("v")) == std::vector<std::string>{"bigint", "public.mood", "public.amount"});
  CHECK(live("v").find("id")->nullable);
  CHECK(live("v").key().empty());
  CHECK(types_of(live("mv")) == std::vector<std::string>{"bigint"});
  CHECK(live("parts").key() == std::vector<std::string>{"day", "id"});

  const auto some = live("t", {"m", "shop"});
  CHECK(types_of(some) == std::vector<std::string>{"public.mood", "character varying(20)"});
  CHECK(some.key().empty());
  CHECK(live("t", {"id", "shop"}).key() == std::vector<std::string>{"shop", "id"});
  CHECK(has(thrown([&] { static_cast<void>(live("t", {"nope"})); }), "has no column nope"));
  CHECK(has(thrown([&] { static_cast<void>(live("nothing")); }), "nothing"));
}

TEST_CASE("A table is what the document of it says", "[registry][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE t (id int PRIMARY KEY, c char(3), v varchar, "
      "n "
      "numeric(5), nn numeric(5,1)[], f float, r real, b bit(3), vb bit varying(5), w timestamp(0), tt "
      "time(2) "
      "with time zone, i interval(2), j jsonb, u uuid, q \"char\", m mood, iv interval day to second(3))");
  const auto read = read_text(R"y(
columns:
  - {name: id, type: int4, key: true}
  - {name: c, type: char(3)}
  - {name: v, type: character varying}
  - {name: n, type: decimal(5)}
  - {name: nn, type: "numeric(5,1)[]"}
  - {name: f, type: float8}
  - {name: r, type: REAL}
  - {name: b, type: bit (3)}
  - {name: vb, type: varbit(5)}
  - {name: w, type: timestamp(0) without time zone}
  - {name: tt, type: timetz(2)}
  - {name: i, type: interval(2)}
  - {name: j, type: jsonb}
  - {name: u, type: pg_catalog.uuid}
  - {name: q, type: '"char"'}
  - {name: m, type: public.mood, labels: [sad, happy]}
  - {name: iv, type: interval day to second(3)}
)y");
  CHECK(read.said.empty());
  const auto changes = compare_schemas(live("t"), read.schema, {});
  INFO(to_text(changes));
  CHECK(changes.empty());
  CHECK(to_json(live("t")) == to_json(read.schema));
}

TEST_CASE("A column that was probably renamed is dropped and added, and told so", "[registry]") {
  const auto read = [](const std::string& text) { return read_text("columns: " + text).schema; };
  const auto before = read("[{name: a, type: text}, {name: b, type: text}, {name: n, type: int}]");
  const auto after = read("[{name: x, type: text}, {name: y, type: text}, {name: z, type: date}]");
  const auto changes = compare_schemas(before, after, {SchemaRuleKind::readers});
  const std::string text = to_text(changes);
  INFO(text);
  CHECK(changes.size() == 6);
  CHECK(text.find("perhaps a was renamed") != std::string::npos);
  CHECK(text.find("perhaps it was renamed to x") != std::string::npos);
  CHECK(text.find("perhaps it was renamed to y") != std::string::npos);
  CHECK(text.find("n was renamed") == std::string::npos);
  CHECK(to_json(changes).find(R"("column":"n","change":"column_dropped","rule":"readers","version":null,)"
                              R"("old":"integer","new":null,"severity":"no")") != std::string::npos);
}
