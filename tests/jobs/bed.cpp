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
  static PrivateServer instance;
  return instance;
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
  CHECK(becomes_true(1s, [this] { return src(sessions_of_jobs()) == "0"; }));
  // A joined thread may stand in /proc a moment longer, now, and when they were counted before.
  CHECK(becomes_true(10s, [this] { return count_threads() <= threads_before_; }));
}

std::string Bed::src(const std::string& sql) const {
  return without_line_break(server().psql("src", sql));
}
std::string Bed::dst(const std::string& sql) const {
  return without_line_break(server().psql("dst", sql));
}
void Bed::both(const std::string& sql) const {
  server().psql("src", sql);
  server().psql("dst", sql);
}

CopyTableOptions Bed::copy() const {
  return {.source = ConnectionFactory().resolve(server().uri("src")),
          .target = ConnectionFactory().resolve(server().uri("dst")),
          .from = "public.t",
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
  const bool reached = becomes_true(20s, [&] {
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

Running::Running(std::function<void(std::stop_token)> job) {
  std::packaged_task<void()> task([job = std::move(job), stop = stop_.get_token()] { job(stop); });
  result_ = task.get_future();
  thread_ = std::jthread(std::move(task));
}

Running::~Running() {
  // Where a test has failed, nobody has waited for the job.
  stop_.request_stop();
}

void Running::wait(std::chrono::milliseconds limit) {
  if (result_.wait_for(limit) != std::future_status::ready) {
    std::fprintf(stderr, "a job is not over after %lld ms\n", static_cast<long long>(limit.count()));
    std::abort();
  }
  thread_.join();
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
