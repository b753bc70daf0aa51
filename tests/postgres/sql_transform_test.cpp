// Transforms that are compiled to SQL, by their rows.
#include <string>
#include <utility>
#include <vector>

#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/transform/sql/compiled_transform.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace leat;

namespace {

/// Five users, with what is missing here and there.
constexpr const char* users =
    "SELECT * FROM (VALUES (1, ' Ann ', 'active', 10.50::numeric, timestamptz '2024-03-01 12:00+00'), "
    "(2, 'Bob', 'inactive', NULL, '2023-12-31 23:00+00'), (3, NULL, 'active', 7, NULL), "
    "(4, 'Ann', NULL, 0.25, '2024-03-01 00:00+00'), (5, '', 'active', -3, '2025-01-01 00:00+00')) "
    "AS u (id, name, status, amount, created_at)";

CompiledTransform compiled(Connection& session, const std::vector<TransformStage>& stages) {
  return compile_transforms(
      SourcedText(users, 99), stages,
      {.quote_identifier = [](std::string_view name) { return quote_identifier(name); },
       .quote_literal = [&session](std::string_view text) { return session.quote_literal(text); },
       .describe =
           [&session](const std::string& sql) {
             std::vector<QueryColumn> columns;
             for (const auto& column : describe_query(session, sql)) {
               columns.push_back({column.name, column.type_name});
             }
             return columns;
           }});
}

/// The rows, each in parentheses, in the order of the first column.
std::string rows_of_all(const std::vector<TransformStage>& stages) {
  auto session = TestServer::instance().connect();
  session.execute("SET TimeZone = 'UTC'");
  const auto done = compiled(session, stages);
  std::string faults;
  for (const auto& fault : done.faults) faults += fault.message + " [" + fault.hint + "]\n";
  if (!faults.empty()) return faults;
  const Result result =
      session.execute("SELECT pg_catalog.string_agg(t::text, ' ' ORDER BY t) FROM (" + done.sql + ") AS t");
  return result.is_null(0, 0) ? "" : std::string(result.text(0, 0));
}
std::string rows_of(const ConfigTransform& transform) {
  return rows_of_all({transform});
}

std::string faults_of(const ConfigTransform& transform) {
  auto session = TestServer::instance().connect();
  std::string all;
  for (const auto& fault : compiled(session, {transform}).faults) {
    all += std::to_string(fault.origin) + ": " + fault.message +
           (fault.hint.empty() ? "" : " (" + fault.hint + ")") + "\n";
  }
  return all;
}

FilterCondition where(const char* column, FilterOperator op, std::vector<LiteralValue> values = {}) {
  return {.kind = FilterCondition::Kind::comparison, .column = column, .op = op, .values = std::move(values)};
}

/// The ids that a filter lets through.
std::string ids(FilterCondition filter) {
  return rows_of({.filter = std::move(filter), .select = std::vector<SourcedText>{"id"}});
}

LiteralValue number(const char* digits) {
  return LiteralValue::number(digits);
}
LiteralValue text(const char* value) {
  return LiteralValue::of(value);
}
LiteralValue null() {
  return LiteralValue::null();
}

ConfigTransform change(const char* column, decltype(ColumnChange::change) what) {
  return {.select = std::vector<SourcedText>{"id", column}, .transformations = {{column, std::move(what)}}};
}

}  // namespace

TEST_CASE("SQL transform: nothing to do gives all rows", "[server]") {
  CHECK(rows_of({}) ==
        "(1,\" Ann \",active,10.50,\"2024-03-01 12:00:00+00\") (2,Bob,inactive,,\"2023-12-31 23:00:00+00\") "
        "(3,,active,7,) (4,Ann,,0.25,\"2024-03-01 00:00:00+00\") (5,\"\",active,-3,\"2025-01-01 "
        "00:00:00+00\")");
}

