// A hook that changes the shape of rows, which takes something else.
#include "leat/transform/transform.hpp"

auto hook = leat::Transform::shaped({.columns = {{"id", leat::oid::int8}}}, [](leat::RowOutput&) {});
