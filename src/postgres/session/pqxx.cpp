#include "leat/postgres/session/pqxx.hpp"

#include <libpq-fe.h>
#include <sys/socket.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "postgres/session/session.hpp"

namespace leat::postgres_detail {
namespace {

#if PQXX_VERSION_MAJOR >= 7

class Loan {
 public:
  explicit Loan(PGconn*& handle)
      : handle_(handle), connection_(pqxx::connection::seize_raw_connection(handle)) {}
  /// Null comes back where it was closed.
  ~Loan() { handle_ = std::move(connection_).release_raw_connection(); }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  [[nodiscard]] PqxxConnection& connection() { return connection_; }

 private:
  PGconn*& handle_;
  pqxx::connection connection_;
};

#else

/// Gives libpqxx 6 a handle that exists already, never connects anew, and does not close it.
class LentHandle : public pqxx::connectionpolicy {
 public:
  explicit LentHandle(PGconn* lent) : connectionpolicy(std::string()), handle_(lent) {}
  handle do_startconnect(handle /*orig*/) override { return handle_; }
  handle do_completeconnect(handle /*orig*/) override { return handle_; }
  handle do_dropconnect(handle /*orig*/) noexcept override { return nullptr; }
  handle do_disconnect(handle /*orig*/) noexcept override { return nullptr; }
  [[nodiscard]] bool is_ready(handle candidate) const noexcept override { return candidate != nullptr; }

 private:
  PGconn* handle_;
};

struct PolicyHolder {
  LentHandle policy;
};

class Loan : private PolicyHolder, private pqxx::connection_base {
 public:
  explicit Loan(PGconn* handle) : PolicyHolder{LentHandle(handle)}, connection_base(PolicyHolder::policy) {
    init();
    forbid_reconnect(*this);
  }
  ~Loan() noexcept { close(); }
  [[nodiscard]] PqxxConnection& connection() { return *this; }

 private:
  static void forbid_reconnect(pqxx::connection_base& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
  }
};

#endif

/// Cancels the statement when a stop is requested, and shuts the socket when that does not end it.
class Watcher {
 public:
  Watcher(const Connection::Impl& session, std::stop_token stop) {
    if (!stop.stop_possible()) return;
    thread_ = std::jthread([this, &session, stop = std::move(stop)](const std::stop_token& done) {
      const std::stop_callback wake(stop, [this] {
        const std::lock_guard guard(mutex_);
        stopped_ = true;
        changed_.notify_all();
      });
      std::unique_lock lock(mutex_);
      changed_.wait(lock, done, [this] { return stopped_; });
      if (done.stop_requested()) return;
      intervened_ = true;
      lock.unlock();
      cancel_statement(session);
      lock.lock();
      if (!changed_.wait_for(lock, done, session.options.cancel_timeout, [] { return false; }) &&
          !done.stop_requested()) {
        ::shutdown(PQsocket(session.conn), SHUT_RDWR);
      }
    });
  }

  /// Ends the watch. True when a cancel was sent, which may still be on its way to whatever the session does
  /// next.
  [[nodiscard]] bool end() {
    if (!thread_.joinable()) return false;
    thread_.request_stop();
    thread_.join();
    return intervened_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  bool stopped_ = false;
  bool intervened_ = false;  // read without it once the thread has been joined
  std::jthread thread_;      // Last: it stops before what it uses goes
};

}  // namespace

void lend_to_pqxx(Connection& connection, const std::function<void(PqxxConnection&)>& body,
                  std::stop_token stop) {
  auto& session = SessionAccess::impl(connection);
  session.require_open();
  if (stop.stop_requested()) throw Stopped();
  session.send_begin(session.in(session.options.reply_timeout), stop);
  session.wire_status = 0;  // libpq's own word counts from here on
  PQsetnonblocking(session.conn, 0);
  const auto restore = [&] {
    if (session.conn != nullptr) PQsetnonblocking(session.conn, 1);
  };
  try {
    Loan loan(session.conn);
    Watcher watcher(session, stop);
    body(loan.connection());
    if (watcher.end()) throw Stopped();
  } catch (...) {
    restore();
    if (stop.stop_requested()) {
      session.abort();
      throw Stopped();
    }
    throw;
  }
  restore();
}

}  // namespace leat::postgres_detail
