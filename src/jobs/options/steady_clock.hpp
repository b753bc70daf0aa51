#pragma once

#include <chrono>

namespace leat::jobs_detail {

using SteadyClock = std::chrono::steady_clock;

}  // namespace leat::jobs_detail
