#pragma once

#include <cstdint>
#include <filesystem>

#include "servers.hpp"

namespace leat::soak {

/// What this process and the servers hold while nothing runs.
struct Sample {
  double seconds = 0;          ///< since the start
  std::uint64_t in_use = 0;    ///< bytes that are allocated and not freed
  std::uint64_t resident = 0;  ///< bytes, with what the allocator keeps for later
  std::uint64_t peak = 0;      ///< the most that was ever resident
  std::int64_t descriptors = 0;
  std::int64_t threads = 0;
  std::int64_t files = 0;  ///< in the directory for temporary files
  Leftovers left{};
};

/// Takes it, when what is ending has ended: sessions and threads that are going are waited for, to a limit.
[[nodiscard]] Sample take_sample(Servers& servers, const std::filesystem::path& directory,
                                 std::int64_t threads_at_start);

[[nodiscard]] std::int64_t count_threads();

}  // namespace leat::soak
