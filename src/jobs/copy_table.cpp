#include "leat/jobs/copy_table.hpp"

#include <algorithm>
#include <utility>

#include "jobs/slice_copy.hpp"
#include "jobs/stream_job.hpp"

namespace leat {
namespace {

using jobs_detail::PreparedStream;

/// The cluster and database of a session, so that the same table can be told from another of the same name.
std::string database_identity(Connection& connection, const std::stop_token& stop) {
  const auto allowed = connection.execute(
      "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')", {}, stop);
  const std::string cluster =
      allowed.boolean(0, 0)
          ? "(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system())"
          : "pg_catalog.pg_postmaster_start_time()::pg_catalog.text";
  const auto found = connection.execute(
      "SELECT " + cluster + ", oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()",
      {}, stop);
  return std::string(found.text(0, 0)) + "/" + std::string(found.text(0, 1));
}

/// Cuts the table where several sessions are to read it and that is possible, and says so in the plan.
void prepare_slices(PreparedStream& stream, const TableInfo& table, const std::vector<TableColumn>& columns,
                    const CopyTableOptions& options, const std::stop_token& stop) {
  if (options.readers == 1 && options.transform_workers == 1) return;
  auto& session = *stream.source_session;
  jobs_detail::SlicedTable sliced{
      .table = table, .columns = columns, .where = options.where, .slices = {jobs_detail::Slice{}}};
  if (options.readers > 1) {
    if (const auto reason = jobs_detail::reason_not_to_cut(table, session.server_version())) {
      stream.plan.remarks.push_back("one session reads " + table.name.display() + ": " + *reason);
    } else {
      stream.plan.source_sql.push_back(jobs_detail::lock_sql(table));
      jobs_detail::cut_table(sliced, session, options.slice_bytes, options.readers, stop);
      const std::size_t count = sliced.slices.size();
      stream.plan.remarks.push_back(
          count == 1 ? "one session reads " + table.name.display() + ": it is small"
                     : std::to_string(std::min(options.readers, count)) + " sessions read " +
                           std::to_string(count) + " slices of " + table.name.display() + " in one snapshot");
    }
  }
  stream.slices = std::move(sliced);
}

PreparedStream prepare(const CopyTableOptions& options, const std::stop_token& stop) {
  const auto from = TableName::parse(options.from);
  const auto to = options.to.empty() ? from : TableName::parse(options.to);
  PreparedStream stream;
  stream.source_session = jobs_detail::connect(options.source, ErrorKind::source, options.stream, stop);
  const auto source_identity = database_identity(*stream.source_session, stop);
  stream.source_session->begin(jobs_detail::source_transaction, stop);
  const auto table = TableManager(*stream.source_session).describe(from, stop);
  if (table.kind == RelationKind::other) {
    throw Error(ErrorKind::source, table.name.display() + " is no table or view", {.sqlstate = "42809"});
  }
  const auto columns = select_columns(table, options.columns, options.exclude);

  stream.target_session = jobs_detail::connect(options.target, ErrorKind::target, options.stream, stop);
  const auto target_identity = database_identity(*stream.target_session, stop);
  jobs_detail::prepare_target(stream, to, columns, options.mode, options.transform, options.stream, stop);
  if (source_identity == target_identity && table.oid == stream.load->table().oid) {
    throw Error(ErrorKind::config, table.name.display() + " would be copied onto itself",
                {.hint = "name another table with --to, or another database with --target"});
  }
  stream.plan.source_sql = {std::string("BEGIN ") + jobs_detail::source_transaction};
  prepare_slices(stream, table, columns, options, stop);
  const auto sql = copy_to_sql(table, columns, options.where, stream.schema->format());
  stream.rows = jobs_detail::copy_source(*stream.source_session, sql, stream.schema);
  if (options.where.empty()) stream.rows_expected = table.estimated_rows;
  stream.plan.source = options.source.label + ": " + table.name.display();
  stream.plan.target = options.target.label + ": " + stream.load->table().name.display();
  stream.plan.source_sql.push_back(
      stream.slices ? stream.slices->sql(stream.slices->slices.front(), stream.schema->format()) : sql);
  return stream;
}

}  // namespace

CopyTable::CopyTable(CopyTableOptions options) : options_(std::move(options)) {
  validate(options_.stream);
  jobs_detail::validate_slices(options_);
  if (options_.from.empty()) throw Error(ErrorKind::config, "from names no table");
  static_cast<void>(TableName::parse(options_.from));
  if (!options_.to.empty()) static_cast<void>(TableName::parse(options_.to));
  if (!options_.columns.empty() && !options_.exclude.empty()) {
    throw Error(ErrorKind::config, "columns can be included or excluded, not both");
  }
}

JobPlan CopyTable::plan(std::stop_token stop) const {
  return jobs_detail::prepare_stream([&] { return prepare(options_, stop); }).plan;
}

JobReport CopyTable::run(std::stop_token stop) const {
  auto stream = jobs_detail::prepare_stream([&] { return prepare(options_, stop); });
  if (stream.slices) return jobs_detail::run_slices(std::move(stream), options_, stop);
  return jobs_detail::run_stream(std::move(stream), options_.transform, options_.stream, stop);
}

}  // namespace leat
