#include "leat/jobs/options/kept_sessions.hpp"

#include <chrono>
#include <deque>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace leat {
namespace {

std::string text_of(const std::optional<std::chrono::milliseconds>& time) {
  return time ? std::to_string(time->count()) : "-";
}

/// Equal texts: a session of one may serve the other.
std::string key_of(const ConnectionTarget& target, const SessionOptions& options) {
  std::string key;
  for (const auto& [name, value] : target.parameters()) key += name + '=' + value + '\n';
  for (const std::string& part :
       {std::to_string(static_cast<int>(options.side)), options.application_name,
        options.search_path.value_or("-"), std::to_string(static_cast<int>(options.copy_path)),
        text_of(options.connect_timeout), text_of(options.lock_timeout), text_of(options.statement_timeout),
        text_of(options.reply_timeout), text_of(options.silence_timeout), text_of(options.cancel_timeout)}) {
    key += '\n' + part;
  }
  return key;
}

/// False: it cannot be used again.
bool make_clean(Connection& session, const std::stop_token& stop) {
  try {
    // Behind a pooler of transactions nothing stays with a session.
    std::vector<Statement> statements{{.sql = "SELECT 1"}};
    if (!session.is_pooled()) {
      statements = {{.sql = "SELECT pg_catalog.pg_advisory_unlock_all()"}, {.sql = "DISCARD TEMP"}};
    }
    static_cast<void>(session.execute_all(statements, stop));
    return session.is_open() && session.is_idle();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

struct KeptSessions::State {
  struct KeptSession {
    std::string key;
    Connection session;
  };

  const std::size_t most;
  std::mutex mutex{};
  std::deque<KeptSession> idle{};  // guarded by mutex, oldest first

  explicit State(std::size_t most_idle) : most(most_idle) {}

  std::optional<Connection> take(const std::string& key) {
    const std::lock_guard lock(mutex);
    for (auto it = idle.rbegin(); it != idle.rend(); ++it) {
      if (it->key != key) continue;
      Connection session = std::move(it->session);
      idle.erase(std::next(it).base());
      return session;
    }
    return std::nullopt;
  }

  /// Does not throw: it is called where the last pointer goes.
  void give(const std::string& key, Connection session) noexcept {
    if (!session.is_open()) return;
    if (session.in_transaction()) session.rollback();
    if (!session.is_open() || !session.is_idle() || most == 0) return;
    std::optional<KeptSession> oldest;  // closed without the lock
    try {
      const std::lock_guard lock(mutex);
      if (idle.size() >= most) {
        oldest.emplace(std::move(idle.front()));
        idle.pop_front();
      }
      idle.push_back({key, std::move(session)});
    } catch (...) {  // no memory: it is closed
    }
  }
};

KeptSessions::KeptSessions(std::size_t most) : state_(std::make_shared<State>(most)) {}
KeptSessions::~KeptSessions() {
  close();
}

std::size_t KeptSessions::idle() const {
  const std::lock_guard lock(state_->mutex);
  return state_->idle.size();
}

void KeptSessions::close() {
  std::deque<State::KeptSession> all;
  const std::lock_guard lock(state_->mutex);
  all.swap(state_->idle);
}

std::shared_ptr<Connection> KeptSessions::open(const ConnectionTarget& target, SessionOptions options,
                                               const std::stop_token& stop) {
  const std::string key = key_of(target, options);
  auto kept = state_->take(key);
  while (kept && !make_clean(*kept, stop)) kept = state_->take(key);
  if (kept) kept->log_to(std::move(options.log));
  Connection session = kept ? std::move(*kept) : Connection::open(target, std::move(options), stop);
  session.serve_many_jobs();
  return {new Connection(std::move(session)), [key, state = std::weak_ptr(state_)](Connection* used) {
            if (const auto keeper = state.lock()) keeper->give(key, std::move(*used));
            delete used;
          }};
}

}  // namespace leat