TEST_CASE("SQL transform: filters, and what they make of NULL", "[server]") {
  using Op = FilterOperator;
  CHECK(ids(where("status", Op::equal, {text("active")})) == "(1) (3) (5)");
  CHECK(ids(where("status", Op::not_equal, {text("active")})) == "(2) (4)");
  CHECK(ids(where("id", Op::equal, {text("2")})) == "(2)");
  CHECK(ids(where("amount", Op::greater, {number("5")})) == "(1) (3)");
  CHECK(ids(where("amount", Op::greater_equal, {number("7")})) == "(1) (3)");
  CHECK(ids(where("amount", Op::less, {number("7")})) == "(4) (5)");
  CHECK(ids(where("amount", Op::less_equal, {number("7")})) == "(3) (4) (5)");
  CHECK(ids(where("created_at", Op::greater_equal, {text("2024-01-01")})) == "(1) (4) (5)");
  CHECK(ids(where("status", Op::in, {text("inactive"), null()})) == "(2) (4)");
  CHECK(ids(where("status", Op::in, {text("inactive")})) == "(2)");
  CHECK(ids(where("status", Op::in, {null()})) == "(4)");
  CHECK(ids(where("status", Op::in, {})) == "");
  CHECK(ids(where("status", Op::not_in, {text("active")})) == "(2) (4)");
  CHECK(ids(where("status", Op::not_in, {text("active"), null()})) == "(2)");
  CHECK(ids(where("status", Op::not_in, {})) == "(1) (2) (3) (4) (5)");
  CHECK(ids(where("name", Op::matches, {text("^A.n$")})) == "(4)");
  CHECK(ids(where("name", Op::contains_text, {text("nn ")})) == "(1)");
  CHECK(ids(where("name", Op::starts_with, {text("A")})) == "(4)");
  CHECK(ids(where("name", Op::ends_with, {text("n")})) == "(4)");
  CHECK(ids(where("name", Op::like, {text("%nn%")})) == "(1) (4)");
  CHECK(ids(where("name", Op::ilike, {text("b_B")})) == "(2)");
  CHECK(ids(where("id", Op::between, {number("2"), number("3")})) == "(2) (3)");
  CHECK(ids(where("name", Op::is_null)) == "(3)");
  CHECK(ids(where("name", Op::is_not_null)) == "(1) (2) (4) (5)");
}

TEST_CASE("SQL transform: conditions are joined, and negated", "[server]") {
  using Kind = FilterCondition::Kind;
  const auto active = where("status", FilterOperator::equal, {text("active")});
  const auto named = where("name", FilterOperator::matches, {text("n")});
  CHECK(ids({.kind = Kind::all, .parts = {active, named}}) == "(1)");
  CHECK(ids({.kind = Kind::any, .parts = {active, named}}) == "(1) (3) (4) (5)");
  CHECK(ids({.kind = Kind::negation, .parts = {active}}) == "(2) (4)");
  CHECK(ids({.kind = Kind::negation, .parts = {{.kind = Kind::any, .parts = {active, named}}}}) == "(2)");
  CHECK(ids({.kind = Kind::sql, .sql = "amount > 0 -- and a comment"}) == "(1) (3) (4)");
  CHECK(ids({.kind = Kind::all}) == "(1) (2) (3) (4) (5)");
  CHECK(ids({.kind = Kind::any}) == "");
}

TEST_CASE("SQL transform: filters and expressions see what select leaves out, by its new name", "[server]") {
  ConfigTransform transform{.rename = {{"name", "full_name"}},
                            .filter = where("status", FilterOperator::equal, {text("active")}),
                            .select = std::vector<SourcedText>{"name", "id"},
                            .add_columns = {{"year", SourcedText("extract(year FROM created_at)")},
                                            {"next_year", SourcedText("\"YEAR\" + 1")},
                                            {"origin", text("shop's")},
                                            {"weight", number("-1.5")},
                                            {"is_new", LiteralValue::boolean(true)},
                                            {"nothing", null()}}};
  transform.add_columns[1].value = SourcedText("year + 1");
  CHECK(rows_of(transform) ==
        "(\"\",5,2025,2026,shop's,-1.5,t,) (\" Ann \",1,2024,2025,shop's,-1.5,t,) (,3,,,shop's,-1.5,t,)");
}

