// A message is a byte for its type, an int32 length that counts itself and what follows, and a body. From a
// statement to the end of it a server sends
//
//   conversation = { other | tag } ( copy_out | copy_in ) { other | tag } ready
//   copy_out     = CopyOutResponse { CopyData } CopyDone tag
//   copy_in      = CopyInResponse tag
//   other        = RowDescription | DataRow | EmptyQueryResponse
//   tag          = CommandComplete
//   ready        = ReadyForQuery
//
// or an ErrorResponse in place of all that is left but the ReadyForQuery. Between any two of these there may
// be more: notices, notifications, and settings that have changed. After a failure, and even after the end,
// the server may report an error for which it is going to close the session. What is other, or a tag, around
// the COPY is of the statements beside it.
//
// Source: PostgreSQL manual, "Frontend/Backend Protocol", "COPY Operations", "Message Formats".
#include "postgres/copy/copy_messages.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace leat::postgres_detail {
namespace {

struct PhaseRules {
  std::string_view types;  // which may come
  std::string_view when;   // in words, of what may not
};

constexpr std::string_view copy_message_types = "GHWdcCZENASTDI";

const PhaseRules& rules_of(CopyPhase phase) {
  static constexpr std::array<PhaseRules, 6> rules{{
      {.types = "GHWCZENASTDI", .when = "before a COPY has begun"},
      {.types = "CENAS", .when = "while it takes rows"},
      {.types = "dcENAS", .when = "among rows"},
      {.types = "CZENASTDI", .when = "after the rows' end"},
      {.types = "ZENAS", .when = "after an error"},
      {.types = "ENAS", .when = "after the statement's end"},
  }};
  return rules[static_cast<std::size_t>(phase)];
}

bool is_in(std::string_view types, ServerMessage type) {
  return types.find(static_cast<char>(type)) != std::string_view::npos;
}

/// 'x', or 0x07 for what cannot be printed.
std::string readable(char byte) {
  if (byte > ' ' && byte <= '~') return std::string("'") + byte + "'";
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  return std::string("0x") + digits[value / 16] + digits[value % 16];
}

}  // namespace

CopyMessages::CopyMessages(ErrorKind side, CopyMessageLimits limits)
    : side_(side),
      limits_(limits),
      inbox_(std::make_unique_for_overwrite<char[]>(limits.inbox)),
      capacity_(limits.inbox) {
  assert(limits.inbox >= header_bytes);
}

std::span<char> CopyMessages::room() {
  if (begin_ > 0) {
    std::memmove(inbox_.get(), inbox_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  next_ = 0;
  if (end_ == capacity_) make_room();
  return {inbox_.get() + end_, capacity_ - end_};
}

void CopyMessages::arrived(std::size_t count) {
  assert(count <= capacity_ - end_);
  end_ += count;
}

/// The inbox is full from its beginning.
void CopyMessages::make_room() {
  const std::size_t size = next_size();
  if (size <= capacity_ || size > limits_.control || next_type() == ServerMessage::row) return;
  const std::size_t capacity = std::min(size, 2 * capacity_);
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(larger.get(), inbox_.get(), end_);
  inbox_ = std::move(larger);
  capacity_ = capacity;
}

std::optional<CopyMessages::Message> CopyMessages::peek_other() {
  if (end_ - begin_ < header_bytes) return std::nullopt;
  check_header();
  const std::size_t size = next_size();
  if (end_ - begin_ < size) return std::nullopt;
  const Message message = found(next_type(), size);
  if (message.type == ServerMessage::ready) check_status(message.body);
  return message;
}

void CopyMessages::check_header() const {
  const ServerMessage type = next_type();
  const std::string name = "a message of type " + readable(inbox_[begin_]);
  if (!is_in(copy_message_types, type)) refuse(name);
  const auto& rules = rules_of(phase_);
  if (!is_in(rules.types, type)) refuse(name + " " + std::string(rules.when));
  const std::size_t size = next_size();
  if (size < header_bytes) refuse(name + " whose length is " + std::to_string(size - 1));
  const bool row = type == ServerMessage::row;
  if (row && size > limits_.row) refuse("a row of " + std::to_string(size - header_bytes) + " bytes");
  if (!row && size > limits_.control)
    refuse(name + " and " + std::to_string(size) + " bytes, which is no row");
}

void CopyMessages::check_status(std::span<const char> body) const {
  if (body.size() != 1) refuse("a status of " + std::to_string(body.size()) + " bytes");
  const char status = body.front();
  if (status != 'I' && status != 'T' && status != 'E') refuse("the status " + readable(status));
}

/// Takes notice of the next message, which is no row and may come.
void CopyMessages::advance() {
  switch (next_type()) {
    case ServerMessage::copy_in:
      phase_ = CopyPhase::copy_in;
      break;
    case ServerMessage::copy_out:
      phase_ = CopyPhase::copy_out;
      break;
    case ServerMessage::copy_both:
    case ServerMessage::copy_done:
      phase_ = CopyPhase::copied;
      break;
    case ServerMessage::complete:
      if (phase_ == CopyPhase::copy_in) phase_ = CopyPhase::copied;
      break;
    case ServerMessage::error:
      if (phase_ != CopyPhase::ready) phase_ = CopyPhase::failed;
      break;
    case ServerMessage::ready:
      phase_ = CopyPhase::ready;
      break;
    default:
      break;
  }
}

std::size_t CopyMessages::wide_row() const {
  if (phase_ != CopyPhase::copy_out || end_ - begin_ < header_bytes || next_type() != ServerMessage::row)
    return 0;
  const std::size_t size = next_size();
  return size > capacity_ && size <= limits_.row ? size - header_bytes : 0;
}

WideRow CopyMessages::take_wide_row() {
  const std::size_t size = wide_row();
  assert(size > 0);
  const std::size_t begin = begin_ + header_bytes;
  WideRow row(size, {inbox_.get() + begin, end_ - begin}, limits_.wide_at_once);
  begin_ = next_ = end_ = 0;
  return row;
}

std::optional<Error> CopyMessages::first_error() const {
  for (std::size_t at = begin_; end_ - at >= header_bytes;) {
    const std::size_t size = 1 + std::size_t{read_uint32(inbox_.get() + at + 1)};
    if (size < header_bytes || size > end_ - at) break;
    if (static_cast<ServerMessage>(inbox_[at]) == ServerMessage::error)
      return error_in({inbox_.get() + at + header_bytes, size - header_bytes}, side_);
    at += size;
  }
  return std::nullopt;
}

void CopyMessages::refuse(const std::string& what) const {
  throw Error(side_, "the server sent " + what,
              {.sqlstate = "08P01", .hint = "see what answers there: no PostgreSQL does that"});
}

}  // namespace leat::postgres_detail
