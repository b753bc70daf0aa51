#pragma once

#include <string>
#include <vector>

#include "two_databases.hpp"

struct pg_conn;

namespace leat::test {

/// What a line gives to a shell prints, errors with it.
[[nodiscard]] std::string shell(const std::string& line);

/// Whether the installed pg_dump reads the server of these tests.
[[nodiscard]] bool pg_dump_fits();

/// Makes the databases clone_src and clone_dst anew: the one with what `sql` makes, the other empty.
void make_clone_databases(const std::string& sql);
/// leat clone of the one into the other.
[[nodiscard]] Words clone_words(const Words& more = {});

/// What pg_dump prints of a database, without what differs each time.
[[nodiscard]] std::string dump_of(const std::string& database, const std::string& options);
/// Fails the test unless both print the same.
void check_equal_clone();

/// Command lines of pg_dump and pg_restore that work on these databases.
[[nodiscard]] std::vector<std::string> programs_at_work();
void wait_until_programs_have_ended();
/// Waits until pg_restore waits for a lock in clone_dst.
void wait_until_restore_is_gated();

/// Things of which one index is made in clone_dst only while no GateHolder is there.
[[nodiscard]] const std::string& gated();

/// Keeps that index from being made until it lets go. Used by one thread.
class GateHolder {
 public:
  GateHolder();
  GateHolder(const GateHolder&) = delete;
  GateHolder& operator=(const GateHolder&) = delete;
  ~GateHolder();
  void let_go() const { run("SELECT pg_advisory_unlock(77)"); }

 private:
  void run(const char* sql) const;
  pg_conn* session_;
};

}  // namespace leat::test
