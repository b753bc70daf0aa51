#include "leat/documents/expectation.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "documents/node_reader.hpp"
#include "leat/documents/read_document.hpp"

namespace leat {
namespace documents_detail {
namespace {

constexpr std::array<std::string_view, 6> row_operators{"==", "!=", ">=", "<=", ">", "<"};
constexpr const char* row_form = "write rows > 0, or one of >=, <, <=, ==, != and a whole number";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class ExpectationReader {
 public:
  explicit ExpectationReader(Diagnostics& diagnostics) : reader_(diagnostics) {}

  std::vector<Expectation> read(const Node& node, const std::string& path) {
    if (!reader_.require_list(node, path)) return {};
    std::vector<Expectation> all;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      auto one = read_one(node.items[i], path_of_item(path, i));
      if (one) all.push_back(std::move(*one));
    }
    return all;
  }

 private:
  std::optional<Expectation> read_one(const Node& node, const std::string& path) {
    if (node.kind == NodeKind::scalar) return of_rows(node, path);
    if (!reader_.require_mapping(node, path)) return std::nullopt;
    reader_.check_keys(node, path,
                       {"column", "columns", "not_null", "unique", "sql", "rows_within", "of_last"});
    if (node.find("sql") != nullptr) return of_sql(node, path);
    if (node.find("rows_within") != nullptr) return of_earlier(node, path);
    return of_columns(node, path);
  }

  std::optional<Expectation> of_rows(const Node& node, const std::string& path) {
    const auto wrong = [&] {
      reader_.fault(node.place, path, "wrong-form", "\"" + node.text + "\" is no expectation", row_form);
      return std::nullopt;
    };
    std::string_view text = trimmed(node.text);
    if (!text.starts_with("rows")) return wrong();
    text = trimmed(text.substr(4));
    const auto* const op = std::find_if(row_operators.begin(), row_operators.end(),
                                        [&](std::string_view one) { return text.starts_with(one); });
    if (op == row_operators.end()) return wrong();
    const auto number = whole_number(trimmed(text.substr(op->size())));
    if (!number) return wrong();
    return Expectation{.kind = Expectation::Kind::rows,
                       .place = node.place,
                       .text = "rows " + std::string(*op) + " " + std::to_string(*number),
                       .op = std::string(*op),
                       .number = *number};
  }

  std::optional<Expectation> of_sql(const Node& node, const std::string& path) {
    const Node& sql = node.find("sql")->value;
    if (!reader_.require_text(sql, path_of_key(path, "sql"))) return std::nullopt;
    return Expectation{
        .kind = Expectation::Kind::sql, .place = sql.place, .text = "sql: " + sql.text, .sql = sql.text};
  }

  std::optional<Expectation> of_earlier(const Node& node, const std::string& path) {
    const Node& share = node.find("rows_within")->value;
    std::string_view text = share.text;
    if (text.ends_with('%')) text.remove_suffix(1);
    const auto per_cent = whole_number(trimmed(text));
    if (share.kind != NodeKind::scalar || !per_cent || !share.text.ends_with('%')) {
      reader_.fault(share.place, path_of_key(path, "rows_within"), "wrong-form",
                    path_of_key(path, "rows_within") + " is no share", "write rows_within: 50%");
      return std::nullopt;
    }
    Expectation one{.kind = Expectation::Kind::rows_within,
                    .place = node.place,
                    .text = "rows_within: " + std::to_string(*per_cent) + "%",
                    .per_cent = *per_cent};
    if (const NodeEntry* const last = node.find("of_last")) {
      const auto runs = whole_number(last->value.text);
      if (!runs || *runs == 0 || *runs > 10) {
        reader_.fault(last->value.place, path_of_key(path, "of_last"), "out-of-range",
                      "of_last is a number of runs, from 1 to 10", "the last ten are known");
        return std::nullopt;
      }
      one.of_last = *runs;
    }
    return one;
  }

  std::optional<Expectation> of_columns(const Node& node, const std::string& path) {
    Expectation one{.place = node.place};
    for (const char* const key : {"column", "columns"}) {
      const NodeEntry* const entry = node.find(key);
      if (entry == nullptr) continue;
      if (entry->value.kind == NodeKind::scalar) {
        one.columns.push_back(entry->value.text);
      } else {
        for (const auto& item : entry->value.items) one.columns.push_back(item.text);
      }
    }
    const bool is_unique = is_true(node, path, "unique");
    const bool is_not_null = is_true(node, path, "not_null");
    if (one.columns.empty() || is_unique == is_not_null) {
      reader_.fault(
          node.place, path, "wrong-form", path + " says not what is expected",
          "write {column: id, unique: true}, {column: amount, not_null: true}, {sql: …} or rows > 0");
      return std::nullopt;
    }
    one.kind = is_unique ? Expectation::Kind::unique : Expectation::Kind::not_null;
    for (const auto& column : one.columns) one.text += (one.text.empty() ? "" : ", ") + column;
    one.text += is_unique ? ": unique" : ": not_null";
    return one;
  }

  bool is_true(const Node& node, const std::string& path, const std::string& key) {
    const NodeEntry* const entry = node.find(key);
    if (entry == nullptr) return false;
    if (entry->value.kind == NodeKind::scalar && !entry->value.quoted && entry->value.text == "true")
      return true;
    reader_.fault(entry->value.place, path_of_key(path, key), "wrong-form",
                  path_of_key(path, key) + " is true or not there", "leave it out");
    return false;
  }

  NodeReader reader_;
};

}  // namespace
}  // namespace documents_detail

std::vector<Expectation> read_expectations(const Node& node, const std::string& path,
                                           Diagnostics& diagnostics) {
  return documents_detail::ExpectationReader(diagnostics).read(node, path);
}

}  // namespace leat
