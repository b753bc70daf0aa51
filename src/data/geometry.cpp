#include "leat/data/geometry.hpp"

#include <bit>

#include "leat/data/field_reader.hpp"

namespace leat {

using namespace geometry;

namespace {

constexpr std::size_t point_bytes = 16;

double take_double(FieldReader& in) {
  return std::bit_cast<double>(in.integer<std::uint64_t>());
}

void put(FieldWriter& out, double value) {
  out.integer(std::bit_cast<std::uint64_t>(value));
}

Point take_point(FieldReader& in) {
  const double x = take_double(in);
  const double y = take_double(in);
  return {x, y};
}

void put(FieldWriter& out, const Point& point) {
  put(out, point.x);
  put(out, point.y);
}

std::vector<Point> take_points(FieldReader& in) {
  std::vector<Point> points(in.count(point_bytes));
  for (Point& point : points) point = take_point(in);
  in.end();
  return points;
}

void put(FieldWriter& out, const std::vector<Point>& points) {
  if (points.size() > FieldWriter::max_value_bytes / point_bytes) {
    FieldWriter::fail_size(points.size() * point_bytes);
  }
  out.integer(static_cast<std::int32_t>(points.size()));
  for (const Point& point : points) put(out, point);
}

}  // namespace

Point Codec<Point>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, point_bytes);
  FieldReader reader(in, "point");
  return take_point(reader);
}

void Codec<Point>::encode(const Point& value, Oid, FieldWriter& out) {
  put(out, value);
}

Line Codec<Line>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, 24);
  FieldReader reader(in, "line");
  Line line;
  line.a = take_double(reader);
  line.b = take_double(reader);
  line.c = take_double(reader);
  return line;
}

void Codec<Line>::encode(const Line& value, Oid, FieldWriter& out) {
  put(out, value.a);
  put(out, value.b);
  put(out, value.c);
}

LineSegment Codec<LineSegment>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, 2 * point_bytes);
  FieldReader reader(in, "lseg");
  const Point from = take_point(reader);
  return {from, take_point(reader)};
}

void Codec<LineSegment>::encode(const LineSegment& value, Oid, FieldWriter& out) {
  put(out, value.from);
  put(out, value.to);
}

Box Codec<Box>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, 2 * point_bytes);
  FieldReader reader(in, "box");
  const Point high = take_point(reader);
  return {high, take_point(reader)};
}

void Codec<Box>::encode(const Box& value, Oid, FieldWriter& out) {
  put(out, value.high);
  put(out, value.low);
}

Path Codec<Path>::decode(std::span<const std::byte> in, Oid) {
  FieldReader reader(in, "path");
  const bool closed = reader.integer<std::uint8_t>() != 0;
  return {closed, take_points(reader)};
}

void Codec<Path>::encode(const Path& value, Oid, FieldWriter& out) {
  out.integer(static_cast<std::uint8_t>(value.closed ? 1 : 0));
  put(out, value.points);
}

Polygon Codec<Polygon>::decode(std::span<const std::byte> in, Oid) {
  FieldReader reader(in, "polygon");
  return {take_points(reader)};
}

void Codec<Polygon>::encode(const Polygon& value, Oid, FieldWriter& out) {
  put(out, value.points);
}

Circle Codec<Circle>::decode(std::span<const std::byte> in, Oid) {
  detail::expect_width(in, 24);
  FieldReader reader(in, "circle");
  const Point center = take_point(reader);
  return {center, take_double(reader)};
}

void Codec<Circle>::encode(const Circle& value, Oid, FieldWriter& out) {
  put(out, value.center);
  put(out, value.radius);
}

}  // namespace leat
