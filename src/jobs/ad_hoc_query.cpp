#include "leat/jobs/ad_hoc_query.hpp"

#include <utility>

#include "jobs/options/batch_memory.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/own_sql.hpp"
#include "jobs/options/refuse_if.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/prepare/row_source.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/run/single_load.hpp"
#include "jobs/survey/preflight.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat {
namespace {

using jobs_detail::PreparedLoad;

/// What the query returns. @throws Error that stands in the user's own SQL.
std::vector<TableColumn> describe_own_query(Connection& source, const std::string& numbered,
                                            const std::string& sql, const std::stop_token& stop) {
  try {
    return describe_query(source, numbered, stop);
  } catch (const Error& error) {
    if (error.position() == 0) throw;
    throw jobs_detail::in_own_query(error, numbered, sql);
  }
}

PreparedLoad prepare(const AdHocQueryOptions& options, bool plans_only, const std::stop_token& stop) {
  const auto query = parse_named_parameters(options.sql);
  auto parameters = bind_parameters(query, options.parameters);
  PreparedLoad stream;
  stream.source_session = jobs_detail::connect(options.source, ErrorKind::source, options.stream, stop);
  stream.source_session->begin(jobs_detail::source_transaction, stop);
  stream.source_server = jobs_detail::survey_server(*stream.source_session, stop);
  std::vector<jobs_detail::SourceColumn> source;
  std::vector<Oid> types;
  for (const auto& column : describe_own_query(*stream.source_session, query.sql, options.sql, stop)) {
    if (jobs_detail::find_by(source, &jobs_detail::SourceColumn::target, column.name) != nullptr) {
      throw Error(ErrorKind::config, "the query returns two columns named " + quote_identifier(column.name),
                  {.hint = "name every column as the target names it: SELECT a.id AS id, b.id AS other_id"});
    }
    source.push_back(
        {.target = column.name, .item = {.sql = "q." + quote_identifier(column.name)}, .column = column});
    types.push_back(column.type.oid);
  }
  stream.plan.source = options.source.label_of(*stream.source_session) + ": query";
  stream.plan.source_sql = {std::string("BEGIN ") + jobs_detail::source_transaction};
  // What a target that is made or extended is made after: the query's columns.
  const auto model = [&] {
    return jobs_detail::TargetModel{
        .types = read_type_definitions(*stream.source_session, types, stop),
        .loaded = jobs_detail::loaded_values(*stream.source_session, source, stop)};
  };
  auto target = jobs_detail::open_target(stream, options.target, TableName::parse(options.to), options.mode,
                                         options.stream, {.plans_only = plans_only}, model, stop);
  if (!target) return stream;
  jobs_detail::prepare_target(stream, std::move(*target), source,
                              {.mode = options.mode,
                               .key = options.key,
                               .most_unrejected = jobs_detail::collected_by_writer(options.stream, {})},
                              options.transform, options.stream, stop);
  if (!has_error(stream.plan.findings)) {
    jobs_detail::prepare_indexes(stream, options.target, options.stream, std::nullopt, stop);
  }
  for (auto& finding : stream.plan.findings) {
    if (jobs_detail::is_of_column(finding)) {
      finding.hint = "change the query: convert that column, name it as the target does, or leave it out";
    }
  }
  if (stream.columns.holds_object_references) {
    stream.plan.findings.push_back(jobs_detail::names_as_they_are());
  }
  const std::string from = "(\n" + query.sql + "\n) AS q";
  // The query's rows with some columns converted. Their order stays.
  const std::string sql =
      stream.columns.has_casts
          ? "SELECT " + jobs_detail::text_list(stream.columns.items, &SelectItem::sql) + " FROM " + from
          : query.sql;
  if (options.stream.verify) {
    jobs_detail::prepare_verification(stream, source, from, {}, false, stop);
  }
  if (parameters.empty()) {
    auto copy = copy_query_sql(sql, stream.schema->format());
    stream.plan.source_sql.push_back(copy);
    stream.rows = jobs_detail::copy_source(*stream.source_session, std::move(copy), stream.schema);
  } else {
    stream.plan.source_sql.push_back("DECLARE … NO SCROLL CURSOR FOR " + sql);
    stream.plan.remarks.push_back(
        "the query has parameters, so it is read by a server-side cursor instead of COPY");
    stream.rows =
        jobs_detail::cursor_source(*stream.source_session, sql, std::move(parameters), stream.schema);
  }
  return stream;
}

}  // namespace

AdHocQuery::AdHocQuery(AdHocQueryOptions options) : options_(std::move(options)) {
  validate(options_.stream);
  jobs_detail::validate_key(options_.mode, options_.key);
  jobs_detail::validate_verify(options_.stream, options_.transform);
  jobs_detail::refuse_if(options_.stream.verify && !options_.parameters.empty(),
                         "a query with parameters cannot be verified",
                         "write the values into the query, or leave verify out");
  if (options_.to.empty()) throw Error(ErrorKind::config, "to names no table");
  static_cast<void>(TableName::parse(options_.to));
  // A ';' at the end is no part of a query, whichever way it is read.
  auto& sql = options_.sql;
  sql.resize(without_end(sql).size());
  if (sql.empty()) throw Error(ErrorKind::config, "sql is empty");
  static_cast<void>(bind_parameters(parse_named_parameters(sql), options_.parameters));
  options_.stream.log = options_.stream.log.with({{"table", options_.to}});
}

JobPlan AdHocQuery::plan(std::stop_token stop) const {
  return jobs_detail::unless_stopped([&] { return prepare(options_, true, stop); }).plan;
}

JobReport AdHocQuery::run(std::stop_token stop) const {
  return jobs_detail::logged_run(options_.stream.log, to_string(options_.mode), [&] {
    auto stream = jobs_detail::prepare_run([&] { return prepare(options_, false, stop); });
    jobs_detail::LoadScope scope(stream, options_.stream);
    return jobs_detail::run_single(stream, scope,
                                   {.stream = options_.stream, .transform = options_.transform}, stop);
  });
}

}  // namespace leat
