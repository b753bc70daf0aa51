#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "command.hpp"
#include "support/catch.hpp"
#include "words.hpp"

namespace leat::test {

/// What makes each line of standard error a JSON object.
inline const Words as_json_lines{"--log-format", "json"};
/// The same, and the log tells of events.
inline const Words with_events{"--log-format", "json", "--log-level", "info"};

/// Every line of standard error, each of which is one JSON object.
[[nodiscard]] inline std::vector<nlohmann::json> lines_of(const Outcome& outcome) {
  INFO(outcome.err);
  std::vector<nlohmann::json> lines;
  std::istringstream text(outcome.err);
  for (std::string line; std::getline(text, line);) {
    lines.push_back(nlohmann::json::parse(line, nullptr, false));
    CHECK(lines.back().is_object());
  }
  return lines;
}

/// What has happened, in its order; "" for a line that tells of no event.
[[nodiscard]] inline std::vector<std::string> events_of(const std::vector<nlohmann::json>& lines) {
  std::vector<std::string> events;
  for (const auto& line : lines) events.push_back(line.value("event", ""));
  return events;
}

}  // namespace leat::test
