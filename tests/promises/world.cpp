#include "promises/world.hpp"

#include <poll.h>

#include <filesystem>
#include <iterator>

namespace leat::test {
namespace {

constexpr const char* sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat'";

std::string content_sql(const std::string& table) {
  return "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM " + table + " AS t";
}

}  // namespace

PrivateServer& World::server() {
  static PrivateServer instance({.settings = {{"max_prepared_transactions", "5"}}});
  return instance;
}

int World::threads() {
  namespace fs = std::filesystem;
  return static_cast<int>(std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
}

World::World() {
  for (const std::string name : {"src", "dst"}) {
    server().psql("postgres", "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    server().create_database(name);
  }
  std::thread([] {}).join();  // a sanitizer starts a thread of its own with the first one
  threads_before_ = threads();
}

World::~World() {
  check_no_session_left();
  // A joined thread may stand in /proc a moment longer.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (threads() != threads_before_ && std::chrono::steady_clock::now() < deadline) ::poll(nullptr, 0, 5);
  CHECK(threads() == threads_before_);
}

void World::check_no_session_left() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  std::string left;
  do {
    left = server().psql("postgres", sessions);
  } while (left != "0\n" && std::chrono::steady_clock::now() < deadline);
  CHECK(left == "0\n");
}

ResolvedConnection World::source() const {
  return ConnectionFactory().resolve(server().uri("src"));
}
ResolvedConnection World::target() const {
  return ConnectionFactory().resolve(server().uri("dst"));
}
std::string World::on_source(const std::string& sql) {
  return server().psql("src", sql);
}
std::string World::on_target(const std::string& sql) {
  return server().psql("dst", sql);
}

void World::on_both(const std::string& sql) {
  on_source(sql);
  on_target(sql);
}

std::string World::source_content(const std::string& table) {
  return on_source(content_sql(table));
}
std::string World::target_content(const std::string& table) {
  return on_target(content_sql(table));
}

void World::wait_for(const std::string& sql, const std::string& wanted) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (server().psql("postgres", sql) != wanted + "\n") {
    if (std::chrono::steady_clock::now() > deadline) FAIL("never became " << wanted << ": " << sql);
    ::poll(nullptr, 0, 5);
  }
}

Error error_of(const std::function<void()>& body) {
  std::packaged_task<void()> task(body);
  auto result = task.get_future();
  std::jthread thread(std::move(task));
  if (result.wait_for(patience) != std::future_status::ready) {
    // Nothing can join what hangs.
    std::fputs("a job that has to fail hangs\n", stderr);
    std::abort();
  }
  try {
    result.get();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  throw std::logic_error("unreachable");
}

CopyTableOptions copy_of_t(const World& world) {
  return {.source = world.source(), .target = world.target(), .from = "public.t"};
}

}  // namespace leat::test
