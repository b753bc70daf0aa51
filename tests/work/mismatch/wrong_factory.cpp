// A factory that returns something else than a row hook.
#include "leat/transform/transform.hpp"

leat::Transform hook = [](const leat::Schema&) { return [](leat::RowBuilder&) {}; };
