#include "leat/transform/detail/hook_error.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "leat/data/codecs.hpp"
#include "leat/data/detail/parse.hpp"
#include "leat/data/row_view.hpp"
#include "leat/data/type_oids.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::size_t most_text = 40;  // bytes of one value
constexpr std::size_t most_hex = 16;
constexpr std::size_t most_columns = 8;

/// Not within a character of UTF-8.
std::string shortened(std::string_view text) {
  if (text.size() <= most_text) return std::string(text);
  std::size_t end = most_text;
  const auto continues = [&text](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
  };
  while (end > 0 && continues(end)) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text = "\\x";
  for (const std::byte byte : bytes.first(std::min(bytes.size(), most_hex))) detail::append_hex(text, byte);
  if (bytes.size() > most_hex) text += "…";
  return text;
}

template <class T>
T decoded(std::span<const std::byte> bytes, Oid type) {
  return Codec<T>::decode(bytes, type);
}

std::string value_text(std::span<const std::byte> bytes, Oid type) {
  switch (type) {
    case oid::int2:
      return std::to_string(decoded<std::int16_t>(bytes, type));
    case oid::int4:
      return std::to_string(decoded<std::int32_t>(bytes, type));
    case oid::int8:
      return std::to_string(decoded<std::int64_t>(bytes, type));
    case oid::oid:
      return std::to_string(decoded<std::uint32_t>(bytes, type));
    case oid::numeric:
      return shortened(decoded<Numeric>(bytes, type).to_string());
    case oid::uuid:
      return to_string(decoded<Uuid>(bytes, type));
    case oid::text:
    case oid::varchar:
    case oid::bpchar:
    case oid::name:
      return "'" + shortened(decoded<std::string_view>(bytes, type)) + "'";
    default:
      return hex(bytes);
  }
}

/// " (id = 4711)"; empty where nothing is known of the key.
std::string key_text(const RowBatch& input, std::size_t i) {
  const Schema& schema = *input.schema();
  std::string text;
  try {
    const RowView row = input.row(i);
    const auto& key = schema.key();
    for (std::size_t k = 0; k < std::min(key.size(), most_columns); ++k) {
      const auto bytes = row.raw(key[k]);
      text += (text.empty() ? " (" : ", ") + schema[key[k]].name + " = " +
              (bytes ? value_text(*bytes, schema[key[k]].type) : "NULL");
    }
    if (key.size() > most_columns) text += ", …";
  } catch (const Error&) {
    return {};  // the row itself is malformed
  }
  return text.empty() ? text : text + ")";
}

}  // namespace

Error in_row(const Error& error, const RowBatch& input, std::size_t i) {
  const std::string row = "row " + std::to_string(input.first_row() + i + 1);
  if (error.where() == row) return error.with_where(row + key_text(input, i));
  return error.within(row + key_text(input, i));
}

}  // namespace leat::jobs_detail
