// Conversations that are changed at random: what no server says during a COPY.
#include <random>
#include <string>
#include <string_view>

#include "fuzz/conversation.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::postgres_detail;
using namespace leat::test;

TEST_CASE("COPY messages: whatever bytes come, it ends, within its memory, and says why",
          "[postgres][random]") {
  const RandomRun run(20'000);
  std::mt19937 random(run.seed());
  const auto below = [&](std::size_t bound) { return random() % bound; };
  const auto valid = conversations();
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    std::string bytes = valid[below(valid.size())];
    for (std::size_t changes = below(4); changes > 0; --changes) {
      switch (below(4)) {
        case 0:
          bytes[below(bytes.size())] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(below(bytes.size()), below(6));
          break;
        case 2:
          bytes.insert(below(bytes.size()), valid[below(valid.size())].substr(0, below(40)));
          break;
        default:
          bytes.insert(
              below(bytes.size()),
              message_header("dENZCGHcDT"[below(10)], static_cast<std::uint32_t>(random()) >> below(32)));
      }
      if (bytes.empty()) bytes = " ";
    }
    INFO("round " << round);
    const auto whole = hear(bytes, bytes.size());
    const auto heard = hear(
        bytes, [&] { return 1 + below(30); },
        {.inbox = 5 + below(40), .wide_at_once = 5 + below(100), .control = CopyMessageLimits{}.control});
    CHECK(whole.bounded);
    CHECK(heard.bounded);
    CHECK_FALSE(heard.stuck);
    CHECK(is_same(heard, whole));
    if (whole.refusal) {
      CHECK(std::string_view(whole.refusal->what()).starts_with("the server sent "));
      CHECK(whole.refusal->sqlstate() == "08P01");
    }
  }
}
