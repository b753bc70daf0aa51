#include "jobs/prepare/prepare_target.hpp"

#include <algorithm>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/match/conversion_hint.hpp"
#include "jobs/match/version_values.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/locked_tables.hpp"
#include "jobs/prepare/prepare_beside.hpp"
#include "jobs/prepare/target_transforms.hpp"
#include "jobs/survey/preflight.hpp"
#include "leat/jobs/options/kept_sessions.hpp"
#include "leat/jobs/options/shared_transaction.hpp"
#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/catalog/detail/secondary_objects.hpp"
#include "leat/postgres/session/detail/local_setting.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

constexpr const char* longest_wait_of_plans = "500";  // milliseconds

/// What keeps the job's writers to its throttle; null where there is none.
std::shared_ptr<Pace> pace_of(const Connection& target, const StreamOptions& options) {
  if (!options.throttle) return nullptr;
  const auto open = [where = target.target(), session = target.options()](const std::stop_token& stop) {
    return std::make_shared<Connection>(Connection::open(where, session, stop));
  };
  return std::make_shared<Pace>(options.throttle, open, options.log);
}

/// The reason not to load a table in which leat keeps what it knows of jobs, or one beside these.
std::optional<Finding> is_of_leat(const TableFacts& facts) {
  const TableName& name = facts.info ? facts.info->name : facts.asked;
  if (name.schema != postgres_detail::meta_schema) return std::nullopt;
  return Finding{.code = "own_table",
                 .side = ErrorKind::config,
                 .message = name.display() +
                            " is in the schema in which leat keeps what it knows of jobs, and " +
                            "is not loaded",
                 .hint = "name a table of another schema (.to)"};
}

bool takes_columns(RelationKind kind) {
  return kind == RelationKind::table || kind == RelationKind::partitioned_table ||
         kind == RelationKind::foreign_table;
}

/// Makes the table, or the columns that it lacks, where the options say so. False where that is among the
/// findings.
bool make_target(PreparedLoad& stream, TableFacts& facts, const StreamOptions& options, bool plans_only,
                 const ReadModel& model, const std::stop_token& stop) {
  auto& session = *stream.target_session;
  auto& findings = stream.plan.findings;
  const bool creates = options.create != CreateTarget::never && !facts.info && facts.obstacle &&
                       facts.obstacle->code == "table_missing";
  const bool evolves = options.evolve && facts.info && takes_columns(facts.info->kind);
  if (!creates && !evolves) return true;
  if (stream.target_server.read_only) {
    if (creates) findings.push_back(takes_no_writes(stream.target_server));
    return !creates;
  }
  std::optional<TargetCreation> made;
  if (creates) {
    made = create_target(session, facts.asked, model(), options.create, findings, stop);
  } else {
    // Readers of the table would queue behind a plan that waits.
    if (plans_only) {
      static_cast<void>(postgres_detail::set_local(session, "lock_timeout", longest_wait_of_plans, stop));
    }
    try {
      made = evolve_target(session, *facts.info, model(), findings, stop);
    } catch (const Error& error) {
      if (!plans_only || error.sqlstate() != sqlstate::lock_not_available) {
        throw with_locked_tables(error, facts.info->name.display());
      }
      findings.push_back(to_finding("lock_conflict", error));
      findings.back().message = "others use " + facts.info->name.display() +
                                ", so that the columns it lacks cannot be added now, not even for the plan";
      findings.back().hint =
          "try again when they are done; a run waits for them as long as .lock_timeout allows";
    }
  }
  if (!made) return false;
  stream.creation = std::move(*made);
  if (creates) {
    facts = survey_table(session, facts.asked, {}, stop);
  } else if (!stream.creation.empty()) {
    facts.info = TableManager(session).describe(facts.info->name, stop);
  }
  return true;
}

/// Of columns of that name; empty unless all are there.
std::vector<std::size_t> positions_of(const std::vector<std::string>& names, const std::vector<Column>& row) {
  std::vector<std::size_t> positions;
  for (const auto& name : names) {
    const auto* const found = find_by(row, &Column::name, name);
    if (found == nullptr) return {};
    positions.push_back(static_cast<std::size_t>(found - row.data()));
  }
  return positions;
}

}  // namespace

std::shared_ptr<Connection> connect(const ResolvedConnection& where, ErrorKind side,
                                    const StreamOptions& options, std::stop_token stop,
                                    std::chrono::milliseconds reply_timeout) {
  SessionOptions session{.side = side,
                         .application_name = options.application_name,
                         .log = options.log,
                         .connect_timeout = options.limits.connect_timeout,
                         .lock_timeout = options.limits.lock_timeout,
                         .statement_timeout = options.limits.statement_timeout,
                         .reply_timeout = reply_timeout};
  if (options.limits.silence_timeout) session.silence_timeout = *options.limits.silence_timeout;
  if (where.schema) session.search_path = quote_identifier(*where.schema);
  if (options.sessions) return options.sessions->open(where.target, std::move(session), stop);
  return std::make_shared<Connection>(Connection::open(where.target, std::move(session), std::move(stop)));
}

