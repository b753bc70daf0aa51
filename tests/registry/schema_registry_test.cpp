// What a registry of schemas promises, in a database and in memory.
#include <array>
#include <set>
#include <thread>

#include "bed.hpp"
#include "leat/registry/schema_registry.hpp"
#include "schema_words.hpp"

using namespace leat;
using namespace leat::test;

namespace {

RegisteredSchema with_columns(std::vector<RegisteredColumn> columns) {
  return {.columns = std::move(columns)};
}

const RegisteredColumn id{.name = "id", .type = "bigint", .nullable = false, .key = 1};
const RegisteredColumn note{.name = "note", .type = "text"};
const RegisteredColumn needed{.name = "n", .type = "integer", .nullable = false};

SchemaRegistry in_database() {
  return SchemaRegistry(
      {.store = ConnectionFactory().resolve(Bed::server().uri("dst")), .application_name = application});
}

/// Each test with both.
template <class Test>
void with_both(const Test& test) {
  const Bed bed;
  SECTION("in a database") {
    test(in_database());
  }
  SECTION("in memory") {
    test(SchemaRegistry::in_memory());
  }
}

}  // namespace

TEST_CASE("Versions are counted, kept, and the same content has one", "[registry]") {
  with_both([](const SchemaRegistry& registry) {
    const auto first = registry.add("orders", with_columns({id}));
    CHECK(first.accepted);
    CHECK(first.is_new);
    CHECK(first.version == 1);
    CHECK(first.rule == SchemaRule{SchemaRuleKind::readers});
    const auto again = registry.add("orders", with_columns({id}));
    CHECK(again.accepted);
    CHECK_FALSE(again.is_new);
    CHECK(again.version == 1);

    auto described = with_columns({id});
    described.description = "of the shops";  // is no content
    CHECK(registry.add("orders", described).version == 1);

    const auto second = registry.add("orders", with_columns({id, note}), {.origin = SchemaOrigin::table});
    CHECK(second.version == 2);
    REQUIRE(second.changes.size() == 1);
    CHECK(second.changes[0].change == SchemaChangeKind::column_added);
    CHECK(second.changes[0].version == 1);
    // Of the first version again, though it is not the newest.
    CHECK(registry.add("orders", with_columns({id})).version == 1);

    const auto history = registry.history("orders");
    REQUIRE(history.size() == 2);
    CHECK(history[0].schema.columns == with_columns({id}).columns);
    CHECK(history[1].schema.columns == with_columns({id, note}).columns);
    CHECK(history[1].checked_against == std::vector<int>{1});
    CHECK(history[1].origin == SchemaOrigin::table);
    CHECK(registry.show("orders").version == 2);
    CHECK(registry.show("orders", 1).schema.columns == with_columns({id}).columns);
    const auto subjects = registry.list();
    REQUIRE(subjects.size() == 1);
    CHECK(subjects[0].subject == "orders");
    CHECK(subjects[0].versions == 2);
  });
}

TEST_CASE("A schema that its subject's rule does not allow is refused with all reasons", "[registry]") {
  with_both([](const SchemaRegistry& registry) {
    CHECK(registry.add("orders", with_columns({id, note, needed})).version == 1);
    auto narrow = id;
    narrow.type = "integer";
    const auto refused = registry.add("orders", with_columns({narrow}));
    CHECK_FALSE(refused.accepted);
    CHECK(refused.version == 0);
    std::set<std::string> columns;
    for (const auto& change : refused.changes) {
      CHECK(change.verdict == SchemaVerdict::no);
      CHECK(change.version == 1);
      columns.insert(change.column);
    }
    CHECK(columns == std::set<std::string>{"id", "note", "n"});
    CHECK(registry.history("orders").size() == 1);

    // The rule is kept with what was taken, and not with what was refused.
    CHECK_FALSE(
        registry.add("orders", with_columns({narrow}), {.rule = SchemaRule{SchemaRuleKind::full}}).accepted);
    CHECK(registry.list()[0].rule == SchemaRule{SchemaRuleKind::readers});
    CHECK(
        registry.add("orders", with_columns({narrow}), {.rule = SchemaRule{SchemaRuleKind::none}}).version ==
        2);
    CHECK(registry.list()[0].rule == SchemaRule{SchemaRuleKind::none});
    registry.set_rule("orders", {SchemaRuleKind::forward});
    CHECK(registry.list()[0].rule == SchemaRule{SchemaRuleKind::forward});
    // As does what was registered before.
    CHECK(registry.add("orders", with_columns({narrow}), {.rule = SchemaRule{SchemaRuleKind::backward}})
              .version == 2);
    CHECK(registry.list()[0].rule == SchemaRule{SchemaRuleKind::backward});
  });
}

