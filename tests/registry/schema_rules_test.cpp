// What each rule says of each change, beside what a server says: rows of the one table are put into the other
// one, and a reader's SELECT runs before and after ALTER TABLE.
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "bed.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/registry/table_schema.hpp"
#include "schema_cells.hpp"
#include "schema_words.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr std::array rules{SchemaRuleKind::backward, SchemaRuleKind::forward, SchemaRuleKind::full,
                           SchemaRuleKind::readers};

RegisteredSchema live_schema(const std::string& database) {
  auto connection = Connection::open(ConnectionFactory().resolve(Bed::server().uri(database)).target,
                                     {.application_name = application});
  return read_table_schema(connection, {"public", "t"});
}

void empty_databases() {
  for (const char* database : {"src", "dst"}) {
    Bed::on(database, "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }
}

/// What a SELECT answers; nothing if it fails.
std::optional<std::string> answer(const std::string& database, const std::string& sql) {
  try {
    return Bed::on(database, sql);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

/// Whether rows of the table in the one database have a place in the one of the other, with all their values.
bool have_place(const std::string& from, const std::string& to, const std::string& columns) {
  const std::string file = "'" + Bed::server().data_dir() + "/rows.copy'";
  const std::string back = "'" + Bed::server().data_dir() + "/back.copy'";
  Bed::on(from, "COPY (SELECT " + columns + " FROM t) TO " + file);
  try {
    Bed::on(to, "COPY t (" + columns + ") FROM " + file);
  } catch (const std::runtime_error&) {
    return false;
  }
  Bed::on(to, "COPY (SELECT " + columns + " FROM t) TO " + back);
  Bed::on(from, "CREATE TABLE back (LIKE t)");
  // Columns that did not travel may be NULL here.
  Bed::on(
      from,
      "DO $$ DECLARE c record; BEGIN FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = "
      "'back'::regclass AND attnum > 0 AND attnotnull LOOP EXECUTE format('ALTER TABLE back ALTER %I DROP "
      "NOT NULL', c.attname); END LOOP; END $$");
  try {
    Bed::on(from, "COPY back (" + columns + ") FROM " + back);
  } catch (const std::runtime_error&) {
    return false;
  }
  return Bed::on(from, "SELECT " + columns + " FROM t EXCEPT ALL SELECT " + columns + " FROM back").empty();
}

std::string common_columns(const RegisteredSchema& a, const RegisteredSchema& b) {
  std::string list;
  for (const auto& column : a.columns) {
    if (b.find(column.name) != nullptr) list += (list.empty() ? "" : ", ") + column.name;
  }
  return list;
}

/// What the server says of a change.
struct Truth {
  RegisteredSchema before{};
  RegisteredSchema after{};
  bool readers = true;
  bool backward = true;
  bool forward = true;
};

Truth ask_server(const SchemaCell& cell) {
  Truth truth;
  empty_databases();
  Bed::on("src", cell.make);
  Bed::on("src", "INSERT INTO t VALUES " + cell.kept_rows);
  truth.before = live_schema("src");
  std::vector<std::optional<std::string>> before;
  for (const auto& select : cell.selects) before.push_back(answer("src", select));
  Bed::on("src", cell.alter);
  truth.after = live_schema("src");
  for (std::size_t i = 0; i < cell.selects.size(); ++i) {
    INFO(cell.selects[i]);
    REQUIRE(before[i]);  // it did work
    truth.readers = truth.readers && answer("src", cell.selects[i]) == before[i];
  }
  const std::string columns = common_columns(truth.before, truth.after);

  const auto both_tables = [&](const std::string& old_rows, const std::string& new_rows) {
    empty_databases();
    Bed::on("src", cell.make);
    if (!old_rows.empty()) Bed::on("src", "INSERT INTO t VALUES " + old_rows);
    Bed::on("dst", cell.make);
    Bed::on("dst", cell.alter);
    if (!new_rows.empty()) Bed::on("dst", "INSERT INTO t VALUES " + new_rows);
  };
  both_tables(cell.old_rows, "");
  truth.backward = have_place("src", "dst", columns);
  both_tables("", cell.new_rows);
  truth.forward = have_place("dst", "src", columns);
  return truth;
}

bool truth_of(const Truth& truth, SchemaRuleKind rule) {
  switch (rule) {
    case SchemaRuleKind::backward:
      return truth.backward;
    case SchemaRuleKind::forward:
      return truth.forward;
    case SchemaRuleKind::full:
      return truth.backward && truth.forward;
    case SchemaRuleKind::readers:
      return truth.readers;
    case SchemaRuleKind::none:
      break;
  }
  return true;
}

/// The worst of what a rule says.
SchemaVerdict verdict(const std::vector<SchemaChange>& changes) {
  SchemaVerdict worst = SchemaVerdict::ok;
  for (const auto& change : changes) worst = std::max(worst, change.verdict);
  return worst;
}

}  // namespace

TEST_CASE("Each rule says of each change what a server shows", "[registry][sql]") {
  const Bed bed;
  using Cell = std::pair<SchemaChangeKind, SchemaRuleKind>;
  std::set<Cell> refused;
  std::set<Cell> shown;
  std::set<SchemaChangeKind> seen;
  for (const auto& cell : schema_cells()) {
    INFO(cell.name);
    const Truth truth = ask_server(cell);
    for (const auto rule : rules) {
      const auto changes = compare_schemas(truth.before, truth.after, {.kind = rule});
      INFO(to_string(SchemaRule{.kind = rule}) << "\n" << to_text(changes));
      std::vector<SchemaChangeKind> kinds;
      for (const auto& change : changes) kinds.push_back(change.change);
      CHECK(kinds == cell.changes);
      const bool holds = truth_of(truth, rule);
      // What is allowed must hold; what is refused is shown by this cell or by another one of its kind.
      if (verdict(changes) != SchemaVerdict::no) CHECK(holds);
      for (const auto& change : changes) {
        seen.insert(change.change);
        CHECK(change.verdict == verdict_of(change.change, rule));
        if (change.verdict != SchemaVerdict::no) continue;
        refused.insert({change.change, rule});
        if (!holds) shown.insert({change.change, rule});
      }
    }
    CHECK(allows(compare_schemas(truth.before, truth.after, {.kind = SchemaRuleKind::none})));
  }
  CHECK(seen.size() == 19);
  for (const auto& [kind, rule] : refused) {
    INFO(to_string(kind) << " is refused by " << to_string(SchemaRule{.kind = rule}));
    CHECK(shown.contains({kind, rule}));
  }
  empty_databases();
}

TEST_CASE("An old writer's INSERT is refused where a required column was added, and told so", "[registry]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int); INSERT INTO t (id) VALUES (1)");
  const auto before = live_schema("src");
  bed.src("ALTER TABLE t ADD n int NOT NULL DEFAULT 0");
  bed.src("INSERT INTO t (id) VALUES (2)");
  CHECK(allows(compare_schemas(before, live_schema("src"), {SchemaRuleKind::backward})));
  const auto between = live_schema("src");
  bed.src("ALTER TABLE t ALTER n DROP DEFAULT");
  CHECK(has(thrown([&] { bed.src("INSERT INTO t (id) VALUES (3)"); }), "null value"));
  const auto after = live_schema("src");
  CHECK_FALSE(allows(compare_schemas(before, after, {SchemaRuleKind::backward})));
  const auto changes = compare_schemas(between, after, {SchemaRuleKind::readers});
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].change == SchemaChangeKind::default_changed);
  CHECK(changes[0].verdict == SchemaVerdict::remark);
  CHECK(changes[0].hint.find("INSERT") != std::string::npos);
}
