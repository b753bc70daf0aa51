#include "postgres/session/value_references.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "leat/core/detail/descriptor.hpp"
#include "leat/core/error.hpp"

namespace leat::postgres_detail {
namespace {

using Kind = ValuePart::Kind;

constexpr const char* reference_forms =
    "write ${env:NAME}, ${env:NAME:-otherwise} or ${file:PATH}; \"${\" as it is, is written $${";

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

/// What stands within the braces. It is not shown where it is wrong: it may be a part of a password.
ValuePart parse_reference(std::string_view inner, const std::string& place) {
  constexpr std::string_view environment = "env:";
  constexpr std::string_view file = "file:";
  if (inner.starts_with(file) && inner.size() > file.size()) {
    return {.kind = Kind::file, .text = std::string(inner.substr(file.size()))};
  }
  if (inner.starts_with(environment)) {
    inner.remove_prefix(environment.size());
    const auto otherwise = inner.find(":-");
    const auto name = inner.substr(0, otherwise);
    if (is_variable_name(name)) {
      ValuePart part{.kind = Kind::environment, .text = std::string(name)};
      if (otherwise != std::string_view::npos) part.otherwise = std::string(inner.substr(otherwise + 2));
      return part;
    }
  }
  throw Error(ErrorKind::config, place + ": what stands in ${…} is no variable and no file",
              {.hint = reference_forms});
}

void add_literal(ValueParts& parts, std::string_view text) {
  if (text.empty()) return;
  if (parts.empty() || parts.back().kind != Kind::literal) parts.emplace_back();
  parts.back().text += text;
}

}  // namespace

ValueParts parse_value(std::string_view value, const std::string& place) {
  ValueParts parts;
  while (!value.empty()) {
    const auto begin = value.find("${");
    if (begin != std::string_view::npos && begin > 0 && value[begin - 1] == '$') {
      add_literal(parts, value.substr(0, begin - 1));
      add_literal(parts, "${");
      value.remove_prefix(begin + 2);
      continue;
    }
    add_literal(parts, value.substr(0, begin));
    if (begin == std::string_view::npos) break;
    const auto end = value.find('}', begin);
    if (end == std::string_view::npos) {
      throw Error(ErrorKind::config, place + ": a ${ is not closed", {.hint = reference_forms});
    }
    parts.push_back(parse_reference(value.substr(begin + 2, end - begin - 2), place));
    value.remove_prefix(end + 1);
  }
  return parts;
}

bool has_references(const ValueParts& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [](const ValuePart& part) { return part.kind != Kind::literal; });
}

std::string literal_text(const ValueParts& parts) {
  std::string text;
  for (const auto& part : parts) {
    if (part.kind == Kind::literal) text += part.text;
  }
  return text;
}

std::string references_text(const ValueParts& parts) {
  std::string text;
  for (const auto& part : parts) {
    if (part.kind == Kind::literal) continue;
    text += text.empty() ? "" : ", ";
    text += part.kind == Kind::file ? "${file:" + part.text + "}"
                                    : "${env:" + part.text + (part.otherwise ? ":-…}" : "}");
  }
  return text;
}

std::string ReferenceValues::value_of(const ValuePart& part) {
  if (part.kind == Kind::literal) return part.text;
  if (part.kind == Kind::file) return read(part.text);
  const char* value = std::getenv(part.text.c_str());
  const bool is_empty = value == nullptr || *value == '\0';
  if (is_empty && part.otherwise) return *part.otherwise;
  if (value != nullptr) return value;
  missing_.push_back("the environment variable " + part.text + " is not set");
  return {};
}

std::string ReferenceValues::value_of(const ValueParts& parts) {
  std::string text;
  for (const auto& part : parts) text += value_of(part);
  return text;
}

std::string ReferenceValues::read(const std::string& path) {
  std::string text;
  try {
    text = detail::read_all((directory_ / path).string(), "the file", stop_);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    missing_.emplace_back(error.what());
    return {};
  }
  // Editors and echo end a file with one.
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace leat::postgres_detail
