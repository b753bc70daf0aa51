#include "jobs/sink/prepare_sink.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/match/copy_columns.hpp"
#include "jobs/options/batch_memory.hpp"
#include "jobs/options/refuse_if.hpp"
#include "jobs/options/validate_options.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/target_finding.hpp"
#include "jobs/survey/preflight.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {
namespace {

/// Whether values of the type hold numbers of types, which other servers count otherwise.
bool holds_type_numbers(const TypeInfo& type) {
  return type.kind == TypeKind::array || type.kind == TypeKind::composite || type.kind == TypeKind::range ||
         type.kind == TypeKind::multirange;
}

/// The target's types by their names, since only those that are built in have the same number everywhere.
/// @throws Error (config).
std::vector<Oid> types_in_target(Connection& session, const Schema& rows, const std::stop_token& stop) {
  std::vector<Oid> types;
  for (const auto& column : rows.columns()) {
    Oid type = column.type == 0 ? oid::text : column.type;
    if (type >= first_user_oid && !column.type_name.empty()) {
      const std::array<Parameter, 1> name{column.type_name};
      const Result known =
          session.execute("SELECT pg_catalog.to_regtype($1)::pg_catalog.oid::pg_catalog.int8", name, stop);
      if (known.is_null(0, 0)) {
        throw Error(ErrorKind::config, "column " + describe(column) + ": the target has no type of that name",
                    {.hint = "make the type there, or cast the column in the query (::text)"});
      }
      type = static_cast<Oid>(known.integer(0, 0));
    }
    types.push_back(type);
  }
  return types;
}

/// What the rows give for the target's columns.
std::vector<SourceColumn> columns_of_rows(Connection& session, const Schema& rows,
                                          const std::stop_token& stop) {
  const auto types = types_in_target(session, rows, stop);
  const auto infos = TableManager(session).describe_types(types, stop);
  std::vector<SourceColumn> columns;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Column& column = rows[i];
    if (types[i] != column.type && column.type != 0 && holds_type_numbers(infos[i])) {
      throw Error(ErrorKind::config,
                  "column " + describe(column) + " holds numbers of types, which are others in the target",
                  {.hint = "cast the column in the query (::text), or copy it by CopyTable"});
    }
    columns.push_back({.target = column.name,
                       .item = {.sql = quote_identifier(column.name)},
                       .column = {.name = column.name,
                                  .type = infos[i],
                                  .typmod = column.typmod,
                                  .type_name = column.type_name.empty() ? infos[i].name : column.type_name,
                                  .not_null = !column.nullable}});
  }
  require_own_targets(columns);
  return columns;
}

/// Nobody converts the values on their way.
void refuse_other_types(const PreparedLoad& load, std::vector<Finding>& findings) {
  const auto& match = load.columns;
  for (std::size_t i = 0; i < match.planned.size(); ++i) {
    if (match.items[i].is_column) continue;
    findings.push_back(target_error(
        "type_differs",
        "column " + quote_identifier(match.planned[i].name) + ": the rows have " +
            match.planned[i].source_type + ", and the target has " + match.planned[i].target_type,
        "42804", "give the rows that type: by a cast in the query, or in the hook"));
  }
}

/// Lines of text have no types: each goes into its column as the target's server reads it.
void take_types_of(const TableInfo& target, std::vector<SourceColumn>& columns) {
  for (auto& column : columns) {
    const TableColumn* const own = target.find(column.target);
    if (own == nullptr) continue;
    column.column.type = own->type;
    column.column.typmod = own->typmod;
    column.column.type_name = own->type_name;
  }
}

/// Findings are those of jobs, whose rows come from a table or a query.
void tell_as_sink(std::vector<Finding>& findings) {
  for (auto& finding : findings) {
    if (finding.code == "column_required") {
      finding.hint = "write it: as a field of Columns<T>, one of .columns, or a column of the batches";
    } else if (finding.code == "key_missing") {
      finding.hint = "name columns that do (.key)";
    } else if (is_of_column(finding)) {
      finding.hint = "change the rows: convert that column, name it as the target does, or leave it out";
    }
    constexpr std::string_view source = "the source";
    const auto at = finding.message.find(source);
    if (at != std::string::npos) finding.message.replace(at, source.size(), "the sink's writer");
  }
}

bool is_single(const TableSinkOptions& options) {
  return options.commit == CommitPoint::run;
}

}  // namespace

