#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct pg_conn;

namespace leat::test {

/// What pg_stat_activity shows of the sessions of run_sql() and SqlClients.
inline constexpr const char* sql_client_name = "leat-test-sql";

/// Runs SQL on a session of its own, as `psql -X -q -A -t -c` does: several statements are one transaction,
/// and what they return is there unaligned, `|` between columns and a newline after each row. A session costs
/// a third of a process with a session. Thread-safe.
/// @throws std::runtime_error with the server's message on the first error.
std::string run_sql(const std::string& uri, const std::string& sql);

/// Runs SQL as run_sql() does, and keeps the sessions for whoever comes next, as if they were new: most of
/// what a short statement costs is its session. Thread-safe.
class SqlClients {
 public:
  SqlClients();
  ~SqlClients();
  SqlClients(const SqlClients&) = delete;
  SqlClients& operator=(const SqlClients&) = delete;

  std::string run(const std::string& uri, const std::string& sql);
  /// Ends the sessions that nobody uses.
  void forget();

 private:
  struct Finish {
    void operator()(pg_conn* session) const;
  };
  using Session = std::unique_ptr<pg_conn, Finish>;

  Session take(const std::string& uri);

  std::mutex mutex_;
  std::map<std::string, std::vector<Session>> resting_;
};

}  // namespace leat::test