TEST_CASE("What the last version allows an earlier one may not: that is what transitive rules are for",
          "[registry]") {
  with_both([](const SchemaRegistry& registry) {
    auto with_default = needed;
    with_default.default_value = "0";
    const auto a = with_columns({id});
    const auto b = with_columns({id, with_default});
    const auto c = with_columns({id, needed});
    for (const bool transitive : {false, true}) {
      const std::string subject = transitive ? "all" : "last";
      const SchemaRule rule{SchemaRuleKind::backward, transitive};
      CHECK(registry.add(subject, a, {.rule = rule}).accepted);
      CHECK(registry.add(subject, b).accepted);
      const auto third = registry.add(subject, c);
      CHECK(third.accepted == !transitive);
      if (!transitive) continue;
      // Towards the second it is a default that changes; towards the first a column that every row must have.
      REQUIRE(third.changes.size() == 2);
      CHECK(third.changes[0].version == 2);
      CHECK(third.changes[0].verdict != SchemaVerdict::no);
      CHECK(third.changes[1].version == 1);
      CHECK(third.changes[1].change == SchemaChangeKind::required_column_added);
      CHECK(third.changes[1].verdict == SchemaVerdict::no);
    }
    CHECK(registry.history("all")[1].checked_against == std::vector<int>{1});
  });
}

TEST_CASE("A column that comes back as another type slips through all but transitive rules", "[registry]") {
  with_both([](const SchemaRegistry& registry) {
    auto other = note;
    other.type = "integer";
    for (const bool transitive : {false, true}) {
      const std::string subject = transitive ? "all" : "last";
      CHECK(
          registry
              .add(subject, with_columns({id, note}), {.rule = SchemaRule{SchemaRuleKind::full, transitive}})
              .accepted);
      CHECK(registry.add(subject, with_columns({id})).accepted);
      CHECK(registry.add(subject, with_columns({id, other})).accepted == !transitive);
    }
  });
}

TEST_CASE("check() says what add() would, and changes nothing", "[registry]") {
  with_both([](const SchemaRegistry& registry) {
    CHECK(registry.add("orders", with_columns({id, note})).version == 1);
    const auto same = registry.check("orders", with_columns({id, note}));
    CHECK(same.fits());
    CHECK(same.same_as == 1);
    CHECK(same.changes.empty());
    const auto less = registry.check("orders", with_columns({id}));
    CHECK_FALSE(less.fits());
    CHECK(less.same_as == 0);
    CHECK(registry.check("orders", with_columns({id}), SchemaRule{SchemaRuleKind::full}).fits());
    CHECK(registry.history("orders").size() == 1);
    CHECK(registry.list()[0].rule == SchemaRule{SchemaRuleKind::readers});
  });
}

TEST_CASE("What is not there, or is none, is said", "[registry]") {
  with_both([](const SchemaRegistry& registry) {
    CHECK(registry.list().empty());
    CHECK(registry.history("orders").empty());
    CHECK(registry.add("orders", with_columns({id})).accepted);
    const auto message = [](const auto& call) {
      try {
        call();
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::config);
        return std::string(error.what());
      }
      return std::string();
    };
    CHECK(message([&] { static_cast<void>(registry.show("order")); }) ==
          "there is no schema \"order\"; did you mean orders?");
    CHECK(message([&] { static_cast<void>(registry.show("orders", 3)); }) ==
          "the schema \"orders\" has no version 3");
    CHECK(message([&] { registry.set_rule("order", {}); }).find("there is no schema") == 0);
    for (const std::string subject : {"", "a b", "a@1", "a\nb"}) {
      CHECK(message([&] {
              static_cast<void>(registry.add(subject, with_columns({id})));
            }).find("a subject has 1 to 200 letters") == 0);
    }
    CHECK(message([&] { static_cast<void>(registry.add("x", {})); }) ==
          "a schema without columns cannot be registered");
    CHECK(message([&] {
            static_cast<void>(registry.add("x", with_columns({id, id})));
          }) == "the schema has two columns \"id\"");
    CHECK(registry.list().size() == 1);
  });
}

TEST_CASE("Twenty that register at once count without gaps, and one content has one version", "[registry]") {
  with_both([](const SchemaRegistry& registry) {
    constexpr int writers = 20;
    std::array<int, writers> versions{};
    std::vector<std::string> errors(writers);
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < writers; ++i) {
        threads.emplace_back([&, i] {
          try {
            // Ten contents, each of two writers.
            auto own = note;
            own.name = "note" + std::to_string(i % 10);
            versions[static_cast<std::size_t>(i)] =
                registry.add("orders", with_columns({id, own}), {.rule = SchemaRule{SchemaRuleKind::none}})
                    .version;
          } catch (const std::exception& error) {
            errors[static_cast<std::size_t>(i)] = error.what();
          }
        });
      }
    }
    for (const auto& error : errors) CHECK(error.empty());
    const auto history = registry.history("orders");
    REQUIRE(history.size() == 10);
    for (int i = 0; i < 10; ++i) CHECK(history[static_cast<std::size_t>(i)].version == i + 1);
    for (std::size_t i = 0; i < writers; ++i) {
      const auto version = static_cast<std::size_t>(versions[i]);
      REQUIRE(version >= 1);
      REQUIRE(version <= 10);
      CHECK(history[version - 1].schema.columns[1].name == "note" + std::to_string(i % 10));
    }
  });
}

