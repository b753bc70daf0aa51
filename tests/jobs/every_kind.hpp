#pragma once

#include <string>

#include "support/places.hpp"

namespace leat::test {

/// The file of SQL that makes tables of every kind, with their rows.
[[nodiscard]] inline std::string every_kind_sql() {
  return build_directory() / "tests/jobs/every_kind.sql";
}

}  // namespace leat::test
