#include "documents/change_document.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/documents/read_document.hpp"

namespace leat::documents_detail {
namespace {

using Names = std::vector<std::string>;

struct FunctionName {
  std::string_view name;
  ColumnFunction function;
};
constexpr std::array<FunctionName, 17> function_names{{{"upper", ColumnFunction::upper},
                                                       {"lower", ColumnFunction::lower},
                                                       {"strip", ColumnFunction::strip},
                                                       {"lstrip", ColumnFunction::lstrip},
                                                       {"rstrip", ColumnFunction::rstrip},
                                                       {"title", ColumnFunction::title},
                                                       {"null_if_empty", ColumnFunction::null_if_empty},
                                                       {"md5", ColumnFunction::md5},
                                                       {"sha256", ColumnFunction::sha256},
                                                       {"abs", ColumnFunction::abs},
                                                       {"round", ColumnFunction::round},
                                                       {"trunc", ColumnFunction::trunc},
                                                       {"date_trunc", ColumnFunction::date_trunc},
                                                       {"coalesce", ColumnFunction::coalesce},
                                                       {"left", ColumnFunction::left},
                                                       {"replace", ColumnFunction::replace},
                                                       {"regexp_replace", ColumnFunction::regexp_replace}}};

class ChangeReader {
 public:
  ChangeReader(NodeReader& reader, const OriginOf& origin) : reader_(reader), origin_(origin) {}

  std::optional<ColumnChange> change(const Node& node, const std::string& path) {
    static const Names types{"map", "apply", "mask", "cast"};
    if (!reader_.require_mapping(node, path)) return std::nullopt;
    const Node* const type = reader_.required(node, path, "type");
    const Node* const column = reader_.required(node, path, "column");
    if (type == nullptr || column == nullptr) return std::nullopt;
    const auto name = text_of(*column, path_of_key(path, "column"), reader_, origin_);
    if (!reader_.require_text(*type, path_of_key(path, "type")) || !name) return std::nullopt;
    if (type->text == "map") return of(*name, map(node, path));
    if (type->text == "apply") return of(*name, apply(node, path));
    if (type->text == "mask") return of(*name, mask(node, path));
    if (type->text == "cast") return of(*name, cast(node, path));
    reader_.unknown_word(type->place, path_of_key(path, "type"), "the type", type->text, types);
    return std::nullopt;
  }

 private:
  template <class Change>
  static std::optional<ColumnChange> of(const SourcedText& column, std::optional<Change> change) {
    if (!change) return std::nullopt;
    return ColumnChange{column, std::move(*change)};
  }

  std::optional<CheckedCast> cast(const Node& node, const std::string& path) {
    reader_.check_keys(node, path, {"type", "column", "to"});
    const Node* const to = reader_.required(node, path, "to");
    if (to == nullptr) return std::nullopt;
    auto text = text_of(*to, path_of_key(path, "to"), reader_, origin_);
    if (!text) return std::nullopt;
    return CheckedCast{std::move(*text)};
  }

  std::optional<MapValues> map(const Node& node, const std::string& path) {
    reader_.check_keys(node, path, {"type", "column", "mapping", "otherwise"});
    MapValues map;
    const Node* const mapping = reader_.required(node, path, "mapping");
    if (mapping == nullptr || !reader_.require_mapping(*mapping, path_of_key(path, "mapping")))
      return std::nullopt;
    for (const auto& entry : mapping->entries) {
      auto to =
          literal_of(entry.value, path_of_key(path_of_key(path, "mapping"), entry.key), reader_, origin_);
      if (to) map.mapping.emplace_back(LiteralValue::of(entry.key), std::move(*to));
    }
    const Node* const otherwise = reader_.required(node, path, "otherwise");
    if (otherwise == nullptr) return std::nullopt;
    const std::string inner = path_of_key(path, "otherwise");
    if (otherwise->kind == NodeKind::mapping) {
      reader_.check_keys(*otherwise, inner, {"value"});
      const Node* const value = reader_.required(*otherwise, inner, "value");
      if (value == nullptr) return std::nullopt;
      auto literal = literal_of(*value, inner, reader_, origin_);
      if (!literal) return std::nullopt;
      map.otherwise = MapValues::Otherwise::value;
      map.other_value = std::move(*literal);
      return map;
    }
    const bool is_scalar = otherwise->kind == NodeKind::scalar;
    if (is_scalar && scalar_type(*otherwise) == ScalarType::null) {
      map.otherwise = MapValues::Otherwise::null;
    } else if (is_scalar && otherwise->text == "keep") {
      map.otherwise = MapValues::Otherwise::keep;
    } else if (is_scalar && otherwise->text == "error") {
      map.otherwise = MapValues::Otherwise::error;
    } else {
      reader_.wrong_type(*otherwise, inner, "null, keep, error or {value: …}",
                         "it says what becomes of values that mapping does not have");
      return std::nullopt;
    }
    return map;
  }

