#include <chrono>
#include <string>
#include <utility>

#include "jobs/texts.hpp"
#include "leat/jobs/copy_table.hpp"
#include "leat/jobs/table_diff.hpp"
#include "leat/jobs/verify_table.hpp"
#include "support/catch.hpp"

namespace leat::test {
namespace {

/// What a job says against the selection; "" where it takes it.
template <class Job, class Options>
std::string words_against(const TableSelection& selection) {
  try {
    const Job job(Options{.table = selection});
    return "";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    return error.what();
  }
}

const auto refused_by_copy = words_against<CopyTable, CopyTableOptions>;
const auto refused_by_verify = words_against<VerifyTable, VerifyTableOptions>;
const auto refused_by_diff = words_against<TableDiff, TableDiffOptions>;

}  // namespace

TEST_CASE("table selection: every job between two tables refuses what is wrong in the same words", "[jobs]") {
  const auto [selection, words] = GENERATE(table<TableSelection, std::string>({
      {TableSelection{}, "from names no table"},
      {TableSelection{.from = "a.b.c"}, "a.b.c"},
      {TableSelection{.from = "t", .to = "a.b.c"}, "a.b.c"},
      {TableSelection{.from = "t", .columns = {"a"}, .exclude = {"b"}},
       "columns can be included or excluded, not both"},
  }));
  const std::string refusal = refused_by_copy(selection);
  CHECK(contains(refusal, words));
  CHECK(refused_by_verify(selection) == refusal);
  CHECK(refused_by_diff(selection) == refusal);
}

TEST_CASE("table selection: a comparison of definitions refuses what gives values and rows", "[jobs]") {
  const auto [selection, option] = GENERATE(table<TableSelection, std::string>({
      {TableSelection{.from = "t", .map = {{"v", "w + 1"}}}, "map"},
      {TableSelection{.from = "t", .where = "id > 0"}, "where"},
  }));
  CHECK(refused_by_diff(selection) == option + " is no option of TableDiff, which compares no values");
  CHECK(refused_by_copy(selection).empty());
  CHECK(refused_by_verify(selection).empty());
}

TEST_CASE("comparisons: limits that make no sense are refused before anything is asked", "[jobs]") {
  const JobLimits limits{.lock_timeout = std::chrono::milliseconds(-1)};
  CHECK_THROWS_AS(VerifyTable({.table = {.from = "t"}, .limits = limits}), Error);
  CHECK_THROWS_AS(TableDiff({.table = {.from = "t"}, .limits = limits}), Error);
  CHECK_NOTHROW(VerifyTable({.table = {.from = "t"}}));
}

TEST_CASE("table selection: objects of other stores are called as these like", "[jobs]") {
  CopyTableOptions options{.source = ResolvedConnection::of_store("csv:/data"),
                           .table = {.from = "a.b.c", .to = "t"}};
  CHECK_NOTHROW(CopyTable(options));
  options.table.to = "";
  CHECK_THROWS_AS(CopyTable(options), Error);
}

TEST_CASE("table selection: the target's table is named as the source's unless it has a name", "[jobs]") {
  CHECK(TableSelection{.from = "sales.t"}.target_name() == "sales.t");
  CHECK(TableSelection{.from = "sales.t", .to = "u"}.target_name() == "u");
}

}  // namespace leat::test
