// What comes when the rows are there: sequences, and ANALYZE.
#include <algorithm>
#include <array>
#include <string>

#include "jobs/load/load_target.hpp"

namespace leat::jobs_detail {
namespace {

// The advisory lock of a sequence; $1 is its name.
const std::string sequence_key =
    "(1818583412::pg_catalog.int8 << 32) | $1::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8";

}  // namespace

void LoadTarget::advance_sequences(const std::stop_token& stop) {
  TableManager tables(connection_);
  for (const auto& sequence : facts_.sequences) {
    if (std::find(columns_.begin(), columns_.end(), sequence.column) == columns_.end()) continue;
    const std::array<Parameter, 1> name{sequence.name.sql()};
    bool is_locked = false;
    // The rows are there; what a sequence refuses is no failure of the load.
    static_cast<void>(connection_.execute("SAVEPOINT leat_sequence", {}, stop));
    try {
      // Other loads may share it: what one reads and then sets must not be set back by another in between.
      // Each holds it for the time of one look at its own table, which may take longer than lock_timeout
      // allows.
      static_cast<void>(connection_.execute_long(
          "SELECT pg_catalog.set_config('lock_timeout', '0', true), pg_catalog.pg_advisory_lock(" +
              sequence_key + ")",
          name, stop));
      is_locked = true;
      if (const auto value = tables.advance(sequence, table(), stop)) {
        notes_.push_back("sequence " + sequence.name.display() + " was advanced to " +
                         std::to_string(*value));
      }
    } catch (const Error& error) {
      if (!connection_.is_open()) throw;
      static_cast<void>(connection_.execute("ROLLBACK TO SAVEPOINT leat_sequence", {}, stop));
      notes_.push_back("sequence " + sequence.name.display() + " was not advanced: " + error.what());
    }
    static_cast<void>(connection_.execute("RELEASE SAVEPOINT leat_sequence", {}, stop));
    if (!is_locked) continue;
    const std::string lock_timeout = std::to_string(connection_.options().lock_timeout.count());
    static_cast<void>(connection_.execute("SELECT pg_catalog.pg_advisory_unlock(" + sequence_key +
                                              "), pg_catalog.set_config('lock_timeout', '" + lock_timeout +
                                              "', true)",
                                          name, stop));
  }
}

void LoadTarget::after_parts(const std::stop_token& stop) {
  try {
    if (advance_sequences_ && !facts_.sequences.empty()) {
      connection_.begin(target_transaction, stop);
      advance_sequences(stop);
      connection_.commit(stop);
    }
  } catch (const Error& error) {
    connection_.rollback();
    notes_.push_back(std::string("sequences were not advanced: ") + error.what());
  }
  if (analyze_) analyze(connection_, table(), notes_, stop);
}

void analyze(Connection& connection, const TableInfo& table, std::vector<std::string>& notes,
             const std::stop_token& stop) {
  // The rows are committed, so nothing that happens now is a failure of the load.
  const std::string name = table.name.display();
  if (table.kind == RelationKind::view) {
    notes.push_back(name + " was not analyzed: it is a view");
    return;
  }
  try {
    if (!TableManager(connection).may_analyze(table, stop)) {
      notes.push_back(name + " was not analyzed: only its owner may");
      return;
    }
    static_cast<void>(connection.execute_long("ANALYZE " + table.name.sql(), {}, stop));
    notes.push_back(name + " was analyzed");
  } catch (const Stopped&) {
    notes.push_back("ANALYZE of " + name + " was stopped");
  } catch (const Error& error) {
    notes.push_back("ANALYZE of " + name + " failed: " + error.what());
  }
}

}  // namespace leat::jobs_detail
