#include "leat/jobs/copy_table.hpp"

#include <utility>

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

PreparedStream prepare(const CopyTableOptions& options, std::stop_token stop) {
  const auto from = TableName::parse(options.from);
  const auto to = options.to.empty() ? from : TableName::parse(options.to);
  PreparedStream stream;
  stream.source_session = jobs_detail::connect(options.source, ErrorKind::source, options.stream, stop);
  const auto source_identity = database_identity(*stream.source_session, stop);
  stream.source_session->begin("ISOLATION LEVEL REPEATABLE READ READ ONLY", stop);
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
  const auto sql = copy_to_sql(table, columns, options.where, stream.schema->format());
  stream.rows = jobs_detail::copy_source(*stream.source_session, sql, stream.schema);
  if (options.where.empty()) stream.rows_expected = table.estimated_rows;
  stream.plan.source = options.source.label + ": " + table.name.display();
  stream.plan.target = options.target.label + ": " + stream.load->table().name.display();
  stream.plan.source_sql = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", sql};
  return stream;
}

}  // namespace

CopyTable::CopyTable(CopyTableOptions options) : options_(std::move(options)) {
  validate(options_.stream);
  if (options_.from.empty()) throw Error(ErrorKind::config, "from names no table");
  static_cast<void>(TableName::parse(options_.from));
  if (!options_.to.empty()) static_cast<void>(TableName::parse(options_.to));
  if (!options_.columns.empty() && !options_.exclude.empty()) {
    throw Error(ErrorKind::config, "columns can be included or excluded, not both");
  }
}

JobPlan CopyTable::plan(std::stop_token stop) const {
  return jobs_detail::plan_stream(
      [this](std::stop_token inner) { return prepare(options_, std::move(inner)); }, std::move(stop));
}

JobReport CopyTable::run(std::stop_token stop) const {
  return jobs_detail::run_stream(
      [this](std::stop_token inner) { return prepare(options_, std::move(inner)); }, options_.transform,
      options_.stream, std::move(stop));
}

}  // namespace leat
