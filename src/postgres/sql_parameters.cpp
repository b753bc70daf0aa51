#include "leat/postgres/sql_parameters.hpp"

#include <algorithm>
#include <cctype>

#include "leat/core/error.hpp"

namespace leat {
namespace {

bool starts_name(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalpha(byte) != 0 || c == '_' || byte >= 0x80;
}
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

/// Walks over SQL once, copying it and replacing parameters.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  ParameterizedSql scan() {
    while (at_ < sql_.size()) step();
    if (numbered_ && !result_.names.empty()) {
      throw Error(ErrorKind::config, "the SQL uses $1 and :" + result_.names.front() + "; write all parameters as :name");
    }
    return std::move(result_);
  }

 private:
  void step() {
    const char c = sql_[at_];
    const char next = peek(1);
    if (c == '\'') {
      quoted('\'', escapes_backslashes());
    } else if (c == '"') {
      quoted('"', false);
    } else if (c == '-' && next == '-') {
      const auto end = sql_.find('\n', at_);
      take(end == std::string_view::npos ? sql_.size() - at_ : end - at_);
    } else if (c == '/' && next == '*') {
      comment();
    } else if (c == '$' && !dollar()) {
      mark_end(take(1));
    } else if (c == '$') {
      // dollar() took it
    } else if (starts_name(c) || (c >= '0' && c <= '9')) {
      std::size_t length = 1;
      while (continues_name(peek(length)) || peek(length) == '$') ++length;
      mark_end(take(length));
    } else if (c == ':' && (next == ':' || next == '=')) {
      take(2);
      expression_ended_ = false;
    } else if (c == ':' && starts_name(next) && !(brackets_ > 0 && expression_ended_)) {
      parameter();
    } else {
      if (c == '[') ++brackets_;
      if (c == ']' && brackets_ > 0) --brackets_;
      take(1);
      if (std::isspace(static_cast<unsigned char>(c)) == 0) expression_ended_ = c == ']' || c == ')' || c == '\'';
    }
  }

  [[nodiscard]] char peek(std::size_t ahead) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  std::size_t take(std::size_t length) {
    result_.sql.append(sql_.substr(at_, length));
    at_ = std::min(at_ + length, sql_.size());
    return length;
  }
  void mark_end(std::size_t) { expression_ended_ = true; }

  /// True for E'…', whose E stands alone in front of the quote.
  [[nodiscard]] bool escapes_backslashes() const {
    if (at_ == 0 || (sql_[at_ - 1] != 'E' && sql_[at_ - 1] != 'e')) return false;
    return at_ == 1 || !continues_name(sql_[at_ - 2]);
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
    mark_end(take(length));
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
    take(length);
  }

  /// Takes a dollar quote or a number such as $1; false where the sign is neither.
  bool dollar() {
    std::size_t length = 1;
    if (peek(1) >= '0' && peek(1) <= '9') {
      while (peek(length) >= '0' && peek(length) <= '9') ++length;
      numbered_ = true;
      mark_end(take(length));
      return true;
    }
    if (starts_name(peek(1))) {
      while (continues_name(peek(length))) ++length;
    }
    if (peek(length) != '$') return false;
    const auto tag = sql_.substr(at_, length + 1);
    const auto end = sql_.find(tag, at_ + tag.size());
    mark_end(take(end == std::string_view::npos ? sql_.size() - at_ : end + tag.size() - at_));
    return true;
  }

  void parameter() {
    std::size_t length = 1;
    while (continues_name(peek(length))) ++length;
    const std::string name(sql_.substr(at_ + 1, length - 1));
    at_ += length;
    auto found = std::find(result_.names.begin(), result_.names.end(), name);
    if (found == result_.names.end()) found = result_.names.insert(found, name);
    result_.sql += "$" + std::to_string(found - result_.names.begin() + 1);
    expression_ended_ = true;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  int brackets_ = 0;
  bool expression_ended_ = false;  // what stands before could be an array's lower bound
  bool numbered_ = false;
  ParameterizedSql result_;
};

}  // namespace

ParameterizedSql parse_named_parameters(std::string_view sql) { return Scanner(sql).scan(); }

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
  if (!unused.empty()) message += (message.empty() ? "" : "; ") + ("values for parameters that the SQL does not have: " + unused);
  throw Error(ErrorKind::config, message, {.hint = "give one --param name=value for each :name in the SQL"});
}

}  // namespace leat
