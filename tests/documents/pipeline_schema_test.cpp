// The schema of whole documents against their reader.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>

#include "documents/parsed.hpp"
#include "documents/schema_answers.hpp"
#include "documents/spoiled.hpp"
#include "leat/documents/field_pages.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

namespace leat::test {
namespace {

using Json = nlohmann::ordered_json;

/// Makes documents of the examples of fields, of which every other one is then spoiled in one place.
class RandomDocuments {
 public:
  explicit RandomDocuments(std::uint32_t seed) : random_(seed) {}

  Json document() {
    Json made = Json::object();
    for (const auto& field : pipeline_fields()->fields()) {
      if (field.required || chance(2)) made[field.name] = example(field);
    }
    made["params"]["day"] = Json{{"type", "date"}};  // which the example of sql has
    made["source"] = "a";
    made["target"] = "b";
    if (made.contains("defaults")) made["defaults"] = Json{{"mode", "upsert"}};
    made["loads"] = Json::array();
    for (auto left = random_() % 3;; --left) {
      made["loads"].push_back(load(made["loads"].size()));
      if (left == 0) break;
    }
    if (chance(2)) Spoiler(random_).spoil(made);
    return made;
  }

 private:
  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  /// An example of a field, as the schema has it.
  static Json example(const DocumentField& field) {
    Parsed parsed = parse(field.name + ": " + field.example + "\n");
    REQUIRE(parsed.root);
    return Json::parse(to_json(*parsed.root))[field.name];
  }

  Json load(std::size_t number) {
    static constexpr std::array<std::string_view, 3> kinds{"from", "sql", "tables"};
    const std::string what(kinds.at(random_() % kinds.size()));
    Json made = Json::object();
    made["name"] = "load" + std::to_string(number);
    for (const auto& field : load_fields()->fields()) {
      const bool is_kind = std::find(kinds.begin(), kinds.end(), field.name) != kinds.end();
      const bool is_asked = field.name == what || (field.name == "to" && what == "sql");
      if (is_kind ? !is_asked : !is_asked && !chance(25)) continue;
      if (field.name == "name" || field.name == "after") continue;
      made[field.name] = example(field);
    }
    return made;
  }

  std::mt19937 random_;
};

/// What no schema tells: what a value says, and how keys go together.
bool is_beyond_schema(const Diagnostic& one) {
  static constexpr std::array<std::string_view, 9> codes{"out-of-range",  "wrong-form",   "duplicate-name",
                                                         "unknown-name",  "cycle",        "wrong-connection",
                                                         "bad-reference", "missing-load", "no-load"};
  if (one.severity != Severity::error || one.path.find("transform") != std::string::npos) return true;
  // That there is one of several keys, and that loads has a load.
  const bool is_of_load = one.code == "missing-key" && one.path.find("loads[") == 0;
  const bool is_empty = one.code == "no-value" && one.path == "loads";
  return is_of_load || is_empty || std::find(codes.begin(), codes.end(), one.code) != codes.end();
}

}  // namespace

TEST_CASE("JSON Schema: it accepts and refuses whole documents as their reader does", "[documents][random]") {
  if (!has_jsonschema()) {
    WARN("SKIPPED: python3-jsonschema is not installed");
    return;
  }
  const RandomRun run(2000, 200);
  RandomDocuments random(run.seed());
  std::vector<std::string> documents;
  for (std::size_t i = 0; i < run.rounds(); ++i) documents.push_back(random.document().dump());
  const auto answers = schema_answers(json_schema(*pipeline_fields(), "a document"), documents);
  REQUIRE(answers.size() == documents.size());
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    Parsed parsed = parse(documents[i]);
    INFO(documents[i]);
    REQUIRE(parsed.root);
    static_cast<void>(read_pipeline(*parsed.root, parsed.diagnostics));
    INFO(parsed.said());
    INFO(answers[i]);
    if (!parsed.diagnostics.has_error()) {
      ++accepted;
      CHECK(answers[i] == "yes");
    } else if (answers[i] == "no") {
      ++refused;
    } else {
      const auto told = parsed.diagnostics.in_order();
      CHECK(std::all_of(told.begin(), told.end(), is_beyond_schema));
    }
  }
  CHECK(accepted > run.rounds() / 20);
  CHECK(refused > run.rounds() / 20);
}

}  // namespace leat::test
