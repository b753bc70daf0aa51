#include "postgres/session/session.hpp"

#include <sys/socket.h>

#include <array>
#include <utility>
#include <vector>

#include "leat/core/detail/characters.hpp"
#include "postgres/session/nul_bytes.hpp"
#include "postgres/session/pg_error.hpp"
#include "postgres/session/session_settings.hpp"
#include "postgres/session/statement_text.hpp"

namespace leat {
namespace {

using postgres_detail::Clock;
using postgres_detail::Readiness;
using postgres_detail::SessionAccess;
using postgres_detail::WaitResult;

}  // namespace

PGTransactionStatusType Connection::Impl::transaction_status() const noexcept {
  if (wire_active) return PQTRANS_ACTIVE;
  if (!begin_sql.empty()) return PQTRANS_INTRANS;
  const auto status = PQtransactionStatus(conn);
  if (wire_status == 0 || status == PQTRANS_ACTIVE || status == PQTRANS_UNKNOWN) return status;
  return wire_status == 'E' ? PQTRANS_INERROR : wire_status == 'T' ? PQTRANS_INTRANS : PQTRANS_IDLE;
}

void Connection::Impl::require_open() const {
  if (last_words) throw Error(*last_words);
  if (conn == nullptr || PQstatus(conn) != CONNECTION_OK) {
    throw Error(options.side, "the session is closed", {.sqlstate = "08003"});
  }
  if (wire_active) throw Error(ErrorKind::config, "the session is in the middle of a COPY");
}

void Connection::Impl::wait(Readiness readiness, Clock::time_point deadline, const std::stop_token& stop) {
  try {
    if (wake_up.wait(PQsocket(conn), readiness, deadline, stop) == WaitResult::ready) return;
  } catch (const Stopped&) {
    abort();
    throw;
  }
  abort();
  throw Error(options.side, "the server did not answer in time; the session was cancelled and closed",
              {.sqlstate = "08006",
               .hint = "see whether the server works; reply_timeout and silence_timeout are the limits"});
}

void Connection::Impl::flush(Clock::time_point deadline, const std::stop_token& stop) {
  while (true) {
    const int state = PQflush(conn);
    if (state == 0) return;
    if (state < 0) throw connection_error();
    wait(Readiness::read_or_write, deadline, stop);
    if (PQconsumeInput(conn) != 1) throw connection_error();
  }
}

void Connection::Impl::send(const std::string& sql, std::span<const Parameter> parameters,
                            ResultFormat format, Clock::time_point deadline, const std::stop_token& stop) {
  require_open();
  refuse_nul(sql, parameters);
  if (stop.stop_requested()) throw Stopped();
  log_statement(sql);
  int sent = 0;
  if (parameters.empty() && format == ResultFormat::text) {
    std::string begin = std::exchange(begin_sql, {});
    if (!begin.empty()) begin += "; ";
    before_sent = std::exchange(before_next, 0) + begin.size();
    sent = PQsendQuery(conn, (begin + sql).c_str());
  } else {
    send_begin(deadline, stop);
    before_sent = 0;
    std::vector<const char*> values;
    for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
    sent = PQsendQueryParams(conn, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                             nullptr, nullptr, format == ResultFormat::binary ? 1 : 0);
  }
  if (sent != 1) throw connection_error();
  wire_status = 0;
  flush(deadline, stop);
}

void Connection::Impl::log_statement(std::string_view sql) const {
  if (sql.empty() || !options.log.enabled(LogLevel::debug)) return;
  const std::string text = postgres_detail::statement_text(sql);
  options.log.log_event(LogLevel::debug, "statement", "a statement is sent",
                        {{"side", to_string(options.side)}, {"process", backend}, {"sql", text}});
}

void Connection::Impl::refuse_nul(const std::string& sql, std::span<const Parameter> parameters) const {
  postgres_detail::refuse_nul(sql, "the SQL");
  for (const auto& parameter : parameters) {
    if (parameter) postgres_detail::refuse_nul(*parameter, "a parameter's value");
  }
}

void Connection::Impl::send_begin(Clock::time_point deadline, const std::stop_token& stop) {
  if (begin_sql.empty()) return;
  send("", {}, ResultFormat::text, deadline, stop);
  static_cast<void>(finish_statement(deadline, stop));
}

Result Connection::Impl::next_result(Clock::time_point deadline, const std::stop_token& stop) {
  if (conn == nullptr) require_open();
  while (PQisBusy(conn) == 1 && PQstatus(conn) == CONNECTION_OK) {
    wait(Readiness::read, deadline, stop);
    if (PQconsumeInput(conn) != 1) break;  // the server's last words, if any, are in the result below
  }
  Result result(PQgetResult(conn));
  if (!result) return result;
  switch (PQresultStatus(SessionAccess::handle(result))) {
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR: {
      const Error error = error_from(SessionAccess::handle(result));
      drain_after_error();
      throw error;
    }
    default:
      return result;
  }
}

void Connection::Impl::drain_after_error() noexcept {
  // The statement has failed already; what follows is only the end of the answer, so it gets little time.
  try {
    while (PQstatus(conn) == CONNECTION_OK) {
      while (PQisBusy(conn) == 1) {
        wait(Readiness::read, in(options.cancel_timeout), {});
        if (PQconsumeInput(conn) != 1) return;
      }
      if (!Result(PQgetResult(conn))) return;
    }
  } catch (
      ...) {  // NOLINT(bugprone-empty-catch): the session is closed then, and the first error is what counts
  }
}

Result Connection::Impl::finish_statement(Clock::time_point deadline, const std::stop_token& stop) {
  Result last;
  while (true) {
    Result result = next_result(deadline, stop);
    if (!result) return last;
    const auto status = PQresultStatus(SessionAccess::handle(result));
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
      abort();
      throw Error(ErrorKind::config,
                  "a COPY cannot run as an ordinary statement: use CopyReader or CopyWriter");
    }
    last = std::move(result);
  }
}

