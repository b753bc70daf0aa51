#include "leat/jobs/copy_table.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "jobs/copy_job.hpp"
#include "jobs/preflight.hpp"
#include "jobs/slice_copy.hpp"
#include "jobs/stream_job.hpp"
#include "jobs/table_source.hpp"
#include "leat/postgres/cursor.hpp"

namespace leat {
namespace {

using jobs_detail::JobContext;
using jobs_detail::PreparedStream;
using jobs_detail::SourceColumn;
using jobs_detail::TableFacts;

/// The table to read; nullopt where there is none, which is then among the findings.
std::optional<TableFacts> open_source(PreparedStream& stream, const CopyTableOptions& options,
                                      const TableName& name, const JobContext& context,
                                      const std::stop_token& stop) {
  stream.source_session = context.sessions.source;
  std::optional<Error> lock_error;
  if (!stream.source_session) {
    stream.source_session = jobs_detail::connect(options.source, ErrorKind::source, options.stream, stop);
    lock_error = jobs_detail::begin_source(*stream.source_session, std::span(&name, 1), stop).front();
  }
  auto& session = *stream.source_session;
  stream.source_server =
      context.source_server ? *context.source_server : jobs_detail::survey_server(session, stop);
  TableFacts facts = context.source_table ? *context.source_table
                     : lock_error         ? jobs_detail::survey_locked_table(session, name, *lock_error, stop)
                                          : jobs_detail::survey_table(session, name, stop);
  stream.plan.source = options.source.label + ": " + (facts.info ? facts.info->name : name).display();
  if (facts.obstacle) {
    stream.plan.findings.push_back(*facts.obstacle);
    return std::nullopt;
  }
  if (facts.info->kind == RelationKind::other) {
    stream.plan.findings.push_back({.code = "table_kind",
                                    .side = ErrorKind::source,
                                    .message = facts.info->name.display() + " is no table or view",
                                    .sqlstate = "42809"});
    return std::nullopt;
  }
  return facts;
}

/// The columns of the user's own SQL, as the server describes them.
std::vector<SourceColumn> mapped_columns(Connection& session, const TableInfo& table,
                                         const std::map<std::string, std::string>& map,
                                         const std::stop_token& stop) {
  if (map.empty()) return {};
  std::vector<SourceColumn> columns;
  std::vector<SelectItem> items;
  for (const auto& [target, expression] : map) {
    // On lines of its own, so that a comment at its end swallows nothing.
    items.push_back({.sql = "(\n" + expression + "\n)", .is_column = false});
    columns.push_back({.target = target, .item = items.back()});
  }
  const auto described = describe_query(session, select_sql(table, items, {}), stop);
  if (described.size() != items.size()) {
    throw Error(ErrorKind::config, "map: every SQL expression must give one value");
  }
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].column = described.at(i);
  return columns;
}

/// A condition whose parentheses do not match could take in what stands beside it.
/// @throws Error (source) where the server does not understand it.
void check_condition(Connection& session, const TableInfo& table, const std::string& where,
                     const std::stop_token& stop) {
  if (where.empty()) return;
  const std::array<SelectItem, 1> alone{
      SelectItem{.sql = "CASE WHEN\n" + where + "\nTHEN 1 END", .is_column = false}};
  static_cast<void>(describe_query(session, select_sql(table, alone, {}), stop));
}

/// Whether names of objects are to be read by a session that knows none of them by their names alone, so that
/// each has its schema. What else is looked up by name on the way, by a view's functions or in the user's own
/// SQL, would not be found then.
bool qualifies_names(PreparedStream& stream, const TableInfo& table, const CopyTableOptions& options) {
  if (!stream.columns.holds_object_references) return false;
  const bool is_table = table.kind == RelationKind::table || table.kind == RelationKind::partitioned_table;
  if (is_table && options.where.empty() && options.map.empty()) {
    stream.plan.source_sql.emplace_back(jobs_detail::qualify_sql);
    return true;
  }
  stream.plan.findings.push_back(jobs_detail::names_as_they_are());
  return false;
}

/// What the source gives, and for which column of the target.
std::vector<SourceColumn> source_columns(Connection& session, const TableInfo& table,
                                         const CopyTableOptions& options, const std::stop_token& stop) {
  std::vector<SourceColumn> columns;
  auto renamed = options.rename;
  for (auto& column : select_columns(table, options.columns, options.exclude)) {
    auto node = renamed.extract(column.name);
    std::string target = node ? node.mapped() : column.name;
    if (options.map.contains(target)) continue;
    columns.push_back({.target = std::move(target),
                       .item = {.sql = quote_identifier(column.name), .is_column = !column.generated},
                       .column = std::move(column)});
  }
  if (!renamed.empty()) {
    throw Error(ErrorKind::config, "rename names the column " + quote_identifier(renamed.begin()->first) +
                                       ", which is not among those to copy from " + table.name.display());
  }
  for (auto& column : mapped_columns(session, table, options.map, stop)) columns.push_back(std::move(column));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (columns[i].target != columns[j].target) continue;
      throw Error(ErrorKind::config,
                  "two columns would go into the target's " + quote_identifier(columns[i].target),
                  {.hint = "leave one of them out (--exclude), or rename it"});
    }
  }
  return columns;
}

