#include "jobs/prepare/table_source.hpp"

#include <array>
#include <string>
#include <utility>

#include "jobs/prepare/prepared_load.hpp"
#include "jobs/survey/source_transaction.hpp"

namespace leat::jobs_detail {
namespace {

class TableSource final : public RowSource {
 public:
  TableSource(Connection& connection, TableReading reading, std::unique_ptr<RowSource> rows)
      : connection_(connection), reading_(std::move(reading)), rows_(std::move(rows)) {}

  void open(const ReadOptions& options, std::stop_token stop) override {
    if (reading_.qualifies_names) {
      const Result found = connection_.execute("SELECT pg_catalog.current_setting('search_path')", {}, stop);
      search_path_ = found.text(0, 0);
      static_cast<void>(connection_.execute(qualify_sql, {}, stop));
    }
    rows_->open(options, std::move(stop));
  }

  std::optional<RowBatch> read(std::stop_token stop) override {
    auto batch = rows_->read(stop);
    if (!batch) close(stop);
    return batch;
  }

 private:
  void close(const std::stop_token& stop) {
    if (reading_.qualifies_names) {
      const std::array<Parameter, 1> before{search_path_};
      static_cast<void>(
          connection_.execute("SELECT pg_catalog.set_config('search_path', $1, true)", before, stop));
    }
    if (reading_.checks_seen) check_seen(connection_, reading_.table, stop);
  }

  Connection& connection_;
  const TableReading reading_;
  const std::unique_ptr<RowSource> rows_;
  std::string search_path_;
};

}  // namespace

std::unique_ptr<RowSource> table_source(Connection& connection, TableReading reading,
                                        std::unique_ptr<RowSource> rows) {
  return std::make_unique<TableSource>(connection, std::move(reading), std::move(rows));
}

}  // namespace leat::jobs_detail
