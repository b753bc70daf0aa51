#include "jobs/run/copy_job.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "jobs/match/copy_columns.hpp"
#include "jobs/options/batch_memory.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/prepare/early_session.hpp"
#include "jobs/prepare/prepare_incremental.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "jobs/prepare/prepare_objects.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/prepare/row_source.hpp"
#include "jobs/prepare/slice_cut.hpp"
#include "jobs/prepare/store_job.hpp"
#include "jobs/report/target_finding.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/schema/table_model.hpp"
#include "jobs/survey/inheriting_tables.hpp"
#include "jobs/survey/preflight.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::copy_to_sql;
using postgres_detail::rows_sql;
using postgres_detail::select_sql;
using postgres_detail::SelectItem;

/// A table of no more is read at once, whatever is in it.
constexpr ByteCount at_once = ByteCount{std::uint64_t{1} << 20U};

/// The table to read; nullopt where there is none, which is then among the findings.
std::optional<TableFacts> open_source(PreparedLoad& stream, const CopyTableOptions& options,
                                      const TableName& name, const JobContext& context,
                                      const std::stop_token& stop) {
  stream.source_session = context.sessions.source;
  KnownFacts known = context.source;
  if (!stream.source_session) {
    stream.source_session = connect(options.source, ErrorKind::source, options.stream, stop);
    if (!context.snapshot) {
      known.lock_error = begin_source(*stream.source_session, std::span(&name, 1), stop).front();
    } else {
      // Whoever has exported it holds the table, too.
      stream.source_session->begin_with_next(source_transaction, stop);
      take_snapshot(*stream.source_session, *context.snapshot, stop);
    }
  }
  auto& session = *stream.source_session;
  TableFacts facts = survey_side(session, name, known, stream.source_server, stop);
  stream.plan.source =
      options.source.label_of(session) + ": " + (facts.info ? facts.info->name : name).display();
  if (auto reason = reason_not_to_read(facts, ErrorKind::source)) {
    stream.plan.findings.push_back(std::move(*reason));
    return std::nullopt;
  }
  choose_rows(facts, options.table.inheritance, "copies", stream.plan.findings);
  if (facts.info->with_inheriting) {
    stream.plan.remarks.push_back("the rows of " + std::to_string(facts.inheriting.size()) +
                                  " tables that inherit from " + facts.info->name.display() +
                                  " are read with its own");
  }
  return facts;
}

/// Whether names of objects are to be read by a session that knows none of them by their names alone, so that
/// each has its schema. What else is looked up by name on the way, by a view's functions or in the user's own
/// SQL, would not be found then.
bool qualifies_names(PreparedLoad& stream, const TableInfo& table, const TableSelection& choice) {
  if (!stream.columns.holds_object_references) return false;
  const bool is_table = table.kind == RelationKind::table || table.kind == RelationKind::partitioned_table;
  if (is_table && choice.where.empty() && choice.map.empty()) {
    stream.plan.source_sql.emplace_back(postgres_detail::qualify_sql);
    return true;
  }
  stream.plan.findings.push_back(names_as_they_are());
  return false;
}

/// How much comes, where that is known: a condition leaves out nobody knows what, unless there is little.
std::optional<ByteCount> bytes_to_read(const TableInfo& table, const TableSelection& choice) {
  if (table.kind != RelationKind::table && table.kind != RelationKind::materialized_view) return std::nullopt;
  if (!choice.where.empty() && table.size >= least_to_rebuild) return std::nullopt;
  return table.size;
}

/// Cuts the table where several sessions are to read it and that is possible, and says so in the plan.
void prepare_slices(PreparedLoad& stream, const TableInfo& table, const CopyTableOptions& options,
                    const std::string& where, const std::stop_token& stop) {
  if (options.readers <= 1 && !is_parallel(options)) return;
  SlicedTable sliced{.table = table, .items = stream.columns.items, .where = where};
  if (stream.incremental) sliced.bounds = to_json(*stream.incremental);
  auto& remarks = stream.plan.remarks;
  const std::size_t before = remarks.size();
  cut_table(sliced, *stream.source_session,
            {.slice_bytes = options.slice_bytes, .readers = options.readers, .exports = is_parallel(options)},
            remarks, stop);
  const std::size_t count = sliced.slices.size();
  if (count > 1) {
    remarks.push_back(std::to_string(std::min(options.readers, count)) + " sessions read " +
                      std::to_string(count) + " slices of " + table.name.display() + " in one snapshot");
  } else if (remarks.size() == before) {
    remarks.push_back("one session reads " + table.name.display() + ": it is small");
  }
  append_all(remarks, delivery_remarks(options));
  stream.slices = std::move(sliced);
  // Batches of several readers do not know where in the stream their rows were.
  if (stream.load && stream.load->rejects() != nullptr) stream.load->rejects()->numbers_rows = false;
}

