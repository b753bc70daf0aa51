#include "leat/jobs/ad_hoc_query.hpp"

#include <utility>

#include "jobs/named/query_run.hpp"
#include "jobs/named/whole_job.hpp"
#include "jobs/options/batch_memory.hpp"
#include "jobs/options/incremental.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/refuse_if.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/options/validate_options.hpp"
#include "jobs/prepare/checked_columns.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/prepare_incremental.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/prepare/query_text.hpp"
#include "jobs/prepare/query_transforms.hpp"
#include "jobs/prepare/row_source.hpp"
#include "jobs/prepare/target_transforms.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/run/single_load.hpp"
#include "jobs/survey/preflight.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/copy/copy_sql.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat {
namespace {

using jobs_detail::PreparedLoad;

jobs_detail::OwnQuery own_query(const AdHocQueryOptions& options) {
  return {.sql = options.sql, .values = options.parameters, .types = options.parameter_types};
}

/// The query as it is read. @throws Error that stands in the text of its author.
jobs_detail::QueryText read_query(Connection& source, const AdHocQueryOptions& options,
                                  const CompiledTransform& transformed, const std::stop_token& stop) {
  if (jobs_detail::transforms_in_target(options)) {
    const auto query = parse_named_parameters(options.sql);
    const auto values = jobs_detail::used_in(query, options.parameters);
    const auto types = jobs_detail::used_in(query, options.parameter_types);
    return jobs_detail::read_query_text(source, {.sql = options.sql, .values = values, .types = types}, stop);
  }
  auto own = own_query(options);
  try {
    return jobs_detail::read_query_text(
        source, {.sql = transformed.sql, .values = own.values, .types = own.types}, stop);
  } catch (const Error& error) {
    if (options.sql_transforms.empty()) throw;
    throw in_written(error, transformed, options.text_places);
  }
}

/// Whether the target's ledger can be used, and is not another command's of that name.
void check_job(PreparedLoad& stream, const AdHocQueryOptions& options, const std::stop_token& stop) {
  const Delivery& delivery = options.delivery;
  if (delivery.job.empty() || !stream.load) return;
  const auto source =
      jobs_detail::job_source(options.source, stream.source_session.get(), stream.source_server);
  jobs_detail::check_ledger(stream, false, delivery.restart, jobs_detail::query_job_request(options, source),
                            stop);
  stream.plan.remarks.push_back("job " + delivery.job +
                                ": the ledger says that it is done in the transaction that loads the rows");
}

/// Which rows of the query's result are new.
void find_new_rows(PreparedLoad& stream, const AdHocQueryOptions& options,
                   const jobs_detail::QueryText& query, bool plans_only, const std::stop_token& stop) {
  jobs_detail::prepare_incremental(
      stream,
      {.options = *options.incremental,
       .target = options.target,
       .stream = options.stream,
       .mode = options.mode,
       .plans_only = plans_only,
       .column = jobs_detail::incremental_column(*options.incremental, query.columns, "the query's result"),
       .select =
           [&query](const std::string& item, const std::string& condition) {
             return "SELECT " + item + " FROM (\n" + query.sql + "\n) AS q WHERE " + condition;
           },
       .parameters = query.parameters},
      stop);
}

PreparedLoad prepare(const AdHocQueryOptions& options, bool plans_only, const std::stop_token& stop) {
  PreparedLoad stream;
  stream.source_session = jobs_detail::connect(options.source, ErrorKind::source, options.stream, stop);
  stream.source_session->begin(jobs_detail::source_transaction, stop);
  stream.source_server = jobs_detail::survey_server(*stream.source_session, stop);
  const bool in_target = jobs_detail::transforms_in_target(options);
  const auto transformed =
      in_target ? CompiledTransform{.sql = options.sql}
                : jobs_detail::transformed_query(*stream.source_session, options.sql, options, stop);
  auto query = read_query(*stream.source_session, options, transformed, stop);
  std::vector<jobs_detail::SourceColumn> source;
  std::vector<Oid> types;
  for (const auto& column : query.columns) {
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
  const auto shaped = jobs_detail::shaped_rows(options.transform, source, *stream.source_session, stop);
  std::optional<jobs_detail::PreparedInput> input;
  const auto look_at_transforms = [&] {
    if (in_target && !input) input = jobs_detail::prepare_input(stream, options, source, stop);
  };
  const auto model = [&] {
    look_at_transforms();
    if (input) return jobs_detail::model_of_made(*input, *stream.target_session, stop);
    if (shaped) return jobs_detail::model_of(*shaped, *stream.source_session, stop);
    return jobs_detail::TargetModel{
        .types = read_type_definitions(*stream.source_session, types, stop),
        .loaded = jobs_detail::loaded_values(*stream.source_session, source, stop)};
  };
  auto target = jobs_detail::open_target(stream, options.target, TableName::parse(options.to), options.mode,
                                         options.stream, {.plans_only = plans_only}, model, stop);
  if (!target) return stream;
  if (in_target && stream.target_server.read_only) {
    stream.plan.findings.push_back(jobs_detail::takes_no_writes(stream.target_server));
    return stream;
  }
  look_at_transforms();
  const bool has_checked_casts =
      options.checked_casts && !shaped && !in_target && target->info &&
      jobs_detail::add_checked_casts(source, *target->info, *stream.source_session, stop);
  jobs_detail::prepare_target(stream, std::move(*target),
                              {.columns = input ? input->made : source,
                               .transform = options.transform,
                               .shaped = shaped,
                               .key = options.key,
                               .input = input ? &*input : nullptr},
                              {.mode = options.mode,
                               .key = options.key,
                               .most_unrejected = jobs_detail::collected_by_writer(options.stream, {})},
                              options.stream, stop);
  stream.columns.has_casts = stream.columns.has_casts || has_checked_casts;
  if (!has_error(stream.plan.findings)) {
    jobs_detail::tell_large_objects({.targets = stream.setup.columns}, stream.load->table(),
                                    stream.plan.findings);
    jobs_detail::prepare_indexes(stream, options.target, options.stream, std::nullopt, stop);
  }
  for (auto& finding : stream.plan.findings) {
    if (!shaped && jobs_detail::is_of_column(finding)) {
      finding.hint = std::string("change the ") + (in_target ? "transforms" : "query") +
                     ": convert that column, name it as the target does, or leave it out";
    }
  }
  if (stream.columns.holds_object_references) {
    stream.plan.findings.push_back(jobs_detail::names_as_they_are());
  }
  const auto shown = [&] { return jobs_detail::new_rows_of(shown_sql(transformed), stream.incremental); };
  if (options.incremental && !has_error(stream.plan.findings)) {
    find_new_rows(stream, options, query, plans_only, stop);
    query.sql = jobs_detail::new_rows_of(query.sql, stream.incremental);
  }
  const std::string from = "(\n" + query.sql + "\n) AS q";
  // The query's rows with some columns converted. Their order stays.
  const auto reading = [&](const std::string& sql) {
    if (!stream.columns.has_casts) return sql;
    return "SELECT " + jobs_detail::text_list(stream.columns.items, &postgres_detail::SelectItem::sql) +
           " FROM (\n" + sql + "\n) AS q";
  };
  if (options.stream.verify && !query.parameters.empty()) {
    stream.plan.findings.push_back(
        {.severity = Severity::error,
         .code = "verify_needs_values",
         .message = "the query cannot be verified, since its values cannot be written into it: " +
                    query.why_not_copied,
         .hint = "write the values into the query, or leave verify out"});
    return stream;
  }
  if (options.stream.verify) {
    jobs_detail::prepare_verification(stream, source, from, {}, false, false, stop);
  }
  if (query.parameters.empty()) {
    const auto format = stream.schema->format();
    // Values are nothing that a plan or a log shows.
    stream.plan.source_sql.push_back(copy_query_sql(reading(shown()), format));
    stream.rows = jobs_detail::copy_source(*stream.source_session, copy_query_sql(reading(query.sql), format),
                                           stream.schema);
  } else {
    stream.plan.source_sql.push_back("DECLARE … NO SCROLL CURSOR FOR " + reading(shown()));
    stream.plan.remarks.push_back("the query is read by a server-side cursor instead of COPY: " +
                                  query.why_not_copied);
    options.stream.log.info(stream.plan.remarks.back());
    stream.rows = jobs_detail::cursor_source(*stream.source_session, reading(query.sql),
                                             std::move(query.parameters), stream.schema);
  }
  if (auto remark = jobs_detail::place_remark(options); !remark.empty()) {
    stream.plan.remarks.push_back(std::move(remark));
  }
  check_job(stream, options, stop);
  return stream;
}

void validate_job(const Delivery& delivery) {
  using jobs_detail::refuse_if;
  refuse_if(delivery.job.empty() && delivery.restart, "restart needs a job's name");
  jobs_detail::validate_whole(delivery);
  refuse_if(delivery.job.empty() && delivery.retries.value_or(0) > 0, "retries of a query need a job's name",
            "name the job (.job)");
  refuse_if(delivery.on_lost_snapshot != OnLostSnapshot::redo,
            "a query is one transaction, of which no part can be kept", "leave on_lost_snapshot out");
  refuse_if(!delivery.job.empty() && delivery.lease < std::chrono::seconds(2), "lease must be at least 2 s");
}

}  // namespace

AdHocQuery::AdHocQuery(AdHocQueryOptions options) : options_(std::move(options)) {
  jobs_detail::validate(options_.stream);
  validate_job(options_.delivery);
  jobs_detail::refuse_if(
      options_.stream.transaction && !options_.delivery.job.empty() && !options_.delivery.whole,
      "a job in a transaction with others has no lease of its own", "set whole");
  jobs_detail::validate_incremental(options_.incremental, options_.mode, options_.delivery,
                                    jobs_detail::IncrementalSource::query);
  if (options_.transform.shaping() != nullptr) {
    const auto holders = jobs_detail::holders_of({}, options_.transform, UnitCommit::together);
    jobs_detail::fit_batches(options_.stream, holders);
    jobs_detail::validate_memory(options_.stream, holders);
  }
  jobs_detail::validate_place(options_);
  jobs_detail::validate_key(options_.mode, options_.key);
  jobs_detail::validate_verify(options_.stream, options_.transform);
  if (options_.to.empty()) throw Error(ErrorKind::config, "to names no table");
  static_cast<void>(TableName::parse(options_.to));
  // A ';' at the end is no part of a query, whichever way it is read.
  auto& sql = options_.sql;
  sql.resize(sql_without_end(sql).size());
  if (sql.empty()) throw Error(ErrorKind::config, "sql is empty");
  // Those of transforms are known when they are compiled.
  if (options_.sql_transforms.empty()) jobs_detail::check_parameters(own_query(options_));
  auto& log = options_.stream.log;
  log = log.with({{"table", options_.to}});
  if (!options_.delivery.job.empty()) log = log.with({{"job", options_.delivery.job}});
}

JobPlan AdHocQuery::plan(std::stop_token stop) const {
  return jobs_detail::unless_stopped([&] { return prepare(options_, true, stop); }).plan;
}

JobReport AdHocQuery::run(std::stop_token stop) const {
  return jobs_detail::logged_run(options_.stream.log, to_string(options_.mode), [&] {
    if (options_.delivery.whole) return run_whole(stop);
    if (!options_.delivery.job.empty()) {
      return jobs_detail::run_named_query(
          options_, [&](const std::stop_token& token) { return prepare(options_, false, token); }, stop);
    }
    auto stream = jobs_detail::prepare_run([&] { return prepare(options_, false, stop); });
    jobs_detail::LoadScope scope(stream, options_.stream);
    return jobs_detail::run_single(stream, scope,
                                   {.stream = options_.stream, .transform = options_.transform}, stop);
  });
}

JobReport AdHocQuery::run_whole(const std::stop_token& stop) const {
  const jobs_detail::WholeJob job{
      .source = options_.source,
      .target = options_.target,
      .stream = options_.stream,
      .transform = options_.transform,
      .is_new = options_.delivery.is_new,
      .read = "query",
      .table = options_.to,
      .request = [&](const auto& source) { return jobs_detail::query_job_request(options_, source); },
      .prepare = [&](const std::stop_token& token) { return prepare(options_, false, token); }};
  return jobs_detail::run_whole(job, stop);
}

}  // namespace leat
