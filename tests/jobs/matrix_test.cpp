// Every base type that the server has, in both formats.
#include <map>
#include <sstream>

#include "bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Values of each type as SQL expressions: its edges and what is special about it.
const std::map<std::string, std::string> samples{
    {"aclitem", "'=r/pg_monitor', 'pg_monitor=arwdDxt/pg_monitor'"},
    {"bit", "B'0', B'1'"},
    {"bool", "true, false"},
    {"box", "'(1,2),(3.5,-4)', '(0,0),(0,0)', '(Infinity,1),(-Infinity,0)'"},
    {"bpchar", "'', 'a', 'ends in blanks   ', 'žluť 馬'"},
    {"bytea", R"('\x', '\x00', '\x00ff5c0a0d2c22')"},
    {"char", "'a', '', E'\\001'"},
    {"cid", "'0', '4294967295'"},
    {"cidr", "'10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32', '::1/128'"},
    {"circle", "'<(1,2),3.5>', '<(0,0),0>'"},
    {"date", "'infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '2024-02-29'"},
    {"datemultirange", "'{}', '{[2024-01-01,2024-02-01),[2024-03-01,)}'"},
    {"daterange", "'empty', '(,)', '[2024-01-01,2024-02-01)'"},
    {"float4", "'NaN', 'Infinity', '-Infinity', '-0', '3.4028235e38', '1e-45', '0.1'"},
    {"float8", "'NaN', 'Infinity', '-Infinity', '-0', '1.7976931348623157e308', '5e-324', '0.1'"},
    {"inet", "'10.0.0.1/8', '255.255.255.255', '::', 'fe80::1/10'"},
    {"int2", "-32768, 0, 32767"},
    {"int2vector", "'', '1 -2 3'"},
    {"int4", "-2147483648, 0, 2147483647"},
    {"int4multirange", "'{}', '{[1,3),[5,)}'"},
    {"int4range", "'empty', '(,)', '[-2147483648,2147483647)', '[5,)'"},
    {"int8", "-9223372036854775808, 0, 9223372036854775807"},
    {"int8multirange", "'{}', '{[1,3),[5,)}'"},
    {"int8range", "'empty', '(,)', '[-5,9223372036854775807)'"},
    {"interval", "'-178000000 years', '1 mon -1 day 00:00:00.000001', '0', '2147483647 days'"},
    {"json", R"('null', '{"a" :  1, "a": 2}', '"\u00e9\\"')"},
    {"jsonb", R"('null', '{"a": [1, 2.50, null]}', '"t\tx"', '1e1000')"},
    {"jsonpath", R"('$', '$.a[*] ? (@ > 1)', 'strict $."b c"')"},
    {"line", "'{1,-1,0}', '{0,1,-5}'"},
    {"lseg", "'[(1,2),(3,4)]', '[(0,0),(0,0)]'"},
    {"macaddr", "'08:00:2b:01:02:03', '00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff'"},
    {"macaddr8", "'08:00:2b:01:02:03:04:05', 'ff:ff:ff:ff:ff:ff:ff:ff'"},
    {"money", "'0', '-92233720368547758.08', '92233720368547758.07'"},
    {"name", "'', 'a name', repeat('n', 63)::name"},
    {"numeric",
     "'NaN', 'Infinity', '-Infinity', '0', '0.0000', '-99999999999999999999.000000001', '1e1000', "
     "'1e-1000'"},
    {"nummultirange", "'{}', '{[1.5,3),[5,)}'"},
    {"numrange", "'empty', '(,)', '[1.50,NaN]', '(-1,1)'"},
    {"oid", "0, 4294967295"},
    {"oidvector", "'', '1 4294967295'"},
    {"path", "'[(1,2),(3,4)]', '((1,2),(3,4),(5,6))'"},
    {"pg_lsn", "'0/0', 'FFFFFFFF/FFFFFFFF'"},
    {"pg_snapshot", "'10:20:10,14,15', '1:1:'"},
    {"point", "'(1,2)', '(NaN,-Infinity)', '(-0,1e300)'"},
    {"polygon", "'((1,2),(3,4),(5,6))', '((0,0))'"},
    {"refcursor", "'', 'a cursor'"},
    {"regclass", "'pg_class', '-'"},
    {"regcollation", R"('"C"', '-')"},
    {"regconfig", "'english', 'simple'"},
    {"regdictionary", "'simple', 'english_stem'"},
    {"regnamespace", "'pg_catalog', '-'"},
    {"regoper", "'|/', '0'"},
    {"regoperator", "'+(integer,integer)', '0'"},
    {"regproc", "'now', '-'"},
    {"regprocedure", "'abs(integer)', '-'"},
    {"regrole", "'pg_monitor', '-'"},
    {"regtype", "'integer', '-'"},
    {"text",
     R"('', '\N', E'a\tb\nc\rd\be\ff\vg', '\', '\\.', 'it''s "q", {x}', 'žluťoučký 馬 🐎', repeat('w', 100000))"},
    {"tid", "'(0,1)', '(4294967295,65535)'"},
    {"time", "'00:00', '24:00', '23:59:59.999999'"},
    {"timestamp", "'infinity', '-infinity', '4713-01-01 00:00 BC', '294276-12-31 23:59:59.999999'"},
    {"timestamptz", "'infinity', '-infinity', '1969-12-31 23:59:59.999999+00', '2024-02-29 12:00+14'"},
    {"timetz", "'00:00+15:59', '24:00-15:59', '12:00:00.000001+00'"},
    {"tsmultirange", "'{}', '{[2024-01-01,2024-02-01),[2024-03-01,)}'"},
    {"tsquery", "'', 'a & b | !c', 'a <-> b:*', '''it''''s'''"},
    {"tsrange", "'empty', '(,)', '[-infinity,infinity]', '[2024-01-01,2024-02-01)'"},
    {"tstzmultirange", "'{}', '{[2024-01-01,2024-02-01),[2024-03-01,)}'"},
    {"tstzrange", "'empty', '(,)', '[2024-01-01 00:00:00.000001+00,infinity)'"},
    {"tsvector", "'', 'a b c', 'a:1A b:2,3C ''it''''s''', repeat('longer words ', 1000)::tsvector"},
    {"txid_snapshot", "'10:20:10,14,15', '1:1:'"},
    {"uuid", "'00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
    {"varbit", "'', B'10101', repeat('10', 500)::varbit"},
    {"varchar", "'', 'v ', 'žluť'"},
    {"xid", "'0', '4294967295'"},
    {"xid8", "'0', '18446744073709551615'"},
    {"xml", "'<a/>', '<a b=\"c\">text &amp; <!-- x --></a>', 'content only'"},
};

/// Types whose values nobody can make: their input functions refuse everything.
constexpr const char* types_without_input =
    "'pg_node_tree', 'pg_ndistinct', 'pg_dependencies', 'pg_mcv_list', 'gtsvector', 'pg_brin_bloom_summary', "
    "'pg_brin_minmax_multi_summary'";

std::string in_catalog(const std::string& name) {
  return "pg_catalog.\"" + name + "\"";
}

}  // namespace

