// The page of a run: what it tells, and that nothing in it is markup of somebody else's.
#include "leat/runs/run_html.hpp"

#include <algorithm>
#include <string_view>

#include "runs.hpp"

using namespace leat;
using namespace leat::test;

namespace {

bool says(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

std::size_t times(const std::string& page, std::string_view part) {
  std::size_t count = 0;
  for (auto at = page.find(part); at != std::string::npos; at = page.find(part, at + part.size())) ++count;
  return count;
}

/// Whether each tag is closed in its order, as XML has it; of those that HTML does not close, none is looked
/// at.
bool is_balanced(const std::string& page) {
  std::vector<std::string> open;
  for (auto at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const auto end = page.find('>', at);
    if (end == std::string::npos) return false;
    std::string tag = page.substr(at + 1, end - at - 1);
    if (tag.starts_with("!") || tag.ends_with("/")) continue;
    const bool closes = tag.starts_with("/");
    if (closes) tag.erase(0, 1);
    tag = tag.substr(0, tag.find(' '));
    if (tag == "meta" || tag == "br" || tag == "wbr") continue;
    if (!closes) {
      open.push_back(tag);
    } else {
      if (open.empty() || open.back() != tag) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

void make_odd_shop(const Bed& bed) {
  bed.src(
      "DROP SCHEMA IF EXISTS odd CASCADE; CREATE SCHEMA odd; CREATE TABLE odd.\"<script>alert(1)</script>\" "
      "(id int PRIMARY KEY, \"<b>&'\"\"\" text); INSERT INTO odd.\"<script>alert(1)</script>\" VALUES (1, "
      "'<i>'), (2, NULL); CREATE TABLE odd.plain (id int PRIMARY KEY); INSERT INTO odd.plain SELECT "
      "generate_series(1, 1234)");
  bed.dst("DROP SCHEMA IF EXISTS odd CASCADE; DROP SCHEMA IF EXISTS there CASCADE; CREATE SCHEMA there");
}

constexpr const char* odd_loads = R"(
leat: 1
name: "</title><script>"
labels: {team: "<img src=x>"}
source: src
target: dst
defaults: {create: full, retries: 0}
loads:
  - {name: "tables<", tables: ["odd.*"], to: "there.{table}"}
  - {name: bad, sql: "SELECT '</pre><script>' || (1 / (id - 1)) AS v FROM odd.plain", to: there.bad}
  - {name: after, from: odd.plain, to: there.after, after: [bad]}
)";

}  // namespace

TEST_CASE("run page: names, labels, values and errors are text, whatever they hold", "[server]") {
  const Bed bed;
  make_odd_shop(bed);
  const RunPlan plan = pipeline_of_text(odd_loads, {}).plan();
  const RunReport report = run_text(odd_loads);
  REQUIRE(names_of(report) == "tables<:done bad:failed after:waits");
  const std::string page = to_html(report, &plan);
  INFO(page);
  CHECK_FALSE(says(page, "<script"));
  CHECK_FALSE(says(page, "<img"));
  CHECK_FALSE(says(page, "<i>"));
  CHECK(says(page, "<title>&lt;/title&gt;&lt;script&gt;: failed</title>"));
  CHECK(says(page, "team: &lt;img src=x&gt;"));
  CHECK(says(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;</th>"));
  CHECK(says(page, "&lt;b&gt;&amp;&#39;&quot;</th>"));
  CHECK(is_balanced(page));
}

TEST_CASE("run page: it needs nothing from elsewhere", "[server]") {
  const Bed bed;
  make_odd_shop(bed);
  const std::string page = to_html(run_text(odd_loads));
  CHECK_FALSE(says(page, "http:"));
  CHECK_FALSE(says(page, "https:"));
  CHECK_FALSE(says(page, "<link"));
  CHECK_FALSE(says(page, " src=\""));
  CHECK_FALSE(says(page, "@import"));
  CHECK(says(page, "default-src 'none'"));
}

TEST_CASE("run page: each load and each of its tables has its outcome, its figures and its errors",
          "[server]") {
  const Bed bed;
  make_odd_shop(bed);
  const RunPlan plan = pipeline_of_text(odd_loads, {}).plan();
  const RunReport report = run_text(odd_loads);
  REQUIRE(report.loads.front().tables);
  for (const auto& table : report.loads.front().tables->tables) {
    CHECK(table.elapsed.count() > 0);
    CHECK(table.begun + table.elapsed <= report.loads.front().elapsed);
  }
  const std::string page = to_html(report, &plan);
  INFO(page);
  CHECK(says(page, "<dt>Loads done</dt><dd>1 of 3</dd>"));
  CHECK(says(page, "<dt>Rows written</dt><dd>1,236</dd>"));
  CHECK(says(page, "22012: <strong>division by zero</strong>"));
  CHECK(says(page, "waits for bad"));
  CHECK(says(page, "<strong>after</strong> <span class=\"soft\">after bad"));
  CHECK(says(page, "COPY &quot;odd&quot;.&quot;plain&quot;"));
  // For those who do not see it: a drawing has words, and a table says what its columns and rows are.
  CHECK(times(page, "role=\"img\"") == times(page, "<desc>"));
  CHECK(times(page, "<th") == times(page, " scope=\"") + times(page, "<thead"));
  // Of what was loaded: the two tables, in four places.
  CHECK(times(page, ">odd.<wbr>plain</th>") == 4);
  // What failed is told without colours, too.
  CHECK(says(page, "fill=\"url(#p-failed)\""));
  CHECK(says(page, "id=\"p-failed\""));
}

TEST_CASE("run page: what was rolled back counts nothing, and what is unusual is told", "[runs]") {
  RunReport report{.document = "shop", .status = JobStatus::failed};
  report.loads.push_back({.name = "orders",
                          .status = LoadStatus::rolled_back,
                          .waits_for = "lines",
                          .report = JobReport{.rows_read = 77, .rows_written = 77, .rows_inserted = 77},
                          .unusual = {"77 rows, usually 70000"},
                          .attempts = 1,
                          .elapsed = std::chrono::seconds(1)});
  const std::string page = to_html(report);
  CHECK(is_balanced(page));
  CHECK(says(page, "rolled back</span>"));
  CHECK(says(page, "since lines has failed"));
  CHECK(says(page, "<dt>Rows written</dt><dd>0</dd>"));
  CHECK_FALSE(says(page, "Throughput"));
  CHECK(says(page, "<h3>orders: unusual</h3>"));
  CHECK(says(page, "77 rows, usually 70000"));
  report.loads.front().status = LoadStatus::cancelled;
  CHECK(says(to_html(report), "stopped</span>"));
}

TEST_CASE("run page: of a run that has begun nothing, and without a plan", "[runs]") {
  RunReport report{
      .document = "shop", .status = JobStatus::failed, .remarks = {"no load was begun: no & no"}};
  report.loads.push_back({.name = "orders"});
  const std::string page = to_html(report);
  CHECK(is_balanced(page));
  CHECK(says(page, "no load was begun: no &amp; no"));
  CHECK(says(page, "not begun"));
  CHECK_FALSE(says(page, "Throughput"));
  CHECK(is_balanced(to_html({})));
}
