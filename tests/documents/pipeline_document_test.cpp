// Documents that say what is to be loaded.
#include "leat/documents/pipeline_document.hpp"

#include <string>
#include <utility>

#include "documents/parsed.hpp"
#include "leat/documents/field_pages.hpp"
#include "leat/documents/substitution.hpp"
#include "support/catch.hpp"

namespace leat::test {
namespace {

struct ReadPipeline {
  Parsed parsed{};
  PipelineDocument document{};
};

ReadPipeline read_text(std::string text) {
  ReadPipeline result{.parsed = parse(std::move(text))};
  REQUIRE(result.parsed.root);
  const ValueType type = value_types::structure(pipeline_fields());
  substitute(*result.parsed.root,
             {.environment =
                  [](const std::string& name) {
                    return name == "SECRET" ? std::optional<std::string>("it's \\ a: #secret") : std::nullopt;
                  }},
             result.parsed.diagnostics, &type);
  result.document = read_pipeline(*result.parsed.root, result.parsed.diagnostics);
  return result;
}

/// What is said of a document with these lines behind good ones.
std::string said_of(const std::string& lines) {
  return read_text("leat: 1\nsource: a\ntarget: b\n" + lines).parsed.said();
}

}  // namespace

TEST_CASE("Pipeline document: loads have what the document says for all, unless they say it themselves",
          "[documents]") {
  const auto result = read_text(R"(
leat: 1
name: orders-nightly
labels: {team: finance}
params:
  since: {type: timestamptz, default: "yesterday 00:00"}
  country: {required: true, one_of: [de, fr]}
connections:
  warehouse: {host: db2, port: 5433, database: dwh, user: etl, password: "${env:SECRET}", schema: stage}
  shop: postgresql://etl@db1/shop
source: shop
target: warehouse
defaults: {mode: upsert, create: columns, retries: 5, rejects: {max: 10, to: a.csv}}
options: {memory: 64MiB, max_rate: 50MiB/s}
loads:
  - from: public.orders
    columns: {exclude: [internal_note]}
    where: created_at >= :since
    to: dwh.orders
    key: [id]
    writers: 4
    verify: true
    rejects: {to: "table:dwh.bad"}
    before_sql: SET LOCAL work_mem = '1GB'
  - name: by_day
    sql: SELECT day, count(*) AS n FROM orders WHERE day >= :since GROUP BY 1
    to: dwh.by_day
    mode: replace
    transform: {filter: {n: {gt: 0}}}
    after: [stage]
  - name: stage
    tables: [sales.*, crm.*]
    exclude: ['sales.tmp_*']
    to: stage.{table}
    jobs: 4
    source: other
)");
  CHECK(result.parsed.said().empty());
  const auto& document = result.document;
  CHECK(document.name == "orders-nightly");
  CHECK(document.labels.at("team") == "finance");
  CHECK(document.params.at("since").otherwise == "yesterday 00:00");
  CHECK(document.params.at("country").required);
  const auto& warehouse = document.connections.at("warehouse");
  CHECK(warehouse.label == "warehouse");
  CHECK(warehouse.schema == "stage");
  CHECK(document.connections.size() == 2);
  REQUIRE(document.loads.size() == 3);
  const auto& orders = document.loads[0];
  CHECK(orders.what == LoadDocument::What::table);
  CHECK(orders.name == "dwh.orders");
  CHECK(orders.source == "shop");
  CHECK(orders.mode == WriteMode::upsert);
  CHECK(orders.exclude_columns == std::vector<std::string>{"internal_note"});
  CHECK(orders.writers == 4);
  CHECK(orders.retries == 5);
  CHECK(orders.stream.verify);
  CHECK(orders.stream.create == CreateTarget::columns);
  CHECK(orders.stream.memory == ByteCount{64U << 20U});
  CHECK(orders.stream.max_rejects == 10);
  CHECK(orders.stream.rejects.table == "dwh.bad");
  CHECK(orders.stream.rejects.file.empty());
  CHECK(orders.before_sql.size() == 1);
  // It comes behind the one that it waits for.
  CHECK(document.loads[1].name == "stage");
  CHECK(document.loads[1].source == "other");
  CHECK(document.loads[1].tables.size() == 2);
  const auto& by_day = document.loads[2];
  CHECK(by_day.what == LoadDocument::What::query);
  CHECK(by_day.mode == WriteMode::replace);
  CHECK(by_day.transform.stages.size() == 1);
  CHECK(by_day.place.line == 25);
}

TEST_CASE("Pipeline document: what is wrong is told, all at once", "[documents]") {
  CHECK(said_of("loads:\n  - frm: a\n") ==
        "a.yaml:5:5: loads[0] has no key \"frm\" (loads[0].frm) [unknown-key]\n"
        "    5 |   - frm: a\n"
        "      |     ^~~\n"
        "   hint: did you mean from?\n"
        "a.yaml:5:5: loads[0] says not what is loaded [missing-key]\n"
        "    5 |   - frm: a\n"
        "      |     ^\n"
        "   hint: write one of from: TABLE, sql: QUERY and tables: PATTERN\n");
  CHECK(said_of("loads: [{from: a, sql: SELECT 1}]\n").find("loads[0] has from and sql") !=
        std::string::npos);
  CHECK(said_of("loads: [{sql: SELECT 1}]\n").find("loads[0].to is missing") != std::string::npos);
  CHECK(said_of("loads: [{sql: SELECT 1, to: t, where: a > 1}]\n").find("beside sql there is no where") !=
        std::string::npos);
  CHECK(said_of("loads: [{tables: a.*, readers: 4}]\n").find("of many tables say jobs") != std::string::npos);
  CHECK(said_of("loads: []\n").find("loads has no load") != std::string::npos);
  CHECK(said_of("").find("loads is missing") != std::string::npos);
  CHECK(said_of("loads: [{from: a}, {from: a}]\n").find("two loads are called \"a\"") != std::string::npos);
  CHECK(said_of("loads: [{from: a, after: [bb]}, {from: bbb}]\n").find("did you mean bbb?") !=
        std::string::npos);
  CHECK(said_of("loads: [{from: a, after: [b]}, {from: b, after: [a]}]\n").find("waits for itself") !=
        std::string::npos);
  CHECK(said_of("defaults: {from: a}\nloads: [{from: a}]\n").find("defaults has no from") !=
        std::string::npos);
  CHECK(said_of("defaults: {mod: upsert}\nloads: [{from: a}, {from: b}]\n") ==
        "a.yaml:4:12: defaults has no key \"mod\" (defaults.mod) [unknown-key]\n"
        "    4 | defaults: {mod: upsert}\n"
        "      |            ^~~\n"
        "   hint: did you mean mode?\n");
  CHECK(
      said_of("loads: [{from: a, mode: upsrt, transform: {renam: {a: b}}}]\n").find("did you mean rename?") !=
      std::string::npos);
  CHECK(said_of("params: {a: {required: true, default: x}}\nloads: [{from: a}]\n")
            .find("params.a is required and has a default") != std::string::npos);
  const auto unsaid = read_text("leat: 1\nloads: [{from: a}]\n").parsed.said();
  CHECK(unsaid.find("loads[0].source is missing") != std::string::npos);
  CHECK(unsaid.find("loads[0].target is missing") != std::string::npos);
  CHECK(read_text("loads: [{from: a, source: b, target: c}]\n").parsed.said().find("leat is missing") !=
        std::string::npos);
  CHECK(read_text("leat: 2\nloads: [{from: a, source: b, target: c}]\n")
            .parsed.said()
            .find("must be the number 1") != std::string::npos);
}

TEST_CASE("Pipeline document: a password is in no message", "[documents]") {
  const auto said = said_of(
      "connections: {w: {host: a, nonsense: \"${env:SECRET}\"}, x: \"${env:SECRET}\", y: {password: "
      "pepper}}\n"
      "loads: [{from: a}]\n");
  CHECK(said.find("connections.x is no place to connect to") != std::string::npos);
  CHECK(said.find("stands in the document itself") != std::string::npos);
  CHECK(said.find("#secret") == std::string::npos);
  CHECK(said.find("pepper") == std::string::npos);
}

TEST_CASE("Pipeline document: every field has a description, and the schema has every field", "[documents]") {
  for (const auto& table : {pipeline_fields(), load_fields()}) {
    const auto page = reference_page(*table);
    const auto schema = json_schema(*table, "test");
    for (const auto& field : table->fields()) {
      INFO(field.name);
      CHECK_FALSE(field.doc.empty());
      CHECK_FALSE(field.example.empty());
      CHECK(page.find("`" + field.name + "`") != std::string::npos);
      CHECK(schema.find("\"" + field.name + "\"") != std::string::npos);
    }
  }
}

TEST_CASE("Pipeline document: a load names the registered schema that its source is to have", "[documents]") {
  const auto result = read_text(R"(
leat: 1
source: a
target: b
defaults: {schema: {on_change: evolve}}
loads:
  - from: orders
  - {from: items, schema: {subject: items@2, on_change: fail}}
  - {from: notes, schema: {subject: remarks}}
)");
  CHECK(result.parsed.said().empty());
  REQUIRE(result.document.loads.size() == 3);
  const auto schema = [&](std::size_t load) { return result.document.loads[load].schema.value(); };
  CHECK(schema(0).subject.empty());
  CHECK(schema(0).on_change == OnSchemaChange::evolve);
  CHECK(schema(1).subject == "items@2");
  CHECK(schema(1).on_change == OnSchemaChange::fail);
  CHECK(schema(2).subject == "remarks");
  CHECK(schema(2).on_change == OnSchemaChange::evolve);
  CHECK_FALSE(read_text("leat: 1\nsource: a\ntarget: b\nloads: [{from: t}]").document.loads[0].schema);
  CHECK(said_of("loads: [{from: t, schema: {on_chang: fail}}]").find("did you mean on_change?") !=
        std::string::npos);
  CHECK(said_of("loads: [{from: t, schema: {on_change: evolv}}]").find("[unknown-word]") !=
        std::string::npos);
  CHECK(said_of("loads: [{from: t, schema: orders}]").find("[wrong-type]") != std::string::npos);
}

}  // namespace leat::test
