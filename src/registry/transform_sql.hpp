#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "leat/documents/transform_document.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

namespace leat::registry_detail {

/// Of a text that is none of the document's.
inline constexpr std::size_t no_origin = static_cast<std::size_t>(-1);

/// The values of a row as text; nullopt is NULL.
using TextRow = std::vector<std::optional<std::string>>;

/// A READ ONLY transaction of one snapshot, which ends by a ROLLBACK.
class ReadOnly {
 public:
  ReadOnly(Connection& session, const std::stop_token& stop);
  ReadOnly(const ReadOnly&) = delete;
  ReadOnly& operator=(const ReadOnly&) = delete;
  ~ReadOnly();

 private:
  Connection& session_;
};

/// SQL that is put together, with what stands in it as a document has it.
class WrittenSql {
 public:
  WrittenSql& operator+=(const std::string& sql);
  /// A part that stands for that text of the document.
  void add(const std::string& sql, std::size_t origin);
  [[nodiscard]] const CompiledTransform& compiled() const noexcept { return compiled_; }
  [[nodiscard]] const std::string& text() const noexcept { return compiled_.sql; }

 private:
  CompiledTransform compiled_;
};

/// The columns of a query, which is not run.
[[nodiscard]] std::vector<QueryColumn> described(Connection& session, const std::string& sql,
                                                 const std::stop_token& stop);

/// The same, with what the types have in parentheses: "numeric(12,2)".
[[nodiscard]] std::vector<QueryColumn> described_exactly(Connection& session, const std::string& sql,
                                                         const std::stop_token& stop);

/// The same of a query of the user's. @throws Error that stands in it, with the table that was meant.
[[nodiscard]] std::vector<QueryColumn> columns_of_query(Connection& session, const std::string& query,
                                                        const std::stop_token& stop);

/// How a document's places are told.
[[nodiscard]] TextPlaces places_of(const TransformDocument& document);

/// The transforms over `query`. `around`, where it is not null, stands before each statement that the server
/// is asked for, and a parenthesis behind it. @throws Error (config) that tells all faults of a stage; that
/// of the server, told as one of the document's text.
[[nodiscard]] CompiledTransform compile(Connection& session, const std::string& query,
                                        const TransformDocument& document, const std::stop_token& stop,
                                        const std::string* around = nullptr);

/// The columns of what was compiled, as it stands behind `around` (see compile()). @throws Error told as one
/// of the document's text.
[[nodiscard]] std::vector<QueryColumn> columns_made(Connection& session, const CompiledTransform& compiled,
                                                    const TransformDocument& document,
                                                    const std::stop_token& stop,
                                                    const std::string& around = "");

/// "SELECT NULL::bigint AS id, … WHERE false".
[[nodiscard]] std::string no_rows(const std::vector<QueryColumn>& columns);

/// Runs a query, of which `compiled` is a part that begins behind `before` bytes. Waits as long as the
/// session may be silent.
[[nodiscard]] std::vector<TextRow> rows_of(Connection& session, const std::string& sql, std::size_t before,
                                           const CompiledTransform& compiled,
                                           const TransformDocument& document, const std::stop_token& stop);

/// Names of columns.
[[nodiscard]] std::vector<std::string> names_of(const std::vector<QueryColumn>& columns);

/// @throws Error (config) if two columns have one name.
void require_distinct(const std::vector<QueryColumn>& columns);

}  // namespace leat::registry_detail
