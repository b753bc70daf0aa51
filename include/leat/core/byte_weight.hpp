#pragma once

#include <concepts>
#include <cstddef>

namespace leat {

/// A type that says how many bytes an item of it weighs in a hand-off: `std::size_t byte_weight(const T&)`,
/// declared beside the type and found by argument-dependent lookup. It must be cheap and must not throw, and
/// the answer must not change while the item is in the hand-off.
template <class T>
concept Weighed = requires(const T& item) {
  { byte_weight(item) } -> std::convertible_to<std::size_t>;
};

/// The bytes an item weighs: what byte_weight() says where there is one, otherwise sizeof(T).
template <class T>
[[nodiscard]] constexpr std::size_t weight_of(const T& item) {
  if constexpr (Weighed<T>) {
    return static_cast<std::size_t>(byte_weight(item));
  } else {
    static_cast<void>(item);
    return sizeof(T);
  }
}

}  // namespace leat
