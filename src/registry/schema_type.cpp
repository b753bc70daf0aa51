#include "registry/schema_type.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "leat/data/type_oids.hpp"

namespace leat::registry_detail {
namespace {

/// What may stand in parentheses behind a type's name.
enum class TypeModifier {
  none,
  length,     ///< varchar(20)
  decimals,   ///< numeric(12,2)
  precision,  ///< timestamp(3) without time zone
};

struct BuiltIn {
  std::string_view spelled;
  Oid oid;
  TypeModifier modifier = TypeModifier::none;
  std::array<std::string_view, 3> others{};  ///< what else SQL calls it
};

constexpr std::array<BuiltIn, 55> built_ins{{
    {"smallint", oid::int2, TypeModifier::none, {"int2"}},
    {"integer", oid::int4, TypeModifier::none, {"int", "int4"}},
    {"bigint", oid::int8, TypeModifier::none, {"int8"}},
    {"real", oid::float4, TypeModifier::none, {"float4"}},
    {"double precision", oid::float8, TypeModifier::none, {"float8", "float"}},
    {"numeric", oid::numeric, TypeModifier::decimals, {"decimal", "dec"}},
    {"text", oid::text},
    {"character varying", oid::varchar, TypeModifier::length, {"varchar", "char varying"}},
    {"character", oid::bpchar, TypeModifier::length, {"char"}},
    {"bpchar", oid::bpchar},
    {"\"char\"", oid::single_char},
    {"name", oid::name},
    {"boolean", oid::boolean, TypeModifier::none, {"bool"}},
    {"bytea", oid::bytea},
    {"date", oid::date},
    {"time without time zone", oid::time, TypeModifier::precision, {"time"}},
    {"time with time zone", oid::timetz, TypeModifier::precision, {"timetz"}},
    {"timestamp without time zone", oid::timestamp, TypeModifier::precision, {"timestamp"}},
    {"timestamp with time zone", oid::timestamptz, TypeModifier::precision, {"timestamptz"}},
    {"interval", oid::interval, TypeModifier::precision},
    {"bit", oid::bit, TypeModifier::length},
    {"bit varying", oid::varbit, TypeModifier::length, {"varbit"}},
    {"uuid", oid::uuid},
    {"json", oid::json},
    {"jsonb", oid::jsonb},
    {"jsonpath", oid::jsonpath},
    {"xml", oid::xml},
    {"money", oid::money},
    {"inet", oid::inet},
    {"cidr", oid::cidr},
    {"macaddr", oid::macaddr},
    {"macaddr8", oid::macaddr8},
    {"point", oid::point},
    {"line", oid::line},
    {"lseg", oid::lseg},
    {"box", oid::box},
    {"path", oid::path},
    {"polygon", oid::polygon},
    {"circle", oid::circle},
    {"oid", oid::oid},
    {"xid", oid::xid},
    {"xid8", oid::xid8},
    {"pg_lsn", oid::pg_lsn},
    {"tsvector", oid::tsvector},
    {"tsquery", oid::tsquery},
    {"regclass", oid::regclass},
    {"regtype", oid::regtype},
    {"regprocedure", oid::regprocedure},
    {"regrole", oid::regrole},
    {"int4range", oid::int4range},
    {"int8range", oid::int8range},
    {"numrange", oid::numrange},
    {"tsrange", oid::tsrange},
    {"tstzrange", oid::tstzrange},
    {"daterange", oid::daterange},
}};

/// Small letters outside of quotes, one blank between words, none at parentheses and commas.
std::string normal(std::string_view text) {
  std::string out;
  bool quoted = false;
  bool blank = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!quoted && is_space) {
      blank = true;
      continue;
    }
    const bool closes = !quoted && (c == '(' || c == ')' || c == ',' || c == '[' || c == ']');
    const bool after_open = !out.empty() && (out.back() == '(' || out.back() == ',');
    if (blank && !out.empty() && !closes && !after_open) out += ' ';
    blank = false;
    out += !quoted && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return quoted ? std::string() : out;
}

std::vector<int> numbers_in(std::string_view text) {
  std::vector<int> numbers;
  while (true) {
    int number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{}) return {};
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return numbers;
    if (text.front() != ',') return {};
    text.remove_prefix(1);
  }
}

/// A type's modifier as the catalog has it. Source: PostgreSQL, numericTypmodIn(), anychar_typmodin(),
/// anytimestamp_typmodin() in src/backend/utils/adt.
std::optional<std::int32_t> catalog_modifier(const BuiltIn& type, const std::vector<int>& numbers) {
  constexpr int header = 4;
  constexpr int most_length = 10'485'760;
  constexpr int most_digits = 1000;
  constexpr int most_precision = 6;
  switch (type.modifier) {
    case TypeModifier::none:
      return std::nullopt;
    case TypeModifier::length:
      if (numbers.size() != 1 || numbers[0] < 1 || numbers[0] > most_length) return std::nullopt;
      return numbers[0] + (type.oid == oid::bit || type.oid == oid::varbit ? 0 : header);
    case TypeModifier::decimals: {
      const int scale = numbers.size() == 2 ? numbers[1] : 0;
      if (numbers.empty() || numbers.size() > 2 || numbers[0] < 1 || numbers[0] > most_digits ||
          scale < -most_digits || scale > most_digits) {
        return std::nullopt;
      }
      return ((numbers[0] << 16) | (scale & 0x7ff)) + header;
    }
    case TypeModifier::precision:
      if (numbers.size() != 1 || numbers[0] < 0 || numbers[0] > most_precision) return std::nullopt;
      constexpr std::int32_t all_fields = 0x7fff;
      return type.oid == oid::interval ? (all_fields << 16) | numbers[0] : numbers[0];
  }
  return std::nullopt;
}

