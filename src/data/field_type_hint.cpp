#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/data/codecs.hpp"
#include "leat/data/field.hpp"

namespace leat::detail {
namespace {

/// The types of a list that read and write `type`: "std::string or leat::Json". Empty: none.
template <class... Value>
std::string fitting_names(Oid type) {
  std::string names;
  const auto add = [&names](const std::string& name) { names += (names.empty() ? "" : " or ") + name; };
  ((Codec<Value>::accepts(type) ? add(Codec<Value>::name()) : void()), ...);
  return names;
}

/// Of those that can be kept: what borrows from a row fits wherever its copy does.
std::string single_types(Oid type) {
  return fitting_names<bool, std::int16_t, std::int32_t, std::int64_t, std::uint32_t, std::uint64_t, char,
                       float, double, std::string, Json, Jsonb, std::vector<std::byte>, Numeric, Date,
                       Timestamp, TimestampTz, TimeOfDay, TimeTz, Interval, Uuid, Inet, Cidr, MacAddress,
                       MacAddress8, Money, BitString, Lsn, Tid, geometry::Point, geometry::Line,
                       geometry::LineSegment, geometry::Box, geometry::Path, geometry::Polygon,
                       geometry::Circle, Record>(type);
}

std::string types_for(Oid type) {
  // Any of these may be read of a type of which only the server knows what it is.
  if (type >= oid::first_user_type) {
    return "std::string where its binary form is its text (an enum), leat::Record (a composite type), "
           "leat::MultiArray (an array), or leat::RawView";
  }
  if (const Oid element = oid::element_of(type); element != 0) {
    const std::string of = single_types(element);
    if (!of.empty()) return "std::vector<" + of.substr(0, of.find(" or ")) + ">";
  }
  if (const Oid bound = oid::bound_of(type); bound != 0) {
    const bool is_multirange = oid::bound_of(bound) != 0;
    const std::string of = single_types(is_multirange ? oid::bound_of(bound) : bound);
    return (is_multirange ? "leat::MultiRange<" : "leat::Range<") + of + ">";
  }
  return single_types(type);
}

}  // namespace

std::string field_type_hint(const Column& column) {
  const std::string names = types_for(column.type);
  if (names.empty()) {
    return "no codec takes a column of this type: cast it in the query (::text), or specialise leat::Codec";
  }
  return "a column of this type is a " + names;
}

}  // namespace leat::detail
