#include "jobs/rejects/row_rejects.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/rejects/job_reject_file.hpp"
#include "jobs/rejects/row_rejects_table.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {
namespace {

// Constraints that are checked at the end of the transaction, of the table and its partitions. Foreign keys
// among these are left out: what they reference may come later.
constexpr const char* deferred_sql =
    "WITH own AS (SELECT $1::pg_catalog.oid AS oid UNION SELECT relid::pg_catalog.oid FROM "
    "pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass)) "
    "SELECT DISTINCT n.nspname, c.conname FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON "
    "n.oid = c.connamespace WHERE c.condeferred AND c.conrelid IN (SELECT oid FROM own) AND NOT (c.contype = "
    "'f' AND c.confrelid IN (SELECT oid FROM own)) ORDER BY 1, 2";

std::string reject_places(const Rejects& rejects) {
  std::string text = rejects.file;
  if (!rejects.table.empty()) {
    text += (text.empty() ? "the table " : " and the table ") + TableName::parse(rejects.table).display();
  }
  return text;
}

/// The statement that loads rows from the table of rejected ones again, once they were repaired.
std::string load_again_sql(const RejectSetup& setup) {
  const auto name = [](const auto& column) { return quote_identifier(column.name); };
  const auto value = [&](const auto& column) { return name(column) + "::" + column.type_name; };
  const bool overrides = find_by(setup.columns, &TableColumn::identity, Identity::always) != nullptr;
  return "INSERT INTO " + setup.table.name.sql() + " (" + text_list(setup.columns, name) + ")" +
         (overrides ? " OVERRIDING SYSTEM VALUE" : "") + " SELECT " + text_list(setup.columns, value) +
         " FROM " + setup.reject_table->sql();
}

}  // namespace

RejectBook::RejectBook(std::uint64_t most, Rejects rejects, std::span<const TableColumn> columns,
                       RejectsWithin within)
    : most_(most), rejects_(std::move(rejects)), within_(within) {
  if (!rejects_.file.empty() && within_ == RejectsWithin::one_load) file_.emplace(rejects_.file, columns);
}

Error RejectBook::too_many(std::uint64_t rejected, std::uint64_t waiting, const Error& error) const {
  const bool has_slices = within_ == RejectsWithin::slices;
  std::string message = "the target refused " + detail::rows_text(rejected);
  if (waiting > 0) {
    message +=
        ", and " + std::to_string(waiting) + " reference rows of the same table that are not there yet";
  }
  std::string hint;
  if (!rejects_.file.empty() && !has_slices) hint = "see " + rejects_.file + " for what was refused; ";
  hint += waiting > 0 ? "load rows after those that they reference, or without .max_rejects"
                      : "repair the source or the target, or allow more (.max_rejects)";
  return error.with_kind(ErrorKind::target)
      .with_message(message + ", more than the " + std::to_string(most_) + " that are allowed; " +
                    (has_slices ? "slices that are done are kept" : "nothing was committed") +
                    "; the last one: " + error.what())
      .with_hint(hint);
}

void RejectBook::add(const RejectedRow& row, const Error& error, const std::stop_token& stop) {
  const std::uint64_t count = ++count_;
  if (within_ == RejectsWithin::one_load) {
    const std::lock_guard lock(mutex_);
    if (file_) file_->write(row, stop);
    if (rejects_.callback) rejects_.callback(row);
  }
  if (count > most_) throw too_many(count, 0, error);
}

void RejectBook::tell(std::span<const RejectedRow> rows) {
  const std::lock_guard lock(mutex_);
  for (const auto& row : rows) rejects_.callback(row);
}

void RejectBook::check(std::uint64_t waiting, const Error& error) const {
  const std::uint64_t count = count_;
  if (count + waiting > most_) throw too_many(count, waiting, error);
}

void RejectBook::sync() {
  const std::lock_guard lock(mutex_);
  if (file_) file_->sync();
}

bool is_of_row(const Error& error) {
  if (error.kind() != ErrorKind::target) return false;
  const std::string_view code = error.sqlstate();
  // A value whose bytes end too early is a violation of the protocol, of which the session outlives this one.
  if (code == "08P01") return true;
  if (code.size() != 5 || is_transient_sqlstate(code)) return false;
  // Sessions, transactions, privileges, statements, servers: the next row would fare no better.
  constexpr std::array<std::string_view, 22> others{"01", "02", "03", "08", "0A", "25", "26", "28",
                                                    "2D", "2F", "34", "3B", "3D", "3F", "40", "42",
                                                    "53", "55", "57", "58", "F0", "XX"};
  return !contains(others, code.substr(0, 2));
}

