#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "documents/example_fields.hpp"
#include "documents/parsed.hpp"
#include "documents/schema_answers.hpp"
#include "leat/documents/field_pages.hpp"
#include "leat/documents/read_fields.hpp"
#include "leat/documents/stream_fields.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

namespace leat::test {
namespace {

using nlohmann::ordered_json;

/// Draws values that are right, nearly right, and wrong.
class RandomValues {
 public:
  explicit RandomValues(std::uint32_t seed) : random_(seed) {}

  ordered_json document(const FieldTable& table) {
    ordered_json object = ordered_json::object();
    for (const auto& field : table.fields()) {
      if (field.required ? chance(20) : !chance(4)) continue;
      object[chance(30) ? field.name + "s" : field.name] = value(field.type);
    }
    if (chance(8)) object["x-mine"] = value(value_types::text());
    if (chance(15)) object["unknown"] = 1;
    return object;
  }

 private:
  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  template <class T>
  T any(std::initializer_list<T> values) {
    return *(values.begin() + random_() % values.size());
  }

  ordered_json anything() {
    switch (random_() % 8) {
      case 0:
        return nullptr;
      case 1:
        return true;
      case 2:
        return any({-1, 0, 1, 7, 70, 5000});
      case 3:
        return any({0.5, -2.25, 1e300, 3.0, 1e4});
      case 4:
        return ordered_json::array({1, "a"});
      case 5:
        return ordered_json::object({{"a", 1}});
      case 6:
        return ordered_json::array();
      default:
        return any<std::string>({"", "12", "true", "ten", "012", "1.5", "10 s", "null", "${env:X}"});
    }
  }

  ordered_json value(const ValueType& type) {
    if (chance(8)) return anything();
    switch (type.kind) {
      case ValueKind::node:
        return anything();
      case ValueKind::boolean:
        return chance(2);
      case ValueKind::whole_number:
        if (chance(4)) return any({0.0, 7.0, 1e3, 7.5});
        return any<std::int64_t>({-3, 0, 1, 64, 65, 1'000'000'000'000});
      case ValueKind::size:
        if (chance(2)) return any<std::int64_t>({0, 4095, 4096, 65536, 1LL << 40});
        return any<std::string>({"64KiB", "1.5 MiB", "2mb", "1GB", "5", ".5GiB", "4kk", "-1MiB", "1e3KiB",
                                 "8M", "1 B", "64KiB/s", " 64KiB", "1.e4"});
      case ValueKind::rate:
        if (chance(3)) return any<std::int64_t>({0, 1, 5000});
        return any<std::string>({"50MiB/s", "50 MB/s", "1GiB", "5/s", "5 /s", "/s", "50MiB/m", "1MiB s"});
      case ValueKind::duration:
        return any<ordered_json>(
            {"10s", "500ms", "5min", "2h", "10", "0", 0, 10, "10 s", "1.5h", "2d", "0s", "-1s", 0.0});
      case ValueKind::word:
        return chance(5) ? std::string("never ever") : type.words[random_() % type.words.size()];
      case ValueKind::table_name:
        return any<std::string>({"orders", "a.b", "\"A b\".\"c\"", "A.B"});
      case ValueKind::column_list:
        if (chance(2)) return any<std::string>({"id", "a,b", "\"a,b\", c"});
        return any<ordered_json>({ordered_json::array({"id"}), ordered_json::array({"id", "B c"}),
                                  ordered_json::array({"id", ""}), ordered_json::array({"id", 1}),
                                  ordered_json::array()});
      case ValueKind::list: {
        ordered_json list = ordered_json::array();
        for (auto left = random_() % 3; left > 0; --left) list.push_back(value(type.inner.front()));
        return list;
      }
      case ValueKind::map: {
        ordered_json map = ordered_json::object();
        for (auto left = random_() % 3; left > 0; --left) {
          map["k " + std::to_string(left)] = value(type.inner.front());
        }
        return map;
      }
      case ValueKind::one_of:
        return value(type.inner[random_() % type.inner.size()]);
      case ValueKind::structure:
        return document(*type.fields);
      case ValueKind::text:
      case ValueKind::sql:
        break;
    }
    return any<std::string>({"a", "", "table:x", "10", "true", "ü\n😀", "a: b # c"});
  }

  std::mt19937 random_;
};

/// What is wrong with a document that no schema can tell.
bool is_beyond_schemas(const Diagnostic& one) {
  return one.severity != Severity::error || one.code == "out-of-range" || one.code == "wrong-form";
}

}  // namespace

TEST_CASE("JSON Schema: it accepts and refuses what the reader does", "[documents][random]") {
  if (!has_jsonschema()) {
    WARN("SKIPPED: python3-jsonschema is not installed");
    return;
  }
  const RandomRun run(4000, 400);
  const auto table = example_fields();
  RandomValues values(run.seed());
  std::vector<std::string> documents;
  for (std::size_t i = 0; i < run.rounds(); ++i) {
    documents.push_back(values.document(*table).dump(-1, ' ', i % 2 == 0));
  }
  const auto answers = schema_answers(json_schema(*table, "a load"), documents);
  REQUIRE(answers.size() == documents.size());
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    Parsed parsed = parse(documents[i]);
    INFO(documents[i]);
    REQUIRE(parsed.root);
    ExampleOptions options;
    // A reference stands for any text of a field, which only its value could show to be wrong.
    if (documents[i].find("${") != std::string::npos) continue;
    read_into(options, *table, *parsed.root, "", parsed.diagnostics);
    const bool reads = !parsed.diagnostics.has_error();
    INFO(parsed.said());
    INFO(answers[i]);
    (reads ? accepted : refused) += 1;
    if (reads) {
      CHECK(answers[i] == "yes");
    } else if (answers[i] == "yes") {
      const auto told = parsed.diagnostics.in_order();
      CHECK(std::all_of(told.begin(), told.end(), is_beyond_schemas));
    }
  }
  CHECK(accepted > run.rounds() / 20);
  CHECK(refused > run.rounds() / 20);
}

TEST_CASE("JSON Schema: fields have their descriptions, words, bounds and examples", "[documents]") {
  const auto schema = ordered_json::parse(json_schema(*example_fields(), "leat 1"));
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["title"] == "leat 1");
  CHECK(schema["required"] == ordered_json::array({"from"}));
  CHECK(schema["additionalProperties"] == false);
  CHECK(schema["properties"]["password"]["writeOnly"] == true);
  CHECK(schema["properties"]["readers"]["anyOf"][0] ==
        ordered_json::parse(R"({"type": "integer", "minimum": 0, "maximum": 64})"));
  const auto& options = schema["$defs"]["options"]["properties"];
  CHECK(options["indexes"]["anyOf"][0]["enum"] == ordered_json::array({"keep", "rebuild", "auto"}));
  CHECK(options["indexes"]["description"].get<std::string>().find("(default: keep)") != std::string::npos);
  CHECK(options["rejects"]["examples"][0] == ordered_json::parse(R"({"max": 100, "to": "rejected.csv"})"));
  CHECK(options["verify"]["examples"][0] == true);
}

TEST_CASE("JSON Schema: each example of a field is one that the reader takes", "[documents]") {
  for (const auto& table : {stream_fields(), example_fields()}) {
    for (const auto& field : table->fields()) {
      if (field.example.empty()) continue;
      Parsed parsed = parse(field.name + ": " + field.example + "\n");
      REQUIRE(parsed.root);
      static_cast<void>(
          read_value(field.type, parsed.root->entries.front().value, field.name, parsed.diagnostics));
      CHECK(parsed.said().empty());
    }
  }
}

}  // namespace leat::test