/// What a target that is made or extended is made after.
jobs_detail::TargetModel target_model(Connection& session, const TableInfo& table,
                                      const std::vector<SourceColumn>& columns,
                                      const CopyTableOptions& options, const std::stop_token& stop) {
  jobs_detail::TargetModel model{.excluded = options.exclude};
  std::vector<Oid> types;
  std::vector<std::pair<Oid, std::int32_t>> expressions;
  for (const auto& column : columns) {
    if (options.map.contains(column.target)) {
      expressions.emplace_back(column.column.type.oid, column.column.typmod);
      types.push_back(column.column.type.oid);
    }
  }
  const auto spellings = spell_types(session, expressions, stop);
  std::size_t next = 0;
  for (const auto& column : columns) {
    if (options.map.contains(column.target)) {
      model.loaded.push_back({.target = column.target, .type = spellings.at(next++)});
    } else {
      model.loaded.push_back({.target = column.target, .source = column.column.name});
    }
  }
  auto definitions = read_definitions(session, std::span(&table.oid, 1), stop);
  if (definitions.tables.empty()) {
    throw Error(ErrorKind::source, table.name.display() + " was dropped by somebody else",
                {.sqlstate = "42P01"});
  }
  model.table = std::move(definitions.tables.front());
  if (!options.columns.empty()) {
    // Only these, so no generated ones besides.
    for (const auto& column : model.table.columns) {
      if (column.generated) model.excluded.push_back(column.name);
    }
  }
  model.types = std::move(definitions.types);
  model.types.merge(read_type_definitions(session, types, stop));
  return model;
}

/// The source's columns that are read as they are.
std::vector<std::string> names_of(const std::vector<SourceColumn>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) {
    if (column.item.is_column || column.column.generated) names.push_back(column.column.name);
  }
  return names;
}

