// What a comparison sees of values inside of others: no alarm after a copy, and every change.
#include <sstream>
#include <vector>

#include "type_samples.hpp"
#include "verify_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// XML of which each output leaves out a part, and one that is another.
constexpr const char* xml_samples = R"(E'\n\n\n<a/>', E'<?xml version="1.0" standalone="yes"?>\n\n<b/>')";

/// The columns of one type: it as a domain, and inside of arrays, composites, and a range where it has an
/// order.
struct InnerColumns {
  std::string type;
  std::string types{};    // what makes the types
  std::string columns{};  // for CREATE TABLE
  std::string names{};
  std::string values{};  // of a sample v
  std::size_t count = 0;
};

InnerColumns inside_of(const std::string& type, bool has_order) {
  const std::string name = "pg_catalog.\"" + type + "\"";
  const auto own = [&type](const std::string& kind) { return "\"" + kind + "_" + type + "\""; };
  InnerColumns made{.type = type};
  const auto add = [&made, &own](const std::string& column, const std::string& column_type,
                                 const std::string& value) {
    const std::string comma = made.names.empty() ? "" : ", ";
    made.columns += ", " + own(column) + " " + column_type;
    made.names += comma + own(column);
    made.values += comma + value;
    ++made.count;
  };
  made.types = "CREATE DOMAIN " + own("domain") + " AS " + name + "; CREATE TYPE " + own("pair") +
               " AS (n int, v " + name + ", vs " + name + "[], d " + own("domain") + "); ";
  add("d", own("domain"), "v::" + own("domain"));
  add("ds", own("domain") + "[]", "ARRAY[v, NULL]::" + own("domain") + "[]");
  add("a", name + "[]", "ARRAY[[v, NULL], [v, v]]");
  add("c", own("pair"), "ROW(1, v, ARRAY[v], v)::" + own("pair"));
  add("cs", own("pair") + "[]",
      "ARRAY[ROW(1, v, ARRAY[v], v), NULL, ROW(NULL, NULL, NULL, NULL)]::" + own("pair") + "[]");
  if (has_order) {
    made.types += "CREATE TYPE " + own("range") + " AS RANGE (SUBTYPE = " + name + "); ";
    add("r", own("range"), own("range") + "(v, v, '[]')");
    add("rs", own("range") + "[]", "ARRAY[" + own("range") + "(NULL, v)]");
    add("m", own("multirange"), own("multirange") + "(" + own("range") + "(v, v, '[]'))");
  }
  return made;
}

}  // namespace

TEST_CASE("verify: inside of every kind of type there is no false alarm, and every change is seen",
          "[server][verify][sql]") {
  const Bed bed;
  const std::string types = bed.src(
      "SELECT string_agg(t.typname || CASE WHEN EXISTS (SELECT FROM pg_opclass o WHERE o.opcmethod = 403 AND "
      "o.opcdefault AND o.opcintype = t.oid) THEN '+' ELSE '-' END, ' ' ORDER BY t.typname) FROM pg_type t "
      "WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm') AND (t.typcategory "
      "<> 'A' OR t.typname IN ('int2vector', 'oidvector'))");
  // Types that go as text make their whole table go so.
  const bool text_types = GENERATE(false, true);
  std::vector<InnerColumns> all;
  std::istringstream names(types);
  for (std::string name; names >> name;) {
    const bool has_order = name.back() == '+';
    name.pop_back();
    if (std::string(types_without_input).find("'" + name + "'") != std::string::npos) continue;
    const bool is_text =
        name.starts_with("reg") || name.ends_with("vector") || name == "aclitem" || name == "tsquery";
    if (is_text == text_types) all.push_back(inside_of(name, has_order));
  }
  REQUIRE(all.size() >= 3);
  std::string made = "SET client_min_messages = error; ";
  std::string columns;
  for (const auto& one : all) {
    made += one.types;
    columns += one.columns;
  }
  bed.both(made + "CREATE TABLE t (id int PRIMARY KEY" + columns + ")");
  std::string values = "INSERT INTO t (id) VALUES (1), (2); ";
  std::string changes;
  std::size_t count = 0;
  for (const auto& one : all) {
    const std::string of_type = one.type == "xml" ? xml_samples : samples.at(one.type);
    values += "UPDATE t SET (" + one.names + ") = (SELECT " + one.values + " FROM (SELECT (ARRAY[" + of_type +
              "]::pg_catalog.\"" + one.type + "\"[])[t.id] AS v) AS s); ";
    changes += "UPDATE t SET (" + one.names + ") = (SELECT " + one.names +
               " FROM t AS o WHERE o.id = 2) WHERE " + "id = 1; ";
    count += one.count;
  }
  bed.src(values);
  auto options = bed.copy();
  options.stream.verify = true;
  const JobReport copied = CopyTable(options).run();
  CHECK(copied.rows_written == 2);
  INFO(copied.format.reason);
  CHECK((copied.format.format == RowFormat::text) == text_types);
  CHECK(differences().empty());
  bed.dst(changes);
  const VerifyReport report = VerifyTable(verify_options()).run();
  REQUIRE(report.differences.size() == 1);
  CHECK(report.differences.front().columns.size() == count);
}

TEST_CASE("verify: parts of a value that have another type or length in the target are no alarm",
          "[server][verify][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TYPE part AS (n numeric(6,1), c char(3), k int, d date, i cidr, ns numeric(6,1)[]); CREATE "
      "TYPE "
      "addresses AS RANGE (SUBTYPE = cidr)");
  bed.dst(
      "CREATE TYPE part AS (n numeric(9,3), c char(5), k numeric(12,2), d timestamp, i inet, ns "
      "numeric(9,3)[]); CREATE TYPE addresses AS RANGE (SUBTYPE = inet)");
  bed.both("CREATE TABLE t (id int PRIMARY KEY, p part, ps part[], r addresses)");
  bed.src(
      "INSERT INTO t SELECT id, v, ARRAY[v, NULL], '[10.0.0.1/32,10.0.0.2/32]' FROM (VALUES (1, ROW(1.5, "
      "'ab', "
      "7, '2024-02-29', '10.1.2.3/32', '{1.5,NULL}')::part), (2, ROW(NULL, NULL, NULL, NULL, NULL, "
      "NULL)::part), (3, NULL)) AS s(id, v)");
  auto options = bed.copy();
  options.stream.verify = true;
  CHECK(CopyTable(options).run().rows_written == 3);
  CHECK(differences().empty());
  bed.dst(
      "UPDATE t SET p.d = '2024-02-29 00:00:01', ps[1].n = 1.501 WHERE id = 1; UPDATE t SET p = NULL WHERE "
      "id = 2");
  const VerifyReport report = VerifyTable(verify_options()).run();
  REQUIRE(report.differences.size() == 2);
  CHECK(report.differences.front().columns.size() == 2);
  CHECK(report.differences.back().columns.size() == 1);
}
