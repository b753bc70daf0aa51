#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {

/// What a user wants to remember about an item: names and values.
using Metadata = std::map<std::string, std::string, std::less<>>;

/// When an item passed one stage. Not set if the item has not passed it.
struct StageTimes {
  using TimePoint = std::chrono::steady_clock::time_point;
  TimePoint started{};   ///< the hook's first attempt began
  TimePoint finished{};  ///< its last attempt ended
};

namespace detail {

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
struct ItemRecord {
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

/// 36 characters: a random UUID (RFC 9562, version 4).
[[nodiscard]] std::string random_uuid();

struct ItemAccess;

}  // namespace detail

/// An item of a pipeline: a payload, and what is known about it. Move-only. One thread has it at a time.
template <class T>
class WorkItem {
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "what travels through a pipeline must move without throwing");

 public:
  WorkItem(T payload) noexcept : payload_(std::move(payload)) {}  // NOLINT(google-explicit-constructor)
  /// An item with an id of its own. While it is in the pipeline, another item with the same id is refused.
  WorkItem(std::string id, T payload, Metadata metadata = {}) : payload_(std::move(payload)) {
    detail::ItemRecord& known = record();
    known.id = std::move(id);
    known.id_was_given = true;
    known.metadata = std::move(metadata);
  }
  WorkItem(WorkItem&&) noexcept = default;
  WorkItem& operator=(WorkItem&&) noexcept = default;

  [[nodiscard]] T& payload() noexcept { return payload_; }
  [[nodiscard]] const T& payload() const noexcept { return payload_; }
  T& operator*() noexcept { return payload_; }
  T* operator->() noexcept { return &payload_; }

  /// The id that was given, otherwise a random UUID.
  [[nodiscard]] const std::string& id() {
    detail::ItemRecord& known = record();
    if (known.id.empty()) known.id = detail::random_uuid();
    return known.id;
  }
  [[nodiscard]] Metadata& metadata() { return record().metadata; }
  /// One entry for each stage, in their order; empty unless the pipeline tracks times.
  [[nodiscard]] std::span<const StageTimes> times() const noexcept {
    return record_ ? record_->times.all() : std::span<const StageTimes>();
  }
  /// Has this attempt fail for this item, as an exception of its hook would, when the hook has returned. It
  /// is how a hook that takes many items tells which of them have failed. The error must not be null.
  void fail(std::exception_ptr error) { record().failure = std::move(error); }
  template <class E>
  requires std::is_base_of_v<std::exception, E>
  void fail(const E& error) { fail(std::make_exception_ptr(error)); }

  /// Which attempt of the current stage this is, counted from 1.
  [[nodiscard]] int attempt() const noexcept { return record_ ? record_->attempt : 1; }

 private:
  friend struct detail::ItemAccess;

  WorkItem(T payload, std::unique_ptr<detail::ItemRecord> record) noexcept
      : payload_(std::move(payload)), record_(std::move(record)) {}

  detail::ItemRecord& record() {
    if (!record_) record_ = std::make_unique<detail::ItemRecord>();
    return *record_;
  }

  T payload_;
  std::unique_ptr<detail::ItemRecord> record_;
};

/// The weight of an item is the weight of its payload, if the payload type has byte_weight().
template <class T>
requires requires(const T& payload) {
  byte_weight(payload);
}
[[nodiscard]] std::size_t byte_weight(const WorkItem<T>& item) {
  return byte_weight(item.payload());
}

namespace detail {

/// Gives the engine access to the private parts of an item.
struct ItemAccess {
  template <class T>
  [[nodiscard]] static WorkItem<T> make(T payload, std::unique_ptr<ItemRecord> record) noexcept {
    return WorkItem<T>(std::move(payload), std::move(record));
  }
  template <class T>
  [[nodiscard]] static std::unique_ptr<ItemRecord>& record(WorkItem<T>& item) noexcept {
    return item.record_;
  }
  template <class T>
  static ItemRecord& make_record(WorkItem<T>& item) {
    return item.record();
  }
  /// What the hook has told of this attempt, or null.
  template <class T>
  [[nodiscard]] static std::exception_ptr take_failure(WorkItem<T>& item) noexcept {
    ItemRecord* const known = item.record_.get();
    return known == nullptr ? nullptr : std::exchange(known->failure, nullptr);
  }
  template <class T>
  static void throw_failure(WorkItem<T>& item) {
    if (auto failure = take_failure(item)) std::rethrow_exception(std::move(failure));
  }
  template <class T>
  static void count_attempt(WorkItem<T>& item, int attempt) {
    if (attempt > 1) make_record(item);
    if (ItemRecord* known = item.record_.get()) {
      known->failure = nullptr;
      known->attempt = attempt;
      if (attempt > 1) ++known->retries;
    }
  }
};

}  // namespace detail
}  // namespace leat
