#pragma once

#include <concepts>
#include <cstddef>

namespace leat {

/// A type with a function for the weight of an item in a hand-off, in bytes: `std::size_t byte_weight(const
/// T&)`. The function is declared beside the type and found by argument-dependent lookup. It must be cheap
/// and must not throw. Its result must not change while the item is in the hand-off.
template <class T>
concept Weighed = requires(const T& item) {
  { byte_weight(item) } -> std::convertible_to<std::size_t>;
};

/// The weight of an item in bytes: the result of byte_weight() if it exists for T, otherwise sizeof(T).
template <class T>
[[nodiscard]] constexpr std::size_t byte_weight_of(const T& item) {
  if constexpr (Weighed<T>) {
    return static_cast<std::size_t>(byte_weight(item));
  } else {
    static_cast<void>(item);
    return sizeof(T);
  }
}

}  // namespace leat
