#include "documents/foreign_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "documents/sql_tokens.hpp"

namespace leat::documents_detail {
namespace {

using Tokens = std::vector<SqlToken>;
using TokenKind = SqlToken::Kind;

/// Words beside which another one may stand.
bool is_keyword(const SqlToken& token) {
  static constexpr std::array<std::string_view, 66> words{"all",
                                                          "and",
                                                          "any",
                                                          "array",
                                                          "as",
                                                          "asc",
                                                          "at",
                                                          "between",
                                                          "both",
                                                          "by",
                                                          "case",
                                                          "cast",
                                                          "character",
                                                          "collate",
                                                          "current_date",
                                                          "current_time",
                                                          "current_timestamp",
                                                          "current_user",
                                                          "date",
                                                          "desc",
                                                          "distinct",
                                                          "double",
                                                          "else",
                                                          "end",
                                                          "escape",
                                                          "exists",
                                                          "extract",
                                                          "false",
                                                          "filter",
                                                          "first",
                                                          "for",
                                                          "from",
                                                          "group",
                                                          "having",
                                                          "ilike",
                                                          "in",
                                                          "interval",
                                                          "is",
                                                          "isnull",
                                                          "last",
                                                          "leading",
                                                          "like",
                                                          "limit",
                                                          "localtimestamp",
                                                          "not",
                                                          "notnull",
                                                          "null",
                                                          "nulls",
                                                          "on",
                                                          "or",
                                                          "order",
                                                          "over",
                                                          "overlaps",
                                                          "partition",
                                                          "placing",
                                                          "row",
                                                          "select",
                                                          "similar",
                                                          "some",
                                                          "then",
                                                          "time",
                                                          "timestamp",
                                                          "to",
                                                          "true",
                                                          "when",
                                                          "where"};
  static constexpr std::array<std::string_view, 8> more{"operator", "returning", "with",     "within",
                                                        "without",  "zone",      "trailing", "unknown"};
  const std::string lower = in_lower_case(token.text);
  return std::find(words.begin(), words.end(), lower) != words.end() ||
         std::find(more.begin(), more.end(), lower) != more.end();
}

ForeignText literal(std::string_view text, std::string why) {
  return {.message = "is no SQL: " + std::move(why), .instead = std::string(text), .is_literal = true};
}

/// Two of which none is a word of SQL's cannot stand beside one another: "New York".
bool are_apart(const SqlToken& a, const SqlToken& b) {
  const bool words = a.kind == TokenKind::word && (b.kind == TokenKind::word || b.kind == TokenKind::number);
  const bool number =
      a.kind == TokenKind::number && (b.kind == TokenKind::word || b.kind == TokenKind::number);
  if (number) return b.kind == TokenKind::number || !is_keyword(b);
  return words && !is_keyword(a) && (b.kind == TokenKind::number || !is_keyword(b));
}

/// Signs that no operator of PostgreSQL has, or that cannot stand there.
std::optional<std::string> misplaced(const Tokens& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto& token = tokens[i];
    if (token.kind != TokenKind::sign) continue;
    const bool is_last = i + 1 == tokens.size();
    if (is_last && !token.is(")") && !token.is("]"))
      return "nothing stands behind " + std::string(token.text);
    if (i == 0 && (token.is("*") || token.is("/") || token.is(",") || token.is("=") || token.is("."))) {
      return "nothing stands before " + std::string(token.text);
    }
    const bool is_odd = token.text.find_first_of("\\`;{}") != std::string_view::npos ||
                        (token.text.starts_with(':') && token.text.size() > 1 && token.text != "::");
    if (is_odd) return std::string(token.text) + " may not stand there";
  }
  return std::nullopt;
}

/// Changes of a text, from its begin to its end.
class Edits {
 public:
  explicit Edits(std::string_view text) : text_(text) {}

  void replace(std::size_t begin, std::size_t end, const std::string& by) {
    out_ += std::string(text_.substr(at_, begin - at_)) + by;
    at_ = end;
  }
  [[nodiscard]] bool empty() const { return at_ == 0; }
  [[nodiscard]] std::string text() const { return out_ + std::string(text_.substr(at_)); }

