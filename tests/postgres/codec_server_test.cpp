// Every codec against the server's own bytes: values of a type are read from one table by binary COPY,
// decoded, encoded, and written into another one, whose text must be the same.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leat/data/row_builder.hpp"
#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/postgres/copy/copy_writer.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace leat;

namespace {

enum class Mood {
  glad,
  so_so,
};

/// A session, and two tables to carry values between.
class Carrier {
 public:
  /// Reads each of `values`, an SQL expression, as a T, writes it, and compares what the server prints of
  /// both.
  template <typename T>
  void carry(const std::string& type, const std::vector<std::string>& values) {
    INFO(type << " as " << Codec<T>::name());
    make_tables(type, values);
    carry_rows<T>();
    const Result got = print("target");
    const Result expected = print("source");
    REQUIRE(got.rows() == expected.rows());
    for (std::size_t i = 0; i < expected.rows(); ++i) CHECK(got.text(i, 0) == expected.text(i, 0));
  }

  Connection session = TestServer::instance().connect();

 private:
  void make_tables(const std::string& type, const std::vector<std::string>& values);
  Result print(const std::string& table);

  template <typename T>
  void carry_rows() {
    const auto schema = std::make_shared<const Schema>(std::vector<Column>{
        {.name = "id", .type = oid::int4}, {.name = "v", .type = static_cast<Oid>(type_oid_)}});
    const auto value = schema->field<std::optional<T>>("v");
    std::vector<RowBatch> written;
    CopyReader reader(session, "COPY source TO STDOUT (FORMAT binary)", schema);
    while (const auto batch = reader.read()) {
      RowBuilder builder(written.emplace_back(schema));
      for (const RowView row : *batch) {
        builder.begin_row();
        builder.add(row.get<std::int32_t>("id")).add(row.get(value)).finish_row();
      }
    }
    CopyWriter writer(session, "COPY target FROM STDIN (FORMAT binary)", RowFormat::binary);
    for (const RowBatch& batch : written) writer.write(batch);
    writer.finish();
  }

  std::int64_t type_oid_ = 0;
};

void Carrier::make_tables(const std::string& type, const std::vector<std::string>& values) {
  session.execute("DROP TABLE IF EXISTS source, target");
  session.execute("CREATE TEMP TABLE source (id int, v " + type + ")");
  session.execute("CREATE TEMP TABLE target (LIKE source)");
  session.execute("INSERT INTO source VALUES (0, NULL)");
  for (std::size_t i = 0; i < values.size(); ++i) {
    session.execute("INSERT INTO source VALUES (" + std::to_string(i + 1) + ", " + values[i] + ")");
  }
  type_oid_ = session
                  .execute(
                      "SELECT atttypid::int8 FROM pg_attribute WHERE attrelid = 'source'::regclass AND "
                      "attname = 'v'")
                  .integer(0, 0);
}

Result Carrier::print(const std::string& table) {
  return session.execute("SELECT id || ' ' || coalesce(v::text, 'NULL') FROM " + table + " ORDER BY id");
}

}  // namespace

template <>
struct leat::EnumLabels<Mood> {
  static constexpr auto labels =
      std::to_array<leat::EnumLabel<Mood>>({{Mood::glad, "glad"}, {Mood::so_so, "so, so"}});
};

