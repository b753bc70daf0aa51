#include "postgres/copy/source_sessions.hpp"

#include <algorithm>
#include <utility>

#include "leat/postgres/session/detail/snapshot.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::postgres_detail {
namespace {

SessionOptions of_source(SessionOptions options, const ResolvedConnection& source) {
  options.side = ErrorKind::source;
  if (source.schema && !options.search_path) options.search_path = quote_identifier(*source.schema);
  return options;
}

}  // namespace

SourceSessions::SourceSessions(ResolvedConnection source, SessionOptions options, bool one_snapshot)
    : source_(std::move(source)),
      options_(of_source(std::move(options), source_)),
      one_snapshot_(one_snapshot) {}

std::unique_ptr<Connection> SourceSessions::open(const std::stop_token& stop) const {
  return std::make_unique<Connection>(Connection::open(source_.target, options_, stop));
}

std::string SourceSessions::snapshot(const std::stop_token& stop) {
  if (!one_snapshot_) return {};
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return !is_opening_; })) throw Stopped();
    if (holder_) return snapshot_;
    is_opening_ = true;
  }
  std::unique_ptr<Connection> holder;
  std::string name;
  const auto note = [&]() noexcept {
    const std::lock_guard lock(mutex_);
    is_opening_ = false;
    holder_ = std::move(holder);
    snapshot_ = name;
    changed_.notify_all();
  };
  try {
    auto session = open(stop);
    session->begin(source_transaction, stop);
    name = export_snapshot(*session, stop);
    holder = std::move(session);
  } catch (...) {
    note();
    throw;
  }
  note();
  return name;
}

void SourceSessions::join_snapshot(Connection& session, const std::string& name,
                                   const std::stop_token& stop) {
  try {
    take_snapshot(session, name, stop);
  } catch (const Error&) {
    // The server has answered, and does not have it.
    const std::lock_guard lock(mutex_);
    if (session.is_open() && name == snapshot_) has_lost_snapshot_ = true;
    throw;
  }
}

bool SourceSessions::has_lost_snapshot() const {
  const std::lock_guard lock(mutex_);
  return has_lost_snapshot_;
}

SourceSession SourceSessions::take(const std::stop_token& stop) {
  for (;;) {
    const std::string name = snapshot(stop);
    SourceSession session;
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        session = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (!session.connection) {
      session.connection = open(stop);
      session.connection->begin(source_transaction, stop);
      if (!name.empty()) join_snapshot(*session.connection, name, stop);
    } else if (!session.connection->in_transaction()) {
      session.connection->begin(source_transaction, stop);
    }
    const std::lock_guard lock(mutex_);
    if (name != snapshot_) continue;  // it was closed meanwhile
    in_use_.push_back(session.connection.get());
    return session;
  }
}

void SourceSessions::give_back(SourceSession session) noexcept {
  if (!session.connection) return;
  Connection& connection = *session.connection;
  if (!one_snapshot_) {
    connection.rollback();
    session.was_asked = false;
  }
  const bool can_go_on = connection.is_open() && !connection.has_failed() &&
                         (one_snapshot_ ? connection.in_transaction() : connection.is_idle());
  const std::lock_guard lock(mutex_);
  const auto found = std::find(in_use_.begin(), in_use_.end(), &connection);
  if (found == in_use_.end()) return;
  in_use_.erase(found);
  if (can_go_on) idle_.push_back(std::move(session));
}

void SourceSessions::close() noexcept {
  std::vector<SourceSession> idle;
  std::unique_ptr<Connection> holder;
  {
    const std::lock_guard lock(mutex_);
    idle = std::move(idle_);
    idle_.clear();
    in_use_.clear();
    holder = std::move(holder_);
    snapshot_.clear();
    has_lost_snapshot_ = false;
  }
}

}  // namespace leat::postgres_detail
