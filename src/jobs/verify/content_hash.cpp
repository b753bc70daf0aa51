#include "jobs/verify/content_hash.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "leat/postgres/session/detail/local_setting.hpp"

namespace leat::jobs_detail {
namespace {

// A row has at most 1,664 fields; what is more is hashed with the hash of those before as its seed.
constexpr std::size_t most_fields = 1600;

// Not zero, which is the hash of NULL within a row, and of 0 and NaN with such a seed.
constexpr const char* first_seed = "1818583412";

constexpr const char* byte_order = " COLLATE pg_catalog.\"C\"";

/// Text as it is hashed. record_send would give it in the client's encoding, but in the database's where a
/// parallel worker calls it.
std::string text_sql(const std::string& text, HashMethod method) {
  if (method == HashMethod::by_type) return text + byte_order;
  // Without a conversion, which bytes of SQL_ASCII would not stand.
  const bool own = method == HashMethod::by_bytes;
  return own ? "pg_catalog.convert_to(" + text + ", pg_catalog.getdatabaseencoding())" : utf8_sql(text);
}

/// A value as a field of the row that is hashed.
std::string field_sql(const Comparison& comparison, const std::string& value, HashMethod method) {
  const bool by_type = method == HashMethod::by_type;
  switch (comparison.form) {
    case ValueForm::hashed:
      break;
    case ValueForm::real:
      // All that are not a number are one.
      if (!by_type) return "CASE WHEN " + value + " = 'NaN' THEN 'NaN' ELSE " + value + " END";
      break;
    case ValueForm::sent:
      if (by_type) return "pg_catalog." + comparison.send + "(" + value + ")";
      break;
    case ValueForm::text:
      return text_sql(value, method);
    case ValueForm::printed:
      // As a row, since a cast of the value itself may be the user's own.
      return text_sql("ROW(" + value + ")::pg_catalog.text", method);
  }
  return value;
}

}  // namespace

std::string utf8_sql(const std::string& text) {
  // Of SQL_ASCII as it is, since it may be anything.
  return "pg_catalog.convert_to(" + text +
         ", CASE pg_catalog.getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END)";
}

std::string hash_sql(std::span<const ComparedColumn> columns, std::size_t side, HashMethod method) {
  std::vector<std::string> fields;
  std::string hash = first_seed;
  unsigned reals = 0;
  for (const auto& column : columns) {
    const std::string& value = column.sql[side];
    fields.push_back(field_sql(column.comparison, value, method));
    if (column.comparison.form != ValueForm::real || method != HashMethod::by_type) continue;
    // A bit of the seed, which costs less than a field.
    constexpr unsigned bits = 63;
    hash += " # CASE WHEN " + value + " = 0 AND " + value + "::pg_catalog.text = '-0' THEN " +
            std::to_string(std::uint64_t{1} << (reals++ % bits)) + "::pg_catalog.int8 ELSE 0 END";
  }
  std::size_t next = 0;
  do {
    // A first field of its own makes a row that is else all NULLs depend on the hash of those before.
    std::string list = next == 0 && !fields.empty() ? "" : "0";
    for (const std::size_t end = std::min(next + most_fields, fields.size()); next < end; ++next) {
      list += (list.empty() ? "" : ", ") + fields[next];
    }
    const std::string row = "ROW(" + list + ")";
    hash = method == HashMethod::by_type
               ? "pg_catalog.hash_record_extended(" + row + ", " + hash + ")"
               : "pg_catalog.hash_array_extended(ARRAY[pg_catalog.record_send(" + row + ")], " + hash + ")";
  } while (next < fields.size());
  if (method != HashMethod::by_type) return hash;
  // The hash of a row is a sum of those of its fields, so that a sum over rows would not see values that have
  // changed places between them. This one sees it.
  return "pg_catalog.hashfloat8extended((" + hash + ")::pg_catalog.float8, 0)";
}

Settings print_settings(Connection& source, std::span<const ComparedColumn> columns, bool qualify_names,
                        const std::stop_token& stop) {
  const auto any = [columns](bool ComparedColumn::*prints) {
    return std::any_of(columns.begin(), columns.end(),
                       [prints](const auto& column) { return column.*prints; });
  };
  Settings settings;
  if (any(&ComparedColumn::prints_time_zone)) settings["TimeZone"];
  if (any(&ComparedColumn::prints_money)) settings["lc_monetary"];
  for (auto& [name, value] : settings) {
    const std::array<Parameter, 1> parameter{name};
    value = source.execute("SELECT pg_catalog.current_setting($1)", parameter, stop).text(0, 0);
  }
  if (qualify_names && any(&ComparedColumn::prints_objects)) settings["search_path"] = "pg_catalog";
  return settings;
}

Settings apply(Connection& session, const Settings& settings, const std::stop_token& stop) {
  Settings before;
  for (const auto& [name, value] : settings) {
    before[name] = postgres_detail::set_local(session, name, value, stop);
  }
  return before;
}

}  // namespace leat::jobs_detail
