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

/// What was queued, in that order: statements, and what goes along with them and gives no result of its own.
struct Queued {
  bool is_aside = false;
  bool is_preparation = false;
};

// Some have a table's number in their text, and do not come again.
constexpr std::size_t most_questions = 1000;

std::string prepared_name(std::uint64_t number) {
  return "leat_" + std::to_string(number);
}

/// False where libpq refuses. `number` is by which the server knows the statement, or zero.
bool queue_statement(PGconn* conn, const Statement& statement, std::uint64_t number) {
  std::vector<const char*> values;
  for (const auto& parameter : statement.parameters)
    values.push_back(parameter ? parameter->c_str() : nullptr);
  const auto count = static_cast<int>(values.size());
  if (number > 0) {
    return PQsendQueryPrepared(conn, prepared_name(number).c_str(), count, values.data(), nullptr, nullptr,
                               0) == 1;
  }
  return PQsendQueryParams(conn, statement.sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0) ==
         1;
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
  std::vector<Queued> queued;
  // A plan of its own for each value would take longer than what it plans.
  const bool begins = !statements.empty() && statements.front().sql.starts_with("BEGIN");
  const bool plans_once = is_asking && repeats && local_settings.empty() && PQserverVersion(conn) >= 120000 &&
                          (begins || transaction_status() == PQTRANS_INTRANS);
  const auto set_plans = [&](const char* mode) {
    const std::string sql = std::string("SET LOCAL plan_cache_mode TO ") + mode;
    if (PQsendQueryParams(conn, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 1)
      throw end_session();
    queued.push_back({.is_aside = true});
  };
  if (plans_once && !begins) set_plans("force_generic_plan");
  for (const auto& statement : statements) {
    log_statement(statement.sql);
    std::uint64_t number = 0;
    // What has a value of its own in its text does not come again.
    if (is_asking && repeats && local_settings.empty() && questions.size() < most_questions &&
        !(begins && &statement == &statements.front())) {
      const auto [known, is_new] = questions.emplace(statement.sql, 0);
      if (!is_new && known->second == 0) {
        known->second = ++prepared;
        if (PQsendPrepare(conn, prepared_name(known->second).c_str(), statement.sql.c_str(), 0, nullptr) !=
            1) {
          throw end_session();
        }
        queued.push_back({.is_aside = true, .is_preparation = true});
      }
      number = known->second;
    }
    if (!queue_statement(conn, statement, number)) throw end_session();
    queued.push_back({});
    if (plans_once && begins && &statement == &statements.front()) set_plans("force_generic_plan");
  }
  if (plans_once) set_plans("DEFAULT");
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
      if (PQstatus(conn) == CONNECTION_OK && ++ended <= queued.size()) continue;
      const Error lost = end_session();
      throw Error(error ? *error : lost);
    }
    switch (PQresultStatus(SessionAccess::handle(result))) {
      case PGRES_PIPELINE_SYNC:
        at_end = true;
        break;
      case PGRES_PIPELINE_ABORTED:
        // It may be that the server does not know it.
        questions.clear();
        break;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        if (ended < queued.size() && !queued[ended].is_aside) results.push_back(std::move(result));
        break;
      case PGRES_FATAL_ERROR:
      case PGRES_BAD_RESPONSE:
        if (!error) error = error_from(SessionAccess::handle(result));
        // What a session says at its end is of no statement.
        if (ended < queued.size() && queued[ended].is_preparation) questions.clear();
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

void Connection::Impl::ask_all(std::span<const Statement> statements, std::vector<Result>& results,
                               std::chrono::milliseconds limit, const std::stop_token& stop) {
  is_asking = true;
  try {
    run_all(statements, results, limit, stop);
  } catch (...) {
    is_asking = false;
    throw;
  }
  is_asking = false;
}

void Connection::serve_many_jobs() noexcept {
  impl_->repeats = true;
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
