// Tables that inherit from each other: which rows are read, that each comes once, and that nobody is told a
// table were copied of which only a part was.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "leat/jobs/table_diff.hpp"
#include "many_tables.hpp"
#include "modes.hpp"
#include "random_columns.hpp"
#include "support/random.hpp"
#include "verify_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A table of 3 rows of its own, 4 of a child, which has a column more, and 5 of a grandchild.
void make_tree(const Bed& bed) {
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE child (more int) INHERITS (t); "
      "CREATE TABLE grandchild () INHERITS (child); "
      "INSERT INTO t SELECT i, 'own' FROM generate_series(1, 3) i; "
      "INSERT INTO child SELECT i, 'child', 9 FROM generate_series(11, 14) i; "
      "INSERT INTO grandchild SELECT i, 'grandchild', 9 FROM generate_series(21, 25) i");
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old')");
}

const Finding* find(const JobPlan& plan, const std::string& code) {
  const auto found = std::find_if(plan.findings.begin(), plan.findings.end(),
                                  [&code](const Finding& finding) { return finding.code == code; });
  return found == plan.findings.end() ? nullptr : &*found;
}

std::vector<std::string> names(const CopyTablesReport& report) {
  std::vector<std::string> all;
  for (const auto& table : report.tables) {
    INFO(table.table);
    if (table.error) FAIL_CHECK(table.error->what());
    all.push_back(table.table);
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST_CASE("inheritance: a table that others inherit from is refused until somebody says what is meant",
          "[server]") {
  const Bed bed;
  make_tree(bed);
  auto options = bed.copy();
  options.mode = GENERATE(WriteMode::replace, WriteMode::append, WriteMode::sync);
  const JobPlan plan = CopyTable(options).plan();
  const Finding* const finding = find(plan, "inheriting_tables");
  REQUIRE(finding != nullptr);
  CHECK(finding->severity == Severity::error);
  CHECK(finding->message.find("public.child, public.grandchild") != std::string::npos);
  CHECK(finding->hint.find("Inheritance::only") != std::string::npos);
  CHECK(finding->hint.find("Inheritance::tree") != std::string::npos);
  const Error error = error_of(options);
  CHECK(error.kind() == ErrorKind::config);
  CHECK(bed.dst("SELECT id || v FROM t") == "1old");
}

TEST_CASE("inheritance: only the table's own rows, or those of the whole tree, by every way of reading",
          "[server]") {
  const Bed bed;
  make_tree(bed);
  auto options = bed.copy();
  const bool tree = GENERATE(false, true);
  options.table.inheritance = tree ? Inheritance::tree : Inheritance::only;
  std::string condition = "true";
  SECTION("in one stream") {}
  SECTION("in every mode") {
    options.mode = GENERATE(WriteMode::swap, WriteMode::sync);
  }
  SECTION("in slices") {
    options.readers = 3;
    options.slice_bytes = ByteCount{8192};
  }
  SECTION("in slices, with SQL that calls columns by the table's name") {
    options.readers = 2;
    options.table.where = "t.id % 2 = 1";
    options.table.map = {{"v", "t.v || ''"}};
    condition = "id % 2 = 1";
  }
  SECTION("by a job with a name") {
    options.delivery.job = "tree";
    options.readers = 2;
    options.writers = 2;
  }
  SECTION("as text") {
    bed.both("ALTER TABLE t ADD r regclass DEFAULT 'pg_class'");
  }
  SECTION("with a target that is made") {
    options.table.to = "made";
    options.stream.create = CreateTarget::full;
    bed.dst("DROP TABLE t");
  }
  options.stream.verify = true;
  const JobReport report = CopyTable(options).run();
  const std::string to = options.table.to.empty() ? "t" : options.table.to;
  const std::string from = tree ? "t" : "ONLY t";
  const std::string list = "SELECT string_agg(id || v, ',' ORDER BY id) FROM ";
  const std::string wanted = bed.src(list + from + " WHERE " + condition);
  CHECK(bed.dst(list + to) == wanted);
  CHECK(std::to_string(report.rows_read) == bed.src("SELECT count(*) FROM " + from + " WHERE " + condition));
  auto compared = verify_options();
  compared.table = options.table;
  CHECK(VerifyTable(compared).run().equal);
  compared.table.inheritance = tree ? Inheritance::only : Inheritance::tree;
  CHECK_FALSE(VerifyTable(compared).run().equal);
  compared.table.inheritance = Inheritance::refuse;
  CHECK_THROWS_AS(VerifyTable(compared).run(), Error);
}

TEST_CASE("inheritance: columns that the whole tree does not have are told", "[server]") {
  const Bed bed;
  make_tree(bed);
  auto options = bed.copy();
  options.table.inheritance = Inheritance::tree;
  const JobPlan plan = CopyTable(options).plan();
  const Finding* const finding = find(plan, "inheriting_columns");
  REQUIRE(finding != nullptr);
  CHECK(finding->severity == Severity::warning);
  CHECK(finding->message.find("more") != std::string::npos);
}

TEST_CASE("inheritance: of tables that inherit from the target's readers see more than was copied",
          "[server]") {
  const Bed bed;
  make_tree(bed);
  bed.dst("CREATE TABLE child () INHERITS (t); INSERT INTO child VALUES (7, 'there')");
  auto options = bed.copy();
  SECTION("which a whole tree must not") {
    options.table.inheritance = Inheritance::tree;
    const JobPlan plan = CopyTable(options).plan();
    REQUIRE(find(plan, "inheriting_target") != nullptr);
    CHECK(find(plan, "inheriting_target")->severity == Severity::error);
    static_cast<void>(error_of(options));
    CHECK(bed.dst("SELECT count(*) FROM t") == "2");
  }
  SECTION("which is told where nobody said that it is meant") {
    bed.src("CREATE TABLE alone AS SELECT 1 AS id, 'x' AS v");
    options.table.from = "alone";
    options.table.to = "t";
    const JobPlan plan = CopyTable(options).plan();
    REQUIRE(find(plan, "inheriting_target") != nullptr);
    CHECK(find(plan, "inheriting_target")->severity == Severity::warning);
    options.table.inheritance = Inheritance::only;
    CHECK(find(CopyTable(options).plan(), "inheriting_target") == nullptr);
  }
}

TEST_CASE("inheritance: a job with a name is another one with the whole tree", "[server]") {
  const Bed bed;
  make_tree(bed);
  auto options = bed.copy();
  options.delivery.job = "tree";
  options.table.inheritance = Inheritance::tree;
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst("SELECT count(*) FROM t") == "12");
  options.table.inheritance = Inheritance::only;
  CHECK(find(CopyTable(options).plan(), "job_taken") != nullptr);
}

TEST_CASE("inheritance: a table of a tree that this role may not read by itself is read by one session",
          "[server]") {
  const Bed bed;
  make_tree(bed);
  bed.src(
      "DROP ROLE IF EXISTS tree_reader; CREATE ROLE tree_reader LOGIN; GRANT USAGE ON SCHEMA public TO "
      "tree_reader; GRANT SELECT ON t TO tree_reader");
  auto options = bed.copy();
  options.source = ConnectionFactory().resolve(Bed::server().uri("src") + "&user=tree_reader");
  options.table.inheritance = Inheritance::tree;
  options.readers = 2;
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst("SELECT count(*) FROM t") == "12");
  bed.src("DROP OWNED BY tree_reader; DROP ROLE tree_reader");
}

