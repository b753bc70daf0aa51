// A row type with a field of a type that has no codec, to be read.
#include "leat/postgres/copy/cursor_source.hpp"

struct Place {
  int floor;
};

void use(leat::CursorSource& parcels) {
  static_cast<void>(parcels.as<std::tuple<std::int64_t, Place>>());
}
