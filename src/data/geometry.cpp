#include "leat/data/geometry.hpp"

#include <bit>

#include "leat/data/field_reader.hpp"

namespace leat {
namespace {

constexpr std::size_t point_bytes = 16;

double take_double(FieldReader& in) {
  return std::bit_cast<double>(in.integer<std::uint64_t>());
}

void put(FieldWriter& out, double value) {
  out.integer(std::bit_cast<std::uint64_t>(value));
}

geometry::Point take_point(FieldReader& in) {
  const double x = take_double(in);
  const double y = take_double(in);
  return {x, y};
}

void put(FieldWriter& out, const geometry::Point& point) {
  put(out, point.x);
  put(out, point.y);
}

std::vector<geometry::Point> take_points(FieldReader& in) {
  std::vector<geometry::Point> points(in.count(point_bytes));
  for (geometry::Point& point : points) point = take_point(in);
  in.end();
  return points;
}

void put(FieldWriter& out, const std::vector<geometry::Point>& points) {
  if (points.size() > FieldWriter::max_value_bytes / point_bytes) {
    FieldWriter::fail_size(points.size() * point_bytes);
  }
  out.integer(static_cast<std::int32_t>(points.size()));
  for (const geometry::Point& point : points) put(out, point);
}

}  // namespace

geometry::Point Codec<geometry::Point>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, point_bytes);
  FieldReader reader(in, "point");
  return take_point(reader);
}

void Codec<geometry::Point>::encode(const geometry::Point& value, Oid, FieldWriter& out) {
  put(out, value);
}

geometry::Line Codec<geometry::Line>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, 24);
  FieldReader reader(in, "line");
  geometry::Line line;
  line.a = take_double(reader);
  line.b = take_double(reader);
  line.c = take_double(reader);
  return line;
}

void Codec<geometry::Line>::encode(const geometry::Line& value, Oid, FieldWriter& out) {
  put(out, value.a);
  put(out, value.b);
  put(out, value.c);
}

geometry::LineSegment Codec<geometry::LineSegment>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, 2 * point_bytes);
  FieldReader reader(in, "lseg");
  const geometry::Point from = take_point(reader);
  return {from, take_point(reader)};
}

void Codec<geometry::LineSegment>::encode(const geometry::LineSegment& value, Oid, FieldWriter& out) {
  put(out, value.from);
  put(out, value.to);
}

geometry::Box Codec<geometry::Box>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, 2 * point_bytes);
  FieldReader reader(in, "box");
  const geometry::Point high = take_point(reader);
  return {high, take_point(reader)};
}

void Codec<geometry::Box>::encode(const geometry::Box& value, Oid, FieldWriter& out) {
  put(out, value.high);
  put(out, value.low);
}

geometry::Path Codec<geometry::Path>::decode(std::span<const std::byte> in, Oid) {
  FieldReader reader(in, "path");
  const bool closed = reader.integer<std::uint8_t>() != 0;
  return {closed, take_points(reader)};
}

void Codec<geometry::Path>::encode(const geometry::Path& value, Oid, FieldWriter& out) {
  out.integer(static_cast<std::uint8_t>(value.closed ? 1 : 0));
  put(out, value.points);
}

geometry::Polygon Codec<geometry::Polygon>::decode(std::span<const std::byte> in, Oid) {
  FieldReader reader(in, "polygon");
  return {take_points(reader)};
}

void Codec<geometry::Polygon>::encode(const geometry::Polygon& value, Oid, FieldWriter& out) {
  put(out, value.points);
}

geometry::Circle Codec<geometry::Circle>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, 24);
  FieldReader reader(in, "circle");
  const geometry::Point center = take_point(reader);
  return {center, take_double(reader)};
}

void Codec<geometry::Circle>::encode(const geometry::Circle& value, Oid, FieldWriter& out) {
  put(out, value.center);
  put(out, value.radius);
}

}  // namespace leat
