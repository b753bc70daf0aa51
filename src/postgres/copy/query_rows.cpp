#include "leat/postgres/copy/detail/query_rows.hpp"

namespace leat::postgres_detail {

std::optional<RowBatch> CopyRows::read(std::stop_token stop) {
  auto batch = reader_->read(std::move(stop));
  if (!batch && reader_->server_rows() != reader_->rows()) {
    throw Error(ErrorKind::source, "the source counts " + std::to_string(reader_->server_rows().value_or(0)) +
                                       " rows, but " + std::to_string(reader_->rows()) + " arrived");
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
