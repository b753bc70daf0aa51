#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "leat/postgres/session/identifier.hpp"

namespace leat::test {

/// What one round of a random test draws from. The same seed and round give the same numbers.
class Dice {
 public:
  Dice(std::uint32_t seed, std::size_t round) {
    std::seed_seq both{seed, static_cast<std::uint32_t>(round)};
    engine_.seed(both);
  }

  /// From `least` to `most`.
  int number(int least, int most) { return std::uniform_int_distribution<>(least, most)(engine_); }
  bool chance(int percent) { return number(1, 100) <= percent; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(number(0, static_cast<int>(all.size()) - 1))];
  }
  template <class T>
  void shuffle(std::vector<T>& all) {
    std::shuffle(all.begin(), all.end(), engine_);
  }

 private:
  std::mt19937 engine_;
};

/// A column of both tables, or of one.
struct RandomColumn {
  std::string name{};     ///< in the source
  std::string to{};       ///< in the target
  std::string type{};     ///< in the source
  std::string to_type{};  ///< in the target
  /// SQL over n (the row's number), kn (the key's), salt (zero, but for old rows that differ) and is_old.
  std::string value{};
  std::string map{};       ///< SQL over the source's columns that gives the value instead
  std::string fallback{};  ///< its default in both tables
  std::string identity{};  ///< ALWAYS, BY DEFAULT or none
  std::string to_identity{};
  std::string generated_from{};  ///< the column of which it is the double, computed by both tables
  bool is_not_null = false;
  bool is_not_null_there = false;  ///< in the target
  bool is_excluded = false;
  bool is_missing_there = false;  ///< to be added
  bool has_bad_rows = false;

  [[nodiscard]] bool is_sent() const { return !is_excluded && generated_from.empty(); }
  /// What is sent, over the source's columns.
  [[nodiscard]] std::string sent() const { return map.empty() ? quote_identifier(name) : map; }
};

struct RandomKind {
  std::string type;
  std::vector<std::string> values;
  /// What its values go into as well.
  std::vector<std::string> wider{};
};

