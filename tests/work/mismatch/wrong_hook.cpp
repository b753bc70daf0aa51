// A row hook that takes something else.
#include "leat/transform/transform.hpp"

leat::Transform hook = [](const leat::RowView&) {};
