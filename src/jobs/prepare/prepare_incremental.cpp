#include "jobs/prepare/prepare_incremental.hpp"

#include <algorithm>
#include <utility>

#include "jobs/options/savepoint.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/ledger/job_record.hpp"
#include "leat/ledger/watermark.hpp"

namespace leat::jobs_detail {
namespace {

const char* const go_on =
    "leat watermark set says from which value on rows are missing; leat watermark reset has all loaded";

/// A type of pg_catalog, for people.
std::string plain_type(const std::string& type) {
  constexpr std::string_view schema = "pg_catalog.";
  return type.starts_with(schema) ? type.substr(schema.size()) : type;
}

std::string lag_sql(WatermarkKind kind, const std::string& lag) {
  const std::string literal = sql_literal(lag);
  if (kind == WatermarkKind::whole) return literal + "::pg_catalog.int8";
  return literal + (kind == WatermarkKind::numeric ? "::pg_catalog.numeric" : "::pg_catalog.interval");
}

/// Where the load begins, so far below the watermark.
std::string after_sql(const IncrementalBounds& bounds, const WatermarkType& type, const std::string& lag) {
  const std::string value = bounds.literal(*bounds.was);
  if (lag.empty()) return value;
  if (type.kind == WatermarkKind::whole) {
    return "GREATEST(" + value + "::pg_catalog.numeric - " + lag_sql(type.kind, lag) + ", " + type.least +
           ")::" + type.sql;
  }
  return "(" + value + " - " + lag_sql(type.kind, lag) + ")::" + type.sql;
}

std::string text_or_null(const std::string& sql) {
  return sql.empty() ? "NULL" : "(" + sql + ")::pg_catalog.text";
}

/// What the source says, in the snapshot of the rows, by one statement.
struct SourceAnswer {
  std::optional<std::string> after;
  std::optional<std::string> from;
  std::optional<std::string> before;
  std::optional<std::string> newest;
  bool has_null = false;
  bool lag_is_negative = false;
  std::int64_t horizon = 0;
  std::int64_t next = 0;
};

class IncrementalPlan {
 public:
  IncrementalPlan(PreparedLoad& stream, const IncrementalLoad& load, const std::stop_token& stop)
      : stream_(stream), load_(load), options_(load.options), stop_(stop) {}

  IncrementalBounds make() {
    const TableInfo& table = stream_.load->table();
    const auto type = watermark_type(load_.column.type.base);
    if (!type) {
      throw Error(ErrorKind::config,
                  "rows cannot be new by column " + quote_identifier(options_.column) +
                      ", which is of type " + load_.column.type_name,
                  {.hint = "take one of type smallint, integer, bigint, numeric, date, timestamp, "
                           "timestamptz, text, varchar or uuid"});
    }
    if (!options_.lag.empty() && (type->kind == WatermarkKind::text || type->kind == WatermarkKind::uuid)) {
      throw Error(ErrorKind::config,
                  "lag is for times and numbers, and " + quote_identifier(options_.column) + " is of type " +
                      load_.column.type_name,
                  {.hint = "leave it out (.lag); IncrementalBound::snapshot finds rows that commit late"});
    }
    bounds_.name = options_.name.empty() ? table.name.display() : options_.name;
    bounds_.column = options_.column;
    bounds_.type = type->sql;
    bounds_.is_text = type->kind == WatermarkKind::text;
    bounds_.is_backfill = options_.backfill.has_value();
    if (auto kept = kept_bounds()) return *kept;
    if (!bounds_.is_backfill) read_mark(table);
    const auto answer = ask_source(*type);
    if (answer.lag_is_negative) throw Error(ErrorKind::config, "lag is negative: " + options_.lag);
    bounds_.after = answer.after;
    bounds_.from = answer.from;
    bounds_.before = answer.before;
    if (bounds_.is_backfill) return bounds_;
    if (answer.has_null) throw null_error();
    bounds_.upto = answer.newest ? answer.newest : bounds_.was;
    check_finite(*type);
    if (options_.bound == IncrementalBound::snapshot) set_horizon(answer);
    return bounds_;
  }

 private:
  /// Those that the job began with.
  std::optional<IncrementalBounds> kept_bounds() {
    if (load_.job.empty()) return std::nullopt;
    const auto definition = read_definition(*stream_.target_session, load_.job, stop_);
    auto kept = definition ? bounds_of_definition(*definition) : std::nullopt;
    if (kept && kept->type != bounds_.type) throw type_error(kept->type);
    return kept;
  }

  [[nodiscard]] Error type_error(const std::string& was) const {
    return {ErrorKind::config,
            "column " + quote_identifier(bounds_.column) + " is of type " + plain_type(bounds_.type) +
                " now, and the watermark " + bounds_.name + " has a value of type " + plain_type(was),
            {.hint = std::string("see that its order is still the same; then ") + go_on}};
  }

