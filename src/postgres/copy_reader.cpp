#include "leat/postgres/copy_reader.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "postgres/copy_format.hpp"
#include "postgres/session.hpp"

namespace leat {

using postgres_detail::Clock;
using postgres_detail::Readiness;
using postgres_detail::WaitResult;

void CopyReader::Free::operator()(char* message) const noexcept { PQfreemem(message); }

CopyReader::CopyReader(Connection& connection, const std::string& sql, std::shared_ptr<const Schema> schema,
                       ReadOptions options, std::stop_token stop)
    : connection_(connection), schema_(std::move(schema)), options_(options) {
  if (options_.batch_bytes.count() == 0) throw Error(ErrorKind::config, "ReadOptions.batch_bytes must be greater than zero");
  header_seen_ = schema_->format() == RowFormat::text;
  connection_.impl().start_copy(sql, PGRES_COPY_OUT, stop);
}

std::optional<RowBatch> CopyReader::read(std::stop_token stop) {
  if (ended_) return std::nullopt;
  auto& session = connection_.impl();
  if (stop.stop_requested()) {
    session.abort();
    throw Stopped();
  }
  session.require_open();
  std::optional<RowBatch> batch;
  if (pending_) {
    const bool full = take(std::move(*std::exchange(pending_, std::nullopt)), batch);
    if (full) return batch;
  }
  auto flush_at = Clock::time_point::max();
  bool read_ahead = false;  // what libpq can get without waiting has been got
  while (true) {
    char* data = nullptr;
    const int size = PQgetCopyData(session.conn, &data, 1);
    if (size > 0) {
      read_ahead = false;
      if (take({.data = std::unique_ptr<char, Free>(data), .begin = 0, .end = static_cast<std::size_t>(size)}, batch)) {
        return batch;
      }
      continue;
    }
    if (size < 0) {
      finish(stop);
      return batch;
    }
    if (!read_ahead) {
      read_ahead = true;
      if (PQconsumeInput(session.conn) == 1) continue;
      // The connection is gone; what the server said last may still stand in libpq's buffer.
      if (PQgetCopyData(session.conn, &data, 1) > 0) {
        PQfreemem(data);
      } else {
        finish(stop);
      }
      throw session.connection_error();
    }
    if (!batch) {
      session.wait(Readiness::read, session.silence_deadline(), stop);
    } else {
      if (flush_at == Clock::time_point::max()) flush_at = Clock::now() + options_.flush_after;
      try {
        const auto deadline = std::min(flush_at, session.silence_deadline());
        if (session.wake_up.wait(PQsocket(session.conn), Readiness::read, deadline, stop) == WaitResult::timeout) {
          return batch;
        }
      } catch (const Stopped&) {
        session.abort();
        throw;
      }
    }
    read_ahead = false;
  }
}

/// Puts a message's row into the batch; true when the batch is to be handed on.
bool CopyReader::take(Message message, std::optional<RowBatch>& batch) {
  if (!header_seen_) {
    message.begin = skip_header(message.data.get(), message.end);
    header_seen_ = true;
    if (message.begin == message.end) return false;
  }
  char* const row = message.data.get() + message.begin;
  const std::size_t size = message.end - message.begin;
  if (schema_->format() == RowFormat::binary) {
    if (postgres_detail::is_trailer(row, size)) return false;
    check_width(row, size);
  }
  const std::size_t limit = options_.batch_bytes.count();
  if (batch && batch->bytes() + size > limit) {
    pending_ = std::move(message);
    return true;
  }
  if (!batch && size > limit && message.begin == 0) {
    batch = RowBatch::adopt(schema_, reinterpret_cast<std::byte*>(message.data.release()), size, &PQfreemem);
    batch->set_first_row(rows_);
    ++rows_;
    return true;
  }
  if (!batch) {
    batch = new_batch();
    batch->set_first_row(rows_);
  }
  batch->append(std::as_bytes(std::span(row, size)));
  ++rows_;
  return batch->bytes() >= limit;
}

std::size_t CopyReader::skip_header(const char* data, std::size_t size) {
  const auto begin = postgres_detail::header_size(data, size);
  if (!begin) throw Error(connection_.options().side, "the server's COPY data does not begin with a binary header");
  return *begin;
}

void CopyReader::check_width(const char* row, std::size_t size) const {
  const auto fields = postgres_detail::field_count(row, size);
  if (!fields || static_cast<std::size_t>(*fields) != schema_->size()) {
    throw Error(connection_.options().side,
                "row " + std::to_string(rows_ + 1) + " does not have " + std::to_string(schema_->size()) + " fields",
                {.hint = "the table was changed while it was read: run the job again"});
  }
}

void CopyReader::finish(const std::stop_token& stop) {
  ended_ = true;
  auto& session = connection_.impl();
  const Result result = session.finish_statement(session.silence_deadline(), stop);
  if (!result) throw session.connection_error();
  server_rows_ = result.affected();
}

RowBatch CopyReader::new_batch() const {
  return options_.pool != nullptr ? options_.pool->acquire(schema_) : RowBatch(schema_, options_.batch_bytes.count());
}

}  // namespace leat
