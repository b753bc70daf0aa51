// Takes arbitrary bytes for a row: the first byte is the number of columns, one byte for each chooses its
// type, the rest is the tuple. Reads every field as its C++ type. Bytes that are no such row must end in an
// Error; those that are must come back the same after being written and read again.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/target.hpp"
#include "leat/core/error.hpp"
#include "leat/data/codecs.hpp"
#include "leat/data/detail/parse.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/row_view.hpp"

namespace leat::test {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::byte> write(const std::shared_ptr<const Schema>& schema, const auto& value) {
  RowBatch batch(schema);
  RowBuilder builder(batch);
  builder.begin_row();
  builder.add(value);
  builder.finish_row();
  const auto bytes = batch.row_bytes(0);
  return {bytes.begin(), bytes.end()};
}

void check_number(const Numeric& number) {
  const std::string text = number.to_string();
  require(Numeric::parse(text).to_string() == text);
}

/// Reads a field as T; what was read is written, read and written again, and must stay the same.
template <class T>
void visit(const RowView& row, std::size_t column) {
  const auto value = row.get<std::optional<T>>(column);
  if constexpr (std::is_same_v<T, Numeric>) {
    if (value) check_number(*value);
  }
  const auto schema = std::make_shared<const Schema>(std::vector<Column>{row.schema()[column]});
  std::vector<std::byte> once;
  try {
    once = write(schema, value);
  } catch (const Error&) {
    return;  // readable and not writable: text with a zero byte, a date out of range
  }
  const RowView again(once, *schema);
  require(write(schema, again.get<std::optional<T>>(std::size_t{0})) == once);
}

struct Kind {
  Oid type;
  std::function<void(const RowView&, std::size_t)> visit;
  std::string_view sample{};  // in hexadecimal: a value as a server sends it
};

template <class T>
void add_kinds(std::vector<Kind>& kinds, Oid type, Oid array) {
  kinds.push_back({type, visit<T>});
  kinds.push_back({array, visit<std::vector<std::optional<T>>>});
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = [] {
    std::vector<Kind> list;
    add_kinds<bool>(list, oid::boolean, 1000);
    add_kinds<std::int16_t>(list, oid::int2, 1005);
    add_kinds<std::int32_t>(list, oid::int4, 1007);
    add_kinds<std::int64_t>(list, oid::int8, 1016);
    add_kinds<float>(list, oid::float4, 1021);
    add_kinds<double>(list, oid::float8, 1022);
    add_kinds<std::string>(list, oid::text, 1009);
    add_kinds<std::vector<std::byte>>(list, oid::bytea, 1001);
    add_kinds<Numeric>(list, oid::numeric, 1231);
    add_kinds<Date>(list, oid::date, 1182);
    add_kinds<TimeOfDay>(list, oid::time, 1183);
    add_kinds<TimeTz>(list, oid::timetz, 1270);
    add_kinds<Timestamp>(list, oid::timestamp, 1115);
    add_kinds<TimestampTz>(list, oid::timestamptz, 1185);
    add_kinds<Interval>(list, oid::interval, 1187);
    add_kinds<Uuid>(list, oid::uuid, 2951);
    add_kinds<Json>(list, oid::json, 199);
    add_kinds<Jsonb>(list, oid::jsonb, 3807);
    add_kinds<BitString>(list, oid::varbit, 1563);
    add_kinds<Inet>(list, oid::inet, 1041);
    add_kinds<MacAddress8>(list, oid::macaddr8, 775);
    add_kinds<Tid>(list, oid::tid, 1010);
    constexpr Oid user_type = 20000;
    list.push_back({oid::cidr, visit<Cidr>, "020801040a000000"});
    list.push_back({oid::jsonpath, visit<std::string>, "01242e226122"});
    list.push_back({oid::path, visit<geometry::Path>, "01000000013ff00000000000004000000000000000"});
    list.push_back({user_type, visit<Hstore>, "0000000200000001610000000131000000026262ffffffff"});
    list.push_back({oid::int4range, visit<Range<std::int32_t>>, "0200000004000000010000000400000005"});
    list.push_back({user_type, visit<Range<std::string>>, "02000000016100000000"});
    list.push_back({oid::int4multirange, visit<MultiRange<std::int32_t>>,
                    "0000000200000011020000000400000001000000040000000300000009120000000400000005"});
    list.push_back(
        {oid::record, visit<Record>, "00000003000000170000000400000007000002c1000000017800000019ffffffff"});
    list.push_back(
        {1007, visit<MultiArray<std::optional<std::int32_t>>>,
         "000000020000000100000017000000020000000000000002000000020000000400000001ffffffff00000004000000"
         "030000000400000004"});
    list.push_back({user_type, visit<MultiArray<Range<double>>>, "000000000000000000004e20"});
    return list;
  }();
  return all;
}

void put(std::vector<std::byte>& out, std::uint32_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(value >> shift));
}

