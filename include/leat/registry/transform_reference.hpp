#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"

namespace leat {

/// By what a registered transform is called: "clean_orders@3"; "clean_orders@latest" or "clean_orders" is
/// its newest version. A plain value.
struct LEAT_EXPORT TransformReference {
  /// The longest name, in bytes.
  static constexpr std::size_t longest_name = 200;

  std::string name{};
  std::optional<std::int32_t> version{};  ///< not set: the newest one

  /// @throws Error (config) that says what such a text looks like.
  [[nodiscard]] static TransformReference parse(std::string_view text);

  /// "clean_orders@3" or "clean_orders@latest".
  [[nodiscard]] std::string text() const;

  friend bool operator==(const TransformReference&, const TransformReference&) = default;
};

/// Whether a transform may have that name: letters, digits, _ and -, of which the first one is no digit and
/// no -. So no name of a file that has a point or a slash is one.
[[nodiscard]] LEAT_EXPORT bool is_transform_name(std::string_view name) noexcept;

}  // namespace leat