  void read_mark(const TableInfo& table) {
    Connection& session = *stream_.target_session;
    const auto mark = read_watermark(session, bounds_.name, table.oid, stop_);
    const bool is_empty = has_no_rows(table);
    if (!mark) {
      if (!check_watermarks(session, table.oid, stop_) && !load_.plans_only) make_them(table);
      if (load_.mode == WriteMode::append && !is_empty) {
        throw Error(ErrorKind::config,
                    table.name.display() + " has rows, but there is no watermark " + bounds_.name +
                        " that tells which: append could put rows there twice",
                    {.hint = std::string("load with WriteMode::upsert, which puts each row there once; or "
                                         "leat watermark set says up to which value they are there")});
      }
      return;
    }
    if (!mark->table.empty() && mark->table != table.name.display()) {
      throw Error(ErrorKind::config,
                  "the watermark " + bounds_.name + " is of the table " + mark->table + ", and not of " +
                      table.name.display(),
                  {.hint = "name another one (.name); if the table was renamed, leat watermark set"});
    }
    if (!mark->column.empty() && mark->column != bounds_.column) {
      throw Error(ErrorKind::config,
                  "the watermark " + bounds_.name + " is of column " + quote_identifier(mark->column) +
                      ", and not of " + quote_identifier(bounds_.column),
                  {.hint = go_on});
    }
    if (!mark->type.empty() && mark->type != bounds_.type) throw type_error(mark->type);
    if (is_empty && mark->rows > 0) tell_empty(table, *mark);
    bounds_.was = mark->value;
    bounds_.rows = mark->rows;
    bounds_.version = mark->version;
    if (options_.bound != IncrementalBound::snapshot) return;
    bounds_.since = mark->horizon;
    bounds_.source = mark->source;
  }

  /// What stood there is gone, and the watermark says that it is there.
  void tell_empty(const TableInfo& table, const Watermark& mark) {
    const std::string what = table.name.display() + " is empty, and the watermark " + mark.name +
                             " says that " + std::to_string(mark.rows) + " rows up to " + mark.value +
                             " were loaded, which would not come again";
    // A table that takes new rows and is emptied by who uses them.
    if (load_.mode == WriteMode::append && stream_.creation.empty()) {
      stream_.plan.findings.push_back(target_warning("watermark_without_rows", what, go_on));
      return;
    }
    throw Error(ErrorKind::config, what, {.hint = go_on});
  }

  bool has_no_rows(const TableInfo& table) {
    Connection& session = *stream_.target_session;
    bool is_empty = true;
    const auto refused = behind_savepoint(
        session, stop_,
        [&] {
          is_empty =
              session.execute_long("SELECT NOT EXISTS (SELECT FROM " + table.name.sql() + ")", {}, stop_)
                  .boolean(0, 0);
        },
        // It is not made in a plan, or this role may only insert.
        [](const Error& error) { return error.sqlstate() == "42P01" || error.sqlstate() == "42501"; });
    return refused ? refused->sqlstate() == "42P01" : is_empty;
  }

  /// By a session of its own: that of the load is in the load's transaction.
  void make_them(const TableInfo& table) {
    const auto session = connect(load_.target, ErrorKind::target, load_.stream, stop_);
    make_watermarks(*session, table.oid, stop_);
  }

  [[nodiscard]] SourceAnswer ask_source(const WatermarkType& type) {
    const auto& backfill = options_.backfill;
    const std::string from = backfill ? backfill->from : bounds_.was ? "" : options_.initial;
    const std::string ordered = bounds_.ordered_column();
    std::string is_new = ordered + " IS NOT NULL";
    if (!from.empty()) is_new = ordered + " >= " + bounds_.literal(from);
    if (bounds_.was) is_new = ordered + " > " + bounds_.literal(*bounds_.was);
    const bool may_be_null = !load_.column.not_null && !backfill;
    const std::string sql =
        "SELECT " + text_or_null(bounds_.was ? after_sql(bounds_, type, options_.lag) : "") + ", " +
        text_or_null(from.empty() ? "" : bounds_.literal(from)) + ", " +
        text_or_null(backfill && !backfill->to.empty() ? bounds_.literal(backfill->to) : "") + ", " +
        (backfill ? "NULL"
                  : "(SELECT q.v::pg_catalog.text FROM (" + load_.select(ordered + " AS v", is_new) +
                        "\nORDER BY 1 DESC LIMIT 1) AS q)") +
        ", " +
        (may_be_null ? "EXISTS (" + load_.select("1", quote_identifier(bounds_.column) + " IS NULL") + ")"
                     : "false") +
        ", " +
        (options_.lag.empty() ? "false"
                              : lag_sql(type.kind, options_.lag) + " < " + lag_sql(type.kind, "0")) +
        ", pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()), "
        "pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())";
    Result found;
    try {
      found = stream_.source_session->execute_long(sql, load_.parameters, stop_);
    } catch (const Error& error) {
      if (!error.sqlstate().starts_with("22")) throw;
      throw Error(ErrorKind::config, std::string("incremental: ") + error.what(),
                  {.sqlstate = std::string(error.sqlstate()),
                   .hint = "values are written as " + load_.column.type_name +
                           " in SQL; .lag as a time (15 minutes), of numbers as a number"});
    }
    const auto text = [&found](std::size_t column) {
      return found.is_null(0, column) ? std::nullopt : std::optional(std::string(found.text(0, column)));
    };
    return {.after = text(0),
            .from = text(1),
            .before = text(2),
            .newest = text(3),
            .has_null = found.boolean(0, 4),
            .lag_is_negative = found.boolean(0, 5),
            .horizon = found.integer(0, 6),
            .next = found.integer(0, 7)};
  }