TEST_CASE("Codecs: scalars and texts are the server's", "[postgres][server]") {
  Carrier c;
  c.carry<bool>("bool", {"true", "false"});
  c.carry<std::int16_t>("int2", {"-32768", "32767"});
  c.carry<std::int32_t>("int4", {"-2147483648", "2147483647"});
  c.carry<std::int64_t>("int8", {"-9223372036854775808", "9223372036854775807"});
  c.carry<float>("float4", {"'NaN'", "'-Infinity'", "'-0'", "3.4028235e38", "1e-45"});
  c.carry<double>("float8", {"'NaN'", "'-Infinity'", "'-0'", "1.7976931348623157e308", "5e-324"});
  c.carry<Numeric>("numeric", {"'NaN'", "'Infinity'", "0.0000", "-1e-30", "'1e1000'"});
  for (const char* type : {"text", "varchar", "name", "json", "jsonb", "xml"}) {
    c.carry<std::string>(type, {"'1'", "'[\"a\"]'"});
  }
  c.carry<std::string_view>("text", {"''", "'ż'", "repeat('x', 5000)"});
  c.carry<std::string>("char(5)", {"''", "'a'", "'abcde'"});
  c.carry<std::string>("jsonpath", {"'$.a[*] ? (@ > 1)'", "'strict $'"});
  c.carry<std::string>("refcursor", {"''", "'c1'"});
  c.carry<std::vector<std::byte>>("bytea", {"''", "'\\x00ff'"});
  c.carry<Uuid>("uuid", {"'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"});
  c.carry<char>("\"char\"", {"''", "'x'", "'\\377'"});
  c.carry<std::uint32_t>("oid", {"0", "4294967295"});
  c.carry<std::uint32_t>("xid", {"'0'", "'4294967295'"});
  c.carry<std::uint32_t>("regclass", {"'pg_class'", "0"});
  c.carry<std::uint32_t>("regtype", {"'int4'", "0"});
  c.carry<std::uint64_t>("xid8", {"'0'", "'18446744073709551615'"});
  c.carry<Tid>("tid", {"'(0,0)'", "'(4294967295,65535)'"});
  c.carry<Lsn>("pg_lsn", {"'0/0'", "'16/B374D848'", "'FFFFFFFF/FFFFFFFF'"});
  c.carry<Money>("money", {"'0'", "'-12.34'", "'92233720368547758.07'", "'-92233720368547758.08'"});
}

TEST_CASE("Codecs: dates and times are the server's", "[postgres][server]") {
  Carrier c;
  c.carry<Date>("date", {"'infinity'", "'-infinity'", "'4714-11-24 BC'", "'5874897-12-31'"});
  c.carry<TimeOfDay>("time", {"'00:00'", "'24:00'", "'23:59:59.999999'"});
  c.carry<TimeTz>("timetz", {"'00:00+15:59:59'", "'24:00-15:59:59'", "'12:00:00.000001+05:30'"});
  c.carry<Timestamp>("timestamp",
                     {"'infinity'", "'-infinity'", "'4714-11-24 BC'", "'294246-12-31 23:59:59'"});
  c.carry<TimestampTz>("timestamptz", {"'infinity'", "'-infinity'", "'4714-11-24 00:00+00 BC'", "'epoch'"});
  c.carry<Interval>("interval", {"'0'", "'-178000000 years'", "'1 mon -1 day 00:00:00.000001'"});
}

TEST_CASE("Codecs: enums, hstore and what no codec knows are the server's", "[postgres][server]") {
  Carrier c;
  c.session.execute("DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('glad', 'so, so')");
  c.session.execute("CREATE EXTENSION IF NOT EXISTS hstore");
  c.carry<Mood>("mood", {"'glad'", "'so, so'"});
  c.carry<std::string_view>("mood", {"'glad'", "'so, so'"});
  c.carry<MultiArray<std::optional<Mood>>>("mood[]", {"'{}'", "'{glad,NULL}'", "'{{glad},{\"so, so\"}}'"});
  c.carry<Hstore>("hstore", {"''", "'a=>1,bb=>NULL'", "'\"\"=>\"\"'", "'k=>\"ż,\\\"\\\\ \"'"});
  c.carry<RawView>("tsvector", {"''", "'a:1A b:2,3B'"});
  // Not an empty one, of which some servers do not take their own binary form.
  c.carry<RawView>("tsquery", {"'a & !b:*'"});
  c.carry<RawView>("pg_snapshot", {"'10:20:10,14,15'"});
  c.carry<RawView>("hstore", {"'a=>1'"});
  c.carry<std::vector<std::optional<RawView>>>("tsvector[]", {"'{}'", "ARRAY['a'::tsvector, NULL]"});
}

