#include <poll.h>

#include <algorithm>
#include <utility>

#include "postgres/copy_format.hpp"
#include "postgres/copy_output.hpp"

namespace leat::postgres_detail {
namespace {

/// libpq does not tell that the server has ended a COPY before the client ends it, too. So whatever the
/// server says while it takes rows, other than notices and notifications, raises a suspicion; between two
/// batches the COPY is then ended to hear the answer. It is nearly always the error; if not, a new COPY goes
/// on in the same transaction.
class LibpqOutput final : public CopyOutput {
 public:
  LibpqOutput(Connection::Impl& session, std::string sql, RowFormat format, const std::stop_token& stop)
      : session_(session), sql_(std::move(sql)), format_(format) {
    start(stop);
  }

  void write(std::span<const char> data, const std::stop_token& stop) override {
    for (std::size_t at = 0; at < data.size(); at += copy_piece) {
      put(data.subspan(at, std::min(copy_piece, data.size() - at)), stop);
    }
    check(stop);
  }

  void check(const std::stop_token& stop) override {
    session_.require_open();
    pollfd polled{.fd = PQsocket(session_.conn), .events = POLLIN, .revents = 0};
    if (::poll(&polled, 1, 0) > 0) listen();
    if (!suspicious_) return;
    end_copy(stop);
    start(stop);
  }

  std::uint64_t finish(const std::stop_token& stop) override {
    end_copy(stop);
    return server_rows_;
  }

 private:
  void start(const std::stop_token& stop) {
    suspicious_ = false;
    session_.start_copy(sql_, PGRES_COPY_IN, stop);
    if (format_ == RowFormat::binary) put(binary_header, stop);
  }

  void put(std::span<const char> data, const std::stop_token& stop) {
    session_.require_open();
    while (true) {
      const int queued = PQputCopyData(session_.conn, data.data(), static_cast<int>(data.size()));
      if (queued < 0) fail();
      flush(stop);
      if (queued == 1) return;
    }
  }

  void flush(const std::stop_token& stop) {
    while (true) {
      const int state = PQflush(session_.conn);
      if (state == 0) return;
      if (state < 0) fail();
      session_.wait(Readiness::read_or_write, session_.silence_deadline(), stop);
      pollfd polled{.fd = PQsocket(session_.conn), .events = POLLIN, .revents = 0};
      if (::poll(&polled, 1, 0) > 0) listen();
    }
  }

  /// Takes what the server has said; throws if that was the end of the session.
  void listen() {
    const auto notices_before = session_.notices;
    if (PQconsumeInput(session_.conn) != 1) fail();
    static_cast<void>(PQisBusy(session_.conn));  // makes libpq read notices and notifications
    bool harmless = session_.notices != notices_before;
    while (PGnotify* notification = PQnotifies(session_.conn)) {
      PQfreemem(notification);
      harmless = true;
    }
    if (!harmless) suspicious_ = true;
  }

  void end_copy(const std::stop_token& stop) {
    if (format_ == RowFormat::binary) put(binary_trailer, stop);
    int ended = 0;
    while ((ended = PQputCopyEnd(session_.conn, nullptr)) == 0) flush(stop);
    if (ended < 0) fail();
    flush(stop);
    const Result result = session_.finish_statement(session_.silence_deadline(), stop);
    if (!result) throw session_.connection_error();
    server_rows_ += result.affected();
  }

  /// The session is lost, or libpq refuses to go on: throws what the server said last, if anything.
  [[noreturn]] void fail() {
    const Error lost = session_.connection_error();
    if (PQputCopyEnd(session_.conn, "the load failed") >= 0) {
      PQflush(session_.conn);
      static_cast<void>(session_.finish_statement(session_.in(session_.options.cancel_timeout), {}));
    }
    throw Error(lost);
  }

  Connection::Impl& session_;
  std::string sql_;
  RowFormat format_;
  std::uint64_t server_rows_ = 0;
  bool suspicious_ = false;  // the server said something that was no notice: probably an error
};

}  // namespace

std::unique_ptr<CopyOutput> libpq_output(Connection::Impl& session, const std::string& sql, RowFormat format,
                                         const std::stop_token& stop) {
  return std::make_unique<LibpqOutput>(session, sql, format, stop);
}

}  // namespace leat::postgres_detail