TEST_CASE("SQL transform: columns swap names, give way, are replaced and dropped", "[server]") {
  CHECK(rows_of({.rename = {{"name", "status"}, {"status", "name"}},
                 .filter = where("name", FilterOperator::equal, {text("inactive")}),
                 .select = std::vector<SourcedText>{"status", "name"}}) == "(inactive,Bob)");
  CHECK(rows_of({.rename = {{"id", "name"}}, .select = std::vector<SourcedText>{"id"}}) ==
        "(1) (2) (3) (4) (5)");
  CHECK(rows_of({.filter = where("id", FilterOperator::equal, {number("2")}),
                 .add_columns = {{"name", SourcedText("upper(name)")}, {"name", SourcedText("name || '!'")}},
                 .drop_columns = {"amount", "created_at"}}) == "(2,BOB!,inactive)");
}

TEST_CASE("SQL transform: values are replaced by others", "[server]") {
  const std::vector<std::pair<LiteralValue, LiteralValue>> mapping{{text("active"), text("A")}};
  using Otherwise = MapValues::Otherwise;
  CHECK(rows_of(change("status", MapValues{mapping})) == "(1,A) (2,) (3,A) (4,) (5,A)");
  CHECK(rows_of(change("status", MapValues{mapping, Otherwise::keep})) ==
        "(1,A) (2,inactive) (3,A) (4,) (5,A)");
  CHECK(rows_of(change("status", MapValues{mapping, Otherwise::value, text("?")})) ==
        "(1,A) (2,?) (3,A) (4,) (5,A)");
  CHECK(rows_of(change("status", MapValues{{{null(), number("0")}, {text("active"), number("1")}}})) ==
        "(1,1) (2,) (3,1) (4,0) (5,1)");
  CHECK(rows_of({.select = std::vector<SourcedText>{"id"},
                 .transformations = {{"id", MapValues{{{number("1"), text("one")},
                                                       {number("2"), number("2")}}}}}}) ==
        "(2) (one) () () ()");
  const auto error = error_of([&] { rows_of(change("status", MapValues{mapping, Otherwise::error})); });
  CHECK(error.sqlstate() == "22P02");
  CHECK(std::string(error.what()).find("map has no inactive") != std::string::npos);
}

TEST_CASE("SQL transform: functions of a column", "[server]") {
  const auto applied = [](const char* column, ColumnFunction function,
                          std::vector<LiteralValue> arguments = {}) {
    return rows_of({.filter = where("id", FilterOperator::equal, {number("1")}),
                    .select = std::vector<SourcedText>{column},
                    .transformations = {{column, ApplyFunction{function, std::move(arguments)}}}});
  };
  using F = ColumnFunction;
  CHECK(applied("name", F::upper) == "(\" ANN \")");
  CHECK(applied("name", F::strip) == "(Ann)");
  CHECK(applied("name", F::lstrip) == "(\"Ann \")");
  CHECK(applied("name", F::rstrip) == "(\" Ann\")");
  CHECK(applied("status", F::title) == "(Active)");
  CHECK(applied("status", F::null_if_empty) == "(active)");
  CHECK(applied("status", F::md5) == "(c76a5e84e4bdee527e274ea30c680d79)");
  CHECK(applied("status", F::sha256) == "(96879611650f80a81392a52e0db9b0237669087c4518e1c130e541a505e0eeef)");
  CHECK(applied("amount", F::abs) == "(10.50)");
  CHECK(applied("amount", F::round) == "(11)");
  CHECK(applied("amount", F::round, {number("1")}) == "(10.5)");
  CHECK(applied("amount", F::trunc) == "(10)");
  CHECK(applied("created_at", F::date_trunc, {text("month")}) == "(\"2024-03-01 00:00:00+00\")");
  CHECK(applied("status", F::coalesce, {text("x")}) == "(active)");
  CHECK(applied("status", F::left, {number("3")}) == "(act)");
  CHECK(applied("status", F::replace, {text("act"), text("pass")}) == "(passive)");
  CHECK(applied("status", F::regexp_replace, {text("[ae]"), text("_")}) == "(_ctiv_)");
}