TEST_CASE("Codecs: network addresses are the server's, and so is their print", "[postgres][server]") {
  Carrier c;
  const std::vector<std::string> networks = {
      "'0.0.0.0/0'",      "'255.255.255.255'", "'10.0.0.0/8'", "'::'",        "'::/0'",       "'::1'",
      "'::ffff:1.2.3.4'", "'::0.1.0.2'",       "'::2'",        "'1:0:0:2::'", "'1::2:0:0:3'", "'fe80::/64'",
      "'2001:db8::/127'", "'1:0:2:3:4:5:6:7'", "'0:1::'",      "'::1:0:0'",   "'::ffff:0:0'", "'::fffe:1:2'",
      "'1:2:3:4:5:6::'",  "'1:2:3:4:5:6:7::'", "'::7:8'"};
  c.carry<Cidr>("cidr", networks);
  c.carry<Inet>("inet", networks);
  c.carry<Inet>("inet", {"'10.0.0.1/8'", "'fe80::1/64'"});
  for (const std::string& network : networks) {
    const Result printed = c.session.execute("SELECT inet " + network + ", cidr " + network);
    CHECK(to_string(Inet::parse(printed.text(0, 0))) == printed.text(0, 0));
    CHECK(to_string(Cidr::parse(printed.text(0, 1))) == printed.text(0, 1));
  }
  c.carry<MacAddress>("macaddr", {"'00:00:00:00:00:00'", "'ff:ff:ff:ff:ff:ff'"});
  c.carry<MacAddress8>("macaddr8", {"'00:00:00:00:00:00:00:00'", "'08:00:2b:01:02:03:04:05'"});
}

TEST_CASE("Codecs: bits and geometric types are the server's", "[postgres][server]") {
  Carrier c;
  c.carry<BitString>("bit(3)", {"B'101'", "B'000'"});
  c.carry<BitString>("varbit", {"B''", "B'1'", "B'11111111'", "repeat('10', 1000)::varbit"});
  c.carry<geometry::Point>("point", {"'(0,-0)'", "'(Infinity,NaN)'", "'(1e308,5e-324)'"});
  c.carry<geometry::Line>("line", {"'{1,2,3}'", "'{0,-1,0}'"});
  c.carry<geometry::LineSegment>("lseg", {"'[(1,2),(3,4)]'", "'[(0,0),(0,0)]'"});
  c.carry<geometry::Box>("box", {"'(1,2),(3,4)'", "'(-Infinity,0),(Infinity,0)'"});
  c.carry<geometry::Path>("path", {"'[(1,2)]'", "'((1,2),(3,4),(5,6))'"});
  c.carry<geometry::Polygon>("polygon", {"'((1,2))'", "'((0,0),(0,1),(1,0))'"});
  c.carry<geometry::Circle>("circle", {"'<(1,2),3>'", "'<(0,0),0>'", "'<(0,0),Infinity>'"});
  c.carry<std::vector<geometry::Box>>("box[]", {"'{}'", "'{(1,2),(3,4);(0,0),(1,1)}'"});
}

TEST_CASE("Codecs: ranges and multiranges are the server's", "[postgres][server]") {
  Carrier c;
  c.session.execute("DROP TYPE IF EXISTS float_range; CREATE TYPE float_range AS RANGE (subtype = float8)");
  c.session.execute("DROP TYPE IF EXISTS text_range; CREATE TYPE text_range AS RANGE (subtype = text)");
  c.carry<Range<std::int32_t>>("int4range", {"'empty'", "'(,)'", "'[1,5]'", "'[-2147483648,)'", "'(,3)'"});
  c.carry<Range<std::int64_t>>("int8range", {"'empty'", "'[-9223372036854775808,9223372036854775807)'"});
  c.carry<Range<Numeric>>("numrange", {"'[1.50,1.50]'", "'(-1e100,NaN)'", "'(,Infinity]'"});
  c.carry<Range<Timestamp>>("tsrange", {"'[2020-01-01,infinity]'", "'(-infinity,)'"});
  c.carry<Range<TimestampTz>>("tstzrange", {"'(2020-01-01,infinity)'", "'empty'"});
  c.carry<Range<Date>>("daterange", {"'[2020-01-01,2020-12-31]'", "'[-infinity,infinity]'"});
  c.carry<Range<double>>("float_range", {"'(1.5,2.5]'", "'empty'", "'[-Infinity,NaN]'"});
  c.carry<Range<std::string>>("text_range", {"'[\"\",b)'", "'[\"a,\\\"b\",]'"});
  c.carry<Range<RawView>>("text_range", {"'[a,b)'"});
  c.carry<std::vector<std::optional<Range<std::int32_t>>>>("int4range[]",
                                                           {"'{}'", "'{\"[1,2)\",NULL,empty}'"});
  if (c.session.server_version() < 140000) return;
  c.carry<MultiRange<std::int32_t>>("int4multirange", {"'{}'", "'{[1,3),[5,)}'", "'{(,)}'"});
  c.carry<MultiRange<std::int64_t>>("int8multirange", {"'{[1,3),[5,9)}'"});
  c.carry<MultiRange<Numeric>>("nummultirange", {"'{}'", "'{(1.5,2],(3,)}'"});
  c.carry<MultiRange<Timestamp>>("tsmultirange", {"'{[2020-01-01,2021-01-01),[2022-01-01,infinity]}'"});
  c.carry<MultiRange<TimestampTz>>("tstzmultirange", {"'{[2020-01-01,2021-01-01)}'"});
  c.carry<MultiRange<Date>>("datemultirange", {"'{[2020-01-01,2021-01-01),[2022-01-01,)}'"});
  c.carry<MultiRange<double>>("float_multirange", {"'{}'", "'{(1.5,2.5],(3,4)}'"});
  c.carry<std::vector<MultiRange<std::int32_t>>>("int4multirange[]", {"'{\"{[1,2)}\",\"{}\"}'"});
}

