#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Texts of documents that were written for pandas, and what of them is no SQL. What only a server knows, such
// as whether there is a column of that name, is none of their business.
namespace leat::documents_detail {

/// A text that is no SQL.
struct ForeignText {
  std::string message{};  ///< what is wrong: "is no SQL: …"
  std::string instead{};  ///< SQL, or the text itself if `is_literal`; empty if nobody knows
  bool is_literal = false;
};

/// An expression of pandas, or plain text, where an SQL expression is wanted; nullopt if it may be one.
[[nodiscard]] std::optional<ForeignText> foreign_expression(std::string_view text);

/// Whether an expression is one word that may name a column: not a number, not `current_date`.
[[nodiscard]] bool is_one_word(std::string_view text);

/// What is no call of an aggregate; nullopt if it may be one.
[[nodiscard]] std::optional<ForeignText> foreign_aggregate(std::string_view text);

/// The call of an aggregate by PostgreSQL's name: `AVERAGE(a)` is `AVG(a)`.
[[nodiscard]] std::string aggregate_by_sql_name(const std::string& text);

/// A column of a SELECT that is a call and has no AS, so that the server calls it after the function.
struct UnnamedCall {
  std::size_t end = 0;  ///< behind it, in the text
  std::string call{};   ///< "UPPER(name)"
  std::string given{};  ///< what the server calls it: "upper"
  std::string name{};   ///< a name that tells more: "name_upper"
};
[[nodiscard]] std::vector<UnnamedCall> unnamed_calls(const std::string& select);

}  // namespace leat::documents_detail
