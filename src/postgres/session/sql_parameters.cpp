#include "leat/postgres/session/sql_parameters.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "leat/core/detail/characters.hpp"
#include "leat/core/error.hpp"
#include "postgres/session/nul_bytes.hpp"
#include "postgres/session/select_items.hpp"

namespace leat {
namespace {

bool starts_name(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalpha(byte) != 0 || c == '_' || byte >= 0x80;
}
bool continues_name(char c) {
  return starts_name(c) || (c >= '0' && c <= '9');
}

// How the parenthesis of JSON_OBJECT( is remembered.
constexpr char json_object = 'j';

std::string lower_case(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

/// True for a key word that an operand follows, so that it does not end an expression: `ARRAY[CASE WHEN b
/// THEN :x END]`.
bool wants_operand(std::string_view lower) {
  static constexpr std::array<std::string_view, 34> words{
      "all",       "and",    "any",    "as",    "asymmetric", "between", "by",     "case",  "distinct",
      "else",      "escape", "except", "fetch", "filter",     "from",    "having", "ilike", "in",
      "intersect", "is",     "like",   "limit", "not",        "offset",  "on",     "or",    "select",
      "similar",   "some",   "then",   "union", "using",      "when",    "where"};
  return std::find(words.begin(), words.end(), lower) != words.end();
}

/// Walks over SQL once, copying it and replacing parameters.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  /// Where the last word ends; behind it are only ';', white space and comments.
  std::size_t last_word_end() {
    std::size_t end = 0;
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      const bool is_comment = (c == '-' && peek(1) == '-') || (c == '/' && peek(1) == '*');
      const bool matters = !is_comment && c != ';' && std::isspace(static_cast<unsigned char>(c)) == 0;
      step();
      if (matters) end = at_;
    }
    return end;
  }

  ParameterizedSql scan() {
    while (at_ < sql_.size()) step();
    places_.end();
    for (std::size_t i = 0; i < result_.places.size(); ++i) {
      result_.places[i].may_name_column = places_.may_name_column(i);
    }
    if (numbered_ && !result_.names.empty()) {
      throw Error(ErrorKind::config,
                  "the SQL uses $1 and :" + result_.names.front() + "; write all parameters as :name");
    }
    return std::move(result_);
  }

 private:
  void step() {
    const char c = sql_[at_];
    const char next = peek(1);
    if (c == '\'') {
      places_.take_sign(c);
      string_literal();
    } else if (c == '"') {
      places_.take_sign(c);
      quoted('"', false);
    } else if (c == '-' && next == '-') {
      const auto end = sql_.find_first_of("\r\n", at_);
      take(end == std::string_view::npos ? sql_.size() - at_ : end - at_);
    } else if (c == '/' && next == '*') {
      comment();
    } else if (c == '$') {
      places_.take_sign(c);
      if (!dollar()) take_operand(1);
    } else if (starts_name(c) || (c >= '0' && c <= '9')) {
      std::size_t length = 1;
      while (continues_name(peek(length)) || peek(length) == '$') ++length;
      const std::string word = lower_case(sql_.substr(at_, length));
      // JSON_OBJECT(key VALUE value)
      const bool parts_json = in_json_object() && expression_ended_ && word == "value";
      const bool ends = !wants_operand(word) && !parts_json;
      places_.take_word(word);
      take(length);
      expression_ended_ = ends;
      makes_json_object_ = word == "json_object" || word == "json_objectagg";
    } else if (c == ':' && (next == ':' || next == '=')) {
      places_.take_sign(c);
      take(2);
      expression_ended_ = false;
    } else if (c == ':' && starts_name(next) && !(has_colons() && expression_ended_)) {
      places_.take_parameter();
      parameter();
    } else {
      if (std::isspace(static_cast<unsigned char>(c)) == 0) places_.take_sign(c);
      if (c == '[' || c == '(') open_.push_back(c == '(' && makes_json_object_ ? json_object : c);
      if ((c == ']' || c == ')') && !open_.empty()) open_.pop_back();
      take(1);
      if (std::isspace(static_cast<unsigned char>(c)) != 0) return;
      expression_ended_ = c == ']' || c == ')';
      makes_json_object_ = false;
    }
  }

  /// Only directly inside [ ] can ':' stand between an array slice's bounds, and inside JSON_OBJECT( )
  /// between a key and its value.
  [[nodiscard]] bool has_colons() const {
    return !open_.empty() && (open_.back() == '[' || open_.back() == json_object);
  }
  [[nodiscard]] bool in_json_object() const { return !open_.empty() && open_.back() == json_object; }

  [[nodiscard]] char peek(std::size_t ahead) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }

  void take(std::size_t length) {
    result_.sql.append(sql_.substr(at_, length));
    at_ = std::min(at_ + length, sql_.size());
  }
  void take_operand(std::size_t length) {
    take(length);
    expression_ended_ = true;
  }

  /// True for E'…', whose E stands alone in front of the quote.
  [[nodiscard]] bool escapes_backslashes() const {
    if (at_ == 0 || (sql_[at_ - 1] != 'E' && sql_[at_ - 1] != 'e')) return false;
    return at_ == 1 || !continues_name(sql_[at_ - 2]);
  }

