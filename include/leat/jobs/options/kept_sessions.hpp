#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// Sessions that outlive the job that opened them: a job that follows, of the same place with the same
/// limits, goes on with them, instead of connecting and reading the catalogs anew. Given to jobs as
/// StreamOptions::sessions. What a job leaves behind in a session (temporary tables, locks, a transaction) is
/// gone before the next job has it. Thread-safe.
class LEAT_EXPORT KeptSessions {
 public:
  /// @param most how many sessions are kept while nobody uses them; the oldest is closed for one more.
  explicit KeptSessions(std::size_t most = 8);
  KeptSessions(const KeptSessions&) = delete;
  KeptSessions& operator=(const KeptSessions&) = delete;
  ~KeptSessions();

  /// How many nobody uses.
  [[nodiscard]] std::size_t idle() const;
  /// Closes those that nobody uses.
  void close();

  /// A session of that place with these options: one that was kept, or a new one. It comes back when the last
  /// pointer to it is gone, unless it is closed or cannot be used again. These may outlive this object.
  /// @throws the errors of Connection::open.
  [[nodiscard]] std::shared_ptr<Connection> open(const ConnectionTarget& target, SessionOptions options,
                                                 const std::stop_token& stop = {});

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace leat
