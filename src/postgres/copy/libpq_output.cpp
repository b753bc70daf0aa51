#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "postgres/copy/copy_doubt.hpp"
#include "postgres/copy/copy_format.hpp"
#include "postgres/copy/copy_output.hpp"
#include "postgres/copy/libpq_copy.hpp"

namespace leat::postgres_detail {
namespace {

/// Where the kernel's tcp_info, to which fields are only appended, has tcpi_bytes_received. The C library's
/// ends before it, and the kernel's header cannot be included beside the C library's.
constexpr std::size_t bytes_received_at = 128;

/// Bytes that the server has sent so far, as they travel; zero for a socket that does not count them.
std::uint64_t received_bytes(int socket) {
  std::uint64_t received = 0;
  std::array<char, bytes_received_at + sizeof received> info{};
  socklen_t size = info.size();
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, info.data(), &size) != 0 || size < info.size()) return 0;
  std::memcpy(&received, info.data() + bytes_received_at, sizeof received);
  return received;
}

bool has_something_to_read(int socket) {
  pollfd polled{.fd = socket, .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, 0) > 0;
}

/// libpq does not tell that the server has ended a COPY before the client ends it, too. So what the server
/// says while it takes rows raises a doubt, and between two batches the COPY is then ended to hear the
/// answer. It is nearly always the error; if not, a new COPY goes on in the same transaction. Never within a
/// batch, whose rows the caller may want to take back as a whole.
class LibpqOutput final : public CopyOutput {
 public:
  LibpqOutput(Connection::Impl& session, const std::string& sql, RowFormat format, const BesideCopy& beside,
              const std::stop_token& stop)
      : session_(session), sql_(join({}, sql, beside.after)), format_(format) {
    start(join(beside.before, sql_, {}), stop);
  }

  void write(std::span<const char> data, const std::stop_token& stop) override {
    check(stop);
    for (std::size_t at = 0; at < data.size(); at += copy_piece) {
      put(data.subspan(at, std::min(copy_piece, data.size() - at)), stop);
    }
    listen();
  }

  void check(const std::stop_token& stop) override {
    session_.require_open();
    listen();
    if (!doubt_.must_ask(Clock::now())) return;
    end_copy(stop);
    doubt_.was_wrong();
    start(sql_, stop);
  }

  std::uint64_t finish(const std::stop_token& stop) override {
    end_copy(stop);
    return server_rows_;
  }

  [[nodiscard]] const std::vector<BesideRow>& beside() const override { return beside_; }

 private:
  void start(const std::string& sql, const std::stop_token& stop) {
    start_copy(session_, sql, PGRES_COPY_IN, beside_, stop);
    notices_ = session_.notices;
    received_ = received_bytes(PQsocket(session_.conn));
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
      listen();
    }
  }

  /// Takes what the server has said, without waiting; throws if that was the end of the session.
  void listen() {
    const int socket = PQsocket(session_.conn);
    auto received = received_bytes(socket);
    // libpq also reads by itself where it cannot send all at once, and does not tell.
    const bool has_read = received != received_ || session_.notices != notices_;
    if (has_read && !has_something_to_read(socket)) judge();
    while (true) {
      while (has_something_to_read(socket)) {
        if (PQconsumeInput(session_.conn) != 1) fail();
        judge();
      }
      // What has come since the count was taken may not be read yet.
      if (const auto now = received_bytes(socket); now != std::exchange(received, now)) continue;
      received_ = received;
      return;
    }
  }

  /// libpq has read something.
  void judge() {
    static_cast<void>(PQisBusy(session_.conn));  // makes libpq pass on notices and notifications
    bool harmless = session_.notices != notices_;
    notices_ = session_.notices;
    while (PGnotify* notification = PQnotifies(session_.conn)) {
      PQfreemem(notification);
      harmless = true;
    }
    if (harmless) {
      doubt_.heard_notice(Clock::now());
    } else {
      doubt_.heard_unknown();
    }
  }

  void end_copy(const std::stop_token& stop) {
    if (format_ == RowFormat::binary) put(binary_trailer, stop);
    int ended = 0;
    while ((ended = PQputCopyEnd(session_.conn, nullptr)) == 0) flush(stop);
    if (ended < 0) fail();
    flush(stop);
    const Result result = finish_copy(session_, beside_, stop);
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
  const std::string sql_;  // what is run again
  RowFormat format_;
  std::uint64_t server_rows_ = 0;
  std::vector<BesideRow> beside_;
  CopyDoubt doubt_;
  std::uint64_t notices_ = 0;   // of the session, when it was last listened to
  std::uint64_t received_ = 0;  // bytes, likewise
};

}  // namespace

std::unique_ptr<CopyOutput> libpq_output(Connection::Impl& session, const std::string& sql, RowFormat format,
                                         const BesideCopy& beside, const std::stop_token& stop) {
  return std::make_unique<LibpqOutput>(session, sql, format, beside, stop);
}

}  // namespace leat::postgres_detail
