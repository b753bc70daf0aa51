// Statements that travel together, so that a slow link is waited for once.
#include <optional>
#include <utility>
#include <vector>

#include "postgres/session/session.hpp"

namespace leat {

using postgres_detail::Clock;
using postgres_detail::Readiness;
using postgres_detail::SessionAccess;

#ifdef LIBPQ_HAS_PIPELINING
namespace {

// Where none is open the server has one for all that comes before its end.
constexpr bool is_one_transaction = true;

/// False where libpq refuses.
bool queue_statement(PGconn* conn, const Statement& statement) {
  std::vector<const char*> values;
  for (const auto& parameter : statement.parameters)
    values.push_back(parameter ? parameter->c_str() : nullptr);
  return PQsendQueryParams(conn, statement.sql.c_str(), static_cast<int>(values.size()), nullptr,
                           values.data(), nullptr, nullptr, 0) == 1;
}

}  // namespace

void Connection::Impl::run_pipeline(std::span<const Statement> statements, std::vector<Result>& results,
                                    std::chrono::milliseconds limit, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Stopped();
  const auto end_session = [this] {
    Error error = connection_error();
    abort();
    return error;
  };
  if (PQenterPipelineMode(conn) != 1) throw end_session();
  for (const auto& statement : statements) {
    log_statement(statement.sql);
    if (!queue_statement(conn, statement)) throw end_session();
  }
  if (PQpipelineSync(conn) != 1) throw end_session();
  wire_status = 0;
  before_sent = 0;
  flush(in(limit), stop);
  std::optional<Error> error;
  std::size_t ended = 0;
  for (bool at_end = false; !at_end;) {
    const auto deadline = in(limit);
    while (PQisBusy(conn) == 1 && PQstatus(conn) == CONNECTION_OK) {
      wait(Readiness::read, deadline, stop);
      if (PQconsumeInput(conn) != 1) break;  // the server's last words, if any, are in the result below
    }
    Result result(PQgetResult(conn));
    if (!result) {  // the end of one statement, or of the session
      if (PQstatus(conn) == CONNECTION_OK && ++ended <= statements.size()) continue;
      const Error lost = end_session();
      throw Error(error ? *error : lost);
    }
    switch (PQresultStatus(SessionAccess::handle(result))) {
      case PGRES_PIPELINE_SYNC:
        at_end = true;
        break;
      case PGRES_PIPELINE_ABORTED:
        break;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        results.push_back(std::move(result));
        break;
      case PGRES_FATAL_ERROR:
      case PGRES_BAD_RESPONSE:
        if (!error) error = error_from(SessionAccess::handle(result));
        break;
      default:
        abort();
        throw Error(ErrorKind::config,
                    "a COPY cannot run as an ordinary statement: use CopyReader or CopyWriter");
    }
  }
  if (PQexitPipelineMode(conn) != 1) throw end_session();
  if (error) throw Error(*error);
}
#else
namespace {

constexpr bool is_one_transaction = false;

}  // namespace

void Connection::Impl::run_pipeline(std::span<const Statement> statements, std::vector<Result>& results,
                                    std::chrono::milliseconds limit, const std::stop_token& stop) {
  for (const auto& statement : statements) {
    results.push_back(run(statement.sql, statement.parameters, limit, stop));
  }
}
#endif

void Connection::Impl::run_all(std::span<const Statement> statements, std::vector<Result>& results,
                               std::chrono::milliseconds limit, const std::stop_token& stop) {
  require_open();
  for (const auto& statement : statements) refuse_nul(statement.sql, statement.parameters);
  if (!begin_sql.empty()) {
    std::vector<Statement> all{{.sql = std::exchange(begin_sql, {})}};
    all.insert(all.end(), statements.begin(), statements.end());
    const auto leave_out_begin = [&results] {
      if (!results.empty()) results.erase(results.begin());
    };
    try {
      run_pipeline(all, results, limit, stop);
    } catch (...) {
      leave_out_begin();
      throw;
    }
    leave_out_begin();
    return;
  }
  if (transaction_status() != PQTRANS_IDLE || (is_one_transaction && local_settings.empty())) {
    run_pipeline(statements, results, limit, stop);
    return;
  }
  begin_pinned({}, limit, stop);
  try {
    run_pipeline(statements, results, limit, stop);
    static_cast<void>(run("COMMIT", {}, limit, stop));
  } catch (...) {
    roll_back();
    throw;
  }
}

std::vector<Result> Connection::execute_all(std::span<const Statement> statements, std::stop_token stop) {
  if (statements.empty()) return {};
  std::vector<Result> results;
  impl_->run_all(statements, results, impl_->options.reply_timeout, stop);
  return results;
}

void Connection::begin_with_next(std::string_view modes, std::stop_token stop) {
  if (is_pooled()) {
    begin(modes, std::move(stop));
    return;
  }
  if (stop.stop_requested()) throw Stopped();
  impl_->require_open();
  if (impl_->transaction_status() != PQTRANS_IDLE) {
    throw Error(ErrorKind::config, "the session is in a transaction, and this needs one of its own");
  }
  impl_->begin_sql = "BEGIN " + std::string(modes);
}

bool Connection::begins_with_next() const noexcept {
  return !impl_->begin_sql.empty();
}

}  // namespace leat
