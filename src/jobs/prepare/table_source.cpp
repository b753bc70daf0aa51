#include "jobs/prepare/table_source.hpp"

#include <optional>
#include <utility>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"

namespace leat::jobs_detail {
namespace {

class TableSource final : public RowSource {
 public:
  TableSource(Connection& connection, TableReading reading, std::unique_ptr<RowSource> rows)
      : connection_(connection), reading_(std::move(reading)), rows_(std::move(rows)) {}

  void open(const ReadOptions& options, std::stop_token stop) override {
    if (reading_.qualifies_names) names_.emplace(connection_, stop);
    rows_->open(options, std::move(stop));
  }

  std::optional<RowBatch> read(std::stop_token stop) override {
    auto batch = rows_->read(stop);
    if (!batch && names_) names_->restore(stop);
    return batch;
  }

 private:
  Connection& connection_;
  const TableReading reading_;
  const std::unique_ptr<RowSource> rows_;
  std::optional<postgres_detail::QualifiedNames> names_;  // while the rows are read
};

}  // namespace

std::unique_ptr<RowSource> table_source(Connection& connection, TableReading reading,
                                        std::unique_ptr<RowSource> rows) {
  return std::make_unique<TableSource>(connection, std::move(reading), std::move(rows));
}

}  // namespace leat::jobs_detail
