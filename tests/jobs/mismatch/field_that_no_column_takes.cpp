// A row type with a field of a type that has no codec, to be written.
#include "leat/jobs/copy_sink.hpp"

struct Place {
  int floor;
};
struct Parcel {
  std::int64_t id;
  Place place;
};
template <>
struct leat::Columns<Parcel> {
  static constexpr auto list = leat::columns_of("id", &Parcel::id, "place", &Parcel::place);
};

void use() {
  leat::CopySink<Parcel> parcels({.to = "parcels"});
}
