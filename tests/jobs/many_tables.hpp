#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bed.hpp"
#include "leat/jobs/copy_tables.hpp"

namespace leat::test {

/// A copy of the tables of these patterns, for the test to change.
[[nodiscard]] inline CopyTablesOptions copy_of(std::vector<std::string> include,
                                               std::vector<std::string> exclude = {}) {
  const ConnectionFactory connections;
  return {.source = connections.resolve(Bed::server().uri("src")),
          .target = connections.resolve(Bed::server().uri("dst")),
          .include = std::move(include),
          .exclude = std::move(exclude),
          .stream = {.application_name = application}};
}

}  // namespace leat::test
