#include "postgres/copy/copy_wire.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "postgres/copy/copy_format.hpp"
#include "postgres/session/nul_bytes.hpp"

namespace leat::postgres_detail {
namespace {

// Holds what a socket's buffer holds, so that one call empties it, and stays in a core's cache.
constexpr std::size_t inbox_size = std::size_t{256} << 10U;
// Messages other than rows are small; a server that announces more does not speak the protocol.
constexpr std::size_t largest_control = std::size_t{16} << 20U;
// PostgreSQL builds a message in memory that it limits to this.
constexpr std::size_t largest_row = std::size_t{1} << 30U;
constexpr std::size_t header_bytes = 5;  // type, int32 length that counts itself
constexpr std::size_t most_parts = 64;

Error parse_error(ErrorKind side, std::span<const char> body) {
  std::string message = "the server reports an error";
  ErrorDetails details;
  while (!body.empty() && body.front() != '\0') {
    const char code = body.front();
    const auto* text = body.data() + 1;
    const std::size_t length = strnlen(text, body.size() - 1);
    const std::string value(text, length);
    switch (code) {
      case 'C':
        details.sqlstate = value;
        break;
      case 'M':
        message = value;
        break;
      case 'D':
        details.detail = value;
        break;
      case 'H':
        details.hint = value;
        break;
      case 'W':
        details.context = value;
        break;
      case 'n':
        details.constraint = value;
        break;
      case 'c':
        details.column = value;
        break;
      default:
        break;
    }
    body = body.subspan(std::min(body.size(), length + 2));
  }
  return Error(side, message, std::move(details));
}

/// The number that ends a command tag such as "COPY 12".
std::uint64_t tag_number(std::span<const char> body) {
  const std::string_view tag(body.data(), strnlen(body.data(), body.size()));
  const auto space = tag.rfind(' ');
  std::uint64_t number = 0;
  if (space != std::string_view::npos)
    std::from_chars(tag.data() + space + 1, tag.data() + tag.size(), number);
  return number;
}

}  // namespace

CopyWire::CopyWire(Connection::Impl& session)
    : session_(session), inbox_(std::make_unique_for_overwrite<char[]>(inbox_size)), capacity_(inbox_size) {}

bool CopyWire::possible(const Connection::Impl& session) {
  return session.options.copy_path == CopyPath::automatic && PQsslInUse(session.conn) == 0 &&
         PQgssEncInUse(session.conn) == 0;
}

void CopyWire::start(const std::string& copy, char response, const std::stop_token& stop) {
  session_.require_open();
  refuse_nul(copy, "the SQL");
  const std::string sql = session_.with_settings(copy);
  if (stop.stop_requested()) throw Stopped();
  std::array<char, header_bytes> header{'Q'};
  write_uint32(header.data() + 1, static_cast<std::uint32_t>(sql.size() + 5));
  const std::array<std::span<const char>, 2> parts{std::span<const char>(header),
                                                   std::span<const char>(sql.c_str(), sql.size() + 1)};
  session_.wire_active = true;
  send(parts, stop);
  const auto deadline = session_.silence_deadline();
  while (true) {
    while (const auto message = peek()) {
      const char type = message->type;
      if (type == response) {
        consume();
        return;
      }
      if (type == 'G' || type == 'H' || type == 'W') {
        session_.abort();
        throw Error(ErrorKind::config, "the statement is no COPY in the expected direction");
      }
      const bool ready = control(*message);
      consume();
      if (ready) throw Error(ErrorKind::config, "the statement is no COPY");
    }
    expect_no_row();
    session_.wait(Readiness::read, deadline, stop);
    receive();
  }
}

std::size_t CopyWire::message_size() const {
  return 1 + std::size_t{read_uint32(inbox_.get() + begin_ + 1)};
}

std::optional<CopyWire::Message> CopyWire::peek() {
  const std::size_t held = end_ - begin_;
  if (held < header_bytes) return std::nullopt;
  const std::size_t size = message_size();
  if (size < header_bytes) refuse("a message without a length");
  if (held < size) {
    if (inbox_[begin_] != 'd' && size > capacity_) make_room(size);
    return std::nullopt;
  }
  return Message{.type = inbox_[begin_], .body = {inbox_.get() + begin_ + header_bytes, size - header_bytes}};
}

std::size_t CopyWire::oversized() {
  if (end_ - begin_ < header_bytes || inbox_[begin_] != 'd') return 0;
  const std::size_t size = message_size();
  if (size > largest_row) refuse("a row of " + std::to_string(size - header_bytes) + " bytes");
  return size > capacity_ ? size - header_bytes : 0;
}

void CopyWire::expect_no_row() {
  if (oversized() > 0) refuse("a row where none is expected");
}

std::unique_ptr<char, void (*)(void*)> CopyWire::receive_oversized(std::size_t size,
                                                                   const std::stop_token& stop) {
  std::unique_ptr<char, void (*)(void*)> body(static_cast<char*>(std::malloc(size)), &std::free);
  if (!body) throw std::bad_alloc();
  begin_ += header_bytes;
  std::size_t have = end_ - begin_;
  std::memcpy(body.get(), inbox_.get() + begin_, have);
  begin_ = end_ = 0;
  while (have < size) {
    const auto count = ::recv(PQsocket(session_.conn), body.get() + have, size - have, MSG_DONTWAIT);
    if (count > 0) {
      have += static_cast<std::size_t>(count);
    } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      session_.wait(Readiness::read, session_.silence_deadline(), stop);
    } else {
      lost();
    }
  }
  return body;
}

