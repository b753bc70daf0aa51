#pragma once

#include <algorithm>
#include <chrono>

#include "postgres/session/wait.hpp"

namespace leat::postgres_detail {

/// Decides when a COPY FROM STDIN that goes through libpq has to be ended so that the server's answer is
/// heard. libpq keeps an error to itself until the client ends the COPY, and passes on what stands before it:
/// notices and notifications. Decides only. Used by one thread at a time.
///
/// What came and is neither is most likely an error: that asks at once. An error may also stand behind a
/// notice, but then nothing follows: so a notice asks as soon as it was the last word for a while. Where
/// there was no error, the next while is twice as long, since each question costs a round trip and a
/// statement.
class CopyDoubt {
 public:
  static constexpr std::chrono::milliseconds first_patience{1000};
  static constexpr std::chrono::milliseconds longest_patience{64'000};

  /// libpq has read something and passed on nothing of it.
  void heard_unknown() { last_ = Word::unknown; }
  /// libpq has passed on a notice or a notification, and with it all that came before.
  void heard_notice(Clock::time_point now) {
    last_ = Word::notice;
    heard_at_ = now;
  }
  /// True where the COPY is to be ended now.
  [[nodiscard]] bool must_ask(Clock::time_point now) const {
    return last_ == Word::unknown || (last_ == Word::notice && now - heard_at_ >= patience_);
  }
  /// The COPY was ended, and there was no error.
  void was_wrong() {
    if (last_ == Word::notice) patience_ = std::min(2 * patience_, longest_patience);
    last_ = Word::none;
  }

 private:
  enum class Word {
    none,
    notice,
    unknown,
  };

  Word last_ = Word::none;
  Clock::time_point heard_at_{};
  std::chrono::milliseconds patience_ = first_patience;
};

}  // namespace leat::postgres_detail
