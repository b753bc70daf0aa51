#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/transform/sql/compiled_transform.hpp"

namespace leat::transform_detail {

/// SQL that is put together, with what stands in it as its author wrote it.
class SqlText {
 public:
  SqlText() = default;
  SqlText(std::string text) : text_(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  SqlText(const char* text) : text_(text) {}             // NOLINT(google-explicit-constructor)
  /// All of it is the author's.
  explicit SqlText(const SourcedText& written) { add_bare(written); }

  template <class Text>
  requires std::is_convertible_v<const Text&, std::string_view> SqlText& operator+=(const Text& text) {
    text_ += std::string_view(text);
    return *this;
  }
  SqlText& operator+=(const SqlText& other) {
    for (SqlFragment fragment : other.fragments_) {
      fragment.begin += text_.size();
      fragments_.push_back(fragment);
    }
    for (SqlFragment secret : other.secrets_) {
      secret.begin += text_.size();
      secrets_.push_back(secret);
    }
    text_ += other.text_;
    return *this;
  }
  /// In parentheses, on lines of its own, so that a comment in it ends with it.
  void add_written(const SourcedText& written, bool is_value = false) {
    text_ += "(\n";
    fragments_.push_back(
        {.begin = text_.size(), .size = written.text.size(), .origin = written.origin, .is_value = is_value});
    text_ += written.text;
    text_ += "\n)";
  }

  /// Without parentheses, such as the name of a type.
  void add_bare(const SourcedText& written) {
    fragments_.push_back({.begin = text_.size(), .size = written.text.size(), .origin = written.origin});
    text_ += written.text;
  }

  /// A literal that nobody is shown.
  void add_secret(const std::string& literal) {
    secrets_.push_back({.begin = text_.size(), .size = literal.size()});
    text_ += literal;
  }

  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<SqlFragment>& fragments() const { return fragments_; }
  [[nodiscard]] const std::vector<SqlFragment>& secrets() const { return secrets_; }

 private:
  std::string text_;
  std::vector<SqlFragment> fragments_;
  std::vector<SqlFragment> secrets_;
};

/// What `column` becomes in a SELECT.
struct SelectItem {
  SqlText value{};
  std::string name{};
};

}  // namespace leat::transform_detail
