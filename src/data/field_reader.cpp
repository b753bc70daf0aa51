#include "leat/data/field_reader.hpp"

#include "leat/data/codec.hpp"

namespace leat {

std::optional<std::span<const std::byte>> FieldReader::value() {
  const auto length = integer<std::int32_t>();
  if (length == -1) return std::nullopt;
  if (length < 0 || static_cast<std::size_t>(length) > left()) {
    fail("a value of " + std::to_string(length) + " bytes where " + std::to_string(left()) + " are left");
  }
  return bytes(static_cast<std::size_t>(length));
}

std::span<const std::byte> FieldReader::required_value() {
  const auto found = value();
  if (!found) fail("a value in it is NULL");
  return *found;
}

std::size_t FieldReader::count(std::size_t least_bytes) {
  const auto found = integer<std::int32_t>();
  if (found < 0 || static_cast<std::size_t>(found) > left() / least_bytes) {
    fail("a count of " + std::to_string(found) + " where " + std::to_string(left()) + " bytes are left");
  }
  return static_cast<std::size_t>(found);
}

void FieldReader::fail(const std::string& problem) const {
  fail_decode(std::string("malformed ") + what_ + ": " + problem);
}

void FieldReader::fail_end() const {
  fail("it ends in the middle");
}

void FieldReader::fail_rest() const {
  fail(std::to_string(in_.size()) + " bytes after its last value");
}

}  // namespace leat
