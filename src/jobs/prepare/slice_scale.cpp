#include "jobs/prepare/slice_scale.hpp"

#include <algorithm>

namespace leat::jobs_detail {

ByteCount SliceScale::weigh(const Slice& slice) const {
  const Result found = session_.execute_long(table_.weight_sql(slice), {}, stop_);
  return ByteCount{static_cast<std::uint64_t>(found.integer(0, 0))};
}

Slice SliceScale::lighten(Slice slice, ByteCount most) const {
  while (*slice.end - slice.begin > 1) {
    const ByteCount weight = weigh(slice);
    if (weight <= most) break;
    const double share = static_cast<double>(most.count()) / static_cast<double>(weight.count());
    const auto places = static_cast<double>(*slice.end - slice.begin);
    // Where the heavy rows come first, a share of the places is still too much, and is weighed again.
    slice.end = slice.begin + std::max<RowPlace>(1, static_cast<RowPlace>(places * share));
  }
  return slice;
}

RowPlace SliceScale::middle(const Slice& slice, ByteCount weight) const {
  const std::uint64_t half = weight.count() / 2;
  const std::uint64_t near = weight.count() / 16;
  Slice left = slice;  // what is known to belong to the first part, and what is weighed next
  RowPlace end = *slice.end;
  std::uint64_t before = 0;
  while (end - left.begin > 1) {
    left.end = left.begin + (end - left.begin) / 2;
    const std::uint64_t sum = before + weigh(left).count();
    if (sum + near >= half && sum <= half + near) return *left.end;
    if (sum < half) {
      before = sum;
      left.begin = *left.end;
    } else {
      end = *left.end;
    }
  }
  return end;
}

}  // namespace leat::jobs_detail