TEST_CASE("SQL transform: values are hidden", "[server]") {
  CHECK(rows_of(change("status", MaskValue{})) == "(1,***) (2,***) (3,***) (4,) (5,***)");
  CHECK(rows_of(change("status", MaskValue{.how = MaskValue::How::last, .letters = 6})) ==
        "(1,******) (2,**active) (3,******) (4,) (5,******)");
  CHECK(rows_of(change("status", MaskValue{.how = MaskValue::How::null})) == "(1,) (2,) (3,) (4,) (5,)");
  const auto salted = rows_of(change("status", MaskValue{.how = MaskValue::How::sha256, .salt = "it's"}));
  CHECK(salted != rows_of(change("status", MaskValue{.how = MaskValue::How::sha256, .salt = "other"})));
  CHECK(salted.find("active") == std::string::npos);
}

TEST_CASE("SQL transform: casts are checked", "[server]") {
  const auto cast = [](const char* column, const char* type, const char* id) {
    return rows_of({.filter = where("id", FilterOperator::in, {number(id), number("3")}),
                    .select = std::vector<SourcedText>{column},
                    .cast = {{column, CheckedCast{type}}}});
  };
  CHECK(cast("amount", "integer", "5") == "(-3) (7)");
  CHECK(cast("id", "text", "5") == "(3) (5)");
  CHECK(cast("created_at", "date", "4") == "(2024-03-01) ()");
  CHECK(cast("name", "varchar(3)", "2") == "(Bob) ()");
  const auto refused = [&](const char* column, const char* type, const char* id) {
    return std::string(error_of([&] { cast(column, type, id); }).what());
  };
  CHECK(refused("amount", "integer", "4").find("integer: 0.25") != std::string::npos);
  CHECK(refused("created_at", "date", "1").find("date: 2024-03-01 12:00:00+00") != std::string::npos);
  CHECK(refused("name", "varchar(2)", "2").find("varchar(2): Bob") != std::string::npos);
  CHECK(refused("name", "integer", "2").find("Bob") != std::string::npos);
  CHECK(faults_of({.cast = {{"id", CheckedCast{{"int) FROM x; --", 7}}}}})
            .find("7: \"int) FROM x; --\" is no") == 0);
}

TEST_CASE("SQL transform: groups, with NULL as one of them", "[server]") {
  CHECK(rows_of({.aggregations = Aggregation{.group_by = {{"status"}},
                                             .aggregates = {{"users", "count(*)"},
                                                            {"total", "sum(amount)"},
                                                            {"most", "max(amount)"}}}}) ==
        "(active,3,14.50,10.50) (inactive,1,,) (,1,0.25,0.25)");
  CHECK(rows_of(
            {.aggregations = Aggregation{.group_by = {{"year", SourcedText("extract(year FROM created_at)")}},
                                         .aggregates = {{"n", "count(*) FILTER (WHERE amount > 0)"}},
                                         .having = SourcedText("count(*) > 1")}}) == "(2024,2)");
  CHECK(rows_of({.filter = where("id", FilterOperator::in, {}),
                 .aggregations = Aggregation{.aggregates = {{"n", "count(*)"}, {"total", "sum(amount)"}}}}) ==
        "(0,)");
}