  std::optional<ApplyFunction> apply(const Node& node, const std::string& path) {
    reader_.check_keys(node, path, {"type", "column", "function", "arguments"});
    const Node* const function = reader_.required(node, path, "function");
    const std::string inner = path_of_key(path, "function");
    if (function == nullptr || !reader_.require_text(*function, inner)) return std::nullopt;
    const auto* const known =
        std::find_if(function_names.begin(), function_names.end(),
                     [function](const FunctionName& one) { return one.name == function->text; });
    if (known == function_names.end()) {
      Names all;
      for (const auto& one : function_names) all.emplace_back(one.name);
      reader_.unknown_word(function->place, inner, "the function", function->text, all);
      return std::nullopt;
    }
    ApplyFunction apply{.function = known->function};
    if (const NodeEntry* const arguments = node.find("arguments")) {
      const std::string list = path_of_key(path, "arguments");
      if (!reader_.require_list(arguments->value, list)) return std::nullopt;
      for (std::size_t i = 0; i < arguments->value.items.size(); ++i) {
        auto literal = literal_of(arguments->value.items[i], path_of_item(list, i), reader_, origin_);
        if (literal) apply.arguments.push_back(std::move(*literal));
      }
    }
    return apply;
  }

  std::optional<MaskValue> mask(const Node& node, const std::string& path) {
    static const Names ways{"sha256", "redact", "last", "null"};
    reader_.check_keys(node, path, {"type", "column", "how", "salt", "letters"});
    const Node* const how = reader_.required(node, path, "how");
    if (how == nullptr) return std::nullopt;
    const std::string inner = path_of_key(path, "how");
    MaskValue mask;
    const bool is_scalar = how->kind == NodeKind::scalar;
    if (is_scalar && scalar_type(*how) == ScalarType::null) {
      mask.how = MaskValue::How::null;
    } else if (!reader_.require_text(*how, inner)) {
      return std::nullopt;
    } else if (how->text == "sha256") {
      mask.how = MaskValue::How::sha256;
      if (!salt(node, path, mask)) return std::nullopt;
    } else if (how->text == "last") {
      mask.how = MaskValue::How::last;
      if (!letters(node, path, mask)) return std::nullopt;
    } else if (how->text != "redact") {
      reader_.unknown_word(how->place, inner, "the mask", how->text, ways);
      return std::nullopt;
    }
    return mask;
  }
  bool salt(const Node& node, const std::string& path, MaskValue& mask) {
    const Node* const salt = reader_.required(node, path, "salt");
    if (salt == nullptr || !reader_.require_text(*salt, path_of_key(path, "salt"))) return false;
    mask.salt = salt->text;
    if (salt->substituted) return true;
    reader_.secret_in_document(*salt, path_of_key(path, "salt"));
    return true;
  }
  bool letters(const Node& node, const std::string& path, MaskValue& mask) {
    const Node* const letters = reader_.required(node, path, "letters");
    if (letters == nullptr) return false;
    const char* const end = letters->text.data() + letters->text.size();
    const auto [stop, failure] = std::from_chars(letters->text.data(), end, mask.letters);
    if (letters->kind == NodeKind::scalar && failure == std::errc{} && stop == end) return true;
    reader_.wrong_type(*letters, path_of_key(path, "letters"), "a whole number");
    return false;
  }

  NodeReader& reader_;
  const OriginOf& origin_;
};

}  // namespace

std::optional<ColumnChange> change_of(const Node& node, const std::string& path, NodeReader& reader,
                                      const OriginOf& origin) {
  return ChangeReader(reader, origin).change(node, path);
}

}  // namespace leat::documents_detail