  [[nodiscard]] Error null_error() const {
    const std::string column = quote_identifier(bounds_.column);
    return {ErrorKind::source,
            "rows of " + stream_.plan.source + " have no value in column " + column +
                ", so that no load would ever find them to be new",
            {.sqlstate = "22004",
             .hint = "if they are to stay out, say so by the condition " + column +
                     " IS NOT NULL (.where); else load by a query that gives them a value (coalesce)"}};
  }

  void check_finite(const WatermarkType& type) const {
    if (type.kind == WatermarkKind::text || !bounds_.upto) return;
    if (bounds_.upto != "infinity" && bounds_.upto != "Infinity" && bounds_.upto != "NaN") return;
    const std::string column = quote_identifier(bounds_.column);
    throw Error(ErrorKind::source,
                "the largest value of column " + column + " is " + *bounds_.upto +
                    ", after which no row would ever be new",
                {.sqlstate = "22003",
                 .hint = "leave such rows out: " + column + " < '" + *bounds_.upto + "' (.where)"});
  }

  void set_horizon(const SourceAnswer& answer) {
    const std::string& origin = stream_.source_server.origin;
    const auto no_transactions = [this](const std::string& why) {
      return Error(ErrorKind::source,
                   "the source's transactions do not tell which rows are new to the watermark " +
                       bounds_.name + ": " + why,
                   {.sqlstate = "55000", .hint = go_on});
    };
    if (bounds_.since && bounds_.source != origin) {
      throw no_transactions("it is another server or database than before");
    }
    if (bounds_.since && *bounds_.since > answer.next) {
      throw no_transactions("it has gone back to a time before the last load");
    }
    bounds_.source = origin;
    bounds_.horizon = answer.horizon;
  }

  PreparedLoad& stream_;
  const IncrementalLoad& load_;
  const IncrementalOptions& options_;
  const std::stop_token& stop_;
  IncrementalBounds bounds_{};
};

}  // namespace

void prepare_incremental(PreparedLoad& stream, const IncrementalLoad& load, const std::stop_token& stop) {
  try {
    stream.incremental = IncrementalPlan(stream, load, stop).make();
  } catch (const Error& error) {
    const bool is_lost = !stream.source_session->is_open() || !stream.target_session->is_open();
    if (is_lost || error.kind() == ErrorKind::cancelled) throw;
    stream.plan.findings.push_back(to_finding("watermark", error));
    return;
  }
  const IncrementalBounds& bounds = *stream.incremental;
  stream.plan.remarks.push_back(
      (bounds.is_backfill ? "backfill, which leaves the watermark " : "watermark ") + bounds.name +
      (bounds.is_backfill ? " where it is: " : ": ") + bounds.display());
}

const TableColumn& incremental_column(const IncrementalOptions& options,
                                      const std::vector<TableColumn>& columns, const std::string& of) {
  std::vector<std::string> names;
  for (const auto& column : columns) {
    if (column.name == options.column) return column;
    names.push_back(column.name);
  }
  throw Error(ErrorKind::config,
              of + " has no column " + quote_identifier(options.column) + ", by which rows are to be new" +
                  detail::did_you_mean(options.column, names),
              {.sqlstate = "42703"});
}

void commit_watermark(PreparedLoad& stream, std::uint64_t rows, const std::stop_token& stop) {
  if (!stream.incremental || stream.incremental->is_backfill || !stream.incremental->upto) return;
  const IncrementalBounds& bounds = *stream.incremental;
  move_watermark(*stream.target_session,
                 {.name = bounds.name,
                  .table = stream.load->table().name.display(),
                  .column = bounds.column,
                  .type = bounds.type,
                  .value = *bounds.upto,
                  .horizon = bounds.horizon,
                  .source = bounds.horizon ? bounds.source : "",
                  .rows = bounds.rows + static_cast<std::int64_t>(rows),
                  .version = bounds.version},
                 stop);
}

}  // namespace leat::jobs_detail
