#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <stop_token>
#include <string>
#include <thread>

#include "leat/jobs/ad_hoc_query.hpp"
#include "leat/jobs/copy_table.hpp"
#include "leat/postgres/copy_reader.hpp"
#include "leat/postgres/copy_writer.hpp"
#include "leat/postgres/table_manager.hpp"
#include "support/catch.hpp"
#include "support/private_server.hpp"

namespace leat::test {

/// How long anything may take that is to end by itself.
inline constexpr std::chrono::seconds patience{20};

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

/// Two empty databases of one private server, anew for each test. At its end no session and no thread of a
/// job may be left.
class World {
 public:
  World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  [[nodiscard]] ResolvedConnection source() const;
  [[nodiscard]] ResolvedConnection target() const;
  std::string on_source(const std::string& sql);
  std::string on_target(const std::string& sql);
  /// Runs the same DDL on both sides.
  void on_both(const std::string& sql);
  /// Count and content hash of a table.
  std::string source_content(const std::string& table);
  std::string target_content(const std::string& table);

  /// Asks for SQL's answer until it is `wanted`; fails the test when it never is.
  void wait_for(const std::string& sql, const std::string& wanted);
  /// No session of a job is left, a second later at the latest.
  void check_no_session_left();

  [[nodiscard]] static PrivateServer& server();
  [[nodiscard]] static int threads();

 private:
  int threads_before_;
};

/// A matcher for text that holds `part`; Catch2 2 and 3 name it differently.
inline auto contains(const std::string& part) {
#if __has_include(<catch2/catch_all.hpp>)
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Matchers::Contains(part);
#endif
}

/// Runs `body` on a thread of its own and returns the error it throws; fails when it throws none, or does not
/// end.
Error error_of(const std::function<void()>& body);

/// Options of a copy of public.t, for tests to change.
CopyTableOptions copy_of_t(const World& world);

}  // namespace leat::test
