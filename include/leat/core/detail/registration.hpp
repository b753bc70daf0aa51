#pragma once

#include <utility>

#include "leat/core/detail/hand_off_state.hpp"

namespace leat::detail {

/// One producer's promise that items may still come: held while it writes. Move-only; signs off on
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

  /// Says that this producer writes no more. The second call does nothing.
  void sign_off() noexcept {
    if (HandOffState* state = std::exchange(state_, nullptr)) state->sign_off();
  }

 private:
  HandOffState* state_ = nullptr;
};

}  // namespace leat::detail
