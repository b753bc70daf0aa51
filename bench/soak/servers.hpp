#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>

#include "leat/postgres/session/connection_factory.hpp"

namespace leat::soak {

/// What pg_stat_activity shows of the sessions of jobs.
inline constexpr const char* application = "leat-soak";

/// A promise of leat that was not kept.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Which of the two servers.
enum class Side {
  source,
  target,
};

/// What jobs have left on both servers, where nothing should be.
struct Leftovers {
  std::int64_t sessions = 0;
  std::int64_t tables = 0;      ///< of leat_meta, besides the ledger's own
  std::int64_t rows = 0;        ///< of the tables in leat_meta
  std::int64_t temp_files = 0;  ///< of the servers
};

/// The two servers, each with a session of an administrator that stays open from the start. Used by one
/// thread at a time.
class Servers {
 public:
  Servers(const std::string& source, const std::string& target);

  /// The first value that one statement returns.
  std::string ask(Side side, const std::string& sql);
  std::string src(const std::string& sql) { return ask(Side::source, sql); }
  std::string dst(const std::string& sql) { return ask(Side::target, sql); }

  /// Count and hash of the rows of a table of the target, or of a query in brackets.
  [[nodiscard]] std::string content(const std::string& rows);
  /// Compares them with rows of the source, which never change. @throws Broken.
  void require_same(const std::string& source_rows, const std::string& target_rows);

  /// How many sessions others have on that side.
  [[nodiscard]] std::int64_t sessions(Side side);
  [[nodiscard]] Leftovers leftovers();

  /// For jobs.
  [[nodiscard]] const ResolvedConnection& connection(Side side) const;

 private:
  // Constant after construction
  ResolvedConnection source_;
  ResolvedConnection target_;

  Connection source_session_;
  Connection target_session_;
  std::map<std::string, std::string> source_content_;
};

}  // namespace leat::soak
