#pragma once

#include <utility>

#include "leat/core/detail/hand_off_state.hpp"

namespace leat::detail {

/// The registration of one producer: as long as it is held, more items may come. Move-only; signs off on
/// destruction. The hand-off must outlive it. Not thread-safe.
class Registration {
 public:
  Registration() = default;
  explicit Registration(HandOffState& state) : state_(&state) { state.register_producer(); }
  Registration(Registration&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Registration& operator=(Registration&& other) noexcept {
    if (this != &other) {
      sign_off();
      state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
  }
  ~Registration() { sign_off(); }

  /// The producer writes no more items. A second call does nothing.
  void sign_off() noexcept {
    if (HandOffState* state = std::exchange(state_, nullptr)) state->sign_off();
  }

 private:
  HandOffState* state_ = nullptr;
};

}  // namespace leat::detail