void validate_sink(const TableSinkOptions& options) {
  const StreamOptions& stream = options.stream;
  validate(stream);
  validate_key(options.mode, options.key);
  refuse_if(options.to.empty(), "to names no table", "name it in the options: .to = \"sales.orders\"");
  static_cast<void>(TableName::parse(options.to));
  refuse_if(!options.target.store.empty(), "a sink writes into PostgreSQL");
  refuse_if(stream.verify, "verify compares a table with a source, and a sink has none");
  refuse_if(static_cast<bool>(stream.on_progress), "on_progress is of jobs",
            "ask the pipeline for its report");
  refuse_if(static_cast<bool>(stream.budget), "budget is of jobs",
            "what waits before a sink is bounded by the pipeline: queue_bytes");
  refuse_if(options.commit == CommitPoint::worker && options.mode != WriteMode::append,
            "CommitPoint::worker is for append", "commit with the run: CommitPoint::run");
  const bool is_whole = options.mode == WriteMode::replace || options.mode == WriteMode::swap ||
                        options.mode == WriteMode::sync;
  refuse_if(
      options.commit == CommitPoint::item && is_whole,
      "a mode that removes rows which do not come (replace, swap, sync) needs all rows in one transaction",
      "commit with the run: CommitPoint::run");
  refuse_if(options.commit == CommitPoint::worker && stream.into_view,
            "into_view needs CommitPoint::run or item");
  refuse_if(stream.transaction != nullptr, "transaction is for jobs");
  refuse_if(static_cast<bool>(stream.expect), "expect is for jobs",
            "look at the rows in before_commit, which may throw");
  refuse_if(!is_single(options) && stream.max_rejects > 0, "max_rejects needs CommitPoint::run",
            "commit with the run, or leave max_rejects out: 0");
  refuse_if(!is_single(options) && static_cast<bool>(stream.before_commit),
            "before_commit needs CommitPoint::run");
  refuse_if(!is_single(options) && static_cast<bool>(stream.before_load),
            "before_load needs CommitPoint::run");
  refuse_if(!is_single(options) && stream.indexes != Indexes::keep, "indexes needs CommitPoint::run",
            "leave indexes out: they are kept");
}

std::shared_ptr<Connection> open_sink(const TableSinkOptions& options, const std::stop_token& stop) {
  auto session = connect(options.target, ErrorKind::target, options.stream, stop);
  if (options.stream.before_load) {
    session->begin(target_transaction, stop);
    options.stream.before_load(*session, stop);
  } else {
    session->begin_with_next(target_transaction, stop);
  }
  return session;
}

std::shared_ptr<const Schema> sink_schema(Connection& session, const TableSinkOptions& options,
                                          const std::vector<std::string>& names,
                                          const std::stop_token& stop) {
  const TableInfo table = TableManager(session).describe(TableName::parse(options.to), stop);
  const auto& wanted = names.empty() ? options.columns : names;
  auto columns = select_columns(table, wanted, {});
  if (wanted.empty()) {
    std::erase_if(columns, [](const TableColumn& column) { return column.identity == Identity::always; });
  }
  auto fields = row_columns(columns);
  return std::make_shared<const Schema>(std::move(fields));
}

PreparedLoad prepare_sink(std::shared_ptr<Connection> session, const TableSinkOptions& options,
                          const Schema& rows, const std::stop_token& stop) {
  const Transform no_hook;
  const std::optional<ShapedRows> unshaped;
  PreparedLoad load;
  auto& plan = load.plan;
  plan.source = "rows of this program";
  load.source_server.encoding = "UTF8";
  std::vector<SourceColumn> columns = columns_of_rows(*session, rows, stop);
  const auto model = [&] { return TargetModel{.loaded = loaded_values(*session, columns, stop)}; };
  auto target = open_target(load, options.target, TableName::parse(options.to), options.mode, options.stream,
                            {.sessions = {.target = session}}, model, stop);
  if (target && !has_error(plan.findings)) {
    if (rows.format() == RowFormat::text) take_types_of(*target->info, columns);
    prepare_target(load, std::move(*target), {.columns = columns, .transform = no_hook, .shaped = unshaped},
                   {.mode = options.mode,
                    .key = options.key,
                    .rows_are_changed = true,
                    .most_unrejected = collected_by_writer(options.stream, {})},
                   options.stream, stop);
    refuse_other_types(load, plan.findings);
  }
  tell_as_sink(plan.findings);
  if (has_error(plan.findings)) throw to_error(plan.findings);
  if (rows.format() == RowFormat::binary && plan.format.format == RowFormat::text) {
    throw Error(ErrorKind::config, "the rows are in binary format, but " + plan.format.reason,
                {.hint = "leave that column out, or cast it in the query (::text)"});
  }
  load.schema = std::make_shared<const Schema>(rows.columns(), rows.format());
  // Batches come from several places, each of which counts for itself.
  if (RejectSetup* const rejects = load.load->rejects()) rejects->numbers_rows = false;
  prepare_indexes(load, options.target, options.stream, std::nullopt, stop);
  if (has_error(plan.findings)) throw to_error(plan.findings);
  return load;
}

}  // namespace leat::jobs_detail
