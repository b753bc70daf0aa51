#include "leat/data/detail/array_wire.hpp"

namespace leat::detail {

namespace {

constexpr std::size_t max_elements = 134217727;  // MaxArraySize of PostgreSQL

}  // namespace

ArrayHeader take_array_header(FieldReader& in) {
  const auto dimensions = in.integer<std::int32_t>();
  const auto has_nulls = in.integer<std::int32_t>();
  ArrayHeader header;
  header.element = in.integer<Oid>();
  if (has_nulls != 0 && has_nulls != 1) in.fail("its flags are " + std::to_string(has_nulls));
  if (dimensions < 0 || static_cast<std::size_t>(dimensions) > max_dimensions) {
    in.fail(std::to_string(dimensions) + " dimensions");
  }
  if (dimensions == 0) return header;
  header.dimension_count = static_cast<std::size_t>(dimensions);
  header.count = 1;
  for (std::size_t i = 0; i < header.dimension_count; ++i) {
    ArrayDimension& dimension = header.dimensions[i];
    dimension.size = in.integer<std::int32_t>();
    dimension.lower_bound = in.integer<std::int32_t>();
    const auto size = static_cast<std::size_t>(dimension.size);
    if (dimension.size < 0 || (size > 0 && header.count > in.left() / 4 / size)) {
      in.fail("a dimension of " + std::to_string(dimension.size) + " elements where " +
              std::to_string(in.left()) + " bytes are left");
    }
    header.count *= size;
  }
  return header;
}

void write_array_header(FieldWriter& out, Oid element, std::span<const ArrayDimension> shape,
                        std::size_t count, std::int32_t has_nulls) {
  if (shape.size() > max_dimensions) {
    fail_decode("an array has at most " + std::to_string(max_dimensions) + " dimensions, this one " +
                std::to_string(shape.size()));
  }
  if (count > max_elements) {
    fail_decode("an array has at most " + std::to_string(max_elements) + " elements, this one " +
                std::to_string(count));
  }
  std::size_t places = shape.empty() ? 0 : 1;
  for (const ArrayDimension& dimension : shape) {
    const auto size = static_cast<std::size_t>(dimension.size);
    if (dimension.size < 0 || (size > 0 && places > max_elements / size)) {
      fail_decode("an array cannot have a dimension of " + std::to_string(dimension.size) + " elements");
    }
    places *= size;
  }
  if (places != count) {
    fail_decode("the array's dimensions have room for " + std::to_string(places) + " elements, and it has " +
                std::to_string(count));
  }
  out.integer(static_cast<std::int32_t>(shape.size()));
  out.integer(has_nulls);
  out.integer(element);
  for (const ArrayDimension& dimension : shape) {
    out.integer(dimension.size);
    out.integer(dimension.lower_bound);
  }
}

void write_list_header(FieldWriter& out, Oid array, std::size_t count, std::int32_t has_nulls) {
  // Those two have one dimension even when empty.
  const bool vector = array == oid::int2vector || array == oid::oidvector;
  if (count > max_elements) return write_array_header(out, 0, {}, count, has_nulls);  // says so
  const ArrayDimension only{.size = static_cast<std::int32_t>(count), .lower_bound = vector ? 0 : 1};
  const std::span<const ArrayDimension> shape(&only, count == 0 && !vector ? 0 : 1);
  write_array_header(out, oid::element_of(array), shape, count, has_nulls);
}

void check_array_element(Oid array, Oid element, bool accepted) {
  const Oid expected = oid::element_of(array);
  if (accepted && (element == expected || (expected == 0 && element >= oid::first_user_type))) return;
  fail_decode("malformed array: its elements are of type oid " + std::to_string(element) + ", not " +
              std::to_string(expected));
}

void fail_dimensions(std::size_t found) {
  fail_decode("an array of one dimension expected, " + std::to_string(found) +
              " found; read it as leat::MultiArray");
}

void fail_unknown_element() {
  fail_decode("the oid of the array's element type is not known, so it cannot be written");
}

void fail_null_element(const std::string& type) {
  fail_decode("an element is NULL; read the array with elements of std::optional<" + type + ">");
}

}  // namespace leat::detail