TEST_CASE("inheritance: of many tables each row comes once", "[server]") {
  const Bed bed;
  make_tree(bed);
  bed.dst("CREATE TABLE child (more int) INHERITS (t); CREATE TABLE grandchild () INHERITS (child)");
  using Names = std::vector<std::string>;
  auto options = copy_of({"public.*"});
  options.stream.verify = true;
  SECTION("with all of its tables, each has its own") {
    CHECK(names(CopyTables(options).run()) == Names{"public.child", "public.grandchild", "public.t"});
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
    CHECK(bed.dst(content("ONLY t")) == bed.src(content("ONLY t")));
  }
  SECTION("without some of them it is an error") {
    options.exclude = {"grandchild"};
    const auto report = CopyTables(options).run();
    CHECK(report.failed() == 2);
    options.inheritance = Inheritance::only;
    CHECK(names(CopyTables(options).run()) == Names{"public.child", "public.t"});
  }
  SECTION("with the whole tree they are no tables of their own") {
    bed.dst("DROP TABLE child CASCADE");
    options.inheritance = Inheritance::tree;
    CHECK(names(CopyTables(options).run()) == Names{"public.t"});
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
    options.exclude = {"grandchild"};
    CHECK_THROWS_AS(CopyTables(options).run(), Error);
  }
  SECTION("a table in two trees is refused") {
    bed.src("CREATE TABLE other (id int, v text); CREATE TABLE both_of_them () INHERITS (t, other)");
    options.inheritance = Inheritance::tree;
    CHECK_THROWS_AS(CopyTables(options).run(), Error);
  }
}

