#include "jobs/prepare/row_source.hpp"

#include <utility>

#include "jobs/survey/source_transaction.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"

namespace leat::jobs_detail {
namespace {

class CopySource final : public RowSource {
 public:
  CopySource(Connection& connection, std::string sql, std::shared_ptr<const Schema> schema, AroundCopy around)
      : connection_(connection),
        sql_(std::move(sql)),
        schema_(std::move(schema)),
        around_(std::move(around)) {}

  void open(const ReadOptions& options, std::stop_token stop) override {
    if (around_.qualifies_names) names_.emplace(connection_, stop);
    const std::string question = around_.unheld ? unseen_sql(*around_.unheld) : "";
    reader_.emplace(connection_, sql_, schema_, options, BesideCopy{.after = question}, std::move(stop));
  }

  std::optional<RowBatch> read(std::stop_token stop) override {
    auto batch = reader_->read(stop);
    if (!batch && reader_->server_rows() != reader_->rows()) {
      throw Error(ErrorKind::source, "the source counts " +
                                         std::to_string(reader_->server_rows().value_or(0)) + " rows, but " +
                                         std::to_string(reader_->rows()) + " arrived");
    }
    if (!batch && !reader_->beside().empty()) throw unseen_error(*around_.unheld);
    if (!batch && names_) names_->restore(stop);
    return batch;
  }

 private:
  Connection& connection_;
  std::string sql_;
  std::shared_ptr<const Schema> schema_;
  const AroundCopy around_;
  std::optional<CopyReader> reader_;
  std::optional<postgres_detail::QualifiedNames> names_;  // while the rows are read
};

class CursorSource final : public RowSource {
 public:
  CursorSource(Connection& connection, std::string sql, std::vector<Parameter> parameters,
               std::shared_ptr<const Schema> schema)
      : connection_(connection),
        sql_(std::move(sql)),
        parameters_(std::move(parameters)),
        schema_(std::move(schema)) {}

  void open(const ReadOptions& options, std::stop_token stop) override {
    cursor_.emplace(connection_, sql_, parameters_, schema_, options, std::move(stop));
  }

  std::optional<RowBatch> read(std::stop_token stop) override { return cursor_->read(std::move(stop)); }

 private:
  Connection& connection_;
  std::string sql_;
  std::vector<Parameter> parameters_;
  std::shared_ptr<const Schema> schema_;
  std::optional<Cursor> cursor_;
};

}  // namespace

std::unique_ptr<RowSource> copy_source(Connection& connection, std::string sql,
                                       std::shared_ptr<const Schema> schema, AroundCopy around) {
  return std::make_unique<CopySource>(connection, std::move(sql), std::move(schema), std::move(around));
}

std::unique_ptr<RowSource> cursor_source(Connection& connection, std::string sql,
                                         std::vector<Parameter> parameters,
                                         std::shared_ptr<const Schema> schema) {
  return std::make_unique<CursorSource>(connection, std::move(sql), std::move(parameters), std::move(schema));
}

}  // namespace leat::jobs_detail
