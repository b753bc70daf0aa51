#include "leat/documents/value_type.hpp"

#include "documents/value_units.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/documents/field_table.hpp"

namespace leat {
namespace {

// The longest that a server knows.
constexpr std::uint64_t longest_ms = 2'147'483'647;

ValueType of_kind(ValueKind kind) {
  return {.kind = kind};
}

}  // namespace

namespace value_types {

ValueType text(std::string what) {
  return {.kind = ValueKind::text, .what = std::move(what)};
}

ValueType sql(std::string what) {
  return {.kind = ValueKind::sql, .what = std::move(what)};
}

ValueType boolean() {
  return of_kind(ValueKind::boolean);
}

ValueType whole_number(std::uint64_t least, std::uint64_t most) {
  return {.kind = ValueKind::whole_number, .least = least, .most = most};
}

ValueType size(ByteCount least, ByteCount most) {
  return {.kind = ValueKind::size, .least = least.count(), .most = most.count()};
}

ValueType rate() {
  return {.kind = ValueKind::rate, .least = 1};
}

ValueType duration() {
  return {.kind = ValueKind::duration, .least = 1, .most = longest_ms};
}

ValueType duration_or_no_limit() {
  return {.kind = ValueKind::duration, .least = 1, .most = longest_ms, .zero_is_no_limit = true};
}

ValueType word(std::vector<std::string> words) {
  return {.kind = ValueKind::word, .words = std::move(words)};
}

ValueType table_name() {
  return of_kind(ValueKind::table_name);
}

ValueType column_list() {
  return of_kind(ValueKind::column_list);
}

ValueType list_of(ValueType item) {
  return {.kind = ValueKind::list, .inner = {std::move(item)}};
}

ValueType map_of(ValueType value) {
  return {.kind = ValueKind::map, .inner = {std::move(value)}};
}

ValueType one_of(std::vector<ValueType> shapes) {
  return {.kind = ValueKind::one_of, .inner = std::move(shapes)};
}

ValueType structure(std::shared_ptr<const FieldTable> fields) {
  return {.kind = ValueKind::structure, .fields = std::move(fields)};
}

ValueType node(std::string what) {
  return {.kind = ValueKind::node, .what = std::move(what)};
}

}  // namespace value_types

std::string expectation(const ValueType& type) {
  switch (type.kind) {
    case ValueKind::text:
    case ValueKind::sql:
    case ValueKind::node:
      return type.what;
    case ValueKind::boolean:
      return "true or false";
    case ValueKind::whole_number:
      if (type.least == type.most) return "the number " + detail::with_thousands(type.least);
      return "a whole number from " + detail::with_thousands(type.least) + " to " +
             detail::with_thousands(type.most);
    case ValueKind::size:
      return "a size from " + format_bytes(ByteCount{type.least}) + " to " +
             format_bytes(ByteCount{type.most}) + ", such as 64KiB or 1.5MiB";
    case ValueKind::rate:
      return "a size for each second, such as 50MiB/s";
    case ValueKind::duration:
      return "a time from " + documents_detail::duration_text(type.least) +
             " to 596h, such as 500ms, 10s, 5min or 2h" +
             (type.zero_is_no_limit ? ", or 0 for no limit" : "");
    case ValueKind::word:
      return detail::any_of(type.words);
    case ValueKind::table_name:
      return "a table as in SQL, such as public.orders";
    case ValueKind::column_list:
      return "columns as in SQL with commas between them, or a list of their names";
    case ValueKind::list:
      return "a list";
    case ValueKind::map:
      return "a mapping of names to values";
    case ValueKind::one_of: {
      std::string shapes;
      for (const auto& shape : type.inner) shapes += (shapes.empty() ? "" : "; or ") + expectation(shape);
      return shapes;
    }
    case ValueKind::structure: {
      std::vector<std::string> names;
      for (const auto& field : type.fields->fields()) names.push_back(field.name);
      return "a mapping with " + detail::any_of(names);
    }
  }
  return {};
}

std::string value_name(const ValueType& type) {
  switch (type.kind) {
    case ValueKind::whole_number:
      return "N";
    case ValueKind::size:
      return "SIZE";
    case ValueKind::rate:
      return "RATE";
    case ValueKind::duration:
      return "TIME";
    case ValueKind::word:
      return "WHAT";
    case ValueKind::table_name:
      return "S.T";
    case ValueKind::column_list:
      return "a,b";
    case ValueKind::sql:
      return "SQL";
    case ValueKind::one_of:
      return value_name(type.inner.front());
    case ValueKind::boolean:
    case ValueKind::text:
    case ValueKind::list:
    case ValueKind::map:
    case ValueKind::structure:
    case ValueKind::node:
      break;
  }
  return "TEXT";
}

}  // namespace leat
