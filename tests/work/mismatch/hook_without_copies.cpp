// A row hook that cannot be copied.
#include <memory>

#include "leat/transform/transform.hpp"

leat::Transform hook = [](const leat::Schema&) {
  return [own = std::make_unique<int>(1)](const leat::RowView&, leat::RowBuilder&) { ++*own; };
};
