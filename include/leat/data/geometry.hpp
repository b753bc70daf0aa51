#pragma once

#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

/// The geometric types, as plain values. Coordinates may be infinite or NaN, as on the server.
namespace leat::geometry {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

/// The line a·x + b·y + c = 0; a and b are not both zero.
struct Line {
  double a = 0;
  double b = 0;
  double c = 0;
  friend bool operator==(const Line&, const Line&) = default;
};

/// lseg.
struct LineSegment {
  Point from{};
  Point to{};
  friend bool operator==(const LineSegment&, const LineSegment&) = default;
};

/// The server stores the upper right corner first, whichever corners it receives.
struct Box {
  Point high{};
  Point low{};
  friend bool operator==(const Box&, const Box&) = default;
};

/// At least one point.
struct Path {
  bool closed = false;
  std::vector<Point> points{};
  friend bool operator==(const Path&, const Path&) = default;
};

/// At least one point.
struct Polygon {
  std::vector<Point> points{};
  friend bool operator==(const Polygon&, const Polygon&) = default;
};

struct Circle {
  Point center{};
  /// Not negative.
  double radius = 0;
  friend bool operator==(const Circle&, const Circle&) = default;
};

}  // namespace leat::geometry

namespace leat {

// Source of the formats: src/backend/utils/adt/geo_ops.c. A coordinate is a float8, a point is two of them.

/// point: x, y (point_send).
template <>
struct LEAT_EXPORT Codec<geometry::Point> {
  static std::string name() { return "leat::geometry::Point"; }
  static bool accepts(Oid type) { return type == oid::point; }
  static geometry::Point decode(std::span<const std::byte> in, Oid type);
  static void encode(const geometry::Point& value, Oid type, FieldWriter& out);
};

/// line: a, b, c (line_send).
template <>
struct LEAT_EXPORT Codec<geometry::Line> {
  static std::string name() { return "leat::geometry::Line"; }
  static bool accepts(Oid type) { return type == oid::line; }
  static geometry::Line decode(std::span<const std::byte> in, Oid type);
  static void encode(const geometry::Line& value, Oid type, FieldWriter& out);
};

/// lseg: two points (lseg_send).
template <>
struct LEAT_EXPORT Codec<geometry::LineSegment> {
  static std::string name() { return "leat::geometry::LineSegment"; }
  static bool accepts(Oid type) { return type == oid::lseg; }
  static geometry::LineSegment decode(std::span<const std::byte> in, Oid type);
  static void encode(const geometry::LineSegment& value, Oid type, FieldWriter& out);
};

/// box: the upper right corner, then the lower left corner (box_send).
template <>
struct LEAT_EXPORT Codec<geometry::Box> {
  static std::string name() { return "leat::geometry::Box"; }
  static bool accepts(Oid type) { return type == oid::box; }
  static geometry::Box decode(std::span<const std::byte> in, Oid type);
  static void encode(const geometry::Box& value, Oid type, FieldWriter& out);
};

/// path: uint8 1 if it is closed, int32 count, points (path_send).
template <>
struct LEAT_EXPORT Codec<geometry::Path> {
  static std::string name() { return "leat::geometry::Path"; }
  static bool accepts(Oid type) { return type == oid::path; }
  static geometry::Path decode(std::span<const std::byte> in, Oid type);
  static void encode(const geometry::Path& value, Oid type, FieldWriter& out);
};

/// polygon: int32 count, points (poly_send).
template <>
struct LEAT_EXPORT Codec<geometry::Polygon> {
  static std::string name() { return "leat::geometry::Polygon"; }
  static bool accepts(Oid type) { return type == oid::polygon; }
  static geometry::Polygon decode(std::span<const std::byte> in, Oid type);
  static void encode(const geometry::Polygon& value, Oid type, FieldWriter& out);
};

/// circle: the center, the radius (circle_send).
template <>
struct LEAT_EXPORT Codec<geometry::Circle> {
  static std::string name() { return "leat::geometry::Circle"; }
  static bool accepts(Oid type) { return type == oid::circle; }
  static geometry::Circle decode(std::span<const std::byte> in, Oid type);
  static void encode(const geometry::Circle& value, Oid type, FieldWriter& out);
};

}  // namespace leat
