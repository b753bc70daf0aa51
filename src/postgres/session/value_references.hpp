#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace leat::postgres_detail {

/// A value that may hold ${env:NAME}, ${env:NAME:-otherwise} and ${file:PATH}. "$${" stands for "${".
struct ValuePart {
  enum class Kind { literal, environment, file };
  Kind kind = Kind::literal;
  std::string text{};                      ///< the literal, the variable's name, or the file's path
  std::optional<std::string> otherwise{};  ///< for a variable that is not set, or empty
};
using ValueParts = std::vector<ValuePart>;

/// @throws Error (config) that begins with `place` and shows nothing of the value.
[[nodiscard]] ValueParts parse_value(std::string_view value, const std::string& place);

[[nodiscard]] bool has_references(const ValueParts& parts);

/// What is written in the value itself, without what the references stand for.
[[nodiscard]] std::string literal_text(const ValueParts& parts);

/// The references as they are written, for people: "${env:NAME}, ${file:PATH}". Never what they stand for.
[[nodiscard]] std::string references_text(const ValueParts& parts);

/// Finds what references stand for. Collects what is missing.
class ReferenceValues {
 public:
  /// Paths that are not absolute are of files in `directory`.
  ReferenceValues(std::filesystem::path directory, std::stop_token stop)
      : directory_(std::move(directory)), stop_(std::move(stop)) {}

  /// Of a file without the line break at its end. What is missing is empty, and one of missing() then.
  /// @throws Error (cancelled) after a stop.
  [[nodiscard]] std::string value_of(const ValuePart& part);
  [[nodiscard]] std::string value_of(const ValueParts& parts);

  /// "the environment variable NAME is not set". Never a value.
  [[nodiscard]] const std::vector<std::string>& missing() const { return missing_; }

 private:
  std::string read(const std::string& path);

  std::filesystem::path directory_;
  std::stop_token stop_;
  std::vector<std::string> missing_;
};

}  // namespace leat::postgres_detail
