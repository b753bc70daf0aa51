#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/store/row_source.hpp"
#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/postgres/copy/cursor.hpp"

namespace leat::postgres_detail {

/// Rows of a COPY … TO STDOUT, as many as the server counts. The connection outlives it.
class LEAT_EXPORT CopyRows final : public RowSource {
 public:
  CopyRows(Connection& connection, std::string sql, std::shared_ptr<const Schema> schema,
           BesideCopy beside = {})
      : connection_(connection),
        sql_(std::move(sql)),
        schema_(std::move(schema)),
        beside_(std::move(beside)) {}

  void open(const ReadOptions& options, std::stop_token stop) override {
    reader_.emplace(connection_, sql_, schema_, options, beside_, std::move(stop));
  }
  std::optional<RowBatch> read(std::stop_token stop) override;

  /// What statements beside the COPY have returned; known at the end.
  [[nodiscard]] const std::vector<BesideRow>& beside() const { return reader_->beside(); }

 private:
  Connection& connection_;
  const std::string sql_;
  const std::shared_ptr<const Schema> schema_;
  const BesideCopy beside_;
  std::optional<CopyReader> reader_;
};

/// Rows of a query with parameters, by a server-side cursor. The connection outlives it, and is in a
/// transaction, which keeps nothing of the cursor after the end.
class LEAT_EXPORT CursorRows final : public RowSource {
 public:
  CursorRows(Connection& connection, std::string sql, std::vector<Parameter> parameters,
             std::shared_ptr<const Schema> schema)
      : connection_(connection),
        sql_(std::move(sql)),
        parameters_(std::move(parameters)),
        schema_(std::move(schema)) {}

  void open(const ReadOptions& options, std::stop_token stop) override {
    cursor_.emplace(connection_, sql_, parameters_, schema_, options, std::move(stop));
  }
  std::optional<RowBatch> read(std::stop_token stop) override;

 private:
  Connection& connection_;
  const std::string sql_;
  const std::vector<Parameter> parameters_;
  const std::shared_ptr<const Schema> schema_;
  std::optional<Cursor> cursor_;
  bool ended_ = false;
};

}  // namespace leat::postgres_detail
