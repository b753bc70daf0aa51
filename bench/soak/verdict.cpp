#include "verdict.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace leat::soak {

bool Trend::is_flat() const {
  return after <= before + before / 20 || after <= before + (4U << 20U);
}

std::uint64_t median(std::span<const Sample> samples, std::uint64_t Sample::*measure) {
  if (samples.empty()) return 0;
  std::vector<std::uint64_t> values;
  values.reserve(samples.size());
  for (const Sample& sample : samples) values.push_back(sample.*measure);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Trend trend(std::span<const Sample> samples, std::uint64_t Sample::*measure) {
  const std::size_t fifth = samples.size() / 5;
  return {.before = median(samples.subspan(fifth, fifth), measure),
          .after = median(samples.last(fifth), measure)};
}

std::string complaint(const Sample& sample, const Sample& start) {
  std::string text;
  const auto require = [&text](std::int64_t found, std::int64_t wanted, const char* what) {
    if (found == wanted) return;
    text += (text.empty() ? "" : ", ") + std::to_string(found) + what;
    if (wanted != 0) text += " instead of " + std::to_string(wanted);
  };
  require(sample.descriptors, start.descriptors, " descriptors");
  require(sample.threads, start.threads, " threads");
  require(sample.left.sessions, 0, " sessions left");
  require(sample.left.tables, 0, " tables left in leat_meta");
  require(sample.left.rows, 0, " rows left in leat_meta");
  require(sample.left.temp_files, 0, " temporary files left by the servers");
  require(sample.files, start.files, " temporary files");
  return text;
}

}  // namespace leat::soak