const BuiltIn* built_in(std::string_view name) {
  for (const auto& type : built_ins) {
    if (type.spelled == name || std::find(type.others.begin(), type.others.end(), name) != type.others.end())
      return name.empty() ? nullptr : &type;
  }
  return nullptr;
}

/// "numeric" and "(12,2)" become "numeric(12,2)"; a time's precision stands before "without time zone".
std::string with_modifier(std::string_view spelled, const std::string& inside) {
  const auto zone = spelled.find(" with");
  const auto at = zone == std::string_view::npos ? spelled.size() : zone;
  return std::string(spelled.substr(0, at)) + "(" + inside + ")" + std::string(spelled.substr(at));
}

TypeInfo info_of(const BuiltIn& type) {
  TypeInfo info{.oid = type.oid,
                .name = std::string(type.spelled),
                .base = type.oid,
                .base_name = std::string(type.spelled)};
  const auto of = [&info](std::string_view part) {
    info.kind = TypeKind::range;
    info.parts = {info_of(*built_in(part))};
  };
  if (type.oid == oid::int4range) of("integer");
  if (type.oid == oid::int8range) of("bigint");
  if (type.oid == oid::numrange) of("numeric");
  if (type.oid == oid::tsrange) of("timestamp");
  if (type.oid == oid::tstzrange) of("timestamptz");
  if (type.oid == oid::daterange) of("date");
  return info;
}

std::optional<SchemaType> interval_of(const std::string& text) {
  // "interval day to second(3)": only whether two of them are the same is ever asked, which their texts tell.
  if (!text.starts_with("interval ")) return std::nullopt;
  constexpr std::int32_t some_fields = 1;
  return SchemaType{.spelled = text, .info = info_of(*built_in("interval")), .modifier = some_fields};
}

std::optional<SchemaType> built_in_type(const std::string& text) {
  if (auto interval = interval_of(text)) return interval;
  std::string name = text;
  std::string inside;
  const auto open = text.find('(');
  if (open != std::string::npos) {
    const auto close = text.find(')', open);
    if (close == std::string::npos) return std::nullopt;
    inside = text.substr(open + 1, close - open - 1);
    std::string rest = text.substr(close + 1);
    // "timestamp(3) with time zone"; the blank may have been left out.
    if (!rest.empty() && rest.front() != ' ') rest.insert(0, 1, ' ');
    name = text.substr(0, open) + rest;
  }
  const BuiltIn* type = built_in(name);
  if (type == nullptr) return std::nullopt;
  SchemaType result{.spelled = std::string(type->spelled), .info = info_of(*type)};
  // Without a length these two have one character.
  const bool is_one = type->spelled == "character" || type->oid == oid::bit;
  if (open == std::string::npos && !is_one) return result;
  const auto numbers = open == std::string::npos ? std::vector<int>{1} : numbers_in(inside);
  const auto modifier = catalog_modifier(*type, numbers);
  if (!modifier) return std::nullopt;
  result.modifier = *modifier;
  std::string written;
  for (const int number : numbers) written += (written.empty() ? "" : ",") + std::to_string(number);
  // A numeric without a scale is printed with it.
  if (type->modifier == TypeModifier::decimals && numbers.size() == 1) written += ",0";
  result.spelled = with_modifier(type->spelled, written);
  return result;
}

/// One of the database's own: "public.mood", "public.geometry(Point,4326)".
SchemaType own_type(const std::string& text) {
  const std::string name = text.substr(0, text.find('('));
  return {.spelled = text,
          .info = {.oid = first_user_oid, .name = name, .base = first_user_oid, .base_name = name}};
}

bool has_schema(std::string_view text) {
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '.' && !quoted) return true;
    if (c == '(' && !quoted) return false;
  }
  return false;
}

}  // namespace

std::optional<SchemaType> read_schema_type(std::string_view text) {
  std::string one = normal(text);
  if (one.starts_with("pg_catalog.")) one.erase(0, std::string_view("pg_catalog.").size());
  bool is_array = false;
  while (one.ends_with("[]")) {
    is_array = true;
    one.resize(one.size() - 2);
  }
  if (one.empty()) return std::nullopt;
  auto type = built_in_type(one);
  if (!type && !has_schema(one)) return std::nullopt;
  if (!type) type = own_type(one);
  if (!is_array) return type;
  type->spelled += "[]";
  TypeInfo array{.oid = type->info.oid == first_user_oid ? first_user_oid + 1 : 0,
                 .name = type->spelled,
                 .base_name = type->spelled,
                 .kind = TypeKind::array};
  array.base = array.oid;
  array.parts = {std::move(type->info)};
  type->info = std::move(array);
  return type;
}

const std::vector<std::string>& schema_type_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& type : built_ins) {
      all.emplace_back(type.spelled);
      for (const auto& other : type.others) {
        if (!other.empty()) all.emplace_back(other);
      }
    }
    return all;
  }();
  return names;
}

SchemaType type_of_column(const RegisteredColumn& column) {
  auto type = read_schema_type(column.base.empty() ? column.type : column.base);
  if (!type) type = own_type(column.type);
  if (column.labels.empty()) return *type;
  TypeInfo& value = type->info.kind == TypeKind::array ? type->info.parts.front() : type->info;
  value.kind = TypeKind::enumeration;
  value.labels = column.labels;
  return *type;
}

}  // namespace leat::registry_detail
