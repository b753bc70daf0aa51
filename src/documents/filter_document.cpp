#include "documents/filter_document.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/documents/read_document.hpp"

namespace leat::documents_detail {
namespace {

struct OperatorName {
  std::string_view name;
  FilterOperator op;
};
constexpr std::array<OperatorName, 24> operator_names{{{"==", FilterOperator::equal},
                                                       {"equals", FilterOperator::equal},
                                                       {"!=", FilterOperator::not_equal},
                                                       {"not_equals", FilterOperator::not_equal},
                                                       {">", FilterOperator::greater},
                                                       {"gt", FilterOperator::greater},
                                                       {">=", FilterOperator::greater_equal},
                                                       {"ge", FilterOperator::greater_equal},
                                                       {"<", FilterOperator::less},
                                                       {"lt", FilterOperator::less},
                                                       {"<=", FilterOperator::less_equal},
                                                       {"le", FilterOperator::less_equal},
                                                       {"in", FilterOperator::in},
                                                       {"not_in", FilterOperator::not_in},
                                                       {"contains", FilterOperator::matches},
                                                       {"matches", FilterOperator::matches},
                                                       {"contains_text", FilterOperator::contains_text},
                                                       {"starts_with", FilterOperator::starts_with},
                                                       {"ends_with", FilterOperator::ends_with},
                                                       {"like", FilterOperator::like},
                                                       {"ilike", FilterOperator::ilike},
                                                       {"between", FilterOperator::between},
                                                       {"is_null", FilterOperator::is_null},
                                                       {"is_not_null", FilterOperator::is_not_null}}};

/// Digits as SQL has them.
std::string sql_number(const std::string& text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    std::uint64_t number = 0;
    std::from_chars(text.data() + 2, text.data() + text.size(), number, text[1] == 'x' ? 16 : 8);
    return std::to_string(number);
  }
  return text.starts_with('+') ? text.substr(1) : text;
}

class FilterReader {
 public:
  FilterReader(NodeReader& reader, const OriginOf& origin) : reader_(reader), origin_(origin) {}

  FilterCondition filter(const Node& node, const std::string& path) {
    if (node.kind == NodeKind::scalar) {
      const auto sql = text_of(node, path, reader_, origin_);
      if (!sql) return {};
      return {.kind = FilterCondition::Kind::sql, .sql = *sql};
    }
    if (node.kind == NodeKind::sequence) {
      reader_.wrong_type(node, path, "conditions by columns, or SQL", "write all: or any: before a list");
      return {};
    }
    FilterCondition all{.kind = FilterCondition::Kind::all};
    for (const auto& entry : node.entries) {
      const std::string inner = path_of_key(path, entry.key);
      if (entry.key == "all" || entry.key == "any") {
        all.parts.push_back(list(entry, inner));
      } else if (entry.key == "not") {
        all.parts.push_back({.kind = FilterCondition::Kind::negation, .parts = {filter(entry.value, inner)}});
      } else {
        column(entry, inner, all.parts);
      }
    }
    return all;
  }

 private:
  FilterCondition list(const NodeEntry& entry, const std::string& path) {
    FilterCondition joined{.kind =
                               entry.key == "all" ? FilterCondition::Kind::all : FilterCondition::Kind::any};
    if (!reader_.require_list(entry.value, path)) return joined;
    for (std::size_t i = 0; i < entry.value.items.size(); ++i) {
      joined.parts.push_back(filter(entry.value.items[i], path_of_item(path, i)));
    }
    return joined;
  }

  void column(const NodeEntry& entry, const std::string& path, std::vector<FilterCondition>& parts) {
    const SourcedText name(entry.key, origin_(key_node(entry)));
    const Node& value = entry.value;
    if (value.kind == NodeKind::sequence) {
      reader_.wrong_type(value, path, "a value, or operators with values", "write {in: […]}");
      return;
    }
    if (value.kind == NodeKind::scalar) {
      add(name, FilterOperator::equal, value, path, parts);
      return;
    }
    if (value.entries.empty()) {
      reader_.fault(value.place, path, "no-value", path + " has no operator",
                    "write a value, or {\">=\": 1}");
    }
    for (const auto& one : value.entries) {
      const auto* const known =
          std::find_if(operator_names.begin(), operator_names.end(),
                       [&one](const OperatorName& each) { return each.name == one.key; });
      if (known == operator_names.end()) {
        reader_.unknown_word(one.key_place, path_of_key(path, one.key), "the operator", one.key, names());
        continue;
      }
      add(name, known->op, one.value, path_of_key(path, one.key), parts);
    }
  }

