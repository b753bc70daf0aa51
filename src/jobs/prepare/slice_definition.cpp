#include "jobs/prepare/slice_definition.hpp"

#include <algorithm>

#include "jobs/options/sql_text.hpp"
#include "jobs/report/document.hpp"
#include "leat/data/detail/parse.hpp"

namespace leat::jobs_detail {
namespace {

// More than a heap has places: 2^32 pages of less than 2^11 rows.
constexpr unsigned place_bits = 44;

/// Text as it is, or as {"hex": …} of its bytes: those of a database without an encoding may be no text, and
/// the target may lack letters that the source has.
Document bound_document(const std::optional<std::string>& bound) {
  if (!bound) return nullptr;
  if (std::all_of(bound->begin(), bound->end(), [](char c) { return c >= ' ' && c <= '~'; })) return *bound;
  std::string hex;
  for (const char c : *bound) detail::append_hex(hex, static_cast<std::byte>(c));
  return Document{{"hex", hex}};
}

std::optional<std::string> parse_bound(const nlohmann::json& json) {
  if (json.is_null()) return std::nullopt;
  if (json.is_string()) return json.get<std::string>();
  return hex_text(json.at("hex").get<std::string>());
}

/// What orders a key's values, as SQL; empty where there is no such column.
std::string key_definition(const TableInfo& table, const std::string& key) {
  for (const auto& column : table.columns) {
    if (quote_identifier(column.name) != key) continue;
    return column.type_name + (column.collation.empty() ? "" : " COLLATE " + column.collation);
  }
  return "";
}

Error mean_nothing(const std::string& why) {
  return {ErrorKind::source,
          why + ", so that its slices mean nothing now",
          {.sqlstate = "55000",
           .hint = "begin the job anew: .restart, or leat jobs forget where its rows are in the table"}};
}

/// By the key that cut it, which may be another one than would be chosen now.
KeySlice parse_keys(const TableInfo& table, const TablePart& part, const nlohmann::json& json) {
  if (!json.contains("key")) {
    throw mean_nothing("the job was begun by a leat that did not say of which key of " +
                       part.table.name.display() + " its slices are ranges");
  }
  const auto key = json.at("key").get<std::string>();
  const std::string definition = key_definition(table, key);
  if (definition != json.at("column").get<std::string>()) {
    throw mean_nothing("the column " + key + " of " + part.table.name.display() + " was " +
                       (definition.empty() ? "dropped or renamed" : "given another type or collation") +
                       " since the job was begun");
  }
  return {.key = key,
          .type = json.at("type").get<std::string>(),
          .from = parse_bound(json.at("from")),
          .before = parse_bound(json.at("before"))};
}

}  // namespace

std::string slice_definition(const SlicedTable& table, const Slice& slice) {
  const TablePart& part = table.parts[slice.part];
  Document json{{"table", part.table.name.display()}, {"oid", part.table.oid}, {"file", part.file}};
  if (slice.keys) {
    json["key"] = slice.keys->key;
    json["type"] = slice.keys->type;
    json["column"] = key_definition(table.table, slice.keys->key);
    json["from"] = bound_document(slice.keys->from);
    json["before"] = bound_document(slice.keys->before);
  } else {
    json["begin"] = slice.begin;
    json["end"] = or_null(slice.end);
  }
  if (!table.bounds.empty()) json["incremental"] = Document::parse(table.bounds);
  return json_text(json);
}

Slice parse_slice(const SlicedTable& table, std::string_view definition) {
  const auto json = nlohmann::json::parse(definition);
  const auto part = std::find_if(table.parts.begin(), table.parts.end(), [&json](const TablePart& one) {
    return one.table.oid == json.at("oid").get<Oid>() && one.file == json.at("file").get<std::uint64_t>();
  });
  if (part == table.parts.end()) {
    throw mean_nothing(table.table.name.display() + " was dropped or rewritten since the job was begun");
  }
  Slice slice{.part = static_cast<std::size_t>(part - table.parts.begin())};
  if (json.contains("begin")) {
    slice.begin = json.at("begin").get<RowPlace>();
    if (!json.at("end").is_null()) slice.end = json.at("end").get<RowPlace>();
    return slice;
  }
  slice.keys = parse_keys(table.table, *part, json);
  return slice;
}

std::uint64_t reading_order(const Slice& slice, std::uint64_t number) {
  // Ranges of a key are never cut again, so their numbers tell.
  return (static_cast<std::uint64_t>(slice.part) << place_bits) + (slice.keys ? number : slice.begin);
}

}  // namespace leat::jobs_detail
