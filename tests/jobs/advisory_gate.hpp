#pragma once

#include <string>

#include "leat/postgres/session/connection.hpp"

namespace leat::test {

/// Keeps statements of a database that run `wait` until it is opened or destroyed; they are seen to wait for
/// "advisory" (pg_stat_activity.wait_event). One at a time in each database.
class AdvisoryGate {
 public:
  /// SQL, a call that gives no value.
  static inline const std::string wait = "pg_advisory_xact_lock_shared(4711)";

  explicit AdvisoryGate(const ConnectionTarget& target) : keeper_(Connection::open(target, {})) {
    static_cast<void>(keeper_.execute("SELECT pg_advisory_lock(4711)"));
  }

  void open() { static_cast<void>(keeper_.execute("SELECT pg_advisory_unlock(4711)")); }

  /// SQL over a table with the columns v, a text, and id: v as it is, but that row's waits first.
  [[nodiscard]] static std::string v_held_back_at(int id) {
    return "v || COALESCE((SELECT " + wait + "::text WHERE id = " + std::to_string(id) + "), '')";
  }

 private:
  Connection keeper_;
};

}  // namespace leat::test
