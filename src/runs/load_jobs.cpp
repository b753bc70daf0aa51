#include "runs/load_jobs.hpp"

#include <array>
#include <utility>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/jobs/options/sql_hook.hpp"
#include "leat/jobs/select_tables.hpp"
#include "leat/ledger/done_job.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat::runs_detail {
namespace {

const ResolvedConnection& connection_of(const RunContext& run, const std::string& name) {
  return run.connections.at(name);
}

StreamOptions stream_of(const RunContext& run, const LoadDocument& load) {
  StreamOptions stream = load.stream;
  stream.log = run.log.with({{"load", load.name}});
  stream.application_name = run.application_name;
  stream.sessions = run.sessions;
  stream.before_load = sql_hook("before_sql", load.before_sql);
  stream.before_commit = sql_hook("after_sql", load.after_sql);
  return stream;
}

/// @throws Error (config) for a name that the document does not have, which its reader has told.
const std::optional<std::string>& value_of(const RunContext& run, const LoadDocument& load,
                                           const std::string& name) {
  const auto value = run.params.find(name);
  if (value != run.params.end()) return value->second;
  throw Error(ErrorKind::config, "load " + load.name + " has :" + name + ", which params do not have");
}

/// Each load has a watermark of its own, unless it names one.
std::optional<IncrementalOptions> incremental_of(const RunContext& run, const LoadDocument& load) {
  auto incremental = load.incremental;
  if (incremental && incremental->name.empty()) incremental->name = run.document.name + "/" + load.name;
  return incremental;
}

std::set<std::string> names_in(const std::string& sql) {
  const auto names = parse_named_parameters(sql).names;
  return {names.begin(), names.end()};
}

/// @throws Error (config) where the source does not know the type.
void require_type(Connection& source, const std::string& param, const std::string& type,
                  const std::stop_token& stop) {
  const std::array<Parameter, 1> asked{type};
  if (!source.execute("SELECT pg_catalog.to_regtype($1)", asked, stop).is_null(0, 0)) return;
  throw Error(ErrorKind::config, "params." + param + ".type: the source has no type " + type,
              {.hint = "write it as in SQL: timestamptz, numeric(10,2), int[]"});
}

/// A condition with the values of params in it, quoted by the server's rules.
std::string with_values(const RunContext& run, const LoadDocument& load, const std::stop_token& stop) {
  const auto parsed = parse_named_parameters(load.where);
  if (parsed.names.empty()) return load.where;
  const auto source = session_of(run, load, ErrorKind::source, stop);
  std::vector<std::string> literals;
  for (const auto& name : parsed.names) {
    const auto& value = value_of(run, load, name);
    std::string literal = value ? source->quote_literal(*value) : "NULL";
    const auto param = run.document.params.find(name);
    if (param != run.document.params.end() && !param->second.type.empty()) {
      require_type(*source, name, param->second.type, stop);
      literal = "(" + literal + "::" + param->second.type + ")";
    }
    literals.push_back(std::move(literal));
  }
  return parsed.with(literals);
}

/// Its own texts hold no name of a load, so that no load and no table meet.
std::string table_job(const RunContext& run, const LoadDocument& load, const TableName& table) {
  return job_name(run, load) + ": " + table.display();
}

std::string replaced(std::string text, std::string_view mark, std::string_view with) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size())) {
    text.replace(at, mark.size(), with);
  }
  return text;
}

/// A part of `to` with the names of a table in it, as in SQL.
std::string part_of(const std::string& part, const TableName& table) {
  if (part.find('{') == std::string::npos) return part;
  const bool is_quoted = part.size() > 1 && part.front() == '"' && part.back() == '"';
  const std::string own = is_quoted ? part.substr(1, part.size() - 2) : part;
  return quote_identifier(replaced(replaced(own, "{table}", table.name), "{schema}", table.schema));
}

/// What `to` of many tables means for one of them: "stage.{table}".
std::string target_of(const std::string& to, const TableName& table) {
  bool is_in_quotes = false;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == '"') is_in_quotes = !is_in_quotes;
    if (to[i] != '.' || is_in_quotes) continue;
    return part_of(to.substr(0, i), table) + "." + part_of(to.substr(i + 1), table);
  }
  return part_of(to, table);
}

CopyTablesOptions tables_of(const RunContext& run, const LoadDocument& load) {
  return {.source = connection_of(run, load.source),
          .target = connection_of(run, load.target),
          .include = load.tables,
          .exclude = load.exclude_tables,
          .mode = load.mode,
          .inheritance = load.inheritance,
          .large_objects = load.large_objects,
          .stream = stream_of(run, load),
          .jobs = load.jobs};
}

}  // namespace

std::string job_name(const RunContext& run, const LoadDocument& load) {
  return run.prefix.empty() ? "" : run.prefix + load.name;
}

bool is_query(const LoadDocument& load) {
  return load.what == LoadDocument::What::query ||
         (load.what == LoadDocument::What::table && !load.transform.stages.empty());
}

std::set<std::string> params_of(const LoadDocument& load) {
  std::string sql = load.what == LoadDocument::What::query ? load.sql : load.where;
  for (const auto& node : load.transform.origins) {
    if (node.kind == NodeKind::scalar) sql += "\n" + node.text;
  }
  return names_in(sql);
}