  static std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& one : operator_names) {
      all.emplace_back(one.name);
    }
    return all;
  }

  void add(const SourcedText& column, FilterOperator op, const Node& value, const std::string& path,
           std::vector<FilterCondition>& parts) {
    FilterCondition condition{.kind = FilterCondition::Kind::comparison, .column = column, .op = op};
    if (op == FilterOperator::is_null || op == FilterOperator::is_not_null) {
      const bool is_true = value.kind == NodeKind::scalar && scalar_type(value) == ScalarType::boolean &&
                           (value.text.front() == 't' || value.text.front() == 'T');
      if (!is_true) {
        reader_.wrong_type(value, path, "true",
                           op == FilterOperator::is_null ? "write is_not_null: true for the opposite"
                                                         : "write is_null: true for the opposite");
        return;
      }
    } else if (op == FilterOperator::in || op == FilterOperator::not_in || op == FilterOperator::between) {
      if (!reader_.require_list(value, path)) return;
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        auto literal = literal_of(value.items[i], path_of_item(path, i), reader_, origin_);
        if (!literal) return;
        condition.values.push_back(std::move(*literal));
      }
    } else {
      auto literal = literal_of(value, path, reader_, origin_);
      if (!literal) return;
      if (literal->kind == LiteralValue::Kind::null) {
        reader_.fault(
            value.place, path, "no-value", path + " compares with null, which no value is equal to",
            op == FilterOperator::not_equal ? "write {is_not_null: true}" : "write {is_null: true}");
        return;
      }
      condition.values.push_back(std::move(*literal));
    }
    parts.push_back(std::move(condition));
  }

  NodeReader& reader_;
  const OriginOf& origin_;
};

}  // namespace

Node key_node(const NodeEntry& entry) {
  Node key;
  key.place = entry.key_place;
  key.text = entry.key;
  return key;
}

std::optional<SourcedText> text_of(const Node& node, const std::string& path, NodeReader& reader,
                                   const OriginOf& origin) {
  if (!reader.require_text(node, path)) return std::nullopt;
  if (node.substituted) {
    reader.fault(node.place, path, "reference-in-sql",
                 path + " takes no ${…}: no SQL and no name is made of values",
                 "write a parameter (:name) and give it by --param");
    return std::nullopt;
  }
  if (node.text.find_first_not_of(" \t\r\n") != std::string::npos)
    return SourcedText(node.text, origin(node));
  reader.fault(node.place, path, "no-value", path + " is empty");
  return std::nullopt;
}

std::optional<LiteralValue> literal_of(const Node& node, const std::string& path, NodeReader& reader,
                                       const OriginOf& origin) {
  if (node.kind != NodeKind::scalar) {
    reader.wrong_type(node, path, "a text, a number, true, false or null");
    return std::nullopt;
  }
  LiteralValue value{.text = node.text, .origin = origin(node)};
  switch (scalar_type(node)) {
    case ScalarType::null:
      value.text.clear();
      break;
    case ScalarType::text:
      value.kind = LiteralValue::Kind::text;
      break;
    case ScalarType::boolean:
      value.kind = LiteralValue::Kind::boolean;
      value.text = node.text.front() == 't' || node.text.front() == 'T' ? "true" : "false";
      break;
    case ScalarType::integer:
      value.kind = LiteralValue::Kind::number;
      value.text = sql_number(node.text);
      break;
    case ScalarType::floating: {
      const bool is_digits = node.text.find_first_not_of("+-0123456789.eE") == std::string::npos;
      value.kind = is_digits ? LiteralValue::Kind::number : LiteralValue::Kind::text;
      if (is_digits) {
        value.text = sql_number(node.text);
      } else if (node.text.find_first_of("nN") == 1 && node.text.find_first_of("aA") == 2) {
        value.text = "NaN";
      } else {
        value.text = node.text.starts_with('-') ? "-Infinity" : "Infinity";
      }
      break;
    }
    case ScalarType::unclear:
      reader.fault(node.place, path, "unclear-number",
                   path + " begins with a zero: it may be a number of base 8, one of base 10, or text",
                   "write it without the zero, or in quotes");
      return std::nullopt;
  }
  return value;
}

FilterCondition filter_of(const Node& node, const std::string& path, NodeReader& reader,
                          const OriginOf& origin) {
  return FilterReader(reader, origin).filter(node, path);
}

}  // namespace leat::documents_detail
