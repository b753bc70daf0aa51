#include "jobs/load/sequences.hpp"

#include <algorithm>
#include <array>

#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {
namespace {

// The advisory lock of a sequence; $1 is its name.
const std::string sequence_key =
    "(1818583412::pg_catalog.int8 << 32) | $1::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8";

}  // namespace

void advance_sequences(Connection& connection, const TableFacts& facts, std::span<const std::string> columns,
                       std::vector<std::string>& notes, const std::stop_token& stop) {
  TableManager tables(connection);
  for (const auto& sequence : facts.sequences) {
    if (std::find(columns.begin(), columns.end(), sequence.column) == columns.end()) continue;
    const std::array<Parameter, 1> name{sequence.name.sql()};
    bool is_locked = false;
    // The rows are there; what a sequence refuses is no failure of the load.
    static_cast<void>(connection.execute("SAVEPOINT leat_sequence", {}, stop));
    try {
      // Other loads may share it: what one reads and then sets must not be set back by another in between.
      // Each holds it for the time of one look at its own table, which may take longer than lock_timeout
      // allows.
      static_cast<void>(connection.execute_long(
          "SELECT pg_catalog.set_config('lock_timeout', '0', true), pg_catalog.pg_advisory_lock(" +
              sequence_key + ")",
          name, stop));
      is_locked = true;
      if (const auto value = tables.advance(sequence, *facts.info, stop)) {
        notes.push_back("sequence " + sequence.name.display() + " was advanced to " + std::to_string(*value));
      }
    } catch (const Error& error) {
      if (!connection.is_open()) throw;
      static_cast<void>(connection.execute("ROLLBACK TO SAVEPOINT leat_sequence", {}, stop));
      notes.push_back("sequence " + sequence.name.display() + " was not advanced: " + error.what());
    }
    static_cast<void>(connection.execute("RELEASE SAVEPOINT leat_sequence", {}, stop));
    if (!is_locked) continue;
    const std::string lock_timeout = std::to_string(connection.options().lock_timeout.count());
    static_cast<void>(connection.execute("SELECT pg_catalog.pg_advisory_unlock(" + sequence_key +
                                             "), pg_catalog.set_config('lock_timeout', '" + lock_timeout +
                                             "', true)",
                                         name, stop));
  }
}

}  // namespace leat::jobs_detail