std::shared_ptr<Connection> session_of(const RunContext& run, const LoadDocument& load, ErrorKind side,
                                       const std::stop_token& stop) {
  const auto& where = connection_of(run, side == ErrorKind::source ? load.source : load.target);
  SessionOptions options{.side = side,
                         .application_name = run.application_name,
                         .log = run.log,
                         .connect_timeout = load.stream.limits.connect_timeout,
                         .lock_timeout = load.stream.limits.lock_timeout,
                         .statement_timeout = load.stream.limits.statement_timeout};
  if (load.stream.limits.silence_timeout) options.silence_timeout = *load.stream.limits.silence_timeout;
  if (where.schema) options.search_path = quote_identifier(*where.schema);
  return run.sessions->open(where.target, std::move(options), stop);
}

CopyTableOptions table_options(const RunContext& run, const LoadDocument& load, const std::stop_token& stop) {
  CopyTableOptions options{.source = connection_of(run, load.source),
                           .target = connection_of(run, load.target),
                           .table = {.from = load.from,
                                     .to = load.to,
                                     .columns = load.columns,
                                     .exclude = load.exclude_columns,
                                     .rename = load.rename,
                                     .map = load.map,
                                     .where = with_values(run, load, stop),
                                     .inheritance = load.inheritance,
                                     .large_objects = load.large_objects},
                           .mode = load.mode,
                           .rows_outside = load.mode_given ? RowsOutside::remove : RowsOutside::refuse,
                           .key = load.key,
                           .incremental = incremental_of(run, load),
                           .stream = stream_of(run, load),
                           .readers = load.readers,
                           .writers = load.writers};
  const bool whole =
      load.delivery == LoadDelivery::whole || (load.delivery == LoadDelivery::automatic && load.writers < 2);
  options.delivery.job = job_name(run, load);
  if (run.prefix.empty()) return options;
  options.delivery.whole = whole;
  options.delivery.is_new = whole;  // the run has looked
  if (!whole) {
    options.delivery.on_lost_snapshot = load.on_lost_snapshot;
    options.delivery.retries = load.retries;
  }
  return options;
}

/// The query of a load; of a table that is transformed, of its rows.
std::string sql_of(const LoadDocument& load) {
  if (load.what == LoadDocument::What::query) return load.sql;
  std::string columns;
  for (const auto& column : load.columns) columns += (columns.empty() ? "" : ", ") + quote_identifier(column);
  return "SELECT " + (columns.empty() ? "*" : columns) + " FROM " +
         (load.inheritance == Inheritance::only ? "ONLY " : "") + TableName::parse(load.from).sql() +
         (load.where.empty() ? "" : " WHERE (\n" + load.where + "\n)");
}

AdHocQueryOptions query_options(const RunContext& run, const LoadDocument& load) {
  AdHocQueryOptions options{.source = connection_of(run, load.source),
                            .target = connection_of(run, load.target),
                            .sql = sql_of(load),
                            .sql_transforms = load.transform.stages,
                            .place = load.transform.runs_in,
                            .to = load.to.empty() ? load.from : load.to,
                            .checked_casts = load.checked_casts,
                            .mode = load.mode,
                            .key = load.key,
                            .incremental = incremental_of(run, load),
                            .stream = stream_of(run, load)};
  for (const auto& name : params_of(load)) {
    options.parameters.emplace(name, value_of(run, load, name));
    const auto param = run.document.params.find(name);
    if (param != run.document.params.end() && !param->second.type.empty()) {
      options.parameter_types.emplace(name, param->second.type);
    }
  }
  options.text_places = [&transform = load.transform](std::size_t origin, std::size_t character) {
    return to_text(transform.place(origin, character));
  };
  options.delivery.job = job_name(run, load);
  options.delivery.whole = !run.prefix.empty();
  options.delivery.is_new = !run.prefix.empty();
  return options;
}

std::vector<TableSelection> chosen_tables(const RunContext& run, const LoadDocument& load,
                                          const std::set<std::string>& done, const std::stop_token& stop) {
  auto tables = select_tables(tables_of(run, load), stop);
  std::erase_if(tables, [&](const TableSelection& table) {
    return done.contains(table_job(run, load, TableName::parse(table.from)));
  });
  for (auto& table : tables) {
    if (!load.to.empty()) table.to = target_of(load.to, TableName::parse(table.from));
  }
  return tables;
}

CopyTablesOptions tables_options(const RunContext& run, const LoadDocument& load,
                                 const std::vector<TableSelection>& chosen) {
  CopyTablesOptions options = tables_of(run, load);
  std::map<std::string, TableName> sources;  // by the target's names
  options.include.clear();
  options.exclude.clear();
  for (const auto& table : chosen) {
    const auto from = TableName::parse(table.from);
    options.include.push_back(from.sql());
    if (!load.to.empty()) options.rename_tables.push_back({.from = from.sql(), .to = table.to});
    sources.emplace(TableName::parse(table.target_name()).display(), from);
  }
  if (run.prefix.empty()) return options;
  options.before_commit = [&run, &load, sources = std::move(sources)](Connection& target,
                                                                      const std::vector<TableName>& tables,
                                                                      const std::stop_token& stop) {
    for (const auto& table : tables) {
      const auto from = sources.find(table.display());
      const TableName& name = from == sources.end() ? table : from->second;
      if (put_done_job(target, marker(table_job(run, load, name)), stop)) continue;
      throw Error(ErrorKind::target, "another process has loaded " + name.display() + " in this run",
                  {.sqlstate = "55006", .hint = "run it again: what is done is not loaded twice"});
    }
  };
  return options;
}

DoneJob marker(std::string job) {
  return {.request = {.job = std::move(job), .description = "{}", .hash = "run", .holder = "a run"},
          .report = "{}"};
}

}  // namespace leat::runs_detail
