#include <algorithm>
#include <charconv>

#include "documents/shown.hpp"
#include "documents/value_units.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/value_type.hpp"
#include "leat/postgres/session/detail/column_names.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {
namespace {

using documents_detail::shown;

constexpr std::size_t longest_name = 1000;

/// What every kind's reader is given, and what it says.
struct Reading {
  const ValueType& type;
  std::string_view text;
  bool shows_text;

  [[nodiscard]] TextValue value(FieldValue read) const { return {.value = std::move(read)}; }
  [[nodiscard]] TextValue fault(const char* code, std::string hint = {}) const {
    return {.fault = expectation(type) + (shows_text ? ", not " + shown(text) : ""),
            .code = code,
            .hint = std::move(hint)};
  }
  [[nodiscard]] TextValue number(std::uint64_t read) const {
    const bool is_no_limit = type.zero_is_no_limit && read == 0;
    if (!is_no_limit && (read < type.least || read > type.most)) return fault("out-of-range");
    return value({.value = read});
  }
};

TextValue read_whole_number(const Reading& reading) {
  std::uint64_t number = 0;
  const auto* end = reading.text.data() + reading.text.size();
  const auto [stop, failure] = std::from_chars(reading.text.data(), end, number);
  if (failure == std::errc::result_out_of_range && stop == end) return reading.fault("out-of-range");
  if (failure != std::errc{} || stop != end) return reading.fault("wrong-type");
  return reading.number(number);
}

TextValue read_bytes_with(const Reading& reading, ByteCount (*parse)(std::string_view)) {
  try {
    return reading.number(parse(reading.text).count());
  } catch (const Error&) {
    return reading.fault("wrong-form");
  }
}

TextValue read_word(const Reading& reading) {
  const auto& words = reading.type.words;
  if (std::find(words.begin(), words.end(), reading.text) != words.end()) {
    return reading.value({.value = std::string(reading.text)});
  }
  const std::string near = detail::nearest(reading.text, words);
  return reading.fault("unknown-word", near.empty() ? "" : "did you mean " + near + "?");
}

TextValue read_boolean(const Reading& reading) {
  if (reading.text == "true" || reading.text == "false") {
    return reading.value({.value = reading.text == "true"});
  }
  return reading.fault("wrong-type");
}

/// @param read throws Error if the text is no name.
template <class Read>
TextValue read_names(const Reading& reading, Read read) {
  if (reading.text.size() > longest_name) return reading.fault("wrong-form");
  try {
    return reading.value(read(std::string(reading.text)));
  } catch (const Error& error) {
    return {.fault = reading.shows_text ? error.what() : expectation(reading.type),
            .is_sentence = reading.shows_text,
            .code = "wrong-form",
            .hint = std::string(error.hint())};
  }
}

FieldValue table_value(const std::string& text) {
  static_cast<void>(TableName::parse(text));
  return {.value = text};
}

FieldValue columns_value(const std::string& text) {
  FieldValue::List names;
  for (auto& name : detail::split_columns(text)) names.push_back({.value = std::move(name)});
  if (names.empty()) throw Error(ErrorKind::config, "no column is named");
  return {.value = std::move(names)};
}

}  // namespace

TextValue read_text_value(const ValueType& type, std::string_view text, bool shows_text) {
  const Reading reading{.type = type, .text = text, .shows_text = shows_text};
  switch (type.kind) {
    case ValueKind::text:
    case ValueKind::sql:
      return reading.value({.value = std::string(text)});
    case ValueKind::boolean:
      return read_boolean(reading);
    case ValueKind::whole_number:
      return read_whole_number(reading);
    case ValueKind::size:
      return read_bytes_with(reading, parse_bytes);
    case ValueKind::rate:
      return read_bytes_with(reading, parse_byte_rate);
    case ValueKind::duration: {
      const auto milliseconds = documents_detail::milliseconds_of(text);
      return milliseconds ? reading.number(*milliseconds) : reading.fault("wrong-form");
    }
    case ValueKind::word:
      return read_word(reading);
    case ValueKind::table_name:
      return read_names(reading, table_value);
    case ValueKind::column_list:
      return read_names(reading, columns_value);
    case ValueKind::one_of:
      for (const auto& shape : type.inner) {
        const bool is_scalar = shape.kind != ValueKind::list && shape.kind != ValueKind::map &&
                               shape.kind != ValueKind::structure && shape.kind != ValueKind::one_of;
        if (is_scalar) return read_text_value(shape, text, shows_text);
      }
      break;
    case ValueKind::list:
    case ValueKind::map:
    case ValueKind::structure:
    case ValueKind::node:
      break;
  }
  return reading.fault("wrong-type");
}

std::string to_text(const ValueType& type, const FieldValue& value) {
  if (const auto* truth = std::get_if<bool>(&value.value)) return *truth ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&value.value)) return *text;
  if (const auto* number = std::get_if<std::uint64_t>(&value.value)) {
    if (type.kind == ValueKind::duration) return documents_detail::duration_text(*number);
    if (type.kind == ValueKind::size) return documents_detail::size_text(*number);
    if (type.kind == ValueKind::rate) return documents_detail::size_text(*number) + "/s";
    return std::to_string(*number);
  }
  std::string text;
  if (const auto* list = std::get_if<FieldValue::List>(&value.value)) {
    const ValueType inner = type.inner.empty() ? value_types::text() : type.inner.front();
    for (const auto& item : *list) text += (text.empty() ? "" : ", ") + to_text(inner, item);
  }
  return text;
}

}  // namespace leat
