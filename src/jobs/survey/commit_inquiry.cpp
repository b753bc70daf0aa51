#include "jobs/survey/commit_inquiry.hpp"

#include <algorithm>
#include <utility>
#include <vector>

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

/// What became of a transaction whose session is lost.
class Inquiry {
 public:
  Inquiry(const Connection& lost, std::uint64_t number, const std::string& run, std::stop_token stop)
      : target_(lost.target()), options_(lost.options()), number_(number), run_(run), stop_(std::move(stop)) {
    const auto now = Clock::now();
    reach_by_ = now + 3 * options_.connect_timeout;
    end_by_ = now + std::min(options_.reply_timeout, options_.silence_timeout);
    if (stop_.stop_requested()) hurry();
  }

  [[nodiscard]] Answer ask() {
    const RetryPolicy pace = inquiry_pace();
    for (int attempt = 1;; ++attempt) {
      const Answer answer = ask_once();
      if (answer.status != TransactionStatus::in_progress) return answer;
      const auto left = (session_ ? end_by_ : reach_by_) - Clock::now();
      if (left <= Clock::duration::zero()) {
        return {.status = TransactionStatus::unknown, .why = answer.why, .may_ask = true};
      }
      try {
        detail::pause(std::min<Clock::duration>(backoff(pace, attempt, 0), left), stop_);
      } catch (const Stopped&) {
        hurry();
      }
    }
  }

 private:
  /// in_progress where to ask again may help.
  Answer ask_once() {
    try {
      if (!session_) session_.emplace(Connection::open(target_, bounded_options(), stop_));
      if (server_run(*session_, stop_) != run_) {
        return {.why =
                    "the server has crashed meanwhile or is another one, whose numbers of transactions may "
                    "mean others"};
      }
      const auto status = transaction_status(*session_, number_, stop_);
      switch (status) {
        case TransactionStatus::in_progress:
          return {.status = status, .why = "the server still works on it"};
        case TransactionStatus::unknown:
          return {.why = "the server does not know the transaction any more"};
        case TransactionStatus::committed:
        case TransactionStatus::aborted:
          break;
      }
      return {.status = status};
    } catch (const Stopped&) {
      session_.reset();
      hurry();
      return {.status = TransactionStatus::in_progress, .why = "the job was stopped"};
    } catch (const Error& error) {
      session_.reset();
      const bool may_pass = is_transient_sqlstate(error.sqlstate());
      return {.status = may_pass ? TransactionStatus::in_progress : TransactionStatus::unknown,
              .why = std::string("the server cannot be asked: ") + error.what(),
              .may_ask = true};
    }
  }

  /// From now on no stop is heeded, and the time is short.
  void hurry() {
    stop_ = {};
    const auto soon = Clock::now() + longest_inquiry_after_stop;
    reach_by_ = std::min(reach_by_, soon);
    end_by_ = std::min(end_by_, soon);
  }

  [[nodiscard]] SessionOptions bounded_options() const {
    const auto left = [](Clock::time_point by) {
      return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(by - Clock::now()));
    };
    SessionOptions options = options_;
    options.connect_timeout = std::min(options.connect_timeout, left(reach_by_));
    options.reply_timeout = std::min(options.reply_timeout, left(end_by_));
    options.cancel_timeout = std::min(options.cancel_timeout, milliseconds(100));
    return options;
  }

  const ConnectionTarget target_;
  const SessionOptions options_;
  const std::uint64_t number_;
  const std::string& run_;
  std::stop_token stop_;
  Clock::time_point reach_by_;
  Clock::time_point end_by_;
  std::optional<Connection> session_;
};

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

Error doubtful(const Error& error, const Answer& answer, std::uint64_t number, int server_version) {
  return error
      .with_message(std::string(error.what()) + ": the rows of transaction " + std::to_string(number) +
                    " may or may not be there, since " + answer.why)
      .with_hint(hint_for(answer, number, server_version));
}

Error rolled_back(const Error& error) {
  // The hint was about the doubt.
  return error
      .with_message(std::string(error.what()) + "; the server has rolled it back, and nothing was committed")
      .without_doubt()
      .with_hint({});
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
  std::vector<std::string> functions{"pg_catalog.pg_stat_get_bgwriter_stat_reset_time()"};
  if (server_version >= postgres_detail::first_version_with_xid8) {
    functions.emplace_back("pg_catalog.pg_current_xact_id()");
    functions.emplace_back("pg_catalog.pg_xact_status(pg_catalog.xid8)");
  } else {
    functions.emplace_back("pg_catalog.txid_current()");
    functions.emplace_back("pg_catalog.txid_status(pg_catalog.int8)");
  }
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
    const Answer answer = Inquiry(session, number, run, stop).ask();
    if (answer.status == TransactionStatus::aborted) {
      if (stop.stop_requested()) throw Stopped{};
      throw rolled_back(error);
    }
    if (answer.status != TransactionStatus::committed) throw doubtful(error, answer, number, server_version);
    std::string note = std::string("the answer to COMMIT was lost (") + error.what() +
                       "), but the server says that transaction " + std::to_string(number) + " was committed";
    session.options().log.warning(note);
    if (!stop.stop_requested()) open_again(session, stop);
    return note;
  }
}

}  // namespace leat::jobs_detail
