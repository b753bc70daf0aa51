#include "postgres/copy/copy_wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "postgres/copy/copy_format.hpp"
#include "postgres/copy/libpq_copy.hpp"
#include "postgres/session/nul_bytes.hpp"

namespace leat::postgres_detail {
namespace {

constexpr std::size_t most_parts = 64;

bool begins_copy(ServerMessage type) {
  return type == ServerMessage::copy_in || type == ServerMessage::copy_out ||
         type == ServerMessage::copy_both;
}

}  // namespace

CopyWire::CopyWire(Connection::Impl& session) : session_(session), messages_(session.options.side) {}

bool CopyWire::possible(const Connection::Impl& session) {
  return session.options.copy_path == CopyPath::automatic && PQsslInUse(session.conn) == 0 &&
         PQgssEncInUse(session.conn) == 0;
}

void CopyWire::start(const std::string& copy, ServerMessage response, const BesideCopy& beside,
                     const std::stop_token& stop) {
  session_.require_open();
  const std::string all = join(beside.before, copy, beside.after);
  refuse_nul(all, "the SQL");
  if (stop.stop_requested()) throw Stopped();
  session_.log_statement(all);
  const std::string sql = session_.with_settings(all);
  const std::size_t before_copy = beside.before.empty() ? 0 : beside.before.size() + 2;  // and "; "
  session_.before_sent = std::exchange(session_.before_next, 0) + before_copy;
  std::array<char, 5> header{'Q'};  // and the length
  write_uint32(header.data() + 1, static_cast<std::uint32_t>(sql.size() + 5));
  const std::array<std::span<const char>, 2> parts{std::span<const char>(header),
                                                   std::span<const char>(sql.c_str(), sql.size() + 1)};
  session_.wire_active = true;
  send(parts, stop);
  const auto deadline = session_.silence_deadline();
  while (true) {
    while (const auto message = peek()) {
      if (message->type == response) {
        consume();
        return;
      }
      if (begins_copy(message->type)) {
        session_.abort();
        throw Error(ErrorKind::config, "the statement is no COPY in the expected direction");
      }
      const bool ready = control(*message);
      consume();
      if (ready) throw Error(ErrorKind::config, "the statement is no COPY");
    }
    session_.wait(Readiness::read, deadline, stop);
    receive();
  }
}

WideRow CopyWire::receive_wide(const std::stop_token& stop) {
  WideRow row = messages_.take_wide_row();
  while (!row.whole()) {
    if (const std::size_t count = receive_into(row.room()); count > 0) {
      row.arrived(count);
    } else {
      session_.wait(Readiness::read, session_.silence_deadline(), stop);
    }
  }
  return row;
}

bool CopyWire::receive() {
  drained_ = false;
  const auto room = messages_.room();
  if (room.empty()) return true;
  const std::size_t count = receive_into(room);
  messages_.arrived(count);
  drained_ = count < room.size();
  return count > 0;
}

std::size_t CopyWire::receive_into(std::span<char> room) {
  const auto count = ::recv(PQsocket(session_.conn), room.data(), room.size(), MSG_DONTWAIT);
  if (count > 0) return static_cast<std::size_t>(count);
  if (count == 0 || (errno != EAGAIN && errno != EINTR)) lost();
  return 0;
}

bool CopyWire::control(const CopyMessages::Message& message) {
  const ErrorKind side = session_.options.side;
  switch (message.type) {
    case ServerMessage::error:
      if (!error_) error_ = session_.in_statement(error_in(message.body, side));
      return false;
    case ServerMessage::complete:
      affected_ = copied_rows(message.body).value_or(affected_);
      return false;
    case ServerMessage::data_row:
      if (beside_.size() < most_beside_rows) beside_.push_back(values_in(message.body));
      return false;
    case ServerMessage::notice:
      session_.options.log.debug(std::string(to_string(side)) +
                                 " says: " + error_in(message.body, side).what());
      return false;
    case ServerMessage::ready:
      session_.wire_active = false;
      session_.wire_status = message.body.front();
      if (error_) throw Error(*std::exchange(error_, std::nullopt));
      return true;
    default:
      return false;  // nobody listens to notifications while a COPY runs
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
      if (begins_copy(message->type)) return false;                      // it is for start() to take
      if (message->type == ServerMessage::ready && error_) return true;  // it is for finish() to take
      if (control(*message)) lost();
      consume();
    }
    if (!drained_) break;
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
      if (!ready) continue;
      hear_rest();
      return;
    }
    session_.wait(Readiness::read, deadline, stop);
    receive();
  }
}

void CopyWire::hear_rest() {
  while (messages_.has_more()) {
    if (const auto message = peek()) {
      if (message->type == ServerMessage::error) {
        session_.last_words = error_in(message->body, session_.options.side);
      } else {
        control(*message);
      }
      consume();
    } else {
      session_.wait(Readiness::read, session_.in(session_.options.cancel_timeout), {});
      receive();
    }
  }
}

void CopyWire::hear_end() noexcept {
  if (session_.conn == nullptr || !session_.wire_active) return;
  pollfd socket{.fd = PQsocket(session_.conn), .events = POLLRDHUP, .revents = 0};
  if (::poll(&socket, 1, 0) != 1 || (socket.revents & (POLLRDHUP | POLLHUP)) == 0) return;
  try {
    while (!is_wide()) {
      while (const auto message = peek()) {
        if (message->type == ServerMessage::error) {
          session_.last_words = error_in(message->body, session_.options.side);
          return;
        }
        consume();
      }
      if (!receive()) return;
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): the end, without a word
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

void CopyWire::refuse(const Error& error) {
  end_session(Error(error.kind(), std::string(error.what()) + "; the session was closed",
                    {.sqlstate = std::string(error.sqlstate()), .hint = std::string(error.hint())}));
}

/// Throws this error, or one that arrived before, which says why.
void CopyWire::end_session(const Error& error) {
  // What the server said before it went may not have been read yet.
  while (session_.conn != nullptr) {
    const auto room = messages_.room();
    if (room.empty()) break;
    const auto count = ::recv(PQsocket(session_.conn), room.data(), room.size(), MSG_DONTWAIT);
    if (count <= 0) break;
    messages_.arrived(static_cast<std::size_t>(count));
  }
  if (!error_) error_ = messages_.first_error();
  if (!error_) error_ = session_.last_words;
  session_.close();
  throw Error(error_ ? *error_ : error);
}

}  // namespace leat::postgres_detail