RejectSetup prepare_rejects(Connection& connection, RejectSetup setup,
                            const std::vector<std::string>& columns, const std::string& job,
                            const StreamOptions& options, std::vector<Finding>& findings,
                            const std::stop_token& stop) {
  const TableInfo& table = setup.table;
  const auto own = reject_columns();
  for (const auto& name : columns) {
    if (const TableColumn* column = table.find(name)) setup.columns.push_back(*column);
    if (find_by(own, &RejectColumn::name, name) != nullptr) {
      findings.push_back({.code = "rejects_columns",
                          .side = ErrorKind::config,
                          .message = "column " + quote_identifier(name) + " of " + table.name.display() +
                                     " is called as one that tells of rejected rows",
                          .hint = "rename it, or load the table without .max_rejects"});
      return setup;
    }
  }
  TableManager manager(connection);
  const auto keys = manager.unique_keys(std::span(&table.oid, 1), stop)[table.oid];
  for (const auto& key : keys) {
    if (!key.is_primary) continue;
    for (const auto& part : key.columns) {
      const auto at = std::find(columns.begin(), columns.end(), part.name);
      if (at == columns.end()) break;
      setup.key.push_back(static_cast<std::size_t>(at - columns.begin()));
    }
    if (setup.key.size() < key.columns.size()) setup.key.clear();
  }
  if (setup.copied_into == table.name) {
    const std::array<Parameter, 1> oid{std::to_string(table.oid)};
    const Result deferred = connection.execute(deferred_sql, oid, stop);
    for (std::size_t i = 0; i < deferred.rows(); ++i) {
      setup.check_at_once.push_back(quote_identifier(deferred.text(i, 0)) + "." +
                                    quote_identifier(deferred.text(i, 1)));
    }
    for (const auto& key : manager.self_keys(table, stop)) {
      if (!key.is_deferred) setup.self_keys.push_back(key.constraint);
    }
  }
  if (!options.rejects.table.empty()) {
    setup.reject_table = TableName::parse(options.rejects.table);
    prepare_reject_table(connection, *setup.reject_table, table, setup.columns, findings, stop);
  }
  try {
    if (!job.empty() && !options.rejects.file.empty()) {
      check_job_reject_file(options.rejects.file, setup.columns, connection, job, stop);
    }
    setup.book = std::make_shared<RejectBook>(options.max_rejects, options.rejects, setup.columns,
                                              !job.empty() ? RejectsWithin::slices : RejectsWithin::one_load);
  } catch (const Error& error) {
    findings.push_back(to_finding("rejects_file", error));
  }
  return setup;
}

void forget_constraints(RejectSetup& setup, std::span<const std::string> names) {
  for (const auto& name : names) {
    std::erase(setup.check_at_once, quote_identifier(setup.table.name.schema) + "." + quote_identifier(name));
    std::erase(setup.self_keys, name);
  }
}

std::string check_at_once_remark(const RejectSetup& setup) {
  return "rejects: checked with each batch instead of at the commit: " + comma_list(setup.check_at_once);
}

std::string check_at_once_sql(const RejectSetup& setup) {
  return "SET CONSTRAINTS " + comma_list(setup.check_at_once) + " IMMEDIATE";
}

std::vector<std::string> reject_remarks(const RejectSetup& setup, WriteMode mode,
                                        const StreamOptions& options) {
  const std::string name = setup.table.name.display();
  const std::string where = reject_places(options.rejects);
  std::vector<std::string> remarks{
      "rejects: up to " + std::to_string(options.max_rejects) + " rows that the target refuses are left out" +
      (where.empty() ? "" : " and go to " + where) +
      "; rows are written by several COPY statements, each behind a savepoint, which costs a few per cent "
      "and a transaction number each, and those of one with a bad row are sent about twice"};
  if (setup.copied_into != setup.table.name) {
    remarks.push_back(
        "rejects: rows are told apart where they are collected, so by what their types and "
        "domains refuse; what " +
        name + " refuses when " + std::string(to_string(mode)) +
        " publishes them (checks, other keys, triggers) ends the load");
  }
  if (!setup.check_at_once.empty()) remarks.push_back(check_at_once_remark(setup));
  if (!setup.self_keys.empty()) {
    remarks.push_back("rejects: a row that references one of " + name +
                      " which is not there yet waits, and is tried again at the end; they count as rejected "
                      "meanwhile, so rows should come after those that they reference");
  }
  if (options.indexes == Indexes::rebuild || options.create == CreateTarget::full) {
    remarks.push_back(
        "rejects: indexes and constraints that are made when the rows are there end the load where they "
        "refuse one");
  }
  return remarks;
}

std::string reject_note(const RejectSetup& setup, std::uint64_t count, std::uint64_t earlier) {
  const std::string where = reject_places(setup.book->rejects());
  std::string note = std::to_string(count) + (count == 1 ? " row was rejected" : " rows were rejected");
  if (earlier > 0) note += ", " + std::to_string(earlier) + " of them by earlier attempts";
  if (!where.empty()) note += ": see " + where;
  if (setup.reject_table) note += "; once repaired: " + load_again_sql(setup);
  return note;
}

}  // namespace leat::jobs_detail
