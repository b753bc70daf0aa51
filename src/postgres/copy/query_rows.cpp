#include "leat/postgres/copy/detail/query_rows.hpp"

#include "leat/core/detail/report_lines.hpp"

namespace leat::postgres_detail {

std::optional<RowBatch> CopyRows::read(std::stop_token stop) {
  auto batch = reader_->read(std::move(stop));
  if (!batch && reader_->server_rows() != reader_->rows()) {
    throw Error(ErrorKind::source, "the source counts " +
                                       detail::rows_text(reader_->server_rows().value_or(0)) + ", but " +
                                       detail::with_thousands(reader_->rows()) + " arrived");
  }
  return batch;
}

std::optional<RowBatch> CursorRows::read(std::stop_token stop) {
  if (ended_) return std::nullopt;
  auto batch = cursor_->read(stop);
  if (!batch) {
    cursor_->close(stop);
    ended_ = true;
  }
  return batch;
}

}  // namespace leat::postgres_detail
