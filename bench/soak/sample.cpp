#include "sample.hpp"

#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

namespace leat::soak {
namespace {

using namespace std::chrono_literals;

std::int64_t count_entries(const std::filesystem::path& directory) {
  return std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator());
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  std::uint64_t kilobytes = 0;
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") status >> kilobytes;
  }
  return kilobytes * 1024;
}

/// Of all arenas, and what has mappings of its own.
std::uint64_t allocated_bytes() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

std::int64_t count_threads() {
  return count_entries("/proc/self/task");
}

Sample take_sample(Servers& servers, const std::filesystem::path& directory, std::int64_t threads_at_start) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  Sample sample;
  while (true) {
    sample.left = servers.leftovers();
    sample.threads = count_threads();
    if (sample.left.sessions == 0 && sample.threads == threads_at_start) break;
    if (std::chrono::steady_clock::now() > limit) break;
    ::poll(nullptr, 0, 5);
  }
  sample.files = count_entries(directory);
  sample.descriptors = count_entries("/proc/self/fd") - 1;  // one of them is the listing's own
  sample.peak = peak_bytes();
  sample.resident = resident_bytes();
  sample.in_use = allocated_bytes();
  return sample;
}

}  // namespace leat::soak
