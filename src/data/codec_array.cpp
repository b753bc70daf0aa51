#include "leat/data/codec_array.hpp"

namespace leat::detail {

namespace {

constexpr std::size_t max_elements = 134217727;  // MaxArraySize of PostgreSQL

std::int32_t take_int32(std::span<const std::byte>& in) {
  if (in.size() < 4) fail_decode("malformed array: it ends in the middle");
  const auto value = load<std::int32_t>(in.data());
  in = in.subspan(4);
  return value;
}

}  // namespace

ArrayHeader take_array_header(std::span<const std::byte>& in) {
  const std::int32_t dimensions = take_int32(in);
  const std::int32_t has_nulls = take_int32(in);
  ArrayHeader header;
  header.element = static_cast<Oid>(take_int32(in));
  if (has_nulls != 0 && has_nulls != 1) {
    fail_decode("malformed array: its flags are " + std::to_string(has_nulls));
  }
  if (dimensions == 0) return header;
  if (dimensions != 1) {
    fail_decode("an array of one dimension expected, " + std::to_string(dimensions) + " found");
  }
  const std::int32_t count = take_int32(in);
  static_cast<void>(take_int32(in));  // the lower bound
  if (count < 0 || static_cast<std::size_t>(count) > in.size() / 4) {
    fail_decode("malformed array: " + std::to_string(count) + " elements in " + std::to_string(in.size()) +
                " bytes");
  }
  header.count = static_cast<std::size_t>(count);
  return header;
}

std::optional<std::span<const std::byte>> take_array_element(std::span<const std::byte>& in) {
  const std::int32_t length = take_int32(in);
  if (length == -1) return std::nullopt;
  if (length < 0 || static_cast<std::size_t>(length) > in.size()) {
    fail_decode("malformed array: an element of " + std::to_string(length) + " bytes where " +
                std::to_string(in.size()) + " are left");
  }
  const auto element = in.first(static_cast<std::size_t>(length));
  in = in.subspan(element.size());
  return element;
}

void expect_array_end(std::span<const std::byte> in) {
  if (!in.empty()) {
    fail_decode("malformed array: " + std::to_string(in.size()) + " bytes after its last element");
  }
}

void write_array_header(FieldWriter& out, ArrayHeader header, std::int32_t has_nulls) {
  if (header.count > max_elements) {
    fail_decode("an array has at most " + std::to_string(max_elements) + " elements, this one " +
                std::to_string(header.count));
  }
  out.integer(std::int32_t{header.count == 0 ? 0 : 1});
  out.integer(has_nulls);
  out.integer(header.element);
  if (header.count == 0) return;
  out.integer(static_cast<std::int32_t>(header.count));
  out.integer(std::int32_t{1});
}

void check_array_element(Oid array, Oid element, bool accepted) {
  const Oid expected = oid::element_of(array);
  if (accepted && (element == expected || (expected == 0 && element >= oid::first_user_type))) return;
  fail_decode("malformed array: its elements are of type oid " + std::to_string(element) + ", not " +
              std::to_string(expected));
}

void fail_unknown_element() {
  fail_decode("the oid of the array's element type is not known, so it cannot be written");
}

void fail_null_element(const std::string& type) {
  fail_decode("an element is NULL; read the array as std::vector<std::optional<" + type + ">>");
}

}  // namespace leat::detail
