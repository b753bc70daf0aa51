#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "leat/core/log.hpp"

namespace leat::detail {

/// The fields that a logger carries, with their texts.
struct LogContext {
  using Kept = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;

  /// Another one of that name is replaced.
  void set(const LogField& field) {
    std::erase_if(kept, [&field](const auto& one) { return one.first == field.name; });
    kept.emplace_back(field.name, std::visit([](const auto& value) { return keep(value); }, field.value));
  }

  /// They refer to this value.
  [[nodiscard]] std::vector<LogField> fields() const {
    std::vector<LogField> all;
    all.reserve(kept.size());
    for (const auto& [name, value] : kept) {
      all.emplace_back(name, std::visit([](const auto& one) { return LogValue(one); }, value));
    }
    return all;
  }

  std::vector<std::pair<std::string, Kept>> kept{};

 private:
  static Kept keep(std::string_view text) { return std::string(text); }
  template <class T>
  static Kept keep(T value) {
    return value;
  }
};

}  // namespace leat::detail
