#pragma once

#include <functional>
#include <utility>

namespace leat {

/// Takes the results that a blocking stream hook makes of one item. Each result becomes an item of its own,
/// with the id "id/1", "id/2" and so on, and with the metadata of the original item. Valid while the hook
/// runs; used on the hook's thread.
template <class T>
class Emitter {
 public:
  /// Hands the value on. Blocks while there is no room. @throws Stopped
  void emit(T value) { send_(std::move(value)); }

  using Send = std::function<void(T)>;
  explicit Emitter(Send send) : send_(std::move(send)) {}

 private:
  Send send_;
};

}  // namespace leat
