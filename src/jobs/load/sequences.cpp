#include "jobs/load/sequences.hpp"

#include "jobs/options/lists.hpp"
#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/session/detail/questions.hpp"

namespace leat::jobs_detail {
namespace {

// The advisory lock of a sequence; $1 is its name.
const std::string sequence_key =
    "(1818583412::pg_catalog.int8 << 32) | $1::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8";

/// What is to be told of a sequence.
void tell(const OwnedSequence& sequence, const TableInfo& table, const Result& found,
          std::vector<std::string>& notes) {
  if (found.empty()) return;
  const std::string name = "sequence " + sequence.name.display();
  const std::string column =
      "the column " + quote_identifier(sequence.column) + " of " + table.name.display();
  if (!found.is_null(0, 0)) {
    notes.push_back(name + " was advanced to " + std::string(found.text(0, 0)));
    if (sequence.cache > 1) {
      notes.back() += "; sessions that are open may have up to " + std::to_string(sequence.cache) +
                      " lower values of it cached";
    }
  }
  if (found.boolean(0, 2)) {
    notes.push_back(name + " was not advanced: it cycles and has given values before, so that " + column +
                    " does not tell where it stands; the next ones may be there already");
  } else if (found.boolean(0, 1) && sequence.cycles) {
    notes.push_back(name + " begins again, with values that " + column + " may have already");
  } else if (found.boolean(0, 1)) {
    notes.push_back(name + " has no value left for " + column + ": its " +
                    (sequence.rises ? "MAXVALUE is " + std::to_string(sequence.most)
                                    : "MINVALUE is " + std::to_string(sequence.least)) +
                    " (ALTER SEQUENCE would change it)");
  }
}

}  // namespace

void advance_sequences(Connection& connection, const TableFacts& facts, std::span<const std::string> columns,
                       std::vector<std::string>& notes, const std::stop_token& stop) {
  const std::string lock_timeout = std::to_string(connection.options().lock_timeout.value().count());
  const std::string unlock = "SELECT pg_catalog.pg_advisory_unlock(" + sequence_key +
                             "), pg_catalog.set_config('lock_timeout', '" + lock_timeout + "', true)";
  for (const auto& sequence : facts.sequences) {
    if (!contains(columns, sequence.column)) continue;
    const std::vector<Parameter> name{sequence.name.sql()};
    const Statement advance = postgres_detail::advance_statement(sequence, *facts.info);
    bool is_saved = false;
    bool is_locked = false;
    postgres_detail::Questions questions;
    // The rows are there; what a sequence refuses is no failure of the load.
    questions.add("SAVEPOINT leat_sequence", {}, [&](const Result& /*answer*/) { is_saved = true; });
    // Other loads may share it: what one reads and then sets must not be set back by another in between. Each
    // holds it for the time of one look at its own table, which may take longer than lock_timeout allows.
    questions.add("SELECT pg_catalog.set_config('lock_timeout', '0', true), pg_catalog.pg_advisory_lock(" +
                      sequence_key + ")",
                  name, [&](const Result& /*answer*/) { is_locked = true; });
    questions.add(advance.sql, advance.parameters,
                  [&](const Result& found) { tell(sequence, *facts.info, found, notes); });
    questions.add("RELEASE SAVEPOINT leat_sequence");
    questions.add(unlock, name);
    try {
      questions.ask_long(connection, stop);
    } catch (const Error& error) {
      if (!connection.is_open() || !is_saved) throw;
      postgres_detail::Questions undo;
      undo.add("ROLLBACK TO SAVEPOINT leat_sequence");
      undo.add("RELEASE SAVEPOINT leat_sequence");
      if (is_locked) undo.add(unlock, name);
      undo.ask(connection, stop);
      notes.push_back("sequence " + sequence.name.display() + " was not advanced: " + error.what());
    }
  }
}

}  // namespace leat::jobs_detail
