// What the rows of a load are expected to be.
#include "leat/documents/expectation.hpp"

#include "documents/parsed.hpp"
#include "support/catch.hpp"

using namespace leat;
using namespace leat::test;

namespace {

struct ReadExpectations {
  Parsed parsed{};
  std::vector<Expectation> all{};
};

ReadExpectations read_text(const std::string& text) {
  ReadExpectations result{.parsed = parse(text)};
  REQUIRE(result.parsed.root);
  result.all = read_expectations(*result.parsed.root, "expect", result.parsed.diagnostics);
  return result;
}

}  // namespace

TEST_CASE("Expectations: each form is read", "[documents]") {
  const auto read = read_text(
      "- rows > 0\n- rows<=12\n- {column: a, not_null: true}\n- {columns: [a, b], unique: true}\n- sql: "
      "SELECT true\n- "
      "{rows_within: 50%, of_last: 3}\n");
  CHECK_FALSE(read.parsed.diagnostics.has_error());
  std::string told;
  for (const auto& one : read.all) told += one.text + "\n";
  CHECK(told == "rows > 0\nrows <= 12\na: not_null\na, b: unique\nsql: SELECT true\nrows_within: 50%\n");
  CHECK(read.all.back().of_last == 3);
}

TEST_CASE("Expectations: what is wrong is told with what to write", "[documents]") {
  const auto said = [](const std::string& text) { return read_text("- " + text + "\n").parsed.said(); };
  CHECK(said("rows >> 1").find("write rows > 0") != std::string::npos);
  CHECK(said("columns > 1").find("is no expectation") != std::string::npos);
  CHECK(said("rows > -1").find("is no expectation") != std::string::npos);
  CHECK(said("{column: a}").find("says not what is expected") != std::string::npos);
  CHECK(said("{column: a, unique: true, not_null: true}").find("says not what is expected") !=
        std::string::npos);
  CHECK(said("{column: a, unique: false}").find("leave it out") != std::string::npos);
  CHECK(said("{colum: a, unique: true}").find("did you mean column?") != std::string::npos);
  CHECK(said("{rows_within: 50}").find("write rows_within: 50%") != std::string::npos);
  CHECK(said("{rows_within: 50%, of_last: 11}").find("from 1 to 10") != std::string::npos);
  CHECK(said("{sql: [1]}").find("expect[0].sql") != std::string::npos);
}