TEST_CASE("types: every base type that the server has, and arrays of it, in both formats", "[server]") {
  const Bed bed;
  const bool as_text = GENERATE(false, true);
  const std::string types = bed.src(
      "SELECT string_agg(typname, ' ' ORDER BY typname) FROM pg_type WHERE typnamespace = "
      "'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A' OR typname IN "
      "('int2vector', 'oidvector')");
  std::istringstream names(types);
  for (std::string name; names >> name;) {
    if (std::string(types_without_input).find("'" + name + "'") != std::string::npos) continue;
    INFO(name);
    const auto sample = samples.find(name);
    REQUIRE(sample != samples.end());
    const std::string type = in_catalog(name);
    bed.both("DROP TABLE IF EXISTS t; CREATE TABLE t (id serial, v " + type + ", a " + type + "[]" +
             (as_text ? ", r regclass DEFAULT 'pg_class'" : "") + ")");
    bed.src("INSERT INTO t (v, a) SELECT v, ARRAY[v, NULL, v] FROM unnest(ARRAY[" + sample->second + "]::" +
            type + "[]) AS v; INSERT INTO t (v, a) VALUES (NULL, NULL), (NULL, '{}'), (NULL, '{NULL}')");
    const JobReport report = CopyTable(bed.copy()).run();
    if (as_text) CHECK(report.format.format == RowFormat::text);
    CHECK(bed.dst("SELECT string_agg(t::text, '; ' ORDER BY id) FROM t") ==
          bed.src("SELECT string_agg(t::text, '; ' ORDER BY id) FROM t"));
    CHECK(report.rows_written >= 4);
  }
}
