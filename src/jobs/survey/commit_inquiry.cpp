#include "jobs/survey/commit_inquiry.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/options/lists.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/core/retry.hpp"
#include "leat/postgres/session/detail/server_versions.hpp"
#include "leat/postgres/session/transaction_status.hpp"

namespace leat::jobs_detail {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Answer {
  TransactionStatus status = TransactionStatus::unknown;
  std::string why{};     ///< it is not known
  bool may_ask = false;  ///< somebody else may, later
};

/// in_progress where to ask again may help.
Answer ask_once(Connection& session, std::uint64_t number, const std::string& run,
                const std::stop_token& stop) {
  if (server_run(session, stop) != run) {
    return {.why =
                "the server has crashed meanwhile or is another one, whose numbers of transactions may mean "
                "others"};
  }
  const auto status = transaction_status(session, number, stop);
  switch (status) {
    case TransactionStatus::in_progress:
      return {.status = status, .why = "the server still works on it", .may_ask = true};
    case TransactionStatus::unknown:
      return {.why = "the server does not know the transaction any more"};
    case TransactionStatus::committed:
    case TransactionStatus::aborted:
      break;
  }
  return {.status = status};
}

/// What became of a transaction whose session is lost; in_progress where time is over.
Answer inquire(const Connection& lost, std::uint64_t number, const std::string& run, std::stop_token stop) {
  const SessionOptions& own = lost.options();
  auto reach_by = Clock::now() + 3 * own.connect_timeout.value();
  auto end_by = Clock::now() + std::min(own.reply_timeout, own.silence_timeout);
  // From then on no stop is heeded, and the time is short.
  const auto hurry = [&] {
    stop = {};
    const auto soon = Clock::now() + longest_inquiry_after_stop;
    reach_by = std::min(reach_by, soon);
    end_by = std::min(end_by, soon);
  };
  if (stop.stop_requested()) hurry();
  const auto left = [](Clock::time_point by) {
    return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(by - Clock::now()));
  };
  std::optional<Connection> session;
  for (int attempt = 1;; ++attempt) {
    Answer answer{.why = "the job was stopped", .may_ask = true};
    try {
      if (!session) {
        SessionOptions options = own;
        options.connect_timeout = std::min(own.connect_timeout.value(), left(reach_by));
        options.reply_timeout = std::min(own.reply_timeout, left(end_by));
        // A longer one would extend the time for an answer.
        options.lock_timeout = std::max(milliseconds(1), options.reply_timeout / 2);
        options.cancel_timeout = std::min(own.cancel_timeout, milliseconds(100));
        session.emplace(Connection::open(lost.target(), options, stop));
      }
      answer = ask_once(*session, number, run, stop);
      if (answer.status != TransactionStatus::in_progress) return answer;
    } catch (const Stopped&) {
      session.reset();
      hurry();
    } catch (const Error& error) {
      session.reset();
      answer.why = std::string("the server cannot be asked: ") + error.what();
      if (!is_transient_sqlstate(error.sqlstate())) return answer;
    }
    const auto by = session ? end_by : reach_by;
    if (by <= Clock::now()) return answer;
    try {
      detail::pause(std::min<Clock::duration>(retry_delay(inquiry_pace(), attempt, 0), by - Clock::now()),
                    stop);
    } catch (const Stopped&) {
      hurry();
    }
  }
}

std::string hint_for(const Answer& answer, std::uint64_t number, int server_version) {
  const std::string look = "look at the target before the job is run again";
  if (!answer.may_ask) return look;
  const std::string digits = std::to_string(number);
  const std::string sql = server_version >= postgres_detail::first_version_with_xid8
                              ? "SELECT pg_xact_status('" + digits + "')"
                              : "SELECT txid_status(" + digits + ")";
  return look + "; unless its server has crashed since, " + sql +
         " tells there: committed, aborted, or in progress, which is to be asked again";
}

/// For what comes after the COMMIT, none of which is worth an error.
void open_again(Connection& session, const std::stop_token& stop) {
  try {
    session = Connection::open(session.target(), session.options(), stop);
  } catch (const Stopped&) {
    return;
  } catch (const Error& error) {
    session.options().log.warning(std::string("after the COMMIT no session could be opened: ") +
                                  error.what());
  }
}

}  // namespace

RetryPolicy inquiry_pace() {
  return {.initial_delay = milliseconds(20), .maximum_delay = std::chrono::seconds(2), .jitter = 0};
}

std::string may_ask_run_sql(int server_version) {
  const bool has_xid8 = server_version >= postgres_detail::first_version_with_xid8;
  const std::array<std::string, 3> functions{
      "pg_catalog.pg_stat_get_bgwriter_stat_reset_time()",
      has_xid8 ? "pg_catalog.pg_current_xact_id()" : "pg_catalog.txid_current()",
      has_xid8 ? "pg_catalog.pg_xact_status(pg_catalog.xid8)" : "pg_catalog.txid_status(pg_catalog.int8)"};
  const auto may_call = [](const std::string& function) {
    return "COALESCE(pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('" + function +
           "'), 'EXECUTE'), false)";
  };
  return text_list(functions, may_call, " AND ");
}

std::string server_run(Connection& session, const std::stop_token& stop) {
  const Result allowed = session.execute("SELECT " + may_ask_run_sql(session.server_version()), {}, stop);
  if (!allowed.boolean(0, 0)) return {};
  return std::string(session.execute(server_run_query, {}, stop).text(0, 0));
}

Error not_committed(const Error& doubtful) {
  // The hint was about the doubt.
  return doubtful.without_doubt().with_sqlstate("08006").with_hint({});
}

std::optional<std::string> commit_or_ask(Connection& session, const std::string& run,
                                         const std::stop_token& stop, std::optional<std::uint64_t> known) {
  if (run.empty() || !session.in_transaction() || session.has_failed()) {
    session.commit(stop);
    return std::nullopt;
  }
  const std::uint64_t number = known ? *known : current_transaction_id(session, stop);
  const int server_version = session.server_version();
  try {
    session.commit(stop);
    return std::nullopt;
  } catch (const Error& error) {
    if (!error.in_doubt()) throw;
    const Answer answer = inquire(session, number, run, stop);
    if (answer.status == TransactionStatus::aborted) {
      if (stop.stop_requested()) throw Stopped{};
      // The hint was about the doubt.
      throw error
          .with_message(std::string(error.what()) +
                        "; the server has rolled it back, and nothing was committed")
          .without_doubt()
          .with_hint({});
    }
    if (answer.status != TransactionStatus::committed) {
      throw error
          .with_message(std::string(error.what()) + ": the rows of transaction " + std::to_string(number) +
                        " may or may not be there, since " + answer.why)
          .with_hint(hint_for(answer, number, server_version));
    }
    std::string note = std::string("the answer to COMMIT was lost (") + error.what() +
                       "), but the server says that transaction " + std::to_string(number) + " was committed";
    session.options().log.warning(note);
    if (!stop.stop_requested()) open_again(session, stop);
    return note;
  }
}

}  // namespace leat::jobs_detail
