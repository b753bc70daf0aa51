#include "leat/jobs/ad_hoc_query.hpp"

#include <utility>

#include "jobs/stream_job.hpp"
#include "leat/postgres/cursor.hpp"
#include "leat/postgres/sql_parameters.hpp"

namespace leat {
namespace {

using jobs_detail::PreparedStream;

PreparedStream prepare(const AdHocQueryOptions& options, const std::stop_token& stop) {
  const auto query = parse_named_parameters(options.sql);
  auto parameters = bind_parameters(query, options.parameters);
  PreparedStream stream;
  stream.source_session = jobs_detail::connect(options.source, ErrorKind::source, options.stream, stop);
  stream.source_session->begin("ISOLATION LEVEL REPEATABLE READ READ ONLY", stop);
  const auto columns = describe_query(*stream.source_session, query.sql, stop);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (columns[i].name != columns[j].name) continue;
      throw Error(ErrorKind::config,
                  "the query returns two columns named " + quote_identifier(columns[i].name),
                  {.hint = "name every column as the target names it: SELECT a.id AS id, b.id AS other_id"});
    }
  }
  stream.target_session = jobs_detail::connect(options.target, ErrorKind::target, options.stream, stop);
  jobs_detail::prepare_target(stream, TableName::parse(options.to), columns, options.mode, options.transform,
                              options.stream, stop);
  stream.plan.source_sql = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
  if (parameters.empty()) {
    auto sql = copy_query_sql(query.sql, stream.schema->format());
    stream.plan.source_sql.push_back(sql);
    stream.rows = jobs_detail::copy_source(*stream.source_session, std::move(sql), stream.schema);
  } else {
    stream.plan.source_sql.push_back("DECLARE … NO SCROLL CURSOR FOR " + query.sql);
    stream.plan.remarks.push_back(
        "the query has parameters, so it is read by a server-side cursor instead of COPY");
    stream.rows =
        jobs_detail::cursor_source(*stream.source_session, query.sql, std::move(parameters), stream.schema);
  }
  stream.plan.source = options.source.label + ": query";
  stream.plan.target = options.target.label + ": " + stream.load->table().name.display();
  return stream;
}

}  // namespace

AdHocQuery::AdHocQuery(AdHocQueryOptions options) : options_(std::move(options)) {
  validate(options_.stream);
  if (options_.to.empty()) throw Error(ErrorKind::config, "to names no table");
  static_cast<void>(TableName::parse(options_.to));
  // A ';' at the end is no part of a query, whichever way it is read.
  auto& sql = options_.sql;
  sql.resize(without_end(sql).size());
  if (sql.empty()) throw Error(ErrorKind::config, "sql is empty");
  static_cast<void>(bind_parameters(parse_named_parameters(sql), options_.parameters));
}

JobPlan AdHocQuery::plan(std::stop_token stop) const {
  return jobs_detail::prepare_stream([&] { return prepare(options_, stop); }).plan;
}

JobReport AdHocQuery::run(std::stop_token stop) const {
  return jobs_detail::run_stream(jobs_detail::prepare_stream([&] { return prepare(options_, stop); }),
                                 options_.transform, options_.stream, stop);
}

}  // namespace leat