/// A row of one field of this kind, up to the field's length.
std::vector<std::byte> row_of(std::size_t kind) {
  std::vector<std::byte> row;
  put(row, 1, 1);
  put(row, static_cast<std::uint32_t>(kind), 1);
  put(row, 1, 2);
  return row;
}

}  // namespace

void try_input(std::span<const std::byte> input) {
  if (input.empty()) return;
  const std::size_t columns = std::to_integer<std::size_t>(input[0]) % 8;
  if (input.size() < 1 + columns) return;
  std::vector<Column> described;
  std::vector<const Kind*> chosen;
  for (std::size_t i = 0; i < columns; ++i) {
    chosen.push_back(&kinds()[std::to_integer<std::size_t>(input[1 + i]) % kinds().size()]);
    described.push_back({.name = "c" + std::to_string(i), .type = chosen.back()->type});
  }
  const Schema schema(std::move(described));
  // A copy that ends where the row ends, so that a sanitizer sees one byte too many.
  const auto tail = input.subspan(1 + columns);
  const std::vector<std::byte> row(tail.begin(), tail.end());
  try {
    check_row(row, schema);
  } catch (const Error&) {
  }
  try {
    const RowView view(row, schema);
    for (std::size_t i = 0; i < columns; ++i) {
      try {
        chosen[i]->visit(view, i);
      } catch (const Error& error) {
        require(error.kind() == ErrorKind::transform);
      }
    }
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::transform);
  }
  const auto* text = reinterpret_cast<const char*>(row.data());
  try {
    check_number(Numeric::parse({text, std::min<std::size_t>(row.size(), 64)}));
  } catch (const Error&) {
  }
}

/// A row of one column of each type.
std::vector<std::vector<std::byte>> samples() {
  std::vector<std::vector<std::byte>> rows;
  for (std::size_t kind = 0; kind < kinds().size(); ++kind) {
    const Oid element = oid::element_of(kinds()[kind].type);
    if (const std::string_view hex = kinds()[kind].sample; !hex.empty()) {
      std::vector<std::byte> row = row_of(kind);
      put(row, static_cast<std::uint32_t>(hex.size() / 2), 4);
      for (std::string_view rest = hex; !rest.empty();) {
        put(row, static_cast<std::uint32_t>(detail::take_hex_byte(rest)), 1);
      }
      rows.push_back(std::move(row));
    }
    for (const std::size_t length : {0U, 1U, 2U, 4U, 8U, 10U, 12U, 16U, 18U}) {
      std::vector<std::byte> row = row_of(kind);
      const std::size_t header = element == 0 ? 0 : 24;
      put(row, static_cast<std::uint32_t>(header + length), 4);
      if (element != 0) {
        for (const std::uint32_t word : {1U, 1U, element, 1U, 1U, static_cast<std::uint32_t>(length)})
          put(row, word, 4);
      }
      if (kinds()[kind].type == oid::numeric || element == oid::numeric) {
        // Digits, weight, sign and scale, then digits.
        for (std::size_t i = 0; i < length / 2; ++i)
          put(row, i == 0 && length >= 8 ? static_cast<std::uint32_t>(length / 2 - 4) : 0, 2);
      } else {
        for (std::size_t i = 0; i < length; ++i) put(row, i == 0 ? 1 : static_cast<std::uint32_t>(i), 1);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace leat::test