/// Within one database the session that reads may hold what the one that loads has to empty.
void check_own_lock(PreparedLoad& stream, const TableFacts& target, const CopyTableOptions& options,
                    const std::stop_token& stop) {
  if (options.mode != WriteMode::replace || target.empties_by_delete) return;
  const std::string own =
      std::to_string(postgres_detail::process_of_transaction(*stream.source_session, stop));
  if (find_by(target.locks, &HeldLock::pid, own) == nullptr || !stream.is_one_database()) return;
  stream.plan.findings.push_back(target_error(
      "lock_conflict",
      "the job reads from " + target.info->name.display() +
          " itself, by a view, inheritance or a partition, so that it cannot be emptied meanwhile",
      sqlstate::lock_not_available, "append instead, or load another table"));
}

/// What a view's server only says when it plans the query, such as row security of the tables below.
void check_view(PreparedLoad& stream, const TableInfo& view, const std::vector<SourceColumn>& columns,
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

/// Generated columns of the source that a view has, too, and that get no value there.
void tell_not_copied(const TableInfo& source, const std::vector<SourceColumn>& columns,
                     const TableSelection& choice, const TableInfo& view, std::vector<Finding>& findings) {
  for (const auto& column : source.columns) {
    if (!choice.columns.empty() || !column.generated || !is_chosen(choice, column.name)) continue;
    if (view.find(column.name) == nullptr) continue;
    if (find_by(columns, &SourceColumn::target, column.name) != nullptr) continue;
    findings.push_back(target_warning(
        "column_not_copied",
        "column " + quote_identifier(column.name) + " of the view " + view.name.display() +
            " gets no value from the source, which generates it; it stays NULL unless the table behind the "
            "view computes it",
        ".columns names it, if the view takes it; .exclude, if it is not meant"));
  }
}

/// Columns by which errors of a row hook tell rows: those of the source's primary key, else the options'.
std::vector<std::string> key_of_rows(const PreparedLoad& stream, const TableInfo& table,
                                     const std::vector<SourceColumn>& columns,
                                     const CopyTableOptions& options, const std::stop_token& stop) {
  if (!options.transform || !stream.source_session) return {};
  const auto keys =
      TableManager(*stream.source_session).unique_keys(std::span(&table.oid, 1), stop)[table.oid];
  for (const auto& key : keys) {
    if (!key.is_primary) continue;
    std::vector<std::string> names;
    for (const auto& part : key.columns) {
      for (const auto& column : columns) {
        if (column.item.is_column && column.column.name == part.name) names.push_back(column.target);
      }
    }
    return names;
  }
  return options.key;
}

/// Which rows are new.
void find_new_rows(PreparedLoad& stream, const TableInfo& table, const CopyTableOptions& options,
                   bool plans_only, const std::stop_token& stop) {
  const std::string& where = options.table.where;
  const bool has_transactions = table.kind == RelationKind::table ||
                                table.kind == RelationKind::partitioned_table ||
                                table.kind == RelationKind::materialized_view;
  if (options.incremental->bound == IncrementalBound::snapshot && !has_transactions) {
    throw Error(ErrorKind::config,
                "rows of the " + std::string(to_string(table.kind)) + " " + table.name.display() +
                    " do not tell which transaction has written them",
                {.hint = "read the table behind it, or use .lag instead of IncrementalBound::snapshot"});
  }
  prepare_incremental(
      stream,
      {.options = *options.incremental,
       .target = options.target,
       .stream = options.stream,
       .mode = options.mode,
       .job = has_ledger(options) && !options.delivery.restart ? options.delivery.job : "",
       .plans_only = plans_only,
       .column = incremental_column(*options.incremental, table.columns, table.name.display()),
       .select =
           [&](const std::string& item, const std::string& condition) {
             const SelectItem one{.sql = item, .is_column = false};
             return select_sql(table, std::span(&one, 1),
                               where.empty() ? condition : "(\n" + where + "\n) AND " + condition);
           }},
      stop);
}

/// What the options say of the writing.
Writing writing_of(const CopyTableOptions& options) {
  return {.mode = options.mode,
          .key = options.key,
          .is_filtered = !options.table.where.empty() || options.incremental,
          .may_lose = options.rows_outside == RowsOutside::refuse ? options.table.where : "",
          .job = options.delivery.job,
          .collects = is_published(options),
          .most_unrejected = collected_by_writer(options)};
}

}  // namespace

