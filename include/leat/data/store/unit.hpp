#pragma once

#include <cstdint>
#include <string>

namespace leat {

/// What is read, tracked, retried and committed exactly once: a slice of a table, a query, a file, a page of
/// an HTTP source. A plain value, which another process can do as well.
struct Unit {
  /// Given by the Coordinator, never by whoever reads or writes.
  std::int64_t number = 0;
  /// JSON that the unit's source understands, in this process and in others. A range of a key says of which
  /// key.
  std::string definition{};
  /// How often it has failed.
  int attempts = 0;
  /// From whoever cut it off another unit, for whoever reads it. It may get lost.
  std::string hint{};

  friend bool operator==(const Unit&, const Unit&) = default;
};

}  // namespace leat
