#pragma once

#include <string>

#include "bed.hpp"
#include "leat/jobs/verify_table.hpp"

namespace leat::test {

/// A comparison of public.t of both sides, for the test to change.
inline VerifyTableOptions verify_options() {
  return {.source = ConnectionFactory().resolve(Bed::server().uri("src")),
          .target = ConnectionFactory().resolve(Bed::server().uri("dst")),
          .table = {.from = "public.t"},
          .application_name = application};
}

/// One line for each difference: "changed 7: v 'a' -> NULL; missing 8".
inline std::string told(const VerifyReport& report) {
  const auto text = [](const ShownValue& value) { return value ? "'" + *value + "'" : std::string("NULL"); };
  std::string lines;
  for (const auto& difference : report.differences) {
    if (!lines.empty()) lines += "; ";
    lines += std::string(to_string(difference.kind));
    for (const auto& value : difference.key) lines += " " + value.value_or("NULL");
    for (const auto& column : difference.columns) {
      lines += (&column == &difference.columns.front() ? ": " : ", ") + column.column + " " +
               text(column.source) + " -> " + text(column.target);
    }
  }
  return lines;
}

inline std::string differences(VerifyTableOptions options = verify_options()) {
  const VerifyReport report = VerifyTable(std::move(options)).run();
  CHECK(report.equal == report.differences.empty());
  return told(report);
}

}  // namespace leat::test