std::optional<TableFacts> open_target(PreparedLoad& stream, const ResolvedConnection& where,
                                      const TableName& table, WriteMode mode, const StreamOptions& options,
                                      const JobContext& context, const ReadModel& model,
                                      const std::stop_token& stop) {
  stream.target_session = context.sessions.target;
  stream.number = context.number;
  stream.is_joined = context.is_joined;
  if (!stream.target_session && options.transaction && !context.plans_only) {
    stream.target_session = options.transaction->session();
    stream.number = options.transaction->take_number();
    if (options.before_load) options.before_load(*stream.target_session, stop);
  }
  if (!stream.target_session) {
    stream.target_session =
        context.open_target ? context.open_target() : connect(where, ErrorKind::target, options, stop);
    if (options.before_load) {
      stream.target_session->begin(target_transaction, stop);
      options.before_load(*stream.target_session, stop);
    } else {
      stream.target_session->begin_with_next(target_transaction, stop);
    }
  }
  auto& findings = stream.plan.findings;
  auto& session = *stream.target_session;
  TableFacts facts = survey_side(session, table, context.target, stream.target_server, stop);
  if (!context.target.table) facts.empty_along_with(context.emptied_together);
  stream.plan.target = where.label_of(session) + ": " + table.display();
  const auto refuse = [&findings](Finding reason) {
    findings.push_back(std::move(reason));
    return std::nullopt;
  };
  if (auto reason = is_of_leat(facts)) return refuse(std::move(*reason));
  if (model && !make_target(stream, facts, options, context.plans_only, model, stop)) return std::nullopt;
  stream.plan.target = where.label_of(session) + ": " + (facts.info ? facts.info->name : table).display();
  // Where the search_path had it made.
  if (auto reason = is_of_leat(facts)) return refuse(std::move(*reason));
  if (facts.obstacle) {
    if (facts.obstacle->code == "table_missing" && model)
      facts.obstacle->hint += "; .create makes it after the source's";
    return refuse(std::move(*facts.obstacle));
  }
  if (auto reason = reason_not_to_load(facts, mode, options)) return refuse(std::move(*reason));
  return facts;
}

TargetModel model_of(const ShapedRows& rows, Connection& types, const std::stop_token& stop) {
  std::vector<Oid> oids;
  for (const auto& column : rows.written) oids.push_back(column.column.type.oid);
  TargetModel model{.types = read_type_definitions(types, oids, stop),
                    .loaded = loaded_values(types, rows.written, stop)};
  for (std::size_t i = 0; i < model.loaded.size(); ++i) {
    model.loaded[i].not_null = rows.written[i].column.not_null;
  }
  return model;
}

