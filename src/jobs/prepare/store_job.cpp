#include "jobs/prepare/store_job.hpp"

#include <string>
#include <utility>
#include <vector>

#include "jobs/match/copy_columns.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/core/detail/nearest.hpp"

namespace leat::jobs_detail {
namespace {

/// Options that are SQL of the source, or need a server there.
void refuse_options_of_servers(const CopyTableOptions& options, std::vector<Finding>& findings) {
  const auto refuse = [&findings](bool given, const char* option, const char* hint) {
    if (!given) return;
    findings.push_back({.code = "options_conflict",
                        .message = std::string(option) + " needs a PostgreSQL server as the source",
                        .hint = hint});
  };
  refuse(!options.table.where.empty(), "where", "leave rows out with a row hook");
  refuse(!options.table.map.empty(), "map", "change values with a row hook");
  refuse(options.table.inheritance == Inheritance::tree, "inheritance = tree",
         "leave it out: the source has no such tables");
  refuse(options.table.large_objects != LargeObjectMode::stay, "large_objects",
         "leave it out: the source has none");
  refuse(options.stream.verify, "verify", "compare the numbers of rows, which the report has");
}

std::string did_you_mean_store_column(const std::string& name, const StoreObject& object) {
  std::vector<std::string> names;
  for (const auto& column : object.columns) names.push_back(column.name);
  return leat::detail::did_you_mean(name, names);
}

/// What the store gives for the target's columns. @throws Error (config) for a column that there is not.
std::vector<SourceColumn> store_columns(Connection& target, const TableSelection& choice,
                                        const StoreObject& object, const std::stop_token& stop) {
  for (const auto& name : named_columns(choice)) {
    if (find_by(object.columns, &Column::name, name) != nullptr) continue;
    throw Error(ErrorKind::config, "the source has no column " + quote_identifier(name) +
                                       did_you_mean_store_column(name, object));
  }
  for (const auto& [name, renamed] : choice.rename) {
    if (!is_chosen(choice, name)) throw_not_copied(name, choice.from, choice.columns);
  }
  std::vector<SourceColumn> columns;
  std::vector<Oid> types;
  for (const auto& column : object.columns) {
    if (!is_chosen(choice, column.name)) continue;
    columns.push_back({.target = target_column(choice, column.name),
                       .item = {.sql = quote_identifier(column.name)},
                       .column = {.name = column.name,
                                  .typmod = column.typmod,
                                  .type_name = column.type_name,
                                  .not_null = !column.nullable}});
    types.push_back(column.type);
  }
  // They are built in, so every server knows them under these numbers.
  const auto infos = TableManager(target).describe_types(types, stop);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    TableColumn& column = columns[i].column;
    column.type = infos.at(i);
    if (column.type_name.empty()) column.type_name = column.type.name;
  }
  require_own_targets(columns);
  return columns;
}

/// The source converts nothing, since it knows no SQL.
void refuse_conversions(const PreparedLoad& load, std::vector<Finding>& findings) {
  const auto& match = load.columns;
  for (std::size_t i = 0; i < match.planned.size(); ++i) {
    if (match.items[i].is_column) continue;
    findings.push_back(
        target_error("type_differs",
                     "column " + quote_identifier(match.planned[i].name) + ": the source gives " +
                         match.planned[i].source_type + ", and the target is " + match.planned[i].target_type,
                     "42804", "give the target's column that type, or leave it out (.exclude)"));
  }
}

/// Fields by the names that the store has for them.
std::shared_ptr<const Schema> schema_of_store(const PreparedLoad& load,
                                              const std::vector<SourceColumn>& columns) {
  std::vector<Column> fields = load.columns.row;
  for (auto& field : fields) field.name = find_by(columns, &SourceColumn::target, field.name)->column.name;
  return std::make_shared<const Schema>(std::move(fields), RowFormat::binary, load.schema->key());
}

}  // namespace

PreparedLoad prepare_store_copy(const CopyTableOptions& options, Writing writing, const JobContext& context,
                                const std::stop_token& stop) {
  const std::string& from = options.table.from;
  const std::string& to = options.table.target_name();
  PreparedLoad load;
  auto& plan = load.plan;
  plan.source = options.source.label + ": " + from;
  plan.target = options.target.label + ": " + to;
  refuse_options_of_servers(options, plan.findings);
  if (has_error(plan.findings)) return load;
  const auto store = options.stores.open(options.source.store);
  StoreObject object = store->describe(from, stop);
  append_all(plan.findings, object.findings);
  load.source_server.encoding = "UTF8";
  std::vector<SourceColumn> columns;
  std::optional<ShapedRows> shaped;
  const auto read_columns = [&] {
    columns = store_columns(*load.target_session, options.table, object, stop);
    shaped = shaped_rows(options.transform, columns, *load.target_session, stop);
  };
  const auto model = [&] {
    read_columns();
    if (shaped) return model_of(*shaped, *load.target_session, stop);
    return TargetModel{.loaded = loaded_values(*load.target_session, columns, stop)};
  };
  auto target = open_target(load, options.target, TableName::parse(to), options.mode, options.stream, context,
                            model, stop);
  if (!target || has_error(plan.findings)) return load;
  if (columns.empty()) read_columns();
  prepare_target(load, std::move(*target),
                 {.columns = columns, .transform = options.transform, .shaped = shaped, .key = options.key},
                 std::move(writing), options.stream, stop);
  if (!shaped) refuse_conversions(load, plan.findings);
  if (has_error(plan.findings)) return load;
  prepare_indexes(load, options.target, options.stream, object.bytes, stop);
  if (has_error(plan.findings)) return load;
  load.rows_expected = object.rows;
  const StoreCapabilities able = store->capabilities();
  if (!able.snapshot) {
    plan.findings.push_back(
        {.severity = Severity::note,
         .code = "no_snapshot",
         .side = ErrorKind::source,
         .message = "what is changed in " + plan.source + " while it is read may be copied in part"});
  }
  std::size_t readers = options.readers;
  if (readers > 1 && !able.shared_snapshot) {
    readers = 1;
    plan.remarks.push_back("one reader reads " + plan.source + ": several would not see the same rows");
  }
  load.store_units = store->open(
      from, schema_of_store(load, columns),
      {.readers = readers, .unit_bytes = options.slice_bytes, .snapshot = context.snapshot}, stop);
  plan.source_sql = {"rows of " + from};
  return load;
}

}  // namespace leat::jobs_detail
