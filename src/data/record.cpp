#include "leat/data/record.hpp"

#include <string>

namespace leat {

RecordView::RecordView(std::span<const std::byte> bytes) : bytes_(bytes) {
  FieldReader reader(bytes, "record");
  size_ = reader.count(8);
  for (std::size_t i = 0; i < size_; ++i) static_cast<void>(take_field(reader));
  reader.end();
}

RecordView::Field RecordView::take_field(FieldReader& in) {
  const auto type = in.integer<Oid>();
  return {type, in.value()};
}

RecordView::Field RecordView::field(std::size_t i) const {
  if (i >= size_) {
    fail_decode("there is no field " + std::to_string(i) + ": the record has " + std::to_string(size_) +
                ", counted from 0");
  }
  FieldReader reader(bytes_.subspan(sizeof(std::int32_t)), "record");
  for (; i > 0; --i) static_cast<void>(take_field(reader));
  return take_field(reader);
}

void RecordView::fail_type(std::size_t i, Oid type, const std::string& cpp_type) {
  fail_decode("field " + std::to_string(i) + " of the record, of type oid " + std::to_string(type) +
              ", is not a " + cpp_type);
}

void RecordView::fail_null(std::size_t i, const std::string& cpp_type) {
  fail_decode("field " + std::to_string(i) + " of the record is NULL; read it as std::optional<" + cpp_type +
              ">");
}

void Codec<RecordView>::encode(const RecordView& value, Oid, FieldWriter& out) {
  if (value.bytes().empty()) return out.integer(std::int32_t{0});
  out.bytes(value.bytes());
}

Column Record::column(Oid type) const {
  return {.name = "record field " + std::to_string(size_), .type = type};
}

Record& Record::finish_field() {
  constexpr std::size_t max_fields = 1664;  // MaxTupleAttributeNumber of PostgreSQL
  if (size_ == max_fields) fail_decode("a record has at most 1664 fields");
  ++size_;
  detail::store<std::int32_t>(bytes_.data(), static_cast<std::int32_t>(size_));
  return *this;
}

}  // namespace leat