/// Cuts the table where several sessions are to read it and that is possible, and says so in the plan.
void prepare_slices(PreparedStream& stream, const TableInfo& table, const CopyTableOptions& options,
                    const std::stop_token& stop) {
  if (options.readers == 1 && options.transform_workers == 1) return;
  auto& session = *stream.source_session;
  jobs_detail::SlicedTable sliced{.table = table,
                                  .items = stream.columns.items,
                                  .where = options.where,
                                  .slices = {jobs_detail::Slice{}}};
  if (options.readers > 1) {
    if (const auto reason = jobs_detail::reason_not_to_cut(table, session.server_version())) {
      stream.plan.remarks.push_back("one session reads " + table.name.display() + ": " + *reason);
    } else {
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

/// Within one database the session that reads may hold what the one that loads has to empty.
void check_own_lock(PreparedStream& stream, const TableFacts& target, const CopyTableOptions& options,
                    const JobContext& context, const std::stop_token& stop) {
  if (options.mode != WriteMode::replace || target.empties_by_delete) return;
  const std::string own = std::to_string(stream.source_session->backend_pid());
  const bool held = std::any_of(target.locks.begin(), target.locks.end(),
                                [&own](const auto& holder) { return holder.pid == own; });
  if (!held || (context.same_database && !*context.same_database)) return;
  if (jobs_detail::database_identity(*stream.source_session, stop) !=
      jobs_detail::database_identity(*stream.target_session, stop)) {
    return;
  }
  stream.plan.findings.push_back(
      {.code = "lock_conflict",
       .side = ErrorKind::target,
       .message = "the job reads from " + target.info->name.display() +
                  " itself, by a view, inheritance or a partition, so that it cannot be emptied meanwhile",
       .sqlstate = "55P03",
       .hint = "append instead, or load another table"});
}

/// What a view's server only says when it plans the query, such as row security of the tables below.
void check_view(PreparedStream& stream, const TableInfo& view, const std::vector<SourceColumn>& columns,
                const std::stop_token& stop) {
  std::vector<SelectItem> items;
  for (const auto& column : columns) items.push_back(column.item);
  try {
    static_cast<void>(describe_query(*stream.source_session, select_sql(view, items, {}), stop));
  } catch (const Error& error) {
    if (!stream.source_session->is_open() || error.kind() == ErrorKind::cancelled) throw;
    const bool by_rows = error.sqlstate() == "42501" &&
                         std::string_view(error.what()).find("row-level") != std::string_view::npos;
    stream.plan.findings.push_back(to_finding(by_rows ? "row_security" : "refused", error));
  }
}

}  // namespace

PreparedStream jobs_detail::prepare_copy(const CopyTableOptions& options, const JobContext& context,
                                         const std::stop_token& stop) {
  const auto from = TableName::parse(options.from);
  const auto to = options.to.empty() ? from : TableName::parse(options.to);
  PreparedStream stream;
  auto& plan = stream.plan;
  plan.source_sql = {std::string("BEGIN ") + source_transaction, lock_sql(std::span(&from, 1))};
  const auto source = open_source(stream, options, from, context, stop);
  std::vector<SourceColumn> columns;
  if (source) check_condition(*stream.source_session, *source->info, options.where, stop);
  if (source) columns = source_columns(*stream.source_session, *source->info, options, stop);

  jobs_detail::ReadModel model;
  if (source) {
    model = [&] { return target_model(*stream.source_session, *source->info, columns, options, stop); };
  }
  auto target = jobs_detail::open_target(stream, options.target, to, options.mode, options.stream, context,
                                         model, stop);
  if (source) jobs_detail::check_source(*source, names_of(columns), plan.findings);
  if (!source || !target) return stream;
  const TableInfo& table = *source->info;
  if (table.oid == target->info->oid) {
    const bool same_database = context.same_database
                                   ? *context.same_database
                                   : jobs_detail::database_identity(*stream.source_session, stop) ==
                                         jobs_detail::database_identity(*stream.target_session, stop);
    if (same_database) {
      throw Error(ErrorKind::config, table.name.display() + " would be copied onto itself",
                  {.hint = "name another table with --to, or another database with --target"});
    }
  }
  check_own_lock(stream, *target, options, context, stop);
  if (table.kind == RelationKind::view && !has_error(plan.findings)) {
    check_view(stream, table, columns, stop);
    if (stream.source_session->has_failed()) return stream;
  }
  jobs_detail::prepare_target(stream, std::move(*target), columns, options.mode, options.transform,
                              options.stream, stop);
  // What follows uses what may just have been found missing.
  if (has_error(plan.findings)) return stream;
  const bool qualifies = qualifies_names(stream, table, options);
  prepare_slices(stream, table, options, stop);
  if (stream.slices && qualifies) {
    static_cast<void>(stream.source_session->execute(jobs_detail::qualify_sql, {}, stop));
  }
  const std::size_t readers = stream.slices ? std::min(options.readers, stream.slices->slices.size()) : 1;
  jobs_detail::check_connections(*stream.source_session, readers - 1, plan.findings, stop);
  const auto sql = copy_to_sql(table, stream.columns.items, options.where, plan.format.format);
  stream.rows = jobs_detail::table_source(
      *stream.source_session,
      {.table = table, .qualifies_names = qualifies, .checks_seen = context.sessions.source != nullptr},
      jobs_detail::copy_source(*stream.source_session, sql, stream.schema));
  if (options.where.empty()) stream.rows_expected = table.estimated_rows;
  plan.source_sql.push_back(
      stream.slices ? stream.slices->sql(stream.slices->slices.front(), plan.format.format) : sql);
  return stream;
}

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
  return jobs_detail::prepare_stream([&] { return jobs_detail::prepare_copy(options_, {}, stop); }).plan;
}

JobReport CopyTable::run(std::stop_token stop) const {
  auto stream = jobs_detail::prepare_run([&] { return jobs_detail::prepare_copy(options_, {}, stop); });
  if (stream.slices) return jobs_detail::run_slices(std::move(stream), options_, stop);
  return jobs_detail::run_stream(std::move(stream), options_.transform, options_.stream, stop);
}

}  // namespace leat
