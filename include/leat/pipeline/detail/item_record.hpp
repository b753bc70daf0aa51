#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/pipeline/item_notes.hpp"

namespace leat::detail {

/// The times of every stage. Allocates nothing for as many stages as an ETLPipeline has.
class TimesOfStages {
 public:
  void resize(std::size_t stages) {
    if (stages > few_.size()) many_.resize(stages);
    size_ = stages;
  }
  [[nodiscard]] StageTimes& operator[](std::size_t stage) noexcept { return begin()[stage]; }
  [[nodiscard]] std::span<const StageTimes> all() const noexcept {
    return {many_.empty() ? few_.data() : many_.data(), size_};
  }

 private:
  [[nodiscard]] StageTimes* begin() noexcept { return many_.empty() ? few_.data() : many_.data(); }

  std::array<StageTimes, 3> few_{};
  std::vector<StageTimes> many_;
  std::size_t size_ = 0;
};

class IdSet;

/// The data that an item carries besides its payload. It exists only if it is needed. Its address stays the
/// same while the item travels.
struct LEAT_EXPORT ItemRecord {
  ItemRecord() = default;
  ItemRecord(const ItemRecord&) = delete;
  ItemRecord& operator=(const ItemRecord&) = delete;
  /// Removes the id from the set, if it is still there.
  ~ItemRecord();

  std::string id{};
  bool id_was_given = false;
  Metadata metadata{};
  StageTimes::TimePoint entered{};
  TimesOfStages times{};         // empty unless times are tracked
  int attempt = 1;               // of this stage
  int retries = 0;               // in all stages
  std::exception_ptr failure{};  // that a hook has told of this attempt
  // Of the set of ids on their way
  IdSet* set = nullptr;
  std::size_t hash = 0;
  ItemRecord* next = nullptr;
};

/// The record of the n-th item that a stream makes of another item; null if the other item has no record.
[[nodiscard]] LEAT_EXPORT std::unique_ptr<ItemRecord> record_of_emitted(const ItemRecord* parent,
                                                                        std::uint64_t number);

/// 36 characters: a random UUID (RFC 9562, version 4).
[[nodiscard]] LEAT_EXPORT std::string random_uuid();

struct ItemAccess;

}  // namespace leat::detail
