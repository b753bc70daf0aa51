// What a server may say during a COPY, and what it may not: bytes in, messages out, no socket.
#include "postgres/copy/copy_messages.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/conversation.hpp"
#include "support/catch.hpp"

using namespace leat;
using namespace leat::postgres_detail;
using namespace leat::test;
using namespace std::string_literals;

namespace {

const std::string text_columns = "\0\0\1\0\0"s;
const std::string takes_rows = server_message('G', text_columns);
const std::string sends_rows = server_message('H', text_columns);
const std::string row_of_one = server_message('d', "1\n");
const std::string is_ready = server_message('Z', "I");

// Small ones, so that short conversations reach them.
constexpr CopyMessageLimits narrow{.inbox = 16, .wide_at_once = 32, .control = 1000, .row = 2000};

void give(CopyMessages& messages, std::string_view bytes) {
  const auto room = messages.room();
  REQUIRE(room.size() >= bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  messages.arrived(bytes.size());
}

std::string text_of(const std::optional<CopyMessages::Message>& message) {
  REQUIRE(message);
  return {message->body.begin(), message->body.end()};
}

/// What is said of these bytes, which must be refused.
std::string refusal_of(std::string_view bytes, CopyMessageLimits limits = {}) {
  const Heard heard = hear(bytes, bytes.size(), limits);
  REQUIRE(heard.refusal);
  CHECK(heard.refusal->sqlstate() == "08P01");
  CHECK(heard.refusal->kind() == ErrorKind::source);
  CHECK(heard.bounded);
  return heard.refusal->what();
}

}  // namespace

TEST_CASE("COPY messages: rows and the end of a COPY come out one by one", "[postgres]") {
  CopyMessages messages(ErrorKind::source);
  CHECK_FALSE(messages.peek());
  give(messages,
       sends_rows + row_of_one + server_message('c', "") + server_message('C', "COPY 1\0"s) + is_ready);

  CHECK(messages.peek()->type == ServerMessage::copy_out);
  CHECK(messages.phase() == CopyPhase::statement);
  messages.consume();
  CHECK(messages.phase() == CopyPhase::copy_out);

  CHECK(messages.peek()->type == ServerMessage::row);
  CHECK(text_of(messages.peek()) == "1\n");
  messages.consume();

  CHECK(messages.peek()->type == ServerMessage::copy_done);
  messages.consume();
  CHECK(messages.phase() == CopyPhase::copied);

  CHECK(messages.peek()->type == ServerMessage::complete);
  CHECK(copied_rows(messages.peek()->body) == 1);
  messages.consume();

  CHECK(messages.peek()->type == ServerMessage::ready);
  CHECK(text_of(messages.peek()) == "I");
  messages.consume();
  CHECK(messages.phase() == CopyPhase::ready);
  CHECK_FALSE(messages.peek());
}

TEST_CASE("COPY messages: a server that takes rows says how many it has taken", "[postgres]") {
  CopyMessages messages(ErrorKind::target);
  give(messages, takes_rows + server_message('C', "COPY 300000\0"s) + is_ready);
  CHECK(messages.peek()->type == ServerMessage::copy_in);
  messages.consume();
  CHECK(messages.phase() == CopyPhase::copy_in);
  CHECK(copied_rows(messages.peek()->body) == 300000);
  messages.consume();
  CHECK(messages.phase() == CopyPhase::copied);
  CHECK(messages.peek()->type == ServerMessage::ready);
}

TEST_CASE("COPY messages: statements beside a COPY answer before it begins and after its rows",
          "[postgres]") {
  const std::string answer = server_message('T', "\0\1a\0"s) + server_message('D', "\0\1\0\0\0\1x"s) +
                             server_message('C', "SELECT 1\0"s);
  const bool in = GENERATE(true, false);
  const std::string copy = in ? takes_rows : sends_rows + row_of_one + server_message('c', "");
  const std::string before =
      server_message('C', "BEGIN\0"s) + answer + copy + server_message('C', "COPY 1\0"s);
  const auto asked = hear(before + answer + server_message('I', "") + is_ready, 100);
  CHECK_FALSE(asked.refusal);
  CHECK(asked.phase == CopyPhase::ready);
  CHECK(std::count(asked.messages.begin(), asked.messages.end(), "D\0\1\0\0\0\1x"s) == 2);

  const auto failed = hear(before + server_message('E', "Mno\0\0"s), 100);
  CHECK_FALSE(failed.refusal);
  CHECK(failed.phase == CopyPhase::failed);
}

TEST_CASE("COPY messages: settings, notices and notifications come between any two others", "[postgres]") {
  const auto kind = GENERATE('S', 'N', 'A');
  const std::string other = server_message(kind, "TimeZone\0UTC\0"s);
  const auto heard = hear(other + sends_rows + other + row_of_one + other + server_message('c', "") + other +
                              server_message('C', "COPY 1\0"s) + other + is_ready + other,
                          100);
  CHECK_FALSE(heard.refusal);
  CHECK(heard.phase == CopyPhase::ready);
  CHECK(heard.messages.size() == 11);
  CHECK(heard.messages.front() == kind + "TimeZone\0UTC\0"s);
}

TEST_CASE("COPY messages: a message stays the next one until it is consumed", "[postgres]") {
  CopyMessages messages(ErrorKind::source);
  give(messages, sends_rows + row_of_one + server_message('d', "2\n").substr(0, 6));
  static_cast<void>(messages.peek());
  messages.consume();
  CHECK(text_of(messages.peek()) == "1\n");
  CHECK(text_of(messages.peek()) == "1\n");
  static_cast<void>(messages.room());
  CHECK(text_of(messages.peek()) == "1\n");
  messages.consume();
  CHECK_FALSE(messages.peek());
  give(messages, "\n");
  CHECK(text_of(messages.peek()) == "2\n");
}

TEST_CASE("COPY messages: wherever a conversation is cut, the same is heard", "[postgres]") {
  for (const auto& conversation : conversations()) {
    const auto whole = hear(conversation, conversation.size());
    CHECK_FALSE(whole.refusal);
    CHECK(whole.messages.size() > 1);
    for (const auto& limits : {CopyMessageLimits{}, narrow}) {
      for (std::size_t first = 1; first < conversation.size(); ++first) {
        bool begun = false;
        const auto piece = [&] { return std::exchange(begun, true) ? conversation.size() : first; };
        const auto heard = hear(conversation, piece, limits);
        INFO("cut after " << first << " bytes");
        CHECK(is_same(heard, whole));
        CHECK(heard.bounded);
        CHECK_FALSE(heard.stuck);
      }
      for (std::size_t piece = 1; piece <= 40; ++piece) {
        INFO("in pieces of " << piece << " bytes");
        CHECK(is_same(hear(conversation, piece, limits), whole));
      }
    }
  }
}

TEST_CASE("COPY messages: of a conversation that ends early what was whole is heard", "[postgres]") {
  for (const auto& conversation : conversations()) {
    const auto whole = hear(conversation, conversation.size());
    for (std::size_t length = 0; length < conversation.size(); ++length) {
      const auto heard = hear(std::string_view(conversation).substr(0, length), 7, narrow);
      CHECK_FALSE(heard.refusal);
      CHECK_FALSE(heard.stuck);
      REQUIRE(heard.messages.size() <= whole.messages.size());
      CHECK(std::equal(heard.messages.begin(), heard.messages.end(), whole.messages.begin()));
    }
  }
}

TEST_CASE("COPY messages: a length that does not count itself is refused", "[postgres]") {
  const auto length = GENERATE(0U, 1U, 2U, 3U);
  CHECK(refusal_of(message_header('N', length)) ==
        "the server sent a message of type 'N' whose length is " + std::to_string(length));
  CHECK(refusal_of(sends_rows + row_of_one + message_header('d', length)) ==
        "the server sent a message of type 'd' whose length is " + std::to_string(length));
}

TEST_CASE("COPY messages: a length above what a server can have is refused", "[postgres]") {
  CHECK(refusal_of(message_header('N', 0xffffffffU)) ==
        "the server sent a message of type 'N' and 4294967296 bytes, which is no row");
  CHECK(refusal_of(message_header('E', 0x80000000U)) ==
        "the server sent a message of type 'E' and 2147483649 bytes, which is no row");
  CHECK(refusal_of(message_header('C', 16U << 20U)) ==
        "the server sent a message of type 'C' and 16777217 bytes, which is no row");
  CHECK_FALSE(hear(message_header('C', (16U << 20U) - 1), 5).refusal);
  CHECK(refusal_of(sends_rows + message_header('d', 0xffffffffU)) ==
        "the server sent a row of 4294967291 bytes");
  CHECK(refusal_of(sends_rows + message_header('d', 1U << 30U)) ==
        "the server sent a row of 1073741820 bytes");
  CHECK_FALSE(hear(sends_rows + message_header('d', (1U << 30U) - 1), 5).refusal);
}

TEST_CASE("COPY messages: a type that is none of a COPY's is refused", "[postgres]") {
  CHECK(refusal_of(server_message('x', "")) == "the server sent a message of type 'x'");
  CHECK(refusal_of(sends_rows + server_message('K', "key")) == "the server sent a message of type 'K'");
  CHECK(refusal_of(sends_rows + server_message('\n', "")) == "the server sent a message of type 0x0a");
  CHECK(refusal_of(takes_rows + server_message('\xfe', "")) == "the server sent a message of type 0xfe");
  CHECK(refusal_of(std::string(5, '\0')) == "the server sent a message of type 0x00");
}

TEST_CASE("COPY messages: what comes at the wrong time is refused", "[postgres]") {
  const std::string end_of_rows = server_message('c', "");
  const std::string tag = server_message('C', "COPY 1\0"s);
  const std::string error = server_message('E', "Mno\0\0"s);
  struct Wrong {
    std::string before;
    char type;
    std::string when;
  };
  const auto wrong = GENERATE_COPY(values<Wrong>({
      {"", 'd', "before a COPY has begun"},
      {"", 'c', "before a COPY has begun"},
      {takes_rows, 'd', "while it takes rows"},
      {takes_rows, 'c', "while it takes rows"},
      {takes_rows, 'Z', "while it takes rows"},
      {takes_rows, 'G', "while it takes rows"},
      {takes_rows, 'D', "while it takes rows"},
      {sends_rows, 'H', "among rows"},
      {sends_rows, 'C', "among rows"},
      {sends_rows + row_of_one, 'Z', "among rows"},
      {sends_rows + row_of_one, 'T', "among rows"},
      {sends_rows + row_of_one, 'D', "among rows"},
      {sends_rows + end_of_rows, 'd', "after the rows' end"},
      {sends_rows + end_of_rows, 'c', "after the rows' end"},
      {sends_rows + end_of_rows + tag, 'H', "after the rows' end"},
      {takes_rows + tag, 'd', "after the rows' end"},
      {sends_rows + error, 'd', "after an error"},
      {takes_rows + error, 'C', "after an error"},
      {error, 'G', "after an error"},
      {error + is_ready, 'Z', "after the statement's end"},
      {tag + is_ready, 'd', "after the statement's end"},
  }));
  CHECK(refusal_of(wrong.before + server_message(wrong.type, "I")) ==
        "the server sent a message of type '"s + wrong.type + "' " + wrong.when);
}

TEST_CASE("COPY messages: a status that no session has is refused", "[postgres]") {
  CHECK(refusal_of(server_message('Z', "")) == "the server sent a status of 0 bytes");
  CHECK(refusal_of(server_message('Z', "IT")) == "the server sent a status of 2 bytes");
  CHECK(refusal_of(server_message('Z', "x")) == "the server sent the status 'x'");
}

TEST_CASE("COPY messages: a refusal is repeated as often as one asks", "[postgres]") {
  CopyMessages messages(ErrorKind::source);
  give(messages, server_message('x', ""));
  for (int i = 0; i < 3; ++i) CHECK_THROWS_AS(messages.peek(), Error);
  CHECK(messages.room().size() > 0);
  CHECK_THROWS_AS(messages.peek(), Error);
}

TEST_CASE("COPY messages: an error behind what is refused is found", "[postgres]") {
  CopyMessages messages(ErrorKind::source);
  give(messages,
       server_message('x', "?") + server_message('E', "C57P01\0Mthe server is going down\0\0"s) + "E\0"s);
  CHECK_THROWS_AS(messages.peek(), Error);
  REQUIRE(messages.first_error());
  CHECK(messages.first_error()->what() == "the server is going down"s);
  CHECK(messages.first_error()->sqlstate() == "57P01");
}

TEST_CASE("COPY messages: what is only announced is not allocated", "[postgres]") {
  SECTION("a message that is no row") {
    CopyMessages messages(ErrorKind::source);
    give(messages, message_header('N', (16U << 20U) - 1));
    CHECK_FALSE(messages.peek());
    std::size_t given = 5;
    while (given < (4U << 20U)) {
      const auto room = messages.room();
      REQUIRE_FALSE(room.empty());
      CHECK(messages.memory() <= std::max(CopyMessageLimits{}.inbox, 2 * given));
      std::memset(room.data(), 'n', room.size());
      messages.arrived(room.size());
      given += room.size();
      CHECK_FALSE(messages.peek());
    }
  }
  SECTION("a row") {
    CopyMessages messages(ErrorKind::source);
    give(messages, sends_rows + message_header('d', (1U << 30U) - 1) + "begun");
    static_cast<void>(messages.peek());
    messages.consume();
    CHECK_FALSE(messages.peek());
    CHECK(messages.wide_row() == (1U << 30U) - 5);
    WideRow row = messages.take_wide_row();
    CHECK(std::string(row.bytes().begin(), row.bytes().end()) == "begun");
    CHECK(row.memory() == CopyMessageLimits{}.wide_at_once);
    std::size_t given = 5;
    while (given < (20U << 20U)) {
      const auto room = row.room();
      REQUIRE_FALSE(room.empty());
      CHECK(row.memory() <= std::max(CopyMessageLimits{}.wide_at_once, 2 * given));
      row.arrived(room.size());
      given += room.size();
    }
    CHECK_FALSE(row.whole());
  }
}

TEST_CASE("COPY messages: a wide row has no more memory than it needs, and what follows is read",
          "[postgres]") {
  const std::string wide(1000, 'w');
  const auto heard = hear(sends_rows + server_message('d', wide) + row_of_one +
                              server_message('d', std::string(12, 'f')) + row_of_one,
                          GENERATE(1U, 5U, 300U, 3000U), narrow);
  CHECK_FALSE(heard.refusal);
  CHECK(heard.bounded);
  CHECK(heard.messages ==
        std::vector<std::string>{"H" + text_columns, "d" + wide, "d1\n", "d" + std::string(12, 'f'), "d1\n"});

  WideRow row(1000, std::span("wwww", 4), 32);
  while (!row.whole()) row.arrived(row.room().size());
  CHECK(row.memory() == 1000);
  CHECK(row.room().empty());
}

TEST_CASE("COPY messages: a full inbox has no room until its messages are consumed", "[postgres]") {
  CopyMessages messages(ErrorKind::source, narrow);
  give(messages, server_message('S', "") + server_message('S', "") + server_message('S', "x"));
  CHECK(messages.room().empty());
  CHECK(messages.peek());
  messages.consume();
  CHECK(messages.room().size() == 5);
  CHECK(messages.memory() == narrow.inbox);
}
