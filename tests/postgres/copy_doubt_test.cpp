// When a COPY through libpq is ended to hear the server's answer.
#include "postgres/copy/copy_doubt.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::postgres_detail::Clock;
using leat::postgres_detail::CopyDoubt;

TEST_CASE("CopyDoubt: what is no notice asks at once", "[postgres]") {
  CopyDoubt doubt;
  const Clock::time_point now{};
  CHECK_FALSE(doubt.must_ask(now + 1h));
  doubt.heard_unknown();
  CHECK(doubt.must_ask(now));
  doubt.was_wrong();
  CHECK_FALSE(doubt.must_ask(now + 1h));
}

TEST_CASE("CopyDoubt: a notice asks when nothing followed it for a while", "[postgres]") {
  CopyDoubt doubt;
  const Clock::time_point now{};
  doubt.heard_notice(now);
  CHECK_FALSE(doubt.must_ask(now));
  CHECK(doubt.must_ask(now + CopyDoubt::first_patience));
  // A later one shows that nothing but notices stood before it.
  doubt.heard_notice(now + CopyDoubt::first_patience);
  CHECK_FALSE(doubt.must_ask(now + CopyDoubt::first_patience));
  doubt.heard_unknown();
  doubt.heard_notice(now + 2 * CopyDoubt::first_patience);
  CHECK_FALSE(doubt.must_ask(now + 2 * CopyDoubt::first_patience));
}

TEST_CASE("CopyDoubt: each time that it was wrong it waits longer, up to a limit", "[postgres]") {
  CopyDoubt doubt;
  const Clock::time_point now{};
  for (auto patience = CopyDoubt::first_patience; patience < CopyDoubt::longest_patience; patience *= 2) {
    doubt.heard_notice(now);
    CHECK_FALSE(doubt.must_ask(now + patience - 1ms));
    CHECK(doubt.must_ask(now + patience));
    doubt.was_wrong();
  }
  for (int i = 0; i < 2; ++i) {
    doubt.heard_notice(now);
    CHECK(doubt.must_ask(now + CopyDoubt::longest_patience));
    doubt.was_wrong();
  }
  // What is surely no notice does not make it patient.
  doubt.heard_unknown();
  CHECK(doubt.must_ask(now));
}
