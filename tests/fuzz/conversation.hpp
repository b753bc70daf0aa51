#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/copy/copy_messages.hpp"

namespace leat::test {

/// What a message begins with; the length should count itself.
inline std::string message_header(char type, std::uint32_t length) {
  std::string bytes(5, type);
  postgres_detail::write_uint32(bytes.data() + 1, length);
  return bytes;
}

/// A message as a server sends it.
inline std::string server_message(char type, std::string_view body) {
  return message_header(type, static_cast<std::uint32_t>(body.size() + 4)).append(body);
}

/// What CopyMessages has made of a server's bytes.
struct Heard {
  /// Each message: its type, and its body.
  std::vector<std::string> messages{};
  /// Where it refused to go on.
  std::optional<Error> refusal{};
  postgres_detail::CopyPhase phase{};
  /// It never held more memory than it promises to.
  bool bounded = true;
  /// It asked for nothing, gave nothing, and took nothing.
  bool stuck = false;
};

/// That the values of a DataRow are in it, with their lengths.
inline bool has_no_more_than(std::span<const char> body) {
  std::size_t size = 0;
  for (const auto& value : postgres_detail::values_in(body)) size += 4 + (value ? value->size() : 0);
  return size <= body.size();
}

/// That nothing was heard differently.
inline bool is_same(const Heard& some, const Heard& other) {
  const auto words = [](const Heard& heard) {
    return std::string(heard.refusal ? heard.refusal->what() : "");
  };
  return some.messages == other.messages && some.phase == other.phase && words(some) == words(other);
}

/// Reads such bytes as CopyWire and the reader of rows do. `piece()` is how many of them arrive next: more
/// than zero, and no more than there is room for, or left, are taken.
inline Heard hear(std::string_view bytes, const std::function<std::size_t()>& piece,
                  postgres_detail::CopyMessageLimits limits = {}) {
  Heard heard;
  std::size_t given = 0;
  const auto give = [&](std::span<char> room) {
    const std::size_t count = std::min({room.size(), piece(), bytes.size() - given});
    if (count > 0) std::memcpy(room.data(), bytes.data() + given, count);
    given += count;
    return count;
  };
  postgres_detail::CopyMessages messages(ErrorKind::source, limits);
  try {
    while (!heard.stuck) {
      while (const auto message = messages.peek()) {
        heard.messages.push_back(std::string(1, static_cast<char>(message->type))
                                     .append(message->body.begin(), message->body.end()));
        if (message->type == postgres_detail::ServerMessage::error)
          static_cast<void>(postgres_detail::error_in(message->body, ErrorKind::source));
        if (message->type == postgres_detail::ServerMessage::complete)
          static_cast<void>(postgres_detail::copied_rows(message->body));
        if (message->type == postgres_detail::ServerMessage::data_row)
          heard.bounded = heard.bounded && has_no_more_than(message->body);
        messages.consume();
      }
      const auto within = [&](std::size_t memory, std::size_t at_once) {
        return memory <= std::max(at_once, 2 * given);
      };
      if (messages.wide_row() > 0) {
        auto row = messages.take_wide_row();
        while (!row.whole()) {
          row.arrived(give(row.room()));
          heard.bounded = heard.bounded && within(row.memory(), limits.wide_at_once);
          if (given == bytes.size()) break;
        }
        if (!row.whole()) break;
        heard.messages.push_back("d" + std::string(row.bytes().begin(), row.bytes().end()));
        continue;
      }
      const auto room = messages.room();
      heard.bounded = heard.bounded && within(messages.memory(), limits.inbox);
      heard.stuck = room.empty();
      if (given == bytes.size()) break;
      messages.arrived(give(room));
    }
  } catch (const Error& error) {
    heard.refusal = error;
    static_cast<void>(messages.first_error());
  }
  heard.phase = messages.phase();
  return heard;
}

inline Heard hear(std::string_view bytes, std::size_t piece, postgres_detail::CopyMessageLimits limits = {}) {
  return hear(
      bytes, [piece] { return piece; }, limits);
}

/// Conversations as servers have them, each from a statement to the end of it.
inline std::vector<std::string> conversations() {
  const auto m = server_message;
  using namespace std::string_literals;
  const std::string ready = m('Z', "I");
  const std::string in_binary = "\1\0\2\0\1\0\1"s;
  const std::string in_text = "\0\0\1\0\0"s;
  const std::string error =
      m('E', "SERROR\0C22P02\0Mno number\0Dof this\0HTry.\0WCOPY t, line 1\0nkey\0cid\0\0"s);
  const std::string notice = m('N', "SNOTICE\0C00000\0Mthe table is large\0\0"s);
  const std::string setting = m('S', "TimeZone\0UTC\0"s);
  const std::string notification = m('A', "\0\0\1\2channel\0payload\0"s);
  const std::string answer = m('T', "\0\2a\0b\0"s) + m('D', "\0\2\0\0\0\1x\xff\xff\xff\xff"s) +
                             m('D', "\0\1\0\0\0\7cut"s) + m('C', "SELECT 2\0"s);
  const std::string out = m('C', "SET\0"s) + m('H', in_text) + m('d', "1\n") + m('d', "") +
                          m('d', std::string(70, 'w')) + notice + m('d', "2\n");
  return {
      m('H', in_binary) + m('d', "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0"s) + m('d', "\0\1\0\0\0\1x"s) +
          m('d', "\xff\xff") + m('c', "") + m('C', "COPY 1\0"s) + ready,
      out + m('c', "") + setting + m('C', "COPY 4\0"s) + m('Z', "T"),
      out + error + m('Z', "E"),
      m('G', in_binary) + notification + notice + m('C', "COPY 12\0"s) + ready,
      m('G', in_text) + error + notice + ready,
      m('C', "BEGIN\0"s) + answer + m('G', in_text) + m('C', "COPY 12\0"s) + answer + m('I', "") +
          m('Z', "T"),
      answer + m('H', in_text) + m('d', "1\n") + m('c', "") + m('C', "COPY 1\0"s) + answer + error +
          m('Z', "E"),
      error + ready,
      m('T', "\0\1a\0"s) + m('D', "\0\1\0\0\0\1x"s) + m('C', "SELECT 1\0"s) + m('I', "") + ready + notice,
      m('N', "M" + std::string(200, 'n') + "\0\0"s) + m('G', in_text) +
          m('E', "SFATAL\0C57P01\0Mthe server is going down\0\0"s),
  };
}

}  // namespace leat::test