Result Connection::Impl::run(const std::string& sql, std::span<const Parameter> parameters,
                             std::chrono::milliseconds limit, const std::stop_token& stop) {
  const auto deadline = in(limit);
  send(sql, parameters, ResultFormat::text, deadline, stop);
  return finish_statement(deadline, stop);
}

Result Connection::Impl::run_pinned(const std::string& sql, std::span<const Parameter> parameters,
                                    std::chrono::milliseconds limit, const std::stop_token& stop) {
  if (!wants_settings() || !postgres_detail::may_be_wrapped(sql)) return run(sql, parameters, limit, stop);
  begin_pinned({}, limit, stop);
  try {
    Result result = run(sql, parameters, limit, stop);
    static_cast<void>(run("COMMIT", {}, limit, stop));
    return result;
  } catch (...) {
    roll_back();
    throw;
  }
}

void Connection::Impl::begin_pinned(std::string_view modes, std::chrono::milliseconds limit,
                                    const std::stop_token& stop) {
  try {
    static_cast<void>(run("BEGIN " + std::string(modes) + "; " + local_settings, {}, limit, stop));
  } catch (const Error& error) {
    roll_back();
    // PgBouncer's own words; it has one SQLSTATE for all that it says.
    if (std::string_view(error.what()).find("statement pooling") == std::string_view::npos) throw;
    throw Error(ErrorKind::config,
                "the connection pooler before the " + std::string(to_string(options.side)) +
                    " takes no transactions: " + error.what(),
                {.sqlstate = "0A000",
                 .hint = "connect to the server itself, or to a pool by transaction or session (pool_mode)"});
  }
}

std::string Connection::Impl::with_settings(const std::string& sql) {
  std::string before = std::exchange(begin_sql, {});
  if (before.empty() && wants_settings()) before = local_settings;
  if (!before.empty()) before += "; ";
  before_next = detail::characters_in(before);
  return before + sql;
}

Error Connection::Impl::error_from(const pg_result* result) const {
  return in_statement(postgres_detail::error_from_result(options.side, result));
}

Error Connection::Impl::in_statement(const Error& error) const {
  if (before_sent == 0 || error.position() == 0) return error;
  return error.with_position(error.position() > before_sent ? error.position() - before_sent : 0);
}

Error Connection::Impl::connection_error() const {
  if (last_words) return *last_words;
  std::string message = conn == nullptr ? "the session is closed" : PQerrorMessage(conn);
  while (!message.empty() && message.back() == '\n') message.pop_back();
  return Error(options.side, message.empty() ? "the connection to the server was lost" : message,
               {.sqlstate = "08006"});
}

void Connection::Impl::abort() noexcept {
  if (conn == nullptr) return;
  // A server that waits for COPY data ignores a cancel, so the COPY is ended first; whatever else it does
  // (waiting for a lock, running a trigger) the cancel ends. Neither waits for the server.
  if (wire_active) {
    static constexpr std::array<char, 6> copy_fail{'f', 0, 0, 0, 5, 0};
    [[maybe_unused]] const auto sent =
        ::send(PQsocket(conn), copy_fail.data(), copy_fail.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    postgres_detail::cancel_statement(*this);
  } else if (PQstatus(conn) == CONNECTION_OK && PQtransactionStatus(conn) == PQTRANS_ACTIVE) {
    PQputCopyEnd(conn, "the load was abandoned");
    PQflush(conn);
    postgres_detail::cancel_statement(*this);
  }
  close();
}

void Connection::Impl::close() noexcept {
  if (conn == nullptr) return;
  PQfinish(conn);
  conn = nullptr;
  wire_active = false;
  wire_status = 0;
  begin_sql.clear();
}

}  // namespace leat
