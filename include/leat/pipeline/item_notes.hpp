#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace leat {

/// What a user wants to remember about an item: names and values.
using Metadata = std::map<std::string, std::string, std::less<>>;

/// When an item passed one stage. Not set if the item has not passed it.
struct StageTimes {
  using TimePoint = std::chrono::steady_clock::time_point;
  TimePoint started{};   ///< the hook's first attempt began
  TimePoint finished{};  ///< its last attempt ended
};

}  // namespace leat
