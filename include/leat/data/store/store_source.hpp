#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"
#include "leat/data/store/capabilities.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/data/store/unit_source.hpp"

namespace leat {

/// What a store says of one of its objects.
struct StoreObject {
  /// In the types of PostgreSQL that the store gives them as, all of them built in.
  std::vector<Column> columns{};
  std::optional<std::uint64_t> rows{};  ///< about so many, if known
  std::optional<ByteCount> bytes{};
  std::vector<Finding> findings{};  ///< against reading it, and what a user should know
};

/// How an object is read.
struct StoreReading {
  std::size_t readers = 1;
  ByteCount unit_bytes{};  ///< of units; zero: as the store likes
  /// What another process that reads the object gave as its shared_snapshot(): the same rows are to be seen.
  /// Not set: as they are now.
  std::optional<std::string> snapshot{};
};

/// A store of another kind that rows come from: a database, a file, a generator. Thread-safe.
class LEAT_EXPORT StoreSource {
 public:
  StoreSource() = default;
  StoreSource(const StoreSource&) = delete;
  StoreSource& operator=(const StoreSource&) = delete;
  virtual ~StoreSource() = default;

  [[nodiscard]] virtual StoreCapabilities capabilities() const = 0;
  /// @throws Error (source) if the store cannot be reached; what stands against this object alone is a
  /// finding.
  [[nodiscard]] virtual StoreObject describe(const std::string& object, const std::stop_token& stop) = 0;
  /// Rows of these columns of the object, as `schema` (binary format) has them, by name and in its order.
  [[nodiscard]] virtual std::shared_ptr<UnitSource> open(const std::string& object,
                                                         std::shared_ptr<const Schema> schema,
                                                         const StoreReading& how,
                                                         const std::stop_token& stop) = 0;
};

}  // namespace leat
