#include "leat/data/hstore.hpp"

#include <utility>

#include "leat/data/codec_text.hpp"
#include "leat/data/field_reader.hpp"

namespace leat {

Hstore Codec<Hstore>::decode(std::span<const std::byte> in, Oid) {
  FieldReader reader(in, "hstore");
  const std::size_t count = reader.count(8);
  Hstore hstore;
  for (std::size_t i = 0; i < count; ++i) {
    const auto key = detail::decode_text(reader.required_value(), oid::text);
    std::optional<std::string> value;
    if (const auto bytes = reader.value()) value.emplace(detail::decode_text(*bytes, oid::text));
    if (!hstore.pairs.emplace(key, std::move(value)).second) reader.fail("a key that stands in it twice");
  }
  reader.end();
  return hstore;
}

void Codec<Hstore>::encode(const Hstore& value, Oid, FieldWriter& out) {
  if (value.pairs.size() > FieldWriter::max_value_bytes / 8) FieldWriter::fail_size(value.pairs.size() * 8);
  out.integer(static_cast<std::int32_t>(value.pairs.size()));
  const auto put = [&out](const std::string& text) {
    const std::size_t begin = out.begin_value();
    detail::encode_text(text, oid::text, out);
    out.end_value(begin);
  };
  for (const auto& [key, text] : value.pairs) {
    put(key);
    if (text) {
      put(*text);
    } else {
      out.null();
    }
  }
}

}  // namespace leat
