// Loads of a document that read what is new.
#include <string>

#include "documents/parsed.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "support/catch.hpp"

namespace leat::test {
namespace {

PipelineDocument read_loads(const std::string& lines, std::string& said) {
  auto parsed = parse("leat: 1\nsource: a\ntarget: b\n" + lines);
  REQUIRE(parsed.root);
  auto document = read_pipeline(*parsed.root, parsed.diagnostics);
  said = parsed.said();
  return document;
}

}  // namespace

TEST_CASE("Incremental: a load has what the document says", "[documents]") {
  std::string said;
  const auto document = read_loads(
      "loads:\n"
      "  - {from: t, mode: upsert, incremental: {column: changed_at, lag: 15 minutes, initial: 2024-01-01}}\n"
      "  - {sql: SELECT 1, to: u, mode: upsert, incremental: {column: id, lag: '5', watermark: w}}\n"
      "  - {from: v, mode: upsert, incremental: {column: id, bound: snapshot}}\n"
      "  - {from: w}\n",
      said);
  CHECK(said.empty());
  REQUIRE(document.loads.size() == 4);
  const auto& first = document.loads[0].incremental;
  REQUIRE(first);
  CHECK(first->column == "changed_at");
  CHECK(first->lag == "15 minutes");
  CHECK(first->initial == "2024-01-01");
  CHECK(first->bound == IncrementalBound::column);
  CHECK(document.loads[1].incremental->name == "w");
  CHECK(document.loads[2].incremental->bound == IncrementalBound::snapshot);
  CHECK_FALSE(document.loads[3].incremental);
}

TEST_CASE("Incremental: what is wrong with it is told at its place", "[documents]") {
  const auto said_of = [](const std::string& incremental, const std::string& what) {
    std::string said;
    static_cast<void>(read_loads("loads:\n  - {" + what + ", incremental: " + incremental + "}\n", said));
    return said;
  };
  const auto has = [](const std::string& said, const std::string& part) {
    INFO(said);
    return said.find(part) != std::string::npos;
  };
  CHECK(has(said_of("{lag: 5min}", "from: t"), "loads[0].incremental.column is missing"));
  CHECK(has(said_of("{colunm: a}", "from: t"), "column"));
  CHECK(has(said_of("{column: a, bound: snapshots}", "from: t"), "snapshot"));
  CHECK(has(said_of("{column: a, lag: 5}", "from: t"), "a.yaml:5:"));
  CHECK(has(said_of("a", "from: t"), "loads[0].incremental"));
  CHECK(has(said_of("{column: a}", "tables: s.*"), "incremental"));
}

}  // namespace leat::test
