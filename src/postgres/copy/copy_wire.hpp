#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/copy/beside_copy.hpp"
#include "postgres/copy/copy_messages.hpp"
#include "postgres/session/session.hpp"

namespace leat::postgres_detail {

/// COPY spoken on the session's own socket, past libpq, whose copies of every row cost more than all else
/// that a client does. Possible where the socket carries the protocol as it is, without TLS or GSS
/// encryption. CopyMessages knows what the server's bytes mean; here they are received, and ours are sent.
///
/// Invariant: libpq is idle, with nothing sent or received in part, before start() and after the server's
/// ReadyForQuery. Between the two, Impl::wire_active is true and libpq is not called.
class CopyWire {
 public:
  explicit CopyWire(Connection::Impl& session);
  CopyWire(const CopyWire&) = delete;
  CopyWire& operator=(const CopyWire&) = delete;

  /// True when the session's socket can be spoken on directly.
  [[nodiscard]] static bool possible(const Connection::Impl& session);

  /// Sends the COPY and the statements beside it; returns when the server has answered with `response`:
  /// copy_out or copy_in.
  /// @throws Error with the server's SQLSTATE when it refuses.
  void start(const std::string& copy, ServerMessage response, const BesideCopy& beside,
             const std::stop_token& stop);

  /// The next message that has arrived whole, or nothing. It stays the next one until consume(), and is valid
  /// until the next receive. @throws Error (08P01) for what a server does not send; the session is closed
  /// then.
  [[nodiscard]] std::optional<CopyMessages::Message> peek() {
    try {
      return messages_.peek();
    } catch (const Error& error) {
      refuse(error);
    }
  }
  void consume() { messages_.consume(); }
  /// The next message is a row that has begun to arrive and is too large for the inbox.
  [[nodiscard]] bool is_wide() const { return messages_.wide_row() > 0; }
  /// Receives that row, in full.
  [[nodiscard]] WideRow receive_wide(const std::stop_token& stop);

  /// Takes what has arrived without waiting; false when there was nothing. @throws Error at the end of the
  /// connection.
  bool receive();
  /// The last receive() has emptied the socket: there is nothing to receive before it is ready again.
  [[nodiscard]] bool drained() const { return drained_; }

  /// Handles what is no row: notices, errors, the end of the statement. True at ReadyForQuery, when an error
  /// that arrived before is thrown.
  bool control(const CopyMessages::Message& message);

  /// Sends messages, a header and a body each, waiting as long as the server is not silent for too long;
  /// takes in what the server says, so that it never waits for us. @throws Error as soon as the server has
  /// ended the statement, between two messages, so that the session can go on.
  void send(std::span<const std::span<const char>> parts, const std::stop_token& stop);

  /// After ReadyForQuery: takes what the server has said of its own accord behind it, such as why it ends the
  /// session, which libpq would never see. Waits for the rest of such a message alone.
  void hear_rest();
  /// For a COPY whose rows nobody wants any more: if the server has ended the session, finds among what has
  /// arrived why. Never waits, and never throws.
  void hear_end() noexcept;
  /// Reads on until ReadyForQuery. @throws the server's error.
  void finish(Clock::time_point deadline, const std::stop_token& stop);
  /// Takes what the server has said without waiting. @throws Error if that was an error.
  void listen();

  /// The number in the command tag of the COPY.
  [[nodiscard]] std::uint64_t affected() const { return affected_; }
  /// What statements beside the COPY have returned.
  [[nodiscard]] const std::vector<BesideRow>& beside() const { return beside_; }

 private:
  /// The server closed the connection.
  [[noreturn]] void lost();
  /// The server does not speak the protocol.
  [[noreturn]] void refuse(const Error& error);
  [[noreturn]] void end_session(const Error& error);
  [[noreturn]] void fail();
  /// How many bytes have arrived there without waiting.
  [[nodiscard]] std::size_t receive_into(std::span<char> room);
  /// Takes what the server has said without waiting; true where it has ended the statement by an error.
  [[nodiscard]] bool hear();
  /// Sends the rest of the message that these parts, from `offset` of the first one on, are.
  void end_message(std::span<const std::span<const char>> parts, std::size_t offset);

  Connection::Impl& session_;
  CopyMessages messages_;
  std::uint64_t affected_ = 0;
  std::vector<BesideRow> beside_;
  std::optional<Error> error_;  // arrived, but ReadyForQuery has not
  bool drained_ = false;
};

}  // namespace leat::postgres_detail
