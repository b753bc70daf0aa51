#pragma once

#include <cstdint>
#include <random>
#include <stop_token>
#include <string>
#include <thread>

#include "servers.hpp"

namespace leat::soak {

/// Which sessions of a job are ended, and how often.
struct Sabotage {
  Side side = Side::source;
  /// Only sessions that copy at that moment. Else any of the job's, once one of them has copied.
  bool only_copying = true;
  int most = 1;
  /// Something is committed on the source each time, so that a snapshot which is lost is lost for good.
  bool moves_source = false;
};

/// Ends sessions of a job at random moments, as an administrator would, on a thread of its own which has the
/// use of `servers` until finish() or the destructor.
class Saboteur {
 public:
  Saboteur(Servers& servers, Sabotage sabotage, std::uint64_t seed);
  Saboteur(const Saboteur&) = delete;
  Saboteur& operator=(const Saboteur&) = delete;
  ~Saboteur() = default;

  /// How many it has ended. @throws what went wrong on its thread.
  int finish();

 private:
  void work(const std::stop_token& stop);
  [[nodiscard]] bool end_one(bool only_copying);

  Servers& servers_;
  const Sabotage sabotage_;
  std::mt19937_64 random_;
  int ended_ = 0;
  std::string failure_;
  std::jthread thread_;  // last: it uses all others
};

}  // namespace leat::soak
