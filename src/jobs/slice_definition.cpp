#include "jobs/slice_definition.hpp"

#include <algorithm>

#include "jobs/document.hpp"

namespace leat::jobs_detail {
namespace {

// More than a heap has places: 2^32 pages of less than 2^11 rows.
constexpr unsigned place_bits = 44;

template <class T>
Document optional(const std::optional<T>& value) {
  return value ? Document(*value) : Document(nullptr);
}

Error moved(const TableName& table) {
  return {ErrorKind::source,
          table.display() +
              " was dropped or rewritten since the job was begun, so that its slices mean nothing now",
          {.sqlstate = "55000",
           .hint = "begin the job anew: --restart, or leat jobs forget where its rows are in the table"}};
}

}  // namespace

std::string slice_definition(const SlicedTable& table, const Slice& slice) {
  const TablePart& part = table.parts[slice.part];
  Document json{{"table", part.table.name.display()}, {"oid", part.table.oid}, {"file", part.file}};
  if (slice.keys) {
    json["from"] = optional(slice.keys->from);
    json["before"] = optional(slice.keys->before);
  } else {
    json["begin"] = slice.begin;
    json["end"] = optional(slice.end);
  }
  return json_text(json);
}

Slice parse_slice(const SlicedTable& table, std::string_view definition) {
  const auto json = nlohmann::json::parse(definition);
  const auto part = std::find_if(table.parts.begin(), table.parts.end(), [&json](const TablePart& one) {
    return one.table.oid == json.at("oid").get<Oid>() && one.file == json.at("file").get<std::uint64_t>();
  });
  if (part == table.parts.end()) throw moved(table.table.name);
  Slice slice{.part = static_cast<std::size_t>(part - table.parts.begin())};
  if (json.contains("begin")) {
    slice.begin = json.at("begin").get<RowPlace>();
    if (!json.at("end").is_null()) slice.end = json.at("end").get<RowPlace>();
    return slice;
  }
  slice.keys.emplace();
  if (!json.at("from").is_null()) slice.keys->from = json.at("from").get<std::string>();
  if (!json.at("before").is_null()) slice.keys->before = json.at("before").get<std::string>();
  return slice;
}

std::uint64_t reading_order(const Slice& slice, std::uint64_t number) {
  // Ranges of a key are never cut again, so their numbers tell.
  return (static_cast<std::uint64_t>(slice.part) << place_bits) + (slice.keys ? number : slice.begin);
}

}  // namespace leat::jobs_detail
