#include "leat/documents/read_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

#include "documents/node_reader.hpp"
#include "documents/shown.hpp"
#include "documents/value_shape.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/documents/read_document.hpp"

namespace leat {
namespace documents_detail {
namespace {

/// A whole number as decimal digits: 0x1F, 0o17 and 1e3 are some, too. Empty if it is none, or not below
/// 2^64.
std::string decimal_digits(const std::string& text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data() + 2, end, number, text[1] == 'x' ? 16 : 8);
    return failure == std::errc{} && stop == end ? std::to_string(number) : std::string();
  }
  const std::string digits = text.starts_with('+') ? text.substr(1) : text;
  if (digits.find_first_not_of("0123456789") == std::string::npos) return digits;
  double number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, number);
  constexpr double beyond = 18446744073709551616.0;
  if (failure != std::errc{} || stop != end || std::floor(number) != number) return {};
  if (number < 0 || number >= beyond) return {};
  return std::to_string(static_cast<std::uint64_t>(number));
}

class FieldReader {
 public:
  explicit FieldReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  FieldValue::Map fields(const FieldTable& table, const Node& mapping, const std::string& path) {
    FieldValue::Map values;
    if (mapping.kind != NodeKind::mapping) {
      fault(mapping.place, path, "wrong-type",
            said(path, "the document") + " must be a mapping, not " + what_stands(mapping, !mapping.tainted));
      return values;
    }
    for (const auto& entry : mapping.entries) {
      if (is_free_key(entry.key)) continue;
      const std::string inner = path_of_key(path, entry.key);
      const DocumentField* field = table.find(entry.key);
      if (field == nullptr) {
        unknown_key(table, entry, path, inner);
        continue;
      }
      if (field->secret) NodeReader(diagnostics_).secret_in_document(entry.value, inner);
      FieldValue read = value(field->type, entry.value, inner, field);
      if (read.is_set()) values.emplace_back(entry.key, std::move(read));
    }
    for (const auto& field : table.fields()) {
      if (!field.required || mapping.find(field.name) != nullptr) continue;
      fault(mapping.place, path, "missing-key", path_of_key(path, field.name) + " is missing",
            field.example.empty() ? "" : "for example " + field.name + ": " + field.example);
    }
    return values;
  }

  /// @param field whose value it is, or null.
  FieldValue value(const ValueType& type, const Node& node, const std::string& path,
                   const DocumentField* field) {
    const bool shows = !node.tainted && (field == nullptr || !field->secret);
    if (node.kind == NodeKind::scalar && scalar_type(node) == ScalarType::null) {
      const std::string example =
          field == nullptr || field->example.empty() ? "" : ", such as " + field->example;
      fault(node.place, path, "no-value", said(path, "the document") + " has no value",
            "leave the key out, or write " + expectation(type) + example);
      return {};
    }
    const ValueType* shape = type_for(type, node.kind);
    if (shape == nullptr || !takes_shape(*shape, node.kind)) {
      wrong_type(type, node, path, shows);
      return {};
    }
    FieldValue read = of_shape(*shape, node, path, shows, field);
    read.tainted = read.tainted || node.tainted;
    return read;
  }

 private:
  FieldValue of_shape(const ValueType& type, const Node& node, const std::string& path, bool shows,
                      const DocumentField* field) {
    switch (type.kind) {
      case ValueKind::node:
        return {};
      case ValueKind::structure:
        return {.value = fields(*type.fields, node, path)};
      case ValueKind::list: {
        FieldValue::List list;
        for (std::size_t i = 0; i < node.items.size(); ++i) {
          FieldValue item = value(type.inner.front(), node.items[i], path_of_item(path, i), field);
          if (item.is_set()) list.push_back(std::move(item));
        }
        return {.value = std::move(list)};
      }
      case ValueKind::map: {
        FieldValue::Map map;
        for (const auto& entry : node.entries) {
          FieldValue item = value(type.inner.front(), entry.value, path_of_key(path, entry.key), field);
          if (item.is_set()) map.emplace_back(entry.key, std::move(item));
        }
        return {.value = std::move(map)};
      }
      case ValueKind::column_list:
        return node.kind == NodeKind::sequence ? names(node, path) : scalar(type, node, path, shows);
      default:
        return scalar(type, node, path, shows);
    }
  }

