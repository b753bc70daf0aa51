#include "jobs/load_target.hpp"

#include <utility>

namespace leat::jobs_detail {
LoadTarget::LoadTarget(Connection& connection, TableInfo table, std::vector<std::string> columns,
                       WriteMode mode, const StreamOptions& options, const std::stop_token& stop)
    : connection_(connection),
      table_(std::move(table)),
      columns_(std::move(columns)),
      mode_(mode),
      suppressed_(options.suppressed_rows),
      triggers_(options.triggers),
      advance_sequences_(options.advance_sequences),
      analyze_(options.analyze) {
  if (mode_ == WriteMode::replace) keys_ = TableManager(connection_).referencing_keys(table_, stop);
}

std::vector<std::string> LoadTarget::statements(RowFormat format) const {
  std::vector<std::string> sql{std::string("BEGIN ") + target_transaction};
  if (triggers_ == Triggers::disable) sql.emplace_back(silence_triggers);
  const std::string table = only_table();
  if (mode_ == WriteMode::replace) {
    if (deletes()) sql.push_back("LOCK TABLE " + table + " IN EXCLUSIVE MODE");
    sql.push_back((deletes() ? "DELETE FROM " : "TRUNCATE TABLE ") + table);
  }
  sql.push_back(copy_from_sql(table_.name, columns_, format));
  sql.emplace_back("COMMIT");
  if (analyze_) sql.push_back("ANALYZE " + table_.name.sql());
  return sql;
}

std::string LoadTarget::only_table() const {
  return (table_.kind == RelationKind::table ? "ONLY " : "") + table_.name.sql();
}

std::vector<std::string> LoadTarget::remarks() const {
  if (mode_ == WriteMode::append) return {"append: the rows that are there stay"};
  if (!deletes()) {
    return {"replace: TRUNCATE and COPY in one transaction; from the first row to the commit readers of " +
            table_.name.display() + " wait"};
  }
  return {"replace: " + keys_.front().table.display() + " references the table (foreign key " +
          quote_identifier(keys_.front().constraint) +
          "), so its rows go by DELETE in the same transaction instead of TRUNCATE; never by CASCADE"};
}

void LoadTarget::begin(RowFormat format, std::stop_token stop) {
  TableManager tables(connection_);
  if (triggers_ == Triggers::disable) connection_.execute(silence_triggers, {}, stop);
  if (deletes()) {
    tables.delete_all(table_, keys_, stop);
  } else if (mode_ == WriteMode::replace) {
    tables.truncate(table_, stop);
  }
  writer_.emplace(connection_, copy_from_sql(table_.name, columns_, format), format, stop);
}

void LoadTarget::write(const RowBatch& batch, std::stop_token stop) {
  writer_->write(batch, std::move(stop));
}

void LoadTarget::check(std::stop_token stop) {
  if (writer_) {
    writer_->check(std::move(stop));
  } else {
    // No COPY has begun, so a session that was ended shows only when it is asked something.
    static_cast<void>(connection_.execute("SELECT", {}, std::move(stop)));
  }
}

std::uint64_t LoadTarget::finish(std::uint64_t rows_sent, std::stop_token stop) {
  const std::uint64_t inserted = writer_->finish(stop);
  if (inserted != rows_sent && (suppressed_ == SuppressedRows::error || inserted > rows_sent)) {
    throw Error(ErrorKind::target,
                table_.name.display() + " took " + std::to_string(inserted) + " of " +
                    std::to_string(rows_sent) + " rows; nothing was committed",
                {.sqlstate = "P0001",
                 .hint = "a trigger or rule of the target leaves rows out; allow that "
                         "(SuppressedRows::allow) if it is meant"});
  }
  if (advance_sequences_) advance_sequences(stop);
  return inserted;
}

void LoadTarget::commit(const std::stop_token& stop) {
  connection_.commit(stop);
  if (analyze_) analyze(connection_, table_, notes_, stop);
}

void LoadTarget::advance_sequences(const std::stop_token& stop) {
  TableManager tables(connection_);
  for (const auto& sequence : tables.owned_sequences(table_, columns_, stop)) {
    // The rows are there; what a sequence refuses is no failure of the load.
    static_cast<void>(connection_.execute("SAVEPOINT leat_sequence", {}, stop));
    try {
      if (const auto value = tables.advance(sequence, table_, stop)) {
        notes_.push_back("sequence " + sequence.name.display() + " was advanced to " +
                         std::to_string(*value));
      }
    } catch (const Error& error) {
      if (!connection_.is_open()) throw;
      static_cast<void>(connection_.execute("ROLLBACK TO SAVEPOINT leat_sequence", {}, stop));
      notes_.push_back("sequence " + sequence.name.display() + " was not advanced: " + error.what());
    }
    static_cast<void>(connection_.execute("RELEASE SAVEPOINT leat_sequence", {}, stop));
  }
}

void analyze(Connection& connection, const TableInfo& table, std::vector<std::string>& notes,
             const std::stop_token& stop) {
  // The rows are committed, so nothing that happens now is a failure of the load.
  const std::string name = table.name.display();
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