 private:
  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

struct MethodOfPandas {
  std::string_view method;
  std::string_view function;
};
constexpr std::array<MethodOfPandas, 8> text_methods{{{"upper", "upper"},
                                                      {"lower", "lower"},
                                                      {"strip", "btrim"},
                                                      {"lstrip", "ltrim"},
                                                      {"rstrip", "rtrim"},
                                                      {"title", "initcap"},
                                                      {"capitalize", "initcap"},
                                                      {"len", "length"}}};

/// `name.str.upper()` or `day.dt.year`, of which `at` is the first; where it ends, and what it is in SQL,
/// which is empty if nobody knows.
struct Accessor {
  std::size_t end = 0;
  std::string sql{};
};
std::optional<Accessor> accessor_at(const Tokens& tokens, std::size_t at) {
  if (at + 4 >= tokens.size() || tokens[at].kind != TokenKind::word || !tokens[at + 1].is(".") ||
      !tokens[at + 3].is(".") || tokens[at + 4].kind != TokenKind::word) {
    return std::nullopt;
  }
  const std::string column(tokens[at].text);
  const std::string method = in_lower_case(tokens[at + 4].text);
  if (tokens[at + 2].is_word("dt")) {
    if (method == "date") return Accessor{at + 5, column + "::date"};
    return Accessor{at + 5, "extract(" + method + " FROM " + column + ")"};
  }
  if (!tokens[at + 2].is_word("str")) return std::nullopt;
  const auto* const known =
      std::find_if(text_methods.begin(), text_methods.end(),
                   [&method](const MethodOfPandas& one) { return one.method == method; });
  const bool is_call = at + 6 < tokens.size() && tokens[at + 5].is("(") && tokens[at + 6].is(")");
  if (known == text_methods.end() || !is_call) return Accessor{at + 5, ""};
  return Accessor{at + 7, std::string(known->function) + "(" + column + ")"};
}

std::string sql_text_of(std::string_view name) {
  std::string text = "'";
  for (const char c : name.substr(1, name.size() - 2))
    text += c == '\'' ? std::string("''") : std::string(1, c);
  return text + "'";
}

/// What pandas reads and SQL does not.
std::optional<ForeignText> of_pandas(std::string_view text, const Tokens& tokens) {
  const auto has = [&tokens](std::string_view sign) {
    return std::any_of(tokens.begin(), tokens.end(), [sign](const SqlToken& one) { return one.is(sign); });
  };
  const bool compares = has("==") || has("!=") || has("<") || has(">") || has("<=") || has(">=");
  Edits edits(text);
  std::string what;
  bool is_known = true;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto& token = tokens[i];
    if (const auto accessor = accessor_at(tokens, i)) {
      if (what.empty()) what = "." + std::string(tokens[i + 2].text) + ".";
      is_known = is_known && !accessor->sql.empty();
      edits.replace(token.begin, tokens[accessor->end - 1].end(), accessor->sql);
      i = accessor->end - 1;
    } else if (token.is("==") || token.is("**")) {
      if (what.empty()) what = token.text;
      edits.replace(token.begin, token.end(), token.is("==") ? "=" : "^");
    } else if (token.is("//")) {
      if (what.empty()) what = token.text;
      is_known = false;
    } else if ((token.is("&") || token.is("|")) && compares) {
      if (what.empty()) what = token.text;
      edits.replace(token.begin, token.end(), token.is("&") ? "AND" : "OR");
    } else if (token.kind == TokenKind::name && has("==")) {
      edits.replace(token.begin, token.end(), sql_text_of(token.text));
    }
  }
  if (what.empty()) return std::nullopt;
  if (!is_known && tokens.size() == 3 && tokens[1].is("//")) {
    return ForeignText{.message = "is no SQL: it has no //",
                       .instead = "floor(" + std::string(tokens[0].text) + "::numeric / " +
                                  std::string(tokens[2].text) + ")"};
  }
  return ForeignText{.message = "is no SQL: it has no " + what, .instead = is_known ? edits.text() : ""};
}

bool is_call(const Tokens& tokens) {
  return tokens.size() >= 3 && tokens[0].kind == TokenKind::word && tokens[1].is("(");
}

}  // namespace

