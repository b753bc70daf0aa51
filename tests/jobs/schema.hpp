#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "bed.hpp"
#include "leat/jobs/table_diff.hpp"

namespace leat::test {

using Lines = std::vector<std::string>;

/// How the two databases' tables differ.
inline TableDiffOptions diff_options(const std::string& from = "public.t") {
  return {.source = ConnectionFactory().resolve(Bed::server().uri("src")),
          .target = ConnectionFactory().resolve(Bed::server().uri("dst")),
          .table = {.from = from},
          .application_name = application};
}

/// "kind object", of every difference.
inline std::vector<std::string> differences(const TableDiffOptions& options) {
  std::vector<std::string> found;
  for (const auto& difference : TableDiff(options).run().differences) {
    found.push_back(std::string(to_string(difference.kind)) + " " + difference.object);
  }
  return found;
}

/// All that schema public of the target holds.
inline std::string made(const Bed& bed) {
  return bed.dst(
      "SELECT string_agg(name, ' ' ORDER BY name) FROM (SELECT relname AS name FROM pg_class WHERE "
      "relnamespace = 'public'::regnamespace UNION ALL SELECT 'type ' || typname FROM pg_type WHERE "
      "typnamespace = 'public'::regnamespace AND typcategory <> 'A' AND typrelid = 0) AS names");
}

}  // namespace leat::test
