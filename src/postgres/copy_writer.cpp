// libpq does not tell that the server has ended a COPY before the client ends it, too. So whatever the server says
// while it takes rows, other than notices and notifications, raises a suspicion; between two batches the COPY is
// then ended to hear the answer. It is nearly always the error; if not, a new COPY goes on in the same transaction.
#include "leat/postgres/copy_writer.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "postgres/copy_format.hpp"
#include "postgres/session.hpp"

namespace leat {

using postgres_detail::Readiness;

namespace {

// Nothing is gained by larger pieces, and libpq's buffer stays this small.
constexpr std::size_t piece = std::size_t{64} << 10U;

}  // namespace

CopyWriter::CopyWriter(Connection& connection, std::string sql, RowFormat format, std::stop_token stop)
    : connection_(connection), sql_(std::move(sql)), format_(format) {
  start(stop);
}

CopyWriter::~CopyWriter() {
  if (active_) connection_.abort();
}

void CopyWriter::start(const std::stop_token& stop) {
  suspicious_ = false;
  connection_.impl().start_copy(sql_, PGRES_COPY_IN, stop);
  active_ = true;
  if (format_ == RowFormat::binary) put(postgres_detail::binary_header, stop);
}

void CopyWriter::write(const RowBatch& batch, std::stop_token stop) {
  const auto rows = batch.data();
  const std::span<const char> data(reinterpret_cast<const char*>(rows.data()), rows.size());
  for (std::size_t at = 0; at < data.size(); at += piece) put(data.subspan(at, std::min(piece, data.size() - at)), stop);
  bytes_ += data.size();
  check(stop);
}

void CopyWriter::check(std::stop_token stop) {
  auto& session = connection_.impl();
  session.require_open();
  pollfd polled{.fd = PQsocket(session.conn), .events = POLLIN, .revents = 0};
  if (::poll(&polled, 1, 0) > 0) listen();
  if (!suspicious_) return;
  end_copy(stop);
  start(stop);
}

std::uint64_t CopyWriter::finish(std::stop_token stop) {
  end_copy(stop);
  return server_rows_;
}

void CopyWriter::put(std::span<const char> data, const std::stop_token& stop) {
  auto& session = connection_.impl();
  session.require_open();
  while (true) {
    const int queued = PQputCopyData(session.conn, data.data(), static_cast<int>(data.size()));
    if (queued < 0) fail();
    flush(stop);
    if (queued == 1) return;
  }
}

void CopyWriter::flush(const std::stop_token& stop) {
  auto& session = connection_.impl();
  while (true) {
    const int state = PQflush(session.conn);
    if (state == 0) return;
    if (state < 0) fail();
    session.wait(Readiness::read_or_write, session.silence_deadline(), stop);
    pollfd polled{.fd = PQsocket(session.conn), .events = POLLIN, .revents = 0};
    if (::poll(&polled, 1, 0) > 0) listen();
  }
}

/// Takes what the server has said; throws if that was the end of the session.
void CopyWriter::listen() {
  auto& session = connection_.impl();
  const auto notices_before = session.notices;
  if (PQconsumeInput(session.conn) != 1) fail();
  static_cast<void>(PQisBusy(session.conn));  // makes libpq read notices and notifications
  bool harmless = session.notices != notices_before;
  while (PGnotify* notification = PQnotifies(session.conn)) {
    PQfreemem(notification);
    harmless = true;
  }
  if (!harmless) suspicious_ = true;
}

void CopyWriter::end_copy(const std::stop_token& stop) {
  auto& session = connection_.impl();
  if (format_ == RowFormat::binary) put(postgres_detail::binary_trailer, stop);
  int ended = 0;
  while ((ended = PQputCopyEnd(session.conn, nullptr)) == 0) flush(stop);
  if (ended < 0) fail();
  active_ = false;
  flush(stop);
  const Result result = session.finish_statement(session.silence_deadline(), stop);
  if (!result) throw session.connection_error();
  server_rows_ += result.affected();
}

/// The session is lost, or libpq refuses to go on: throws what the server said last, if anything.
void CopyWriter::fail() {
  auto& session = connection_.impl();
  const Error lost = session.connection_error();
  active_ = false;
  if (PQputCopyEnd(session.conn, "the load failed") >= 0) {
    PQflush(session.conn);
    static_cast<void>(session.finish_statement(session.in(session.options.cancel_timeout), {}));
  }
  throw lost;
}

}  // namespace leat