PreparedLoad prepare_copy(const CopyTableOptions& options, const JobContext& context,
                          const std::stop_token& stop) {
  PreparedLoad stream;
  auto& plan = stream.plan;
  plan.findings = conflicts_of(options);
  if (!options.source.store.empty()) {
    if (has_error(plan.findings)) return stream;
    stream = prepare_store_copy(options, writing_of(options), context, stop);
    if (has_error(plan.findings)) return stream;
    append_all(plan.remarks, delivery_remarks(options));
    check_delivery(stream, options, stop);
    return stream;
  }
  TableSelection choice = options.table;
  const auto from = TableName::parse(choice.from);
  const auto to = TableName::parse(choice.target_name());
  plan.source = options.source.label + ": " + from.display();
  plan.target = options.target.label + ": " + to.display();
  if (has_error(plan.findings)) return stream;
  plan.source_sql = {std::string("BEGIN ") + source_transaction, lock_sql(std::span(&from, 1))};
  std::optional<EarlySession> early;
  JobContext with_early = context;
  if (!context.sessions.source && !context.sessions.target) {
    early.emplace(options.target, ErrorKind::target, options.stream, stop);
    with_early.open_target = [&early] { return early->take(); };
  }
  const auto source = open_source(stream, options, from, context, stop);
  std::vector<SourceColumn> columns;
  if (source) check_condition(*stream.source_session, *source->info, choice.where, stop);
  if (source) columns = source_columns(*stream.source_session, *source->info, choice, stop);

  std::optional<ShapedRows> shaped;
  if (source) shaped = shaped_rows(options.transform, columns, *stream.source_session, stop);
  ReadModel model;
  if (source) {
    model = [&] {
      if (shaped) return model_of(*shaped, *stream.source_session, stop);
      auto of_table = table_model(*stream.source_session, *source->info, columns, choice, stop);
      of_table.taken = context.taken;
      of_table.is_one_of_many = context.sessions.source || context.sessions.target || context.snapshot;
      return of_table;
    };
  }
  auto target =
      open_target(stream, options.target, to, options.mode, options.stream, with_early, model, stop);
  if (source && target && !shaped) {
    add_generated(columns, *source->info, choice, *target->info);
    if (target->info->kind == RelationKind::view)
      tell_not_copied(*source->info, columns, choice, *target->info, plan.findings);
  }
  if (source) check_source(*source, ErrorKind::source, names_of(columns), plan.findings);
  if (!source || !target) return stream;
  const TableInfo& table = *source->info;
  if (table.oid == target->info->oid && stream.is_one_database()) {
    throw Error(ErrorKind::config, table.name.display() + " would be copied onto itself",
                {.hint = "name another table with .to, or another database with .target"});
  }
  check_own_lock(stream, *target, options, stop);
  check_inheriting_target(*target, choice.inheritance, table.with_inheriting, plan.findings);
  if (table.kind == RelationKind::view && !has_error(plan.findings)) {
    check_view(stream, table, columns, stop);
    if (stream.source_session->has_failed()) return stream;
  }
  Writing writing = writing_of(options);
  if (uses_key(options.mode)) {
    TableManager source_tables(*stream.source_session);
    writing.source_keys = std::move(source_tables.unique_keys(std::span(&table.oid, 1), stop)[table.oid]);
  }
  prepare_target(stream, std::move(*target),
                 {.columns = columns,
                  .transform = options.transform,
                  .shaped = shaped,
                  .key = key_of_rows(stream, table, columns, options, stop)},
                 std::move(writing), options.stream, stop);
  // What follows uses what may just have been found missing.
  if (has_error(plan.findings)) return stream;
  if (options.incremental) {
    find_new_rows(stream, table, options, context.plans_only, stop);
    if (has_error(plan.findings)) return stream;
    choice.where = with_bounds(choice.where, *stream.incremental);
  }
  if (!context.sessions.target) {
    StreamOptions behaviour = options.stream;
    if (is_parallel(options) && !is_published(options)) {
      if (behaviour.indexes == Indexes::automatic) {
        plan.remarks.emplace_back("indexes are kept: several transactions write, and each finds them there");
      }
      behaviour.indexes = Indexes::keep;
    }
    prepare_indexes(stream, options.target, behaviour, bytes_to_read(table, choice), stop);
    if (has_error(plan.findings)) return stream;
  }
  const bool qualifies = qualifies_names(stream, table, choice);
  if (options.stream.verify) {
    prepare_verification(stream, columns, rows_sql(table), choice.where, qualifies,
                         choice.large_objects == LargeObjectMode::copied, stop);
    if (has_error(plan.findings)) return stream;
  }
  if (source->out_of_line > options.stream.memory) {
    plan.remarks.push_back("memory: up to " + format_bytes(source->out_of_line) +
                           " of values lie out of line; a row that is wider than .memory (" +
                           format_bytes(options.stream.memory) +
                           ") passes alone, and takes up to five times its width");
  }
  if (!shaped) prepare_objects(stream, table, columns, choice, stop);
  if (has_error(plan.findings)) return stream;
  prepare_slices(stream, table, options, choice.where, stop);
  if (stream.slices && qualifies) {
    static_cast<void>(stream.source_session->execute(postgres_detail::qualify_sql, {}, stop));
  }
  check_delivery(stream, options, stop);
  const auto sql = copy_to_sql(table, stream.columns.items, choice.where, plan.format.format);
  // Where others have taken the snapshot, the table may not have been held since before that.
  AroundCopy around{.qualifies_names = qualifies};
  if (context.sessions.source) around.unheld = table;
  stream.rows = copy_source(*stream.source_session, sql, stream.schema, std::move(around));
  if (choice.where.empty()) stream.rows_expected = table.estimated_rows;
  stream.begins_at_once = table.kind == RelationKind::table && choice.where.empty() && table.size <= at_once;
  plan.source_sql.push_back(
      stream.slices ? stream.slices->sql(stream.slices->slices.front(), plan.format.format) : sql);
  return stream;
}

}  // namespace leat::jobs_detail