TEST_CASE("SQL transform: all faults are told, each with its origin", "[server]") {
  ConfigTransform transform{.rename = {{{"nam", 1}, {"x", 2}}, {{"id", 3}, {"status", 4}}, {{"id", 5}, "y"}},
                            .filter = where("nope", FilterOperator::equal, {null()}),
                            .drop_columns = {{"gone", 6}}};
  transform.filter->column.origin = 7;
  transform.transformations = {{{"status", 8}, ApplyFunction{ColumnFunction::replace, {text("a")}}}};
  const auto faults = faults_of(transform);
  CHECK(faults.find("1: rename: there is no column \"nam\" (there are: id, name,") == 0);
  CHECK(faults.find("4: rename: there is a column \"status\" already") != std::string::npos);
  CHECK(faults.find("5: rename: column \"id\" is renamed twice") != std::string::npos);
  CHECK(faults.find("7: filter: there is no column \"nope\"") != std::string::npos);
  CHECK(faults.find("6: drop_columns: there is no column \"gone\"") != std::string::npos);
  CHECK(faults.find("8: column \"status\": replace takes 2 arguments, not 1") != std::string::npos);
  CHECK(faults_of({.filter = where("name", FilterOperator::equal, {null()})}).find("write is_null: true") !=
        std::string::npos);
  CHECK(faults_of({.select = std::vector<SourcedText>{}}) == "0: select: it leaves no column\n");
  CHECK(faults_of({.rename = {{"name", "full_name"}}, .drop_columns = {"name"}}) ==
        "0: drop_columns: there is no column \"name\" (it is called full_name here)\n");
}

TEST_CASE("SQL transform: each stage reads what the one before makes", "[server]") {
  const ConfigTransform first{.rename = {{"name", "full_name"}},
                              .select = std::vector<SourcedText>{"id", "name"},
                              .transformations = {{"full_name", ApplyFunction{ColumnFunction::strip}}}};
  const TransformStage second = SourcedText(
      "WITH named AS (SELECT * FROM input_data WHERE full_name <> '') SELECT full_name, count(*) AS n, "
      "max(id) AS id FROM named GROUP BY 1 -- by name");
  const ConfigTransform third{.filter = where("n", FilterOperator::greater, {number("1")}),
                              .drop_columns = {"id"}};
  CHECK(rows_of_all({first, second}) == "(Ann,2,4) (Bob,1,2)");
  CHECK(rows_of_all({first, second, third}) == "(Ann,2)");
  CHECK(rows_of_all({}).find("(2,Bob,inactive,,") != std::string::npos);
  auto session = TestServer::instance().connect();
  CHECK(compiled(session, {first}).is_row_wise);
  CHECK_FALSE(compiled(session, {first, second}).is_row_wise);
  CHECK_FALSE(
      compiled(session, {ConfigTransform{.aggregations = Aggregation{.aggregates = {{"n", "count(*)"}}}}})
          .is_row_wise);
}

TEST_CASE("SQL transform: an error of the server is told in its author's text", "[server]") {
  auto session = TestServer::instance().connect();
  const ConfigTransform first{
      .filter = FilterCondition{.kind = FilterCondition::Kind::sql, .sql = {"status <> 'ü'", 11}},
      .add_columns = {{"a", SourcedText("amount * 2", 12)}, {"b", SourcedText("a + creatd_at", 13)}}};
  const auto place_in = [&](const std::vector<TransformStage>& stages) {
    const auto done = compiled(session, stages);
    const auto error = error_of([&] { session.execute(done.sql); });
    const auto place = written_at(done, error.position());
    REQUIRE(place);
    return std::to_string(place->origin) + ":" + std::to_string(place->character) + " " + place->text;
  };
  CHECK(place_in({first}) == "13:5 a + creatd_at");
  const std::vector<TransformStage> behind{ConfigTransform{.filter = first.filter},
                                           SourcedText("SELECT nme FROM input_data", 14)};
  CHECK(place_in(behind) == "14:8 SELECT nme FROM input_data");
  CHECK(place_in({SourcedText("SELECT id FROM", 15)}) == "15:15 SELECT id FROM");
  CHECK(place_in({ConfigTransform{.filter = FilterCondition{.kind = FilterCondition::Kind::sql,
                                                            .sql = {"id <", 16}}}}) == "16:5 id <");
  const auto done = compiled(session, {ConfigTransform{}});
  CHECK_FALSE(written_at(done, done.sql.size()));
  CHECK_FALSE(written_at(done, 0));
  CHECK(written_at(done, done.sql.find("' Ann '") + 1)->origin == 99);
}
