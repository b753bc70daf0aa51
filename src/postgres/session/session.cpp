#include "postgres/session/session.hpp"

#include <sys/socket.h>

#include <array>
#include <utility>
#include <vector>

#include "leat/core/detail/characters.hpp"
#include "postgres/session/nul_bytes.hpp"
#include "postgres/session/pg_error.hpp"
#include "postgres/session/session_limits.hpp"
#include "postgres/session/session_settings.hpp"
#include "postgres/session/statement_text.hpp"

namespace leat {
namespace {

using postgres_detail::Clock;
using postgres_detail::Readiness;
using postgres_detail::WaitResult;
using std::chrono::milliseconds;

std::string milliseconds_text(std::chrono::milliseconds value) {
  return std::to_string(value.count());
}

void check_positive(std::chrono::milliseconds value, const char* field) {
  if (value.count() <= 0) {
    throw Error(ErrorKind::config, std::string("SessionOptions.") + field + " must be greater than zero");
  }
}

void validate(const SessionOptions& options) {
  if (options.connect_timeout) check_positive(*options.connect_timeout, "connect_timeout");
  check_positive(options.reply_timeout, "reply_timeout");
  check_positive(options.silence_timeout, "silence_timeout");
  check_positive(options.cancel_timeout, "cancel_timeout");
  if (options.lock_timeout && options.lock_timeout->count() < 0) {
    throw Error(ErrorKind::config, "SessionOptions.lock_timeout is negative");
  }
  if (options.statement_timeout && options.statement_timeout->count() < 0) {
    throw Error(ErrorKind::config, "SessionOptions.statement_timeout is negative");
  }
  if (options.side != ErrorKind::source && options.side != ErrorKind::target) {
    throw Error(ErrorKind::config, "SessionOptions.side must be source or target");
  }
}

void receive_notice(void* session, const PGresult* notice) {
  auto& self = *static_cast<Connection::Impl*>(session);
  ++self.notices;
  // Between two statements libpq takes the server's last words for a notice.
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr &&
      (std::string_view(severity) == "FATAL" || std::string_view(severity) == "PANIC")) {
    self.last_words = postgres_detail::error_from_result(self.options.side, notice);
  }
  const char* text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  self.options.log.debug(std::string(to_string(self.options.side)) +
                         " says: " + (text == nullptr ? "" : text));
}

}  // namespace

namespace postgres_detail {

PGconn* start_connecting(const ConnectionTarget& target, const SessionOptions& options) {
  // Defaults stand first: libpq takes the last value of a keyword.
  std::vector<std::pair<std::string, std::string>> parameters{
      {"fallback_application_name", options.application_name},
      {"keepalives_idle", "30"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "60000"},
  };
  parameters.insert(parameters.end(), target.parameters().begin(), target.parameters().end());
  parameters.emplace_back("client_encoding", "UTF8");
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : parameters) {
    refuse_nul(value, "the connection's " + keyword);
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectStartParams(keywords.data(), values.data(), 0);
}

}  // namespace postgres_detail

void Connection::Impl::connect(const std::stop_token& stop) {
  validate(options);
  const auto start = Clock::now();
  conn = postgres_detail::start_connecting(target, options);
  if (conn == nullptr) throw std::bad_alloc();
  PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);  // the only way to learn the SQLSTATE of a refused connection
  PQsetNoticeReceiver(conn, &receive_notice, this);
  postgres_detail::settle_limits(options, conn);
  const milliseconds connect_timeout = options.connect_timeout.value();
  const auto deadline = start + connect_timeout;
  auto status = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) {
      throw postgres_detail::error_from_connect(options.side, PQerrorMessage(conn));
    }
    const auto readiness = status == PGRES_POLLING_READING ? Readiness::read : Readiness::write;
    if (wake_up.wait(PQsocket(conn), readiness, deadline, stop) == WaitResult::timeout) {
      throw Error(
          options.side,
          "the server did not answer within " + milliseconds_text(connect_timeout) +
              " ms while connecting to " + target.describe(),
          {.sqlstate = "08001", .hint = "check host and port, and that a PostgreSQL server listens there"});
    }
    status = PQconnectPoll(conn);
  }
  PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
  if (PQsetnonblocking(conn, 1) != 0) throw connection_error();
  if (PQserverVersion(conn) < 120000) {
    throw Error(options.side, "the server is older than PostgreSQL 12, the oldest that leat knows",
                {.sqlstate = "0A000"});
  }
  pin_session(stop);
}

void Connection::Impl::pin_session(const std::stop_token& stop) {
  const auto settings = postgres_detail::pinned_settings(options, PQserverVersion(conn));
  // A pooler makes the number of a process up, and its server session is other clients', too: there they
  // hold for this statement alone, which the server knows better than this process could ask before.
  std::vector<Parameter> parameters{std::to_string(PQbackendPID(conn))};
  const std::string is_local = "pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.<>) $1::pg_catalog.int4";
  std::string sql = "SELECT pg_catalog.pg_backend_pid(), " + is_local;
  for (const auto& [name, value] : settings) {
    parameters.emplace_back(name);
    parameters.emplace_back(value);
    sql += ", pg_catalog.set_config($" + std::to_string(parameters.size() - 1) + ", $" +
           std::to_string(parameters.size()) + ", " + is_local + ")";
  }
  const auto result = run(sql, parameters, options.connect_timeout.value(), stop);
  backend = static_cast<int>(result.integer(0, 0));
  if (!result.boolean(0, 1)) return;
  const auto may_silence =
      run(postgres_detail::may_silence_sql(PQserverVersion(conn)), {}, options.connect_timeout.value(), stop);
  local_settings = postgres_detail::local_settings_sql(settings, may_silence.boolean(0, 0));
}

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
  switch (PQresultStatus(result.raw())) {
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR: {
      const Error error = error_from(result.raw());
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
    const auto status = PQresultStatus(result.raw());
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