  /// Where a string goes on: behind white space with a line break, in which "--" comments may stand.
  [[nodiscard]] std::optional<std::size_t> continued_at() const {
    bool has_break = false;
    for (auto at = at_; at < sql_.size(); ++at) {
      const char c = sql_[at];
      if (c == '\r' || c == '\n') {
        has_break = true;
      } else if (c == '\'') {
        return has_break ? std::optional(at) : std::nullopt;
      } else if (c == '-' && at + 1 < sql_.size() && sql_[at + 1] == '-') {
        at = std::min(sql_.find_first_of("\r\n", at), sql_.size()) - 1;
      } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  /// '…' with what continues it, which is part of the same string and has the same escapes.
  void string_literal() {
    const bool backslashes = escapes_backslashes();
    while (true) {
      quoted('\'', backslashes);
      const auto next = continued_at();
      if (!next) return;
      take(*next - at_);
    }
  }

  void quoted(char quote, bool backslashes) {
    std::size_t length = 1;
    while (at_ + length < sql_.size()) {
      const char c = peek(length);
      if (backslashes && c == '\\') {
        length += 2;
      } else if (c == quote && peek(length + 1) == quote) {
        length += 2;
      } else {
        ++length;
        if (c == quote) break;
      }
    }
    take_operand(length);
  }

  void comment() {
    std::size_t length = 2;
    int depth = 1;
    while (depth > 0 && at_ + length < sql_.size()) {
      if (peek(length) == '/' && peek(length + 1) == '*') {
        ++depth;
        length += 2;
      } else if (peek(length) == '*' && peek(length + 1) == '/') {
        --depth;
        length += 2;
      } else {
        ++length;
      }
    }
    if (depth > 0) {
      throw Error(ErrorKind::config, "the SQL has a comment (/*) that is not closed",
                  {.sql = std::string(sql_), .position = detail::characters_in(sql_.substr(0, at_)) + 1});
    }
    take(length);
  }

  /// Takes a dollar quote or a number such as $1; false where the sign is neither.
  bool dollar() {
    std::size_t length = 1;
    if (peek(1) >= '0' && peek(1) <= '9') {
      while (peek(length) >= '0' && peek(length) <= '9') ++length;
      numbered_ = true;
      take_operand(length);
      return true;
    }
    if (starts_name(peek(1))) {
      while (continues_name(peek(length))) ++length;
    }
    if (peek(length) != '$') return false;
    const auto tag = sql_.substr(at_, length + 1);
    const auto end = sql_.find(tag, at_ + tag.size());
    take_operand(end == std::string_view::npos ? sql_.size() - at_ : end + tag.size() - at_);
    return true;
  }

  void parameter() {
    std::size_t length = 1;
    while (continues_name(peek(length))) ++length;
    const std::string name(sql_.substr(at_ + 1, length - 1));
    const std::size_t own = at_;
    at_ += length;
    auto found = std::find(result_.names.begin(), result_.names.end(), name);
    if (found == result_.names.end()) found = result_.names.insert(found, name);
    const auto index = static_cast<std::size_t>(found - result_.names.begin());
    result_.places.push_back({.name = index, .at = result_.sql.size(), .own = own});
    result_.sql += "$" + std::to_string(index + 1);
    expression_ended_ = true;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::string open_;                // the brackets and parentheses that are open
  bool makes_json_object_ = false;  // the last word was JSON_OBJECT, whose parenthesis follows
  bool expression_ended_ = false;   // what stands before could be an array's lower bound
  bool numbered_ = false;
  postgres_detail::SelectItems places_;
  ParameterizedSql result_;
};

}  // namespace

std::string ParameterizedSql::with(std::span<const std::string> texts) const {
  std::string text;
  std::size_t done = 0;
  for (const auto& place : places) {
    text.append(sql, done, place.at - done);
    text += texts[place.name];
    done = place.at + 1 + std::to_string(place.name + 1).size();
  }
  return text.append(sql, done);
}

ParameterizedSql parse_named_parameters(std::string_view sql) {
  return Scanner(sql).scan();
}

std::string_view sql_without_end(std::string_view sql) {
  return sql.substr(0, Scanner(sql).last_word_end());
}

std::vector<Parameter> bind_parameters(const ParameterizedSql& query,
                                       const std::map<std::string, std::optional<std::string>>& given) {
  std::string missing;
  std::string unused;
  std::vector<Parameter> values;
  for (const auto& name : query.names) {
    const auto value = given.find(name);
    if (value == given.end()) {
      missing += (missing.empty() ? ":" : ", :") + name;
    } else {
      if (value->second) postgres_detail::refuse_nul(*value->second, "the value of :" + name);
      values.push_back(value->second);
    }
  }
  for (const auto& [name, value] : given) {
    if (std::find(query.names.begin(), query.names.end(), name) == query.names.end()) {
      unused += (unused.empty() ? "" : ", ") + name;
    }
  }
  if (missing.empty() && unused.empty()) return values;
  std::string message;
  if (!missing.empty()) message = "the SQL has parameters without a value: " + missing;
  if (!unused.empty())
    message +=
        (message.empty() ? "" : "; ") + ("values for parameters that the SQL does not have: " + unused);
  throw Error(ErrorKind::config, message, {.hint = "give a value for each :name in the SQL"});
}

}  // namespace leat
