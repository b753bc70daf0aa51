#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/transform/sql/config_transform.hpp"

namespace leat {

/// A piece of a statement that stands in it as it was written.
struct SqlFragment {
  std::size_t begin = 0;  ///< in bytes
  std::size_t size = 0;
  std::size_t origin = 0;  ///< of the SourcedText
  bool is_value = false;   ///< an expression of a column, where its author may have meant a text
};

/// What is wrong with a transform.
struct TransformFault {
  std::size_t origin = 0;
  std::string message{};
  std::string hint{};
};

/// Transforms as one query.
struct CompiledTransform {
  std::string sql{};
  std::vector<SqlFragment> fragments{};  ///< in the order of `begin`
  std::vector<SqlFragment> secrets{};    ///< literals of secrets, such as a salt
  /// Each row of the result is known to be made of one row of the query. False for a SELECT of the author's
  /// own, too.
  bool is_row_wise = true;
  std::vector<TransformFault> faults{};  ///< if there is one, `sql` is of no use
};

/// A column of a query.
struct QueryColumn {
  std::string name{};
  std::string type{};  ///< as SQL: "numeric(12,2)"
};

/// What an error's where() says of a text of that origin: the place in a document of its n-th character,
/// counted from 1. Null: nothing.
using TextPlaces = std::function<std::string(std::size_t origin, std::size_t character)>;

/// How names and values get into a statement, and what a server says of one. Functions of a session with the
/// server that will run it.
struct TransformServer {
  std::function<std::string(std::string_view)> quote_identifier{};
  std::function<std::string(std::string_view)> quote_literal{};
  /// The columns of a query, which is not run. What it throws, compile_transforms() throws.
  std::function<std::vector<QueryColumn>(const std::string& sql)> describe{};
  TextPlaces places{};
};

/// One of several transforms: named steps, or a SELECT that reads `input_data`.
using TransformStage = std::variant<ConfigTransform, SourcedText>;

/// Compiles transforms of the rows of `query`, each of which reads what the one before makes of them, into
/// one query. All faults of a stage are told at once, and those after it are left. @throws what the server's
/// functions throw; an Error of it is told as one of the author's text, as in_written() does.
[[nodiscard]] LEAT_EXPORT CompiledTransform compile_transforms(const SourcedText& query,
                                                               const std::vector<TransformStage>& stages,
                                                               const TransformServer& server);

/// Where a text of the author's is that has a place in a statement.
struct WrittenPlace {
  std::size_t origin = 0;
  std::string text{};         ///< the whole of it
  std::size_t character = 0;  ///< in it, counted from 1
  bool is_value = false;      ///< SqlFragment::is_value
};
/// The text at a place that the server has named (Error::position(): characters, counted from 1); nullopt if
/// it is none that somebody has written.
[[nodiscard]] LEAT_EXPORT std::optional<WrittenPlace> written_at(const CompiledTransform& compiled,
                                                                 std::size_t position);

/// The query for people: with *** for each secret.
[[nodiscard]] LEAT_EXPORT std::string shown_sql(const CompiledTransform& compiled);

/// An error of the server with such a position, told as one of the text that its author has written: with
/// the position there, and where(). Where a column's expression is no SQL, a hint says how a text is written.
/// Others are as they are.
[[nodiscard]] LEAT_EXPORT Error in_written(const Error& error, const CompiledTransform& compiled,
                                           const TextPlaces& places);

}  // namespace leat