TEST_CASE("inheritance: TableDiff has no such option, since it reads no rows") {
  TableDiffOptions options;
  options.table = {.from = "t", .inheritance = Inheritance::tree};
  CHECK_THROWS_AS(TableDiff(options), Error);
}

TEST_CASE("inheritance: random trees", "[server]") {
  const Bed bed;
  const RandomRun run(60);
  for (std::size_t round = 1; round <= run.rounds(); ++round) {
    INFO("round " << round);
    Dice dice(run.seed(), round);
    bed.both("DROP SCHEMA IF EXISTS tree CASCADE; CREATE SCHEMA tree");
    const int tables = dice.number(1, 7);
    std::map<int, std::set<int>> above;
    std::set<int> inherited;
    for (int table = 0; table < tables; ++table) {
      std::vector<std::string> parents;
      for (int parent = 0; parent < table; ++parent) {
        if (!dice.chance(40)) continue;
        parents.push_back("tree.t" + std::to_string(parent));
        inherited.insert(parent);
      }
      std::string list;
      for (const auto& parent : parents) list += (list.empty() ? " INHERITS (" : ", ") + parent;
      const std::string name = "tree.t" + std::to_string(table);
      const std::string order = dice.chance(50) ? "(id int, v text)" : "(v text, id int)";
      bed.src("SET client_min_messages = error; CREATE TABLE " + name + " " + order +
              (list.empty() ? "" : list + ")") + "; INSERT INTO " + name + " (id, v) SELECT i, '" + name +
              "' FROM generate_series(1, " + std::to_string(dice.number(0, 300)) + ") i");
      bed.dst("CREATE TABLE " + name + " (id int, v text)");
    }
    // Each by itself, in one way or the other.
    for (int table = 0; table < tables; ++table) {
      const std::string name = "tree.t" + std::to_string(table);
      auto options = bed.copy();
      options.table = {.from = name};
      options.readers = static_cast<std::size_t>(dice.number(1, 3));
      options.slice_bytes = ByteCount{8192};
      options.stream.verify = true;
      if (inherited.contains(table)) {
        CHECK(find(CopyTable(options).plan(), "inheriting_tables") != nullptr);
      } else {
        CHECK(find(CopyTable(options).plan(), "inheriting_tables") == nullptr);
      }
      const bool tree = dice.chance(70);
      options.table.inheritance = tree ? Inheritance::tree : Inheritance::only;
      static_cast<void>(CopyTable(options).run());
      const std::string both = "SELECT count(*), sum(hashtext(id || v)) FROM ";
      CHECK(bed.dst(both + name) == bed.src(both + (tree ? "" : "ONLY ") + name));
    }
    // All of them: together they have each row once.
    auto all = copy_of({"tree.*"});
    all.stream.verify = true;
    CHECK(names(CopyTables(all).run()).size() == static_cast<std::size_t>(tables));
    std::string own_rows;
    std::string copied;
    for (int table = 0; table < tables; ++table) {
      const std::string name = "tree.t" + std::to_string(table);
      own_rows += (own_rows.empty() ? "" : " UNION ALL ") + ("SELECT id, v FROM ONLY " + name);
      copied += (copied.empty() ? "" : " UNION ALL ") + ("SELECT id, v FROM " + name);
    }
    const std::string sum = "SELECT count(*), sum(hashtext(id || v)) FROM (";
    CHECK(bed.dst(sum + copied + ") s") == bed.src(sum + own_rows + ") s"));
    bed.dst("SET client_min_messages = error; DO $$ BEGIN FOR i IN 0.." + std::to_string(tables - 1) +
            " LOOP EXECUTE 'TRUNCATE tree.t' || i; END LOOP; END $$");
    all.inheritance = Inheritance::tree;
    try {
      const auto copied_tables = names(CopyTables(all).run());
      CHECK(bed.dst(sum + copied + ") s") == bed.src(sum + own_rows + ") s"));
      CHECK(copied_tables.size() <= static_cast<std::size_t>(tables));
    } catch (const Error& error) {
      // A table in two trees.
      CHECK(error.kind() == ErrorKind::config);
      CHECK(bed.dst(sum + copied + ") s").substr(0, 1) == "0");
    }
  }
  bed.both("DROP SCHEMA IF EXISTS tree CASCADE");
}