std::optional<ForeignText> foreign_expression(std::string_view text) {
  const auto tokens = sql_tokens(text);
  if (!tokens) return literal(text, "a quote or a parenthesis is not closed");
  if (tokens->empty()) return literal(text, "there is no expression");
  if (auto foreign = of_pandas(text, *tokens)) return foreign;
  for (std::size_t i = 0; i + 1 < tokens->size(); ++i) {
    const auto& a = (*tokens)[i];
    const auto& b = (*tokens)[i + 1];
    if (are_apart(a, b)) {
      return literal(text, "nothing stands between " + std::string(a.text) + " and " + std::string(b.text));
    }
  }
  if (const auto why = misplaced(*tokens)) return literal(text, *why);
  return std::nullopt;
}

bool is_one_word(std::string_view text) {
  const auto tokens = sql_tokens(text);
  return tokens && tokens->size() == 1 && tokens->front().kind == TokenKind::word &&
         !is_keyword(tokens->front());
}

std::string aggregate_by_sql_name(const std::string& text) {
  const auto tokens = sql_tokens(text);
  if (!tokens || !is_call(*tokens) || !tokens->front().is_word("average")) return text;
  return "AVG" + text.substr(tokens->front().end());
}

std::optional<ForeignText> foreign_aggregate(std::string_view text) {
  const auto tokens = sql_tokens(text);
  if (!tokens || !is_call(*tokens)) {
    return ForeignText{.message = "is no call of an aggregate, such as SUM(amount) or COUNT(*)"};
  }
  const std::string function = in_lower_case(tokens->front().text);
  const std::string rest(text.substr(tokens->front().end()));
  const std::string inner(text.substr((*tokens)[1].end(), tokens->back().begin - (*tokens)[1].end()));
  std::string instead;
  if (function == "mean") instead = "AVG" + rest;
  if (function == "std") instead = "STDDEV" + rest;
  if (function == "var") instead = "VARIANCE" + rest;
  if (function == "nunique") instead = "COUNT(DISTINCT " + inner + ")";
  if (function == "median") instead = "percentile_cont(0.5) WITHIN GROUP (ORDER BY " + inner + ")";
  if (instead.empty()) return std::nullopt;
  return ForeignText{
      .message = "calls " + std::string(tokens->front().text) + ", which is no aggregate of SQL",
      .instead = std::move(instead)};
}

std::vector<UnnamedCall> unnamed_calls(const std::string& select) {
  std::vector<UnnamedCall> calls;
  const auto tokens = sql_tokens(select);
  if (!tokens || tokens->empty() || !tokens->front().is_word("select")) return calls;
  std::size_t depth = 0;
  std::size_t first = 1;
  const auto item = [&](std::size_t end) {
    if (end < first + 3 || (*tokens)[first].kind != TokenKind::word || !(*tokens)[first + 1].is("(")) return;
    // The parenthesis that closes the call is the last of the item.
    std::size_t open = 0;
    for (std::size_t i = first + 1; i < end; ++i) {
      if ((*tokens)[i].is("(")) ++open;
      if ((*tokens)[i].is(")") && --open == 0 && i + 1 != end) return;
    }
    const auto& function = (*tokens)[first];
    UnnamedCall call{.end = (*tokens)[end - 1].end(),
                     .call = select.substr(function.begin, (*tokens)[end - 1].end() - function.begin),
                     .given = in_lower_case(function.text)};
    const bool has_one_name = end == first + 4 && (*tokens)[first + 2].kind == TokenKind::word;
    call.name = has_one_name ? in_lower_case((*tokens)[first + 2].text) + "_" + call.given : call.given;
    calls.push_back(std::move(call));
  };
  for (std::size_t i = 1; i < tokens->size(); ++i) {
    const auto& token = (*tokens)[i];
    if (token.is("(")) ++depth;
    if (token.is(")")) --depth;
    if (depth > 0) continue;
    if (!token.is(",") && !token.is_word("from")) continue;
    item(i);
    first = i + 1;
    if (token.is_word("from")) return calls;
  }
  item(tokens->size());
  return calls;
}

}  // namespace leat::documents_detail