  /// The names of columns, as they are.
  FieldValue names(const Node& node, const std::string& path) {
    FieldValue::List list;
    if (node.items.empty()) fault(node.place, path, "wrong-form", path + " names no column");
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string inner = path_of_item(path, i);
      FieldValue name = value(value_types::text("a column's name"), node.items[i], inner, nullptr);
      if (!name.is_set()) continue;
      if (std::get<std::string>(name.value).empty()) {
        fault(node.items[i].place, inner, "wrong-form", inner + " is empty");
        continue;
      }
      list.push_back(std::move(name));
    }
    return {.value = std::move(list)};
  }

  FieldValue scalar(const ValueType& type, const Node& node, const std::string& path, bool shows) {
    std::string text = node.text;
    switch (scalar_type(node)) {
      case ScalarType::text: {
        const bool wants_number = type.kind == ValueKind::whole_number || type.kind == ValueKind::boolean;
        if (wants_number && !node.substituted) {
          wrong_type(type, node, path, shows);
          return {};
        }
        break;
      }
      case ScalarType::boolean:
        if (type.kind != ValueKind::boolean) {
          wrong_type(type, node, path, shows);
          return {};
        }
        text = node.text.front() == 't' || node.text.front() == 'T' ? "true" : "false";
        break;
      case ScalarType::integer:
      case ScalarType::floating:
        text = number_text(type, node, path, shows);
        if (text.empty()) return {};
        break;
      case ScalarType::unclear:
        fault(node.place, path, "unclear-number",
              said(path, "the document") + " begins with a zero" + (shows ? ": " + node.text : "") +
                  " may be a number of base 8, one of base 10, or text",
              "write it without the zero, as 0o" +
                  (shows ? node.text.substr(node.text.find_first_not_of("-+0")) : "17") + ", or in quotes");
        return {};
      case ScalarType::null:
        return {};
    }
    TextValue read = read_text_value(type, text, shows);
    if (read.value) return std::move(*read.value);
    fault(node.place, path, read.code,
          said(path, "the document") + (read.is_sentence ? ": " : " must be ") + read.fault,
          node.tainted ? "it comes from " + node.written : read.hint);
    return {};
  }

  /// The digits of a number that a field takes; empty, which was told, if it takes none, or not this one.
  std::string number_text(const ValueType& type, const Node& node, const std::string& path, bool shows) {
    const std::string digits = decimal_digits(node.text);
    const bool is_amount =
        type.kind == ValueKind::whole_number || type.kind == ValueKind::size || type.kind == ValueKind::rate;
    if (type.kind == ValueKind::duration && digits.find_first_not_of('0') == std::string::npos &&
        !digits.empty()) {
      return "0";
    }
    if (is_amount && !digits.empty()) return digits;
    const bool is_beyond = is_amount && node.text.find_first_of(".eE") == std::string::npos;
    const std::string message =
        said(path, "the document") + " must be " + expectation(type) + ", not " + what_stands(node, shows);
    const bool is_time = type.kind == ValueKind::duration && !digits.empty();
    fault(node.place, path, is_beyond ? "out-of-range" : "wrong-type", message,
          is_time ? "write the unit, such as " + digits + "s" : hint_for(type, node, shows));
    return {};
  }

  void wrong_type(const ValueType& type, const Node& node, const std::string& path, bool shows) {
    fault(node.place, path, "wrong-type",
          said(path, "the document") + " must be " + expectation(type) + ", not " + what_stands(node, shows),
          hint_for(type, node, shows));
  }

  /// What to write instead.
  static std::string hint_for(const ValueType& type, const Node& node, bool shows) {
    const bool is_text = type.kind == ValueKind::text || type.kind == ValueKind::sql ||
                         type.kind == ValueKind::word || type.kind == ValueKind::table_name ||
                         type.kind == ValueKind::column_list;
    if (node.kind == NodeKind::scalar && is_text) {
      return "write it in quotes" + (shows ? ": \"" + node.text + "\"" : std::string());
    }
    if (node.kind != NodeKind::scalar || !shows) return {};
    if (type.kind == ValueKind::boolean) {
      const bool is_yes = node.text == "yes" || node.text == "on" || node.text == "Yes" || node.text == "1" ||
                          node.text == "On";
      const bool is_no = node.text == "no" || node.text == "off" || node.text == "No" || node.text == "0" ||
                         node.text == "Off";
      if (is_yes || node.text == "true") return "write true";
      if (is_no || node.text == "false") return "write false";
    }
    const bool is_number =
        !node.text.empty() && node.text.find_first_not_of("0123456789") == std::string::npos;
    if (type.kind == ValueKind::whole_number && node.quoted && is_number) return "write it without quotes";
    if (type.kind == ValueKind::list) return "write it in brackets: [" + node.text + "]";
    return {};
  }

  void unknown_key(const FieldTable& table, const NodeEntry& entry, const std::string& path,
                   const std::string& inner) {
    // It may be a password under a name that is not quite right.
    if (table.has_secrets()) hide(entry.value);
    std::string hint;
    for (const auto& field : table.fields()) {
      const auto& others = field.other_names;
      if (std::find(others.begin(), others.end(), entry.key) != others.end()) hint = "write " + field.name;
    }
    const std::string near = detail::nearest(entry.key, table.names());
    if (hint.empty() && !near.empty()) hint = "did you mean " + near + "?";
    if (hint.empty()) hint = "known keys are " + detail::any_of(table.names());
    fault(entry.key_place, inner, "unknown-key",
          path.empty() ? "the document has no key " + shown(entry.key)
                       : path + " has no key " + shown(entry.key) + " (" + inner + ")",
          hint);
  }

  void hide(const Node& node) {
    if (node.kind == NodeKind::scalar) diagnostics_.hide(node.place);
    for (const auto& item : node.items) hide(item);
    for (const auto& entry : node.entries) hide(entry.value);
  }

  static std::string said(const std::string& path, const char* otherwise) {
    return path.empty() ? otherwise : path;
  }

  void fault(const Place& place, const std::string& path, const std::string& code, std::string message,
             std::string hint = {}) {
    diagnostics_.add(
        {.place = place, .path = path, .code = code, .message = std::move(message), .hint = std::move(hint)});
  }

  Diagnostics& diagnostics_;
};

}  // namespace
}  // namespace documents_detail

FieldValue::Map read_fields(const FieldTable& table, const Node& mapping, const std::string& path,
                            Diagnostics& diagnostics) {
  return documents_detail::FieldReader(diagnostics).fields(table, mapping, path);
}

FieldValue read_value(const ValueType& type, const Node& node, const std::string& path,
                      Diagnostics& diagnostics) {
  return documents_detail::FieldReader(diagnostics).value(type, node, path, nullptr);
}

}  // namespace leat
