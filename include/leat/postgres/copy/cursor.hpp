#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

namespace postgres_detail {
class RowCollector;
}

/// The columns that a query returns, learned without running it. The query may have parameters $1, …
/// @throws Error of the connection's side if the server refuses the query, or if it returns no columns.
[[nodiscard]] LEAT_EXPORT std::vector<TableColumn> describe_query(Connection& connection,
                                                                  const std::string& sql,
                                                                  std::stop_token stop = {});

/// What the server says of a query with parameters, without running it.
struct QueryDescription {
  std::vector<TableColumn> columns{};
  std::vector<Oid> parameters{};  ///< the types that it gives $1, $2, …
};

/// The same as describe_query(), with the types of the parameters.
[[nodiscard]] LEAT_EXPORT QueryDescription describe_parameters(Connection& connection, const std::string& sql,
                                                               std::stop_token stop = {});

/// A server-side cursor over a query with parameters. It returns the same batches as CopyReader: binary
/// tuples, or lines of COPY's text format, depending on its schema. It needs an open transaction. The
/// connection must outlive it and can do nothing else between two reads of one fetch. Used by one thread at a
/// time.
class LEAT_EXPORT Cursor {
 public:
  /// Declares the cursor. The schema must be the schema of the query (see describe_query and row_columns).
  Cursor(Connection& connection, const std::string& sql, std::span<const Parameter> parameters,
         std::shared_ptr<const Schema> schema, ReadOptions options = {}, std::stop_token stop = {});

  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor();

  /// The next batch, which holds at least one row; nullopt at the end. @throws Error. @throws Stopped.
  std::optional<RowBatch> read(std::stop_token stop = {});

  /// After the end: frees what the server keeps of it until the transaction ends, which is of use if the
  /// transaction goes on. @throws Error. @throws Stopped.
  void close(std::stop_token stop = {});

  /// Rows returned so far.
  [[nodiscard]] std::uint64_t rows() const noexcept;
  [[nodiscard]] const std::shared_ptr<const Schema>& schema() const noexcept;

 private:
  void start_fetch(const std::stop_token& stop);
  bool wait_until(std::chrono::steady_clock::time_point deadline, const std::stop_token& stop);
  void encode(const Result& row);

  // Constant after construction
  Connection& connection_;
  std::string name_;
  std::string fetch_sql_;
  // Used by one thread at a time
  std::unique_ptr<postgres_detail::RowCollector> collector_;
  std::vector<std::byte> row_;  // the row that is being encoded, kept for its memory
  bool row_pending_ = false;    // row_ did not fit into the last batch
  bool fetching_ = false;
  bool ended_ = false;
  std::uint64_t fetched_ = 0;  // rows of the current FETCH
};

}  // namespace leat
