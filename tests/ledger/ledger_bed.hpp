#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "leat/ledger/ledger.hpp"
#include "leat/ledger/slice_ledger.hpp"
#include "postgres/server.hpp"
#include "support/catch.hpp"

/// A ledger in the test server's database, without any job. The tables are dropped at the end.
class LedgerBed {
 public:
  explicit LedgerBed(leat::ConnectionTarget target = TestServer::instance().target());
  LedgerBed(const LedgerBed&) = delete;
  LedgerBed& operator=(const LedgerBed&) = delete;
  ~LedgerBed();

  [[nodiscard]] leat::Ledger ledger() { return leat::Ledger(coordinator); }

  /// The first column of the first row.
  std::string sql(const std::string& text);
  /// Takes a job with a plan of so many slices.
  leat::JobLease start(const std::string& job, std::int64_t slices);
  /// As if the lease's time were over.
  void expire(const std::string& job);
  /// Another attempt gets the job, since the lease's time is over.
  leat::JobLease take_over(const std::string& job);

  leat::Connection admin;
  leat::Connection coordinator;
};

/// A session with the target.
[[nodiscard]] leat::Connection connect_target(const std::string& user = "");

/// A wish for a job by its usual command.
[[nodiscard]] leat::JobRequest request_for(const std::string& job);

/// Slices 1 to `count`, whose definition is {"slice": n}.
[[nodiscard]] std::vector<leat::PlannedSlice> plan_of(std::int64_t count);
[[nodiscard]] leat::PlannedSlice slice_of(std::int64_t number, const std::string& definition = "");

/// What the ledger is to have of a slice.
[[nodiscard]] leat::LedgerLine line_of(const leat::PlannedSlice& slice, std::int64_t rows,
                                       std::int64_t bytes);

/// Commits a slice, with `rows` rows.
void do_slice(leat::Connection& writer, const leat::JobLease& lease, std::int64_t slice,
              std::int64_t rows = 1);

/// True once this server process waits for a lock.
bool waits_for_lock(leat::Connection& observer, int pid);

/// Runs `call` on a thread of its own, and `meanwhile` once that session waits for a lock. Returns when both
/// are over.
void while_it_waits(LedgerBed& bed, const leat::Connection& session, const std::function<void()>& call,
                    const std::function<void()>& meanwhile);

/// Checks kind and SQLSTATE, and that message, detail and hint hold these words.
void check_error(const leat::Error& error, leat::ErrorKind kind, const std::string& sqlstate,
                 const std::vector<std::string>& words = {});

/// Checks that the target refuses a call, since the job or its slice is not in the state for it.
void check_refused(const std::function<void()>& call, const std::vector<std::string>& words = {});
