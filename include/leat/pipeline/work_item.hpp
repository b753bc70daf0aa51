#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "leat/pipeline/detail/item_record.hpp"
#include "leat/pipeline/item_notes.hpp"

namespace leat {

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