void CopyWire::make_room(std::size_t size) {
  if (size > largest_control) refuse("a message of " + std::to_string(size) + " bytes that is no row");
  auto larger = std::make_unique_for_overwrite<char[]>(size);
  std::memcpy(larger.get(), inbox_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  inbox_ = std::move(larger);
  capacity_ = size;
}

bool CopyWire::receive() {
  if (begin_ > 0) {
    std::memmove(inbox_.get(), inbox_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  drained_ = false;
  if (end_ == capacity_) return true;
  const auto count = ::recv(PQsocket(session_.conn), inbox_.get() + end_, capacity_ - end_, MSG_DONTWAIT);
  if (count > 0) {
    end_ += static_cast<std::size_t>(count);
    drained_ = end_ < capacity_;
    return true;
  }
  if (count == 0 || (errno != EAGAIN && errno != EINTR)) lost();
  drained_ = true;
  return false;
}

bool CopyWire::control(const Message& message) {
  switch (message.type) {
    case 'E':
      if (!error_) error_ = parse_error(session_.options.side, message.body);
      return false;
    case 'C':
      affected_ = tag_number(message.body);
      return false;
    case 'N':
      session_.options.log.debug(std::string(to_string(session_.options.side)) +
                                 " says: " + parse_error(session_.options.side, message.body).what());
      return false;
    case 'A':  // a notification: nobody listens while a COPY runs
    case 'S':  // a setting has changed
    case 'T':  // the shape of a statement that is no COPY
    case 'D':
    case 'I':
    case 'c':  // the end of the rows; the command tag follows
      return false;
    case 'Z':
      session_.wire_active = false;
      session_.wire_status = message.body.empty() ? '\0' : message.body.front();
      if (error_) throw Error(*std::exchange(error_, std::nullopt));
      return true;
    default:
      refuse(std::string("a message of type '") + message.type + "'");
  }
}

void CopyWire::send(std::span<const std::span<const char>> parts, const std::stop_token& stop) {
  std::array<iovec, most_parts> vectors;
  std::size_t next = 0;    // the first part that is not out in full
  std::size_t offset = 0;  // of it
  while (next < parts.size()) {
    std::size_t used = 0;
    for (std::size_t i = next; i < parts.size() && used < vectors.size(); ++i, ++used) {
      const auto part = i == next ? parts[i].subspan(offset) : parts[i];
      vectors[used] = {.iov_base = const_cast<char*>(part.data()), .iov_len = part.size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = used;
    const auto sent = ::sendmsg(PQsocket(session_.conn), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) lost();
    if (sent < 0) {
      session_.wait(Readiness::read_or_write, session_.silence_deadline(), stop);
      if (hear()) {
        // Each header stands before its body; nothing of the next message is out.
        const std::size_t end = next % 2 == 0 && offset == 0 ? next : std::min(parts.size(), (next | 1U) + 1);
        end_message(parts.subspan(next, end - next), offset);
        fail();
      }
      continue;
    }
    auto left = static_cast<std::size_t>(sent);
    while (next < parts.size() && left >= parts[next].size() - offset) {
      left -= parts[next].size() - offset;
      offset = 0;
      ++next;
    }
    offset += left;
  }
}

/// The server has ended the statement, but reads what has begun before it hears of anything else.
void CopyWire::end_message(std::span<const std::span<const char>> parts, std::size_t offset) {
  for (const auto part : parts) {
    auto rest = part.subspan(std::exchange(offset, 0));
    while (!rest.empty()) {
      const auto sent =
          ::send(PQsocket(session_.conn), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) {
        rest = rest.subspan(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno != EAGAIN && errno != EINTR) lost();
      session_.wait(Readiness::write, session_.in(session_.options.cancel_timeout), {});
    }
  }
}

bool CopyWire::hear() {
  while (receive()) {
    while (const auto message = peek()) {
      const bool response = message->type == 'G' || message->type == 'H';
      if (response) return false;
      if (message->type == 'Z' && error_) return true;  // it is for finish() to take
      if (control(*message)) lost();
      consume();
    }
    expect_no_row();
    if (end_ == capacity_) break;
  }
  return error_.has_value();
}

void CopyWire::listen() {
  if (hear()) fail();
}

void CopyWire::finish(Clock::time_point deadline, const std::stop_token& stop) {
  while (true) {
    while (const auto message = peek()) {
      const bool ready = control(*message);
      consume();
      if (ready) return;
    }
    expect_no_row();
    session_.wait(Readiness::read, deadline, stop);
    receive();
  }
}

/// The server has ended the statement, and no message is out in part.
void CopyWire::fail() {
  const Error error = *error_;
  try {
    finish(session_.in(session_.options.cancel_timeout), {});
  } catch (...) {  // NOLINT(bugprone-empty-catch): however the session ends, the first error is what counts
  }
  throw Error(error);
}

void CopyWire::lost() {
  end_session(Error(session_.options.side, "the server closed the connection in the middle of a COPY",
                    {.sqlstate = "08006", .hint = "look into the server's log"}));
}

void CopyWire::refuse(const std::string& what) {
  end_session(Error(session_.options.side, "the server sent " + what + "; the session was closed",
                    {.sqlstate = "08P01", .hint = "see what answers there: no PostgreSQL does that"}));
}

/// Throws this error, or one that arrived before, which says why.
void CopyWire::end_session(Error error) {
  // What the server said before it went may not have been read yet.
  while (session_.conn != nullptr && end_ < capacity_) {
    const auto count = ::recv(PQsocket(session_.conn), inbox_.get() + end_, capacity_ - end_, MSG_DONTWAIT);
    if (count <= 0) break;
    end_ += static_cast<std::size_t>(count);
  }
  while (!error_ && end_ - begin_ >= header_bytes) {
    const std::size_t size = message_size();
    if (size < header_bytes || size > end_ - begin_) break;
    if (inbox_[begin_] == 'E') {
      error_ =
          parse_error(session_.options.side, {inbox_.get() + begin_ + header_bytes, size - header_bytes});
    }
    begin_ += size;
  }
  session_.close();
  throw Error(error_ ? *error_ : error);
}

}  // namespace leat::postgres_detail