inline const std::vector<RandomKind>& random_kinds() {
  static const std::vector<RandomKind> all{
      {"smallint", {"32767", "-1"}, {"integer", "bigint", "text"}},
      {"integer",
       {"0", "-1", "2147483647", "-2147483648"},
       {"bigint", "numeric", "text", "double precision"}},
      {"bigint", {"9223372036854775807", "'-9223372036854775808'", "0"}, {"numeric", "text"}},
      {"real", {"'NaN'", "'-Infinity'", "'-0'", "'1.1e-30'"}, {"double precision"}},
      {"double precision", {"'NaN'", "'Infinity'", "'-0'", "'2.2250738585072014e-308'"}, {"text"}},
      {"numeric", {"'NaN'", "'0.000'", "'-1e100'", "'1.10'", "'12345678901234567890.5'"}, {"text"}},
      {"numeric(10,2)", {"'NaN'", "'99999999.99'", "'-0.01'"}, {"numeric"}},
      {"money", {"'1.23'", "'-0.01'"}},
      {"boolean", {"true", "false"}, {"text"}},
      {"text",
       {"''", "'NULL'", R"('\N')", R"('\.')", R"(E'a\tb\nc\\d\r')", "'ü€😀'", R"('"q",')", "repeat('x', 3000)",
        R"(E'\x01')"}},
      {"varchar(20)", {"''", "'a  '", R"('\')", "'{}'"}, {"text", "varchar(30)"}},
      {"char(5)", {"''", "'a'", "' b'"}, {"text"}},
      {"bytea", {R"('\x')", R"('\x00ff5c0a')"}, {"text"}},
      {"timestamp", {"'infinity'", "'-infinity'", "'4713-01-01 BC'", "'294276-12-31 23:59:59.999999'"}},
      {"timestamptz", {"'infinity'", "'-infinity'", "'2026-03-29 02:30:00+01'"}},
      {"date", {"'infinity'", "'-infinity'", "'4713-01-01 BC'", "'5874897-12-31'"}},
      {"time", {"'24:00'", "'00:00:00.000001'"}, {"interval", "text"}},
      {"timetz", {"'24:00:00-15:59'", "'12:00+02'"}},
      {"interval", {"'1 mon -1 day'", "'30 days'", "'-00:00:00.000001'"}},
      {"uuid", {"'00000000-0000-0000-0000-000000000000'", "md5(n::text)"}, {"text"}},
      {"json", {R"('{"a":  [1, null]}')", "'null'"}, {"text"}},
      {"jsonb", {R"('{"a": [1, null]}')", R"('"ü"')"}, {"json", "text"}},
      {"xml", {"'<a/>'"}},
      {"point", {"'(1,NaN)'", "'(-0,1e300)'"}},
      {"inet", {"'::1/64'", "'10.0.0.1/8'"}, {"text"}},
      {"cidr", {"'10.0.0.0/8'"}, {"inet"}},
      {"macaddr", {"'08:00:2b:01:02:03'"}, {"macaddr8"}},
      {"bit(3)", {"'101'", "'000'"}, {"varbit"}},
      {"int4range", {"'empty'", "'(,)'", "'[1,5)'"}},
      {"tstzrange", {"'[,infinity)'", "'empty'"}},
      {"tsvector", {R"('a:1 b:2,3A')"}},
      {"tsquery", {"'a & !b'"}},
      {"regclass", {"'pg_class'", "0"}},
      {"int2vector", {"'1 2'", "''"}},
      {"integer[]", {"'{}'", "'{1,NULL}'", "'[0:1]={1,2}'", "'{{1,2},{3,4}}'"}, {"bigint[]", "text[]"}},
      {"text[]", {R"('{"a,b",NULL,"\"\\"}')", R"('{""}')", "ARRAY[E'\\t\\n']"}},
      {"numeric[]", {"'{NaN,1.0}'"}},
      {"timestamp[]", {"'{infinity,NULL}'"}},
      {"mood", {"'so so'", "'ü'"}, {"text"}},
      {"pair", {"ROW(1, 'a,b')", "ROW(NULL, '\"')"}},
      {"short", {"'abc'", "''"}, {"text"}},
      {"mood[]", {"'{ü,NULL}'"}},
  };
  return all;
}

/// The types of `random_kinds()` that are no server's own.
inline constexpr const char* random_types =
    "CREATE TYPE mood AS ENUM ('so so', 'ü'); CREATE TYPE pair AS (a int, \"B b\" text); CREATE DOMAIN short "
    "AS text CHECK (length(VALUE) < 9); ";

/// Names that statements of leat's own might trip over.
inline const std::vector<std::string>& random_names() {
  static const std::vector<std::string> all{
      "a",   "Mixed Case", "select", "quo\"te", "ü",   "x.y",    "back\\slash", "s",        "t",
      "o",   "l",          "old",    "new",     "was", "source", "target",      "excluded", "leat_row",
      "key", "row",        "tab\t",  "%s",      "$1",  "it's",   "value",       "staged",   "j"};
  return all;
}

/// SQL of one of these values, by the row's number, or NULL.
[[nodiscard]] inline std::string random_value(const RandomKind& kind, int column, bool may_be_null) {
  const std::size_t count = kind.values.size() + (may_be_null ? 1 : 0);
  std::string sql =
      "CASE (hashint4(n * 31 + salt * 7 + " + std::to_string(column) + ") & 1023) % " + std::to_string(count);
  for (std::size_t i = 0; i < kind.values.size(); ++i) {
    sql += " WHEN " + std::to_string(i) + " THEN (" + kind.values[i] + ")::" + kind.type;
  }
  return sql + " END";
}

/// Types of a key, and values by its number.
inline const std::vector<RandomKind>& random_keys() {
  static const std::vector<RandomKind> all{
      {"integer", {"kn"}},
      {"bigint", {"kn::bigint * 1000000007"}},
      {"text", {"'k ' || kn"}},
      {"uuid", {"md5(kn::text)::uuid"}},
      {"numeric", {"kn + 0.50"}},
      {"bytea", {"decode(md5(kn::text), 'hex')"}},
      {"timestamptz", {"'2026-01-01'::timestamptz + kn * interval '1 second'"}},
      {"varchar(40)", {"repeat(chr(65 + kn % 26), 3) || kn"}},
      {"inet", {"'10.0.0.0'::inet + kn"}},
      {"char(12)", {"'c' || kn"}},
      {"double precision", {"kn / 4.0"}},
      {"name", {"('n' || kn)::name"}},
  };
  return all;
}

}  // namespace leat::test
