#pragma once

#include <exception>
#include <optional>
#include <stop_token>
#include <utility>

#include "leat/core/detail/hand_off_state.hpp"
#include "leat/core/detail/registration.hpp"

namespace leat::detail {

/// The part of a hand-off's interface that does not depend on how items are stored. Thread-safe.
template <class Header>
class HandOffBase {
 public:
  using header_type = Header;

  /// Move-only; signs off on destruction or by sign_off(). Must not outlive the hand-off.
  using Registration = detail::Registration;

  /// Announces a producer. Until the first one is announced, readers wait. When the last one has signed off
  /// and the buffer is empty, readers get "end", and that is final.
  /// @throws std::logic_error if all producers have already signed off: register all of them before the first
  /// one ends.
  [[nodiscard]] Registration register_producer() { return Registration(state_); }

  /// The failure that was kept, or null. Do not rethrow it while other threads may hold it too.
  [[nodiscard]] std::exception_ptr failure() const noexcept { return state_.failure(); }

  /// Publishes the header: the value that consumers need before their first item.
  /// @throws std::logic_error if it was published before.
  void publish(Header header) {
    auto lock = state_.begin_publish();
    header_.emplace(std::move(header));
    state_.finish_publish(std::move(lock));
  }

  /// Blocks until publish() was called; the reference lives as long as the hand-off.
  /// @throws Stopped on a stop request, after a failure, or if all producers signed off without publishing.
  [[nodiscard]] const Header& wait_published(const std::stop_token& stop) {
    state_.wait_published(stop);
    return *header_;
  }

  /// A snapshot; after a failure nothing counts as buffered.
  [[nodiscard]] MonitorStats stats() const { return state_.stats(); }

  HandOffBase(const HandOffBase&) = delete;
  HandOffBase& operator=(const HandOffBase&) = delete;

 protected:
  HandOffBase(const MonitorOptions& options, std::size_t fixed_weight) : state_(options, fixed_weight) {}
  ~HandOffBase() = default;

  HandOffState state_;

 private:
  std::optional<Header> header_;  // written once under the state's mutex, constant after it
};

}  // namespace leat::detail
