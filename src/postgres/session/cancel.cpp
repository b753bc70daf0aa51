// Cancelling without a wait that has no end: libpq 17 has a non-blocking cancel; with older ones a second
// session calls pg_cancel_backend, since their PQcancel blocks for as long as the network likes. Behind a
// pooler nobody but that knows which process works for the session. There the socket is only closed: a pooler
// closes its server's then, which ends what runs there within client_connection_check_interval.
#include <libpq-fe.h>

#include <array>
#include <memory>
#include <string>

#include "postgres/session/session.hpp"

namespace leat::postgres_detail {
namespace {

/// Drives a libpq poll function until it is done, fails or the deadline has passed.
template <class Poll, class Socket>
bool drive(Poll poll, Socket socket, WakeUp& wake_up, Clock::time_point deadline) {
  auto status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) return false;
    const auto readiness = status == PGRES_POLLING_READING ? Readiness::read : Readiness::write;
    if (wake_up.wait(socket(), readiness, deadline, {}) == WaitResult::timeout) return false;
    status = poll();
  }
  return true;
}

#ifndef LIBPQ_HAS_ASYNC_CANCEL
/// The very server that the session talks to: of several hosts another would know the process id for someone
/// else's. Its address is known, so that no name is looked up, which libpq would wait for.
ConnectionTarget same_server(const Connection::Impl& session) {
  ConnectionTarget target = session.target;
  const auto set = [&](const char* keyword, const char* value) {
    target.set(keyword, value == nullptr ? "" : value);
  };
  set("host", PQhost(session.conn));
  set("hostaddr", PQhostaddr(session.conn));
  set("port", PQport(session.conn));
  set("target_session_attrs", "any");
  return target;
}
#endif

}  // namespace

void cancel_statement(const Connection::Impl& session) noexcept {
  try {
    const auto deadline = session.in(session.options.cancel_timeout);
    WakeUp wake_up;
#ifdef LIBPQ_HAS_ASYNC_CANCEL
    const std::unique_ptr<PGcancelConn, decltype(&PQcancelFinish)> cancel(PQcancelCreate(session.conn),
                                                                          &PQcancelFinish);
    if (!cancel || PQcancelStart(cancel.get()) != 1) return;
    drive([&] { return PQcancelPoll(cancel.get()); }, [&] { return PQcancelSocket(cancel.get()); }, wake_up,
          deadline);
#else
    if (session.backend == 0 || !session.local_settings.empty()) return;
    const std::unique_ptr<PGconn, decltype(&PQfinish)> conn(
        start_connecting(same_server(session), session.options), &PQfinish);
    if (!conn || PQstatus(conn.get()) == CONNECTION_BAD) return;
    // That the session is gone meanwhile is what was wanted, and libpq would write the warning to standard
    // error.
    PQsetNoticeReceiver(
        conn.get(), [](void*, const PGresult*) {}, nullptr);
    const auto socket = [&] { return PQsocket(conn.get()); };
    if (!drive([&] { return PQconnectPoll(conn.get()); }, socket, wake_up, deadline)) return;
    const std::string pid = std::to_string(session.backend);
    const std::array<const char*, 1> values{pid.c_str()};
    PQsetnonblocking(conn.get(), 1);
    if (PQsendQueryParams(conn.get(), "SELECT pg_catalog.pg_cancel_backend($1::int4)", 1, nullptr,
                          values.data(), nullptr, nullptr, 0) != 1) {
      return;
    }
    while (PQflush(conn.get()) == 1) {
      if (wake_up.wait(socket(), Readiness::write, deadline, {}) == WaitResult::timeout) return;
    }
    while (PQisBusy(conn.get()) == 1) {
      if (wake_up.wait(socket(), Readiness::read, deadline, {}) == WaitResult::timeout) return;
      if (PQconsumeInput(conn.get()) != 1) return;
    }
#endif
  } catch (...) {  // NOLINT(bugprone-empty-catch): closing the socket, which follows, is the other way out
  }
}

}  // namespace leat::postgres_detail
