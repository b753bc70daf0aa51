// Takes arbitrary bytes for what a server says during a COPY. The first byte chooses how the bytes are cut,
// the second one how small the inbox is; the rest are the server's. However they arrive, the same must be
// heard; that must end, hold no more memory than it may, and refuse by an Error that says what came.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fuzz/conversation.hpp"
#include "fuzz/target.hpp"

namespace leat::test {
namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

void check_promises(const Heard& heard) {
  demand(heard.bounded);
  demand(!heard.stuck);
  if (!heard.refusal) return;
  demand(heard.refusal->sqlstate() == "08P01");
  demand(std::string_view(heard.refusal->what()).starts_with("the server sent "));
}

}  // namespace

void try_input(std::span<const std::byte> input) {
  if (input.size() < 3) return;
  const std::size_t longest = 1 + std::to_integer<std::size_t>(input[0]) % 64;
  const std::size_t spare = std::to_integer<std::size_t>(input[1]) % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(input.data()) + 2, input.size() - 2);
  // Rows and messages that an input can be as long as, and cannot.
  postgres_detail::CopyMessageLimits limits{.control = 600, .row = 1200};
  const Heard whole = hear(bytes, bytes.size(), limits);
  check_promises(whole);

  limits.inbox = 5 + spare;
  limits.wide_at_once = 5 + spare / 2;
  std::size_t piece = longest;
  const Heard cut = hear(
      bytes, [&] { return piece = piece % longest + 1; }, limits);
  check_promises(cut);
  demand(is_same(cut, whole));

  // As servers limit themselves: what is announced may be large.
  limits.control = postgres_detail::CopyMessageLimits{}.control;
  limits.row = postgres_detail::CopyMessageLimits{}.row;
  check_promises(hear(bytes, longest, limits));
}

std::vector<std::vector<std::byte>> samples() {
  std::vector<std::vector<std::byte>> all;
  for (const auto& conversation : conversations()) {
    for (const std::string_view how : {"\x03\x05", "\x1f\x20"}) {
      const std::string sample = std::string(how) + conversation;
      const auto bytes = std::as_bytes(std::span(sample));
      all.emplace_back(bytes.begin(), bytes.end());
    }
  }
  return all;
}

}  // namespace leat::test
