#include "jobs/rejects/row_rejects_values.hpp"

#include <algorithm>
#include <charconv>

#include "leat/data/detail/parse.hpp"
#include "leat/data/field_reader.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/postgres/copy/detail/value_text.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::BinaryValue;
using Bytes = std::span<const std::byte>;

std::string hex_of(Bytes bytes) {
  std::string text = "\\x";
  text.reserve(2 + 2 * bytes.size());
  for (const std::byte byte : bytes) detail::append_hex(text, byte);
  return text;
}

/// The fields of a binary row; nullopt where it is none of so many.
std::optional<std::vector<std::optional<Bytes>>> split_binary_row(Bytes row, std::size_t columns) {
  try {
    FieldReader in(row, "row");
    if (in.integer<std::int16_t>() != static_cast<std::int64_t>(columns)) return std::nullopt;
    std::vector<std::optional<Bytes>> fields;
    for (std::size_t i = 0; i < columns; ++i) fields.push_back(in.value());
    return fields;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// The number that digits of this base begin with, at most `most` of them; advances `at`.
char read_digits(std::string_view line, std::size_t& at, std::size_t most, int base) {
  unsigned value = 0;
  const auto* first = line.data() + at;
  const auto* last = line.data() + std::min(line.size(), at + most);
  at += static_cast<std::size_t>(std::from_chars(first, last, value, base).ptr - first);
  return static_cast<char>(value & 0xFFU);
}

/// What stands behind a backslash; advances `at`.
char read_escape(std::string_view line, std::size_t& at) {
  const char c = line[at];
  if (c >= '0' && c <= '7') return read_digits(line, at, 3, 8);
  ++at;
  constexpr std::string_view letters = "bfnrtv";
  constexpr std::string_view meanings = "\b\f\n\r\t\v";
  if (const auto known = letters.find(c); known != std::string_view::npos) return meanings[known];
  if (c != 'x') return c;
  const std::size_t before = at;
  const char value = read_digits(line, at, 2, 16);
  return at == before ? c : value;
}

/// Bytes that a server would print as they are printed here, and which take several times their width on the
/// way there and back.
bool is_wide(const TypeInfo& type, const std::optional<Bytes>& value) {
  constexpr std::size_t widest_asked = std::size_t{1} << 20U;
  return type.base == oid::bytea && value && value->size() > widest_asked;
}

std::vector<RejectedValue> print_fields(Connection& connection, std::span<const TableColumn> columns,
                                        std::span<const std::optional<Bytes>> fields,
                                        const std::stop_token& stop) {
  std::vector<BinaryValue> values;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& type = columns[i].type;
    values.push_back({.type = type.base != 0 ? type.base : type.oid,
                      .bytes = is_wide(type, fields[i]) ? std::nullopt : fields[i]});
  }
  auto texts = postgres_detail::print_values(connection, values, stop);
  std::vector<RejectedValue> result;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    result.push_back(
        {.column = columns[i].name,
         .text = is_wide(columns[i].type, fields[i]) ? hex_of(*fields[i]) : std::move(texts[i])});
  }
  return result;
}

}  // namespace

std::vector<std::optional<std::string>> split_text_row(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  std::vector<std::optional<std::string>> values(1, std::string());
  bool is_null = false;
  for (std::size_t at = 0; at < line.size();) {
    const char c = line[at++];
    if (c == '\t') {
      if (is_null) values.back().reset();
      is_null = false;
      values.emplace_back(std::string());
    } else if (c != '\\' || at == line.size()) {
      *values.back() += c;
    } else if (line[at] == 'N') {
      ++at;
      is_null = true;
    } else {
      *values.back() += read_escape(line, at);
    }
  }
  if (is_null) values.back().reset();
  return values;
}

std::vector<RejectedValue> values_of(Bytes row, RowFormat format, std::span<const TableColumn> columns,
                                     Connection& connection, const std::string& savepoint,
                                     const std::stop_token& stop) {
  std::vector<RejectedValue> values;
  if (columns.empty()) return values;
  if (format == RowFormat::text) {
    auto texts = split_text_row({reinterpret_cast<const char*>(row.data()), row.size()});
    texts.resize(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      // No text of PostgreSQL holds a NUL byte, and a field of the row itself may.
      const bool is_text = !texts[i] || texts[i]->find('\0') == std::string::npos;
      if (!is_text) texts[i] = hex_of(std::as_bytes(std::span(*texts[i])));
      values.push_back({.column = columns[i].name, .text = std::move(texts[i]), .is_hex = !is_text});
    }
    return values;
  }
  const auto fields = split_binary_row(row, columns.size());
  if (!fields) {
    // Nothing is known of where its values are.
    for (const auto& column : columns) values.push_back({.column = column.name});
    values.front().text = hex_of(row);
    values.front().is_hex = true;
    return values;
  }
  const auto roll_back = [&] {
    if (!connection.is_open()) throw;
    static_cast<void>(connection.execute("ROLLBACK TO SAVEPOINT " + savepoint, {}, stop));
  };
  try {
    return print_fields(connection, columns, *fields, stop);
  } catch (const Error&) {
    roll_back();
  }
  // One of them cannot be read; the others can.
  for (std::size_t i = 0; i < columns.size(); ++i) {
    try {
      values.push_back(
          print_fields(connection, columns.subspan(i, 1), std::span(*fields).subspan(i, 1), stop).front());
    } catch (const Error&) {
      roll_back();
      values.push_back({.column = columns[i].name, .text = hex_of(*(*fields)[i]), .is_hex = true});
    }
  }
  return values;
}

CopyPlace place_of(std::string_view context, const std::string& table, std::span<const TableColumn> columns) {
  const std::string start = "COPY " + table + ", ";
  std::size_t at = context.starts_with(start) ? 0 : context.find("\n" + start);
  if (at == std::string_view::npos) return {};
  context.remove_prefix(at + start.size() + (at == 0 && context.starts_with(start) ? 0 : 1));
  context = context.substr(0, context.find('\n'));
  CopyPlace place;
  at = context.find_first_of("0123456789");
  if (at == std::string_view::npos) return place;
  std::size_t line = 0;
  const auto* end = std::from_chars(context.data() + at, context.data() + context.size(), line).ptr;
  if (line > 0) place.row = line - 1;
  context.remove_prefix(static_cast<std::size_t>(end - context.data()));
  // ", column NAME" or ", column NAME: …"; the word is the server's language.
  if (!context.starts_with(", ")) return place;
  const auto space = context.find(' ', 2);
  if (space == std::string_view::npos) return place;
  context.remove_prefix(space + 1);
  for (const auto& column : columns) {
    if (!context.starts_with(column.name) || column.name.size() < place.column.size()) continue;
    const auto rest = context.substr(column.name.size());
    if (rest.empty() || rest.starts_with(':')) place.column = column.name;
  }
  return place;
}

}  // namespace leat::jobs_detail