void prepare_target(PreparedLoad& stream, TableFacts target, const JobRows& rows, Writing writing,
                    const StreamOptions& options, const std::stop_token& stop) {
  auto& plan = stream.plan;
  const WriteMode mode = writing.mode;
  const Transform& transform = rows.transform;
  const auto& columns = rows.shaped ? rows.shaped->written : rows.columns;
  writing.rows_are_changed = static_cast<bool>(transform);
  if (rows.shaped) {
    stream.columns = match_shape(*rows.shaped, *target.info, plan.findings);
  } else {
    KnowsCast knows_cast;
    const auto& giver = rows.input != nullptr ? stream.target_session : stream.source_session;
    if (giver) knows_cast = casts_of(*giver, stop);
    stream.columns = match_columns(columns, *target.info, plan.findings, options.evolve, knows_cast);
    guard_chars(stream.columns, columns, *target.info, plan.findings);
  }
  if (rows.input != nullptr) take_made(*rows.input, stream, columns, target, mode, stop);
  plan.columns = stream.columns.planned;
  plan.format = rows.input != nullptr ? rows.input->read.format : stream.columns.format;
  if (transform && plan.format.format == RowFormat::text) {
    plan.findings.push_back({.code = "transform_text",
                             .side = ErrorKind::config,
                             .message = "a row hook needs the binary format, but " + plan.format.reason,
                             .hint = "leave that column out, or convert it (.map)"});
  }
  const auto& fields = rows.input != nullptr ? rows.input->read.row : stream.columns.row;
  stream.schema = std::make_shared<const Schema>(fields, plan.format.format, positions_of(rows.key, fields));
  check_target(target, stream.target_server, stream.target_session->server_version(), stream.columns.targets,
               writing, options, plan.findings);
  const bool silent = options.triggers == Triggers::disable || stream.target_server.is_silent;
  // A trigger may give what the source does not, and a row that is updated has it.
  if (mode == WriteMode::upsert || mode == WriteMode::sync ||
      find_by(plan.findings, &Finding::code, "triggers") != nullptr) {
    for (auto& finding : plan.findings) {
      if (finding.code == "column_required") finding.severity = Severity::warning;
    }
  }
  if (options.advance_sequences) check_sequences(target, stream.columns.targets, plan.findings);
  check_money(stream.source_server, stream.target_server, *target.info, stream.columns.targets,
              plan.findings);
  if (mode != WriteMode::append && mode != WriteMode::upsert && mode != WriteMode::insert_missing) {
    check_dependents(*stream.target_session, target, mode, silent, plan.findings, stop);
  }
  check_replica_identity(*stream.target_session, target, mode, plan.findings, stop);
  if (stream.source_session && stream.reads_bytes()) pass_text_as_it_is(*stream.source_session, stop);
  if (stream.passes_text()) pass_text_as_it_is(*stream.target_session, stop);
  check_servers(stream.source_server, stream.source_session.get(), stream.target_server,
                *stream.target_session, plan.findings);
  if (has_error(plan.findings)) return;
  if (!writing.may_lose.empty() && (mode == WriteMode::replace || mode == WriteMode::swap)) {
    check_rows_outside(*stream.target_session, *target.info, writing.may_lose, plan.findings, stop);
    if (has_error(plan.findings)) return;
  }
  std::optional<MergeKey> key;
  if (uses_key(mode)) {
    key = resolve_key(*stream.target_session, target, columns, stream.columns, writing, plan.findings, stop);
    if (!key) return;
    check_updates(target, updated_columns(*target.info, stream.columns.targets, mode, *key), plan.findings);
    if (has_error(plan.findings)) return;
  }
  // With tables that are loaded along, and after work of the user's own, rows of this transaction may be old.
  const bool counts_apart = rows.input != nullptr && !target.triggers_on(on_insert, silent).empty();
  const bool copies_beside = mode == WriteMode::swap && !stream.is_joined && !options.before_load &&
                             !counts_apart && may_copy_beside(*stream.target_session, *target.info, stop);
  std::shared_ptr<BesideTables> beside;
  std::optional<RejectSetup> rejects;
  if (options.max_rejects > 0) {
    const bool stages =
        (is_staged(mode) && !copies_beside) || target.info->kind == RelationKind::view || writing.collects;
    rejects = prepare_rejects(*stream.target_session,
                              {.table = *target.info,
                               .copied_into = stages ? staging_table(stream.number) : target.info->name,
                               .numbers_rows = !transform && writing.job.empty(),
                               .most_collected = writing.most_unrejected},
                              stream.columns.targets, writing.job, options, plan.findings, stop);
    if (has_error(plan.findings)) return;
    append_all(plan.remarks, reject_remarks(*rejects, mode, options));
  }
  if (rows.shaped) {
    stream.shapes = schemas_of(stream, *rows.shaped, stream.columns.written);
    beside = prepare_beside(stream, *rows.shaped, *target.info, writing.collects, options, stop);
    if (has_error(plan.findings)) return;
  }
  stream.setup = {.columns = stream.columns.targets,
                  .mode = mode,
                  .key = std::move(key),
                  .copies_beside = copies_beside,
                  .rejects = std::move(rejects),
                  .pace = pace_of(*stream.target_session, options),
                  .beside = std::move(beside),
                  .number = stream.number,
                  .input = rows.input != nullptr ? rows.input->input : nullptr};
  if (rows.input != nullptr) stream.columns = rows.input->read;
  stream.load = std::make_unique<TableLoad>(*stream.target_session, std::move(target), stream.setup, options,
                                            stream.target_server);
  plan.target_sql = stream.load->statements(plan.format.format);
  append_all(plan.remarks, stream.load->remarks());
  append_all(plan.remarks, stream.creation.remarks);
  stream.creation.show_in(plan.target_sql);
}

void prepare_verification(PreparedLoad& stream, const std::vector<SourceColumn>& columns,
                          const std::string& from, const std::string& where, bool qualify_names,
                          bool large_objects, const std::stop_token& stop) {
  if (!stream.load) return;
  const TableInfo& table = stream.load->table();
  if (table.kind == RelationKind::view) {
    stream.plan.findings.push_back(
        {.code = "verify_view",
         .message = "what is inserted through the view " + table.name.display() +
                    " cannot be told from its other rows, so it cannot be verified",
         .hint = "leave .verify out, or load the table behind the view"});
    return;
  }
  LoadVerification verification{
      .mode = stream.setup.mode,
      .compared = {.sides = {VerifySide{.session = stream.source_session, .from = from, .where = where},
                             VerifySide{.session = stream.target_session}},
                   .columns = compare_columns(columns, stream.columns, table, large_objects),
                   .same_encoding = stream.source_server.encoding == stream.target_server.encoding},
      .table = table};
  verification.settings =
      print_settings(*stream.source_session, verification.compared.columns, qualify_names, stop);
  stream.plan.remarks.push_back(verification.remark());
  stream.verification = std::make_shared<LoadVerification>(std::move(verification));
}

void pass_text_as_it_is(Connection& session, const std::stop_token& stop) {
  static_cast<void>(session.execute("SET LOCAL client_encoding = 'SQL_ASCII'", {}, stop));
}

}  // namespace leat::jobs_detail
