#include "bed.hpp"

#include <poll.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <thread>

namespace leat::test {
namespace {

std::size_t count_threads() {
  namespace fs = std::filesystem;
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
}

std::string sessions_of_jobs() {
  return std::string("SELECT count(*) FROM pg_stat_activity WHERE application_name = '") + application + "'";
}

constexpr const char* by_stop = "it was asked to stop";

}  // namespace

std::string without_line_break(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

bool becomes_true(std::chrono::milliseconds limit, const std::function<bool()>& ask) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!ask()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

PrivateServer& Bed::server() {
  static PrivateServer instance({.settings = {{"max_prepared_transactions", "4"}}});
  return instance;
}

void Bed::end_jobs() {
  server().psql("postgres",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" +
                    std::string(application) + "'");
}

Bed::Bed() {
  static const bool created = [] {
    server().create_database("src");
    server().create_database("dst");
    return true;
  }();
  static_cast<void>(created);
  both(
      "SET client_min_messages = error; DROP SCHEMA IF EXISTS leat_meta CASCADE; DROP SCHEMA public CASCADE; "
      "CREATE SCHEMA public");
  std::thread([] {}).join();  // a sanitizer starts a thread of its own with the first one
  threads_before_ = count_threads();
}

Bed::~Bed() {
  // Not after a while by themselves.
  CHECK(becomes_true(promised(3s), [this] { return src(sessions_of_jobs()) == "0"; }));
  // A joined thread may stand in /proc a moment longer, now, and when they were counted before.
  CHECK(becomes_true(patience, [this] { return count_threads() <= threads_before_; }));
}

std::string Bed::on(const std::string& database, const std::string& sql) {
  return server().psql(database, sql);
}

std::string Bed::src(const std::string& sql) const {
  return without_line_break(on("src", sql));
}
std::string Bed::dst(const std::string& sql) const {
  return without_line_break(on("dst", sql));
}
void Bed::both(const std::string& sql) const {
  on("src", sql);
  on("dst", sql);
}

CopyTableOptions Bed::copy() const {
  return {.source = ConnectionFactory().resolve(server().uri("src")),
          .target = ConnectionFactory().resolve(server().uri("dst")),
          .table = {.from = "public.t"},
          .stream = {.application_name = application}};
}

AdHocQueryOptions Bed::query(const std::string& sql) const {
  return {.source = ConnectionFactory().resolve(server().uri("src")),
          .target = ConnectionFactory().resolve(server().uri("dst")),
          .sql = sql,
          .to = "public.t",
          .stream = {.application_name = application}};
}

void Bed::wait_for(const std::string& sql, const std::string& wanted) const {
  std::string answer;
  const bool reached = becomes_true(patience, [&] {
    answer = src(sql);
    return answer == wanted;
  });
  INFO(sql << " is " << answer);
  REQUIRE(reached);
}

void Bed::wait_until_session_waits(const std::string& database, const std::string& event,
                                   int sessions) const {
  wait_for(sessions_of_jobs() + " AND datname = '" + database + "' AND wait_event = '" + event + "'",
           std::to_string(sessions));
}

int Bed::session_pid(const std::string& database) const {
  return std::stoi(src("SELECT pid FROM pg_stat_activity WHERE application_name = '" +
                       std::string(application) + "' AND datname = '" + database + "'"));
}

void Bed::kill_session(const std::string& database) const {
  // The end of one can end the others before they are reached.
  REQUIRE(src("SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '" +
              std::string(application) + "' AND datname = '" + database + "'") == "t");
}

std::string content(const std::string& table) {
  return "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM " + table + " AS t";
}

Running::Running(std::function<void(std::stop_token)> job, std::function<void()> end_sessions)
    : end_sessions_(std::move(end_sessions)) {
  std::packaged_task<void()> task([job = std::move(job), stop = stop_.get_token()] { job(stop); });
  result_ = task.get_future();
  thread_ = std::jthread(std::move(task));
}

Running::~Running() {
  // Where a test has failed, nobody has waited for the job.
  if (!thread_.joinable()) return;
  const std::string ended = end();
  if (ended != by_stop) FAIL_CHECK("a job did not end when it was asked to stop, but when " << ended);
}

std::string Running::end() {
  stop_.request_stop();
  if (result_.wait_for(patience) == std::future_status::ready) return by_stop;
  // The server may hang as well.
  const auto ending = std::async(std::launch::async, [this] {
    try {
      end_sessions_();
    } catch (const std::exception&) {
      // It is seen by the job.
    }
  });
  if (result_.wait_for(patience) == std::future_status::ready &&
      ending.wait_for(patience) == std::future_status::ready) {
    return "its sessions were ended";
  }
  std::fprintf(stderr, "a job hangs: neither a stop nor the end of its sessions ends it\n");
  std::abort();
}

void Running::wait(std::chrono::milliseconds limit) {
  const bool is_late = result_.wait_for(limit) != std::future_status::ready;
  const std::string ended = is_late ? end() : "";
  thread_.join();
  if (is_late) FAIL("a job was not over after " << limit.count() << " ms; it ended when " << ended);
  result_.get();
}

Error Running::error(std::chrono::milliseconds limit) {
  try {
    wait(limit);
  } catch (const Error& error) {
    return error;
  }
  FAIL("the job did not fail");
  throw std::logic_error("FAIL returned");
}

void check_error(const Error& error, ErrorKind kind, const std::string& sqlstate) {
  INFO(error.what());
  CHECK(error.kind() == kind);
  CHECK(error.sqlstate() == sqlstate);
}

}  // namespace leat::test
