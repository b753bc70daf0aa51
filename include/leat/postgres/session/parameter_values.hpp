#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/postgres/session/connection.hpp"

namespace leat {

/// The values of a query's parameters, in the order of their numbers.
using ParameterValues = std::vector<Parameter>;

/// A value as a parameter: a text, a number, a bool, nullopt or an optional of one of them. Numbers are
/// written so that the server reads the same value.
[[nodiscard]] inline Parameter parameter_of(std::nullopt_t) {
  return std::nullopt;
}
[[nodiscard]] inline Parameter parameter_of(bool value) {
  return value ? "t" : "f";
}
template <class Text>
requires std::convertible_to<const Text&, std::string_view>
[[nodiscard]] Parameter parameter_of(const Text& value) {
  return std::string(std::string_view(value));
}
template <class Number>
requires((std::integral<Number> || std::floating_point<Number>)&&!std::same_as<Number, bool> &&
         !std::same_as<Number, char>) [[nodiscard]] Parameter parameter_of(Number value) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}
template <class Value>
[[nodiscard]] Parameter parameter_of(const std::optional<Value>& value) {
  return value ? parameter_of(*value) : std::nullopt;
}

/// A type whose values parameter_of() takes.
template <class T>
concept ParameterType = requires(const T& value) {
  { parameter_of(value) } -> std::same_as<Parameter>;
};

/// The values that an item gives to a query: those of a tuple, a pair or an array, or the item itself. A type
/// of your own has a function of its own, found beside it: `ParameterValues parameter_values(const Range&)`.
[[nodiscard]] inline ParameterValues parameter_values(const ParameterValues& values) {
  return values;
}
template <ParameterType Value>
[[nodiscard]] ParameterValues parameter_values(const Value& value) {
  return {parameter_of(value)};
}
template <class Tuple>
requires(!ParameterType<Tuple> && requires { std::tuple_size<Tuple>::value; }) [[nodiscard]] ParameterValues
    parameter_values(const Tuple& values) {
  return std::apply([](const auto&... each) { return ParameterValues{parameter_of(each)...}; }, values);
}

}  // namespace leat