TEST_CASE("Codecs: arrays of any dimension are the server's", "[postgres][server]") {
  Carrier c;
  using Ints = std::optional<std::int32_t>;
  c.carry<std::vector<Ints>>("int[]", {"'{}'", "'{1,NULL,-3}'"});
  c.carry<MultiArray<Ints>>(
      "int[]", {"'{}'", "'{1,NULL}'", "'[0:1][2:3]={{1,NULL},{3,4}}'", "'{{{{{{1}}}}}}'", "'[-5:-4]={1,2}'"});
  c.carry<MultiArray<std::string>>("text[]", {"'{{\"\",b},{\"NULL\",d}}'"});
  c.carry<std::vector<Inet>>("inet[]", {"'{::1,10.0.0.1/8}'"});
  c.carry<std::vector<Lsn>>("pg_lsn[]", {"'{0/0,1/1}'"});
  c.carry<std::vector<std::uint32_t>>("oid[]", {"'{0,4294967295}'"});
  c.carry<std::vector<char>>("\"char\"[]", {"'{x,y}'"});
  c.carry<std::vector<std::int16_t>>("int2vector", {"'1 2'"});
  c.carry<std::vector<std::uint32_t>>("oidvector", {"'26 4294967295'"});
  c.carry<MultiArray<std::int16_t>>("int2vector", {"'1 2'"});
}

TEST_CASE("Codecs: composite values are the server's", "[postgres][server]") {
  Carrier c;
  c.session.execute(
      "DROP TYPE IF EXISTS outer_pair, inner_pair; CREATE TYPE inner_pair AS (a int, b text); "
      "CREATE TYPE outer_pair AS (p inner_pair, r int4range, s int[])");
  const std::vector<std::string> pairs = {"row(NULL, NULL)", "row(7, '')", "row(-1, 'a,\"b\\')"};
  c.carry<RecordView>("inner_pair", pairs);
  c.carry<Record>("inner_pair", pairs);
  c.carry<MultiArray<std::optional<Record>>>("inner_pair[]",
                                             {"'{}'", "ARRAY[row(1, 'x')::inner_pair, NULL]"});
  c.carry<RecordView>("outer_pair", {"row(row(1, 'x'), '[1,2)', '{1,NULL}')", "row(NULL, NULL, NULL)"});
}

TEST_CASE("Record: made field by field it is what the server takes", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  session.execute("DROP TYPE IF EXISTS made_pair CASCADE; CREATE TYPE made_pair AS (a int, b text, c text)");
  session.execute("CREATE TEMP TABLE made (v made_pair)");
  const auto type = session.execute("SELECT 'made_pair'::regtype::oid::int8").integer(0, 0);
  RowBatch batch(
      std::make_shared<const Schema>(std::vector<Column>{{.name = "v", .type = static_cast<Oid>(type)}}));
  RowBuilder builder(batch);
  Record record;
  record.add(oid::int4, 7).add(oid::text, "x").add_null(oid::text);
  builder.begin_row();
  builder.add(record).finish_row();
  CopyWriter writer(session, "COPY made FROM STDIN (FORMAT binary)", RowFormat::binary);
  writer.write(batch);
  CHECK(writer.finish() == 1);
  CHECK(session.execute("SELECT v::text FROM made").text(0, 0) == "(7,x,)");
}
