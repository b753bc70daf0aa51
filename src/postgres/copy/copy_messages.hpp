#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "leat/core/error.hpp"
#include "postgres/copy/copy_format.hpp"
#include "postgres/copy/server_message.hpp"
#include "postgres/copy/wide_row.hpp"

namespace leat::postgres_detail {

/// What a server may send, and what that takes of memory. All are in bytes, and at least a header's 5.
struct CopyMessageLimits {
  /// What the inbox holds at first. The default is what a socket's buffer holds, so that one call empties it,
  /// and stays in a core's cache.
  std::size_t inbox = std::size_t{256} << 10U;
  /// What is allocated at once, at most, for a row that is too large for the inbox. Most of them are no
  /// larger, and so are never moved.
  std::size_t wide_at_once = std::size_t{4} << 20U;
  /// Messages other than rows are small; a server that announces more does not speak the protocol.
  std::size_t control = std::size_t{16} << 20U;
  /// PostgreSQL builds a message in memory that it limits to this.
  std::size_t row = std::size_t{1} << 30U;
};

/// How far a statement that begins a COPY has come, by what the server has said.
enum class CopyPhase : unsigned char {
  /// The COPY has not begun; statements before it answer.
  statement,
  /// The server takes rows.
  copy_in,
  /// The server sends rows.
  copy_out,
  /// The rows have ended, and what was sent has not; statements after the COPY answer.
  copied,
  /// The statement has failed, and has not ended.
  failed,
  /// The server waits for the next statement.
  ready,
};

/// What a server says from a statement that begins a COPY, and those sent in one message with it, to the end
/// of them. Bytes in pieces of any size go in, whole messages come out, in place; one that may not come now,
/// and one that is none, is an Error. Does no I/O. Not thread-safe.
///
/// Invariant: memory() is limits.inbox, or at most twice what has arrived of a message. What a server only
/// announces is not allocated.
class CopyMessages {
 public:
  struct Message {
    ServerMessage type;
    std::span<const char> body;
  };

  /// `side` is where errors are from.
  explicit CopyMessages(ErrorKind side, CopyMessageLimits limits = {});

  /// Where the next bytes go, which makes messages that were peeked at invalid. Empty where messages are to
  /// be consumed, or a wide row to be taken, before there is room.
  [[nodiscard]] std::span<char> room();
  /// So many bytes were put into room().
  void arrived(std::size_t count);

  /// The next message, or nothing until more bytes have arrived. It stays the next one until consume().
  /// @throws Error (08P01) that says what came, for what is no message of this protocol, or comes in the
  /// wrong phase; each time again.
  [[nodiscard]] std::optional<Message> peek() {
    if (end_ - begin_ >= header_bytes && phase_ == CopyPhase::copy_out && next_type() == ServerMessage::row) {
      const std::size_t size = next_size();
      if (size >= header_bytes && size <= end_ - begin_) return found(ServerMessage::row, size);
    }
    return peek_other();
  }
  /// Goes on behind the message that peek() has returned.
  void consume() {
    assert(next_ > begin_);
    if (next_type() != ServerMessage::row) advance();
    begin_ = next_;
  }

  /// Bytes of the row that is next, has not arrived whole and is too large for the inbox. Zero where there is
  /// none.
  [[nodiscard]] std::size_t wide_row() const;
  /// That row, to be received apart; its end is where the next message begins.
  [[nodiscard]] WideRow take_wide_row();

  [[nodiscard]] CopyPhase phase() const { return phase_; }
  /// Whether a message, or a part of one, has arrived that was not consumed.
  [[nodiscard]] bool has_more() const { return end_ > begin_; }
  /// Of all that has arrived and was not consumed, the first ErrorResponse: after a refusal it tells why.
  [[nodiscard]] std::optional<Error> first_error() const;
  [[nodiscard]] std::size_t memory() const { return capacity_; }

 private:
  static constexpr std::size_t header_bytes = 5;  // type, int32 length that counts itself

  [[nodiscard]] ServerMessage next_type() const { return static_cast<ServerMessage>(inbox_[begin_]); }
  /// Of the header and the body.
  [[nodiscard]] std::size_t next_size() const {
    return 1 + std::size_t{read_uint32(inbox_.get() + begin_ + 1)};
  }
  [[nodiscard]] Message found(ServerMessage type, std::size_t size) {
    next_ = begin_ + size;
    return {.type = type, .body = {inbox_.get() + begin_ + header_bytes, size - header_bytes}};
  }
  [[nodiscard]] std::optional<Message> peek_other();
  void check_header() const;
  void check_status(std::span<const char> body) const;
  void advance();
  void make_room();
  [[noreturn]] void refuse(const std::string& what) const;

  // Constant after construction
  ErrorKind side_;
  CopyMessageLimits limits_;

  std::unique_ptr<char[]> inbox_;
  std::size_t capacity_;
  std::size_t begin_ = 0;  // of what has arrived and was not consumed
  std::size_t next_ = 0;   // its first message's end, if that was peeked at
  std::size_t end_ = 0;
  CopyPhase phase_ = CopyPhase::statement;
};

}  // namespace leat::postgres_detail
