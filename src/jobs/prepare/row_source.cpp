#include "jobs/prepare/row_source.hpp"

#include <utility>

#include "jobs/survey/source_transaction.hpp"
#include "leat/postgres/copy/detail/query_rows.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"

namespace leat::jobs_detail {
namespace {

class AroundRows final : public RowSource {
 public:
  AroundRows(Connection& connection, std::string sql, std::shared_ptr<const Schema> schema, AroundCopy around)
      : connection_(connection),
        around_(std::move(around)),
        rows_(connection, std::move(sql), std::move(schema),
              {.after = around_.unheld ? unseen_sql(*around_.unheld) : ""}) {}

  void open(const ReadOptions& options, std::stop_token stop) override {
    if (around_.qualifies_names) names_.emplace(connection_, stop);
    rows_.open(options, std::move(stop));
  }

  std::optional<RowBatch> read(std::stop_token stop) override {
    auto batch = rows_.read(stop);
    if (!batch && !rows_.beside().empty()) throw unseen_error(*around_.unheld);
    if (!batch && names_) names_->restore(stop);
    return batch;
  }

 private:
  Connection& connection_;
  const AroundCopy around_;
  postgres_detail::CopyRows rows_;
  std::optional<postgres_detail::QualifiedNames> names_;  // while the rows are read
};

}  // namespace

std::unique_ptr<RowSource> copy_source(Connection& connection, std::string sql,
                                       std::shared_ptr<const Schema> schema, AroundCopy around) {
  return std::make_unique<AroundRows>(connection, std::move(sql), std::move(schema), std::move(around));
}

std::unique_ptr<RowSource> cursor_source(Connection& connection, std::string sql,
                                         std::vector<Parameter> parameters,
                                         std::shared_ptr<const Schema> schema) {
  return std::make_unique<postgres_detail::CursorRows>(connection, std::move(sql), std::move(parameters),
                                                       std::move(schema));
}

}  // namespace leat::jobs_detail