TEST_CASE("Rows of leat_meta.schemas are neither changed nor removed by anybody", "[registry][sql]") {
  const Bed bed;
  const auto registry = in_database();
  CHECK(registry.add("orders", with_columns({id})).accepted);
  for (const std::string sql :
       {"UPDATE leat_meta.schemas SET columns = '[]'", "UPDATE leat_meta.schemas SET version = 7",
        "DELETE FROM leat_meta.schemas", "TRUNCATE leat_meta.schemas"}) {
    INFO(sql);
    CHECK(has(thrown([&] { static_cast<void>(bed.dst(sql)); }), "never change"));
  }
  CHECK(bed.dst("SELECT subject, version, origin, rule, length(sha256) FROM leat_meta.schemas") ==
        "orders|1|declared|readers|32");
  CHECK(bed.dst("SELECT version FROM leat_meta.layouts WHERE part = 'schemas'") == "1");
  CHECK(registry.show("orders").sha256.size() == 64);
}

TEST_CASE("Schemas that a newer leat has kept, or that are not whole, are not touched", "[registry][sql]") {
  const Bed bed;
  const auto registry = in_database();
  CHECK(registry.add("orders", with_columns({id})).accepted);
  bed.dst("UPDATE leat_meta.layouts SET version = 2 WHERE part = 'schemas'");
  CHECK(has(thrown([&] { static_cast<void>(registry.list()); }), "a newer leat"));
  CHECK(has(thrown([&] {
              static_cast<void>(registry.add("orders", with_columns({id, note})));
            }),
            "a newer leat"));
  bed.dst(
      "UPDATE leat_meta.layouts SET version = 1 WHERE part = 'schemas'; DROP TABLE "
      "leat_meta.schema_loads");
  CHECK(has(thrown([&] { static_cast<void>(registry.list()); }), "are missing"));
}

TEST_CASE("A store that an untrusted role owns is not read, and one that may not be written is said",
          "[registry][sql]") {
  const Bed bed;
  const auto registry = in_database();
  CHECK(registry.add("orders", with_columns({id})).accepted);
  bed.dst("DROP ROLE IF EXISTS schema_reader; CREATE ROLE schema_reader LOGIN");
  const SchemaRegistry of_reader(
      {.store = ConnectionFactory().resolve("host=" + Bed::server().socket_dir() +
                                            " port=" + std::to_string(Bed::server().port()) +
                                            " dbname=dst user=schema_reader"),
       .application_name = application});
  CHECK(has(thrown([&] { static_cast<void>(of_reader.list()); }), "may not read the schemas"));
  bed.dst(
      "GRANT USAGE ON SCHEMA leat_meta TO schema_reader; GRANT SELECT ON ALL TABLES IN SCHEMA leat_meta TO "
      "schema_reader");
  CHECK(of_reader.list().size() == 1);
  CHECK(has(thrown([&] {
              static_cast<void>(of_reader.add("orders", with_columns({id, note})));
            }),
            "permission denied"));
  bed.dst("ALTER TABLE leat_meta.schemas OWNER TO schema_reader");
  CHECK(has(thrown([&] { static_cast<void>(registry.list()); }), "could let this role run SQL"));
  bed.dst("DROP SCHEMA leat_meta CASCADE; DROP ROLE schema_reader");
}

TEST_CASE("A stop ends a registration that waits for another one", "[registry]") {
  const Bed bed;
  const auto registry = in_database();
  CHECK(registry.add("orders", with_columns({id})).accepted);
  auto holder = Connection::open(ConnectionFactory().resolve(Bed::server().uri("dst")).target, {});
  holder.begin();
  static_cast<void>(holder.execute("SELECT FROM leat_meta.schema_rules FOR UPDATE"));
  Running waiting([&](std::stop_token stop) {
    static_cast<void>(registry.add("orders", with_columns({id, note}), {}, std::move(stop)));
  });
  bed.wait_until_session_waits("dst", "transactionid");
  waiting.request_stop();
  CHECK(waiting.error().kind() == ErrorKind::cancelled);
  holder.rollback();
  CHECK(registry.history("orders").size() == 1);
}

TEST_CASE("References to versions are read", "[registry]") {
  CHECK(parse_schema_reference("orders@12").version == 12);
  CHECK(parse_schema_reference("orders").version == 0);
  CHECK(parse_schema_reference("orders@latest").subject == "orders");
  for (const std::string text : {"orders@", "orders@0", "orders@x", "orders@1x", "@1", "a b@1"}) {
    INFO(text);
    CHECK_FALSE(thrown([&] { static_cast<void>(parse_schema_reference(text)); }).empty());
  }
  CHECK(parse_schema_rule("readers_transitive") == SchemaRule{SchemaRuleKind::readers, true});
  CHECK_FALSE(parse_schema_rule("none_transitive"));
  CHECK_FALSE(parse_schema_rule("Readers"));
  for (const auto& name : schema_rule_names()) CHECK(to_string(*parse_schema_rule(name)) == name);
}
