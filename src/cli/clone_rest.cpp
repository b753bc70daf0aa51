#include "cli/clone_rest.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "cli/clone_state.hpp"

namespace leat::cli {
namespace {

constexpr std::size_t sequences_at_once = 500;
constexpr std::size_t rows_at_once = 200;

/// Appends the rows of one table of an extension to what CREATE EXTENSION has put there.
void copy_config_rows(Connection& source, Connection& target, const ConfigTable& table,
                      const std::stop_token& stop) {
  if (table.columns.empty()) return;
  const Result rows = source.execute_long(
      "SELECT " + table.columns + " FROM ONLY " + table.name.sql() + " " + table.condition, {}, stop);
  std::string numbers;
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    numbers += (numbers.empty() ? "$" : ", $") + std::to_string(i + 1);
  }
  const std::string insert = "INSERT INTO " + table.name.sql() + " (" + table.columns +
                             ") OVERRIDING SYSTEM VALUE VALUES (" + numbers + ")";
  std::vector<Statement> statements;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    Statement statement{.sql = insert};
    for (std::size_t i = 0; i < rows.columns(); ++i) {
      statement.parameters.push_back(rows.is_null(row, i) ? Parameter() : Parameter(rows.text(row, i)));
    }
    statements.push_back(std::move(statement));
    if (statements.size() < rows_at_once && row + 1 < rows.rows()) continue;
    static_cast<void>(target.execute_all(statements, stop));
    statements.clear();
  }
}

/// A text as a literal, whatever standard_conforming_strings says.
std::string sequence_literal(const Connection& session, const TableName& name) {
  return session.quote_literal(name.sql()) + "::pg_catalog.regclass";
}

}  // namespace

void copy_rows_without_copy(Connection& source, Connection& target, std::span<const TableName> rowless,
                            std::span<const ConfigTable> config, const std::stop_token& stop) {
  target.begin({}, stop);
  for (const auto& table : rowless) {
    const Result count = source.execute_long("SELECT count(*) FROM ONLY " + table.sql(), {}, stop);
    const std::array<Parameter, 1> rows{std::string(count.text(0, 0))};
    static_cast<void>(target.execute_long(
        "INSERT INTO " + table.sql() + " SELECT FROM pg_catalog.generate_series(1, $1::pg_catalog.int8)",
        rows, stop));
  }
  for (const auto& table : config) copy_config_rows(source, target, table, stop);
  static_cast<void>(target.execute(
      "UPDATE leat_meta.clones SET step = " + std::to_string(static_cast<int>(CloneStep::rows)), {}, stop));
  target.commit(stop);
}

void copy_sequences(Connection& source, Connection& target, std::span<const TableName> sequences,
                    const std::stop_token& stop) {
  for (std::size_t first = 0; first < sequences.size(); first += sequences_at_once) {
    const auto some = sequences.subspan(first, std::min(sequences_at_once, sequences.size() - first));
    std::string read;
    for (const auto& name : some) {
      read += (read.empty() ? "" : " UNION ALL ") + std::string("SELECT ") +
              std::to_string(&name - some.data()) + ", last_value, is_called FROM " + name.sql();
    }
    const Result values = source.execute(read, {}, stop);
    std::string set;
    for (std::size_t i = 0; i < values.rows(); ++i) {
      const auto& name = some[static_cast<std::size_t>(values.integer(i, 0))];
      set += (set.empty() ? "SELECT " : ", ") + std::string("pg_catalog.setval(") +
             sequence_literal(target, name) + ", " + std::string(values.text(i, 1)) + ", '" +
             std::string(values.text(i, 2)) + "')";
    }
    static_cast<void>(target.execute(set, {}, stop));
  }
}

void remove_large_objects(Connection& target, const std::stop_token& stop) {
  // A transaction holds a lock on each that it removes.
  constexpr const char* remove_some =
      "SELECT count(pg_catalog.lo_unlink(oid)) FROM (SELECT oid FROM pg_catalog.pg_largeobject_metadata "
      "LIMIT 1000) o";
  while (target.execute_long(remove_some, {}, stop).integer(0, 0) > 0) {
  }
}

std::vector<std::string> analyze_the_rest(Connection& target, const std::stop_token& stop) {
  const Result found = target.execute(
      "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind = 'p' "
      "AND "
      "EXISTS (SELECT FROM pg_catalog.pg_partition_tree(c.oid) p JOIN pg_catalog.pg_class f ON f.oid = "
      "p.relid "
      "WHERE f.relkind = 'f') "
      "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'leat_meta') AND n.nspname !~ "
      "'^pg_(toast|temp)' AND c.relkind IN ('r', 'p', 'm') AND (c.relkind <> 'r' OR c.reltuples < 0 OR "
      "EXISTS "
      "(SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indexprs IS NOT NULL) OR EXISTS "
      "(SELECT FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = c.oid)) ORDER BY c.relkind DESC, 1",
      {}, stop);
  std::vector<std::string> notes;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const std::string name(found.text(i, 0));
    if (found.boolean(i, 1)) {
      notes.push_back(name +
                      " was not analyzed: it has partitions on a foreign server, which would be asked");
      continue;
    }
    try {
      static_cast<void>(target.execute_long("ANALYZE " + name, {}, stop));
    } catch (const Error& error) {
      // All is there, so only a session that is gone, or a stop, ends the clone.
      if (error.kind() == ErrorKind::cancelled || !target.is_open()) throw;
      notes.push_back("ANALYZE of " + name + " failed: " + error.what());
    }
  }
  return notes;
}

}  // namespace leat::cli
