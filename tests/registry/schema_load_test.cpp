// What a load is checked with before its first row.
#include "bed.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/registry/schema_load_check.hpp"
#include "leat/registry/table_schema.hpp"
#include "schema_words.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A load of public.t of the database "src", and a registry in "dst".
class CheckedLoad {
 public:
  CheckedLoad() { bed_.src("CREATE TABLE t (id int PRIMARY KEY, a text)"); }

  LoadSchemaOutcome check(OnSchemaChange on_change, const std::string& subject = "orders") const {
    return check_load_schema(
        {.wanted = {.subject = subject, .on_change = on_change}, .load = "nightly", .found = found()},
        registry_);
  }
  /// As a query's columns tell it.
  LoadSchemaOutcome check_query(OnSchemaChange on_change) const {
    auto session = open();
    auto columns = TableManager(session).describe({"public", "t"}).columns;
    for (auto& column : columns) column.not_null = false;
    return check_load_schema({.wanted = {.subject = "orders", .on_change = on_change},
                              .load = "nightly",
                              .found = schema_of_columns(columns),
                              .source = SchemaSource::query},
                             registry_);
  }
  [[nodiscard]] std::string error(OnSchemaChange on_change) const {
    return thrown([&] { static_cast<void>(check(on_change)); });
  }
  [[nodiscard]] RegisteredSchema found() const {
    auto session = open();
    return read_table_schema(session, {"public", "t"});
  }
  void alter(const std::string& sql) const { bed_.src(sql); }
  [[nodiscard]] const SchemaRegistry& registry() const { return registry_; }

 private:
  static Connection open() {
    return Connection::open(ConnectionFactory().resolve(Bed::server().uri("src")).target,
                            {.application_name = application});
  }

  Bed bed_;
  SchemaRegistry registry_{
      {.store = ConnectionFactory().resolve(Bed::server().uri("dst")), .application_name = application}};
};

}  // namespace

TEST_CASE("A load that is to fail on a change begins only with the registered columns", "[registry]") {
  const CheckedLoad load;
  CHECK(has(load.error(OnSchemaChange::fail), "there is no schema \"orders\""));
  REQUIRE(load.registry().add("orders", load.found()).accepted);
  const auto outcome = load.check(OnSchemaChange::fail);
  CHECK(outcome.version == 1);
  CHECK_FALSE(outcome.is_new);
  const auto loads = load.registry().loads("orders");
  REQUIRE(loads.size() == 1);
  CHECK(loads[0].load == "nightly");
  CHECK(loads[0].version == 1);

  load.alter("ALTER TABLE t ALTER a SET DEFAULT 'x'; COMMENT ON COLUMN t.a IS 'an a'");
  CHECK(load.check(OnSchemaChange::fail).changes.size() == 2);
  load.alter("ALTER TABLE t ALTER id TYPE bigint; ALTER TABLE t ADD n int; ALTER TABLE t DROP a");
  CHECK(
      load.error(OnSchemaChange::fail) ==
      "the source's columns are not those of orders@1: id: integer became bigint [type_widened]; n: integer "
      "is new [column_added]; a: text is gone [column_dropped]");
  CHECK(load.registry().history("orders").size() == 1);
}

TEST_CASE("A load may name a version, and a schema may allow more columns", "[registry]") {
  const CheckedLoad load;
  auto schema = load.found();
  schema.allow_extra_columns = true;
  REQUIRE(load.registry().add("orders", schema).accepted);
  load.alter("ALTER TABLE t ADD n int");
  CHECK(load.check(OnSchemaChange::fail).changes.size() == 1);
  auto more = load.found();
  REQUIRE(load.registry().add("orders", more).version == 2);
  CHECK(load.check(OnSchemaChange::fail, "orders@2").version == 2);
  CHECK(load.check(OnSchemaChange::fail, "orders@1").version == 1);
  CHECK(has(thrown([&] { static_cast<void>(load.check(OnSchemaChange::evolve, "orders@1")); }),
            "names a version, which is fixed"));
}

TEST_CASE("A load that evolves registers what the rule allows, and nothing else", "[registry]") {
  const CheckedLoad load;
  const auto first = load.check(OnSchemaChange::evolve);
  CHECK(first.version == 1);
  CHECK(first.is_new);
  CHECK_FALSE(load.check(OnSchemaChange::evolve).is_new);
  load.alter("ALTER TABLE t ADD n int");
  const auto second = load.check(OnSchemaChange::evolve);
  CHECK(second.version == 2);
  CHECK(second.is_new);
  CHECK(load.registry().show("orders").origin == SchemaOrigin::load);
  CHECK(load.registry().loads("orders")[0].version == 2);
  load.alter("ALTER TABLE t DROP a");
  CHECK(
      load.error(OnSchemaChange::evolve) ==
      "the source's columns are not those of orders@2, and the rule readers does not allow that: a: text is "
      "gone [column_dropped]");
  CHECK(load.registry().history("orders").size() == 2);
  CHECK(load.registry().loads("orders")[0].version == 2);
}

TEST_CASE("A load that records takes every change, and the subject keeps its rule", "[registry]") {
  const CheckedLoad load;
  CHECK(load.check(OnSchemaChange::record).version == 1);
  load.alter("ALTER TABLE t DROP a");
  const auto outcome = load.check(OnSchemaChange::record);
  CHECK(outcome.version == 2);
  REQUIRE(outcome.changes.size() == 1);
  CHECK(outcome.changes[0].verdict == SchemaVerdict::no);
  CHECK(load.registry().list()[0].rule == SchemaRule{SchemaRuleKind::readers});
  const auto version = load.registry().show("orders");
  CHECK(version.rule == SchemaRule{SchemaRuleKind::none});
  CHECK(version.checked_against.empty());
}

TEST_CASE("Of a query's columns only names and types are held against it", "[registry]") {
  const CheckedLoad load;
  REQUIRE(load.registry().add("orders", load.found()).accepted);
  CHECK(load.check_query(OnSchemaChange::fail).changes.empty());
  CHECK_FALSE(load.check_query(OnSchemaChange::evolve).is_new);
  load.alter("ALTER TABLE t ADD n int");
  const auto outcome = load.check_query(OnSchemaChange::evolve);
  CHECK(outcome.version == 2);
  const auto schema = load.registry().show("orders").schema;
  CHECK(schema.key() == std::vector<std::string>{"id"});
  CHECK_FALSE(schema.find("id")->nullable);
  CHECK(schema.find("n")->nullable);
  load.alter("ALTER TABLE t ALTER n TYPE text");
  CHECK(has(thrown([&] { static_cast<void>(load.check_query(OnSchemaChange::fail)); }),
            "n: integer became text [type_converted]"));
}
