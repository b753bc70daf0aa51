#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <stop_token>
#include <string>
#include <thread>

#include "leat/jobs/ad_hoc_query.hpp"
#include "leat/jobs/copy_table.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/private_server.hpp"

namespace leat::test {

using namespace std::chrono_literals;

/// What every job of these tests calls its sessions.
inline constexpr const char* application = "leat-jobs-test";

/// The databases "src" and "dst" of one private server, emptied for each test. At the end of the test no
/// session and no thread of a job is left.
class Bed {
 public:
  Bed();
  Bed(const Bed&) = delete;
  Bed& operator=(const Bed&) = delete;
  ~Bed();

  [[nodiscard]] static PrivateServer& server();
  /// Ends every session of a job, as an administrator would.
  static void end_jobs();

  /// Runs SQL as psql prints its answer, without the last line break.
  std::string src(const std::string& sql) const;
  std::string dst(const std::string& sql) const;
  void both(const std::string& sql) const;
  /// The same in any database of the server, with the line break.
  static std::string on(const std::string& database, const std::string& sql);

  /// A copy of public.t, for the test to change.
  [[nodiscard]] CopyTableOptions copy() const;
  /// A query whose rows go into public.t.
  [[nodiscard]] AdHocQueryOptions query(const std::string& sql) const;

  /// Returns when SQL's answer is `wanted`; fails the test when it does not become that.
  void wait_for(const std::string& sql, const std::string& wanted) const;
  /// Returns when so many of a job's sessions of that database wait like that (pg_stat_activity.wait_event).
  void wait_until_session_waits(const std::string& database, const std::string& event,
                                int sessions = 1) const;
  /// Process number of the job's session of that database.
  [[nodiscard]] int session_pid(const std::string& database) const;
  /// Ends the job's sessions of that database, as an administrator would.
  void kill_session(const std::string& database) const;

 private:
  std::size_t threads_before_;
};

/// What psql printed, without the last line break.
[[nodiscard]] std::string without_line_break(std::string text);

/// Asks again until the answer is true or the time is up; the last answer.
[[nodiscard]] bool becomes_true(std::chrono::milliseconds limit, const std::function<bool()>& ask);

/// The count and the sum of hashes of a table's rows.
[[nodiscard]] std::string content(const std::string& table);

/// A job on a thread of its own. Where it hangs, it is ended: by a stop, else by the end of its sessions, and
/// where neither helps the whole test program ends, since what hangs cannot be joined.
class Running {
 public:
  /// `end_sessions` ends the sessions of all jobs.
  explicit Running(std::function<void(std::stop_token)> job,
                   std::function<void()> end_sessions = Bed::end_jobs);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

  void request_stop() { stop_.request_stop(); }
  [[nodiscard]] bool has_ended() const { return result_.wait_for(0s) == std::future_status::ready; }
  /// Waits for the job, and fails the test where it is not over by then. Rethrows what the job throws.
  void wait(std::chrono::milliseconds limit = patience);
  /// The same for a job that fails. Fails the test when it does not, or with another type.
  [[nodiscard]] Error error(std::chrono::milliseconds limit = patience);

 private:
  /// Ends a job that hangs, and says what helped.
  [[nodiscard]] std::string end();

  std::function<void()> end_sessions_;
  std::stop_source stop_;
  std::future<void> result_;
  std::jthread thread_;
};

template <class Options>
void run_job(const Options& options, std::stop_token stop = {}) {
  if constexpr (std::is_same_v<Options, CopyTableOptions>) {
    static_cast<void>(CopyTable(options).run(std::move(stop)));
  } else {
    static_cast<void>(AdHocQuery(options).run(std::move(stop)));
  }
}

/// Starts the job that these options describe.
template <class Options>
[[nodiscard]] std::unique_ptr<Running> start(Options options) {
  return std::make_unique<Running>(
      [options = std::move(options)](std::stop_token stop) { run_job(options, std::move(stop)); });
}

/// The error with which the job that these options describe fails.
template <class Options>
[[nodiscard]] Error error_of(Options options) {
  return start(std::move(options))->error();
}

/// Checks kind and SQLSTATE of an error.
void check_error(const Error& error, ErrorKind kind, const std::string& sqlstate);

}  // namespace leat::test
