#include "jobs/prepare/prepare_beside.hpp"

#include <algorithm>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/survey/preflight.hpp"
#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/transform/detail/shaped_hook.hpp"

namespace leat::jobs_detail {
namespace {

std::vector<Column> fields_of(const std::vector<SourceColumn>& columns) {
  std::vector<TableColumn> fields;
  for (const auto& column : columns) fields.push_back(column.column);
  return row_columns(fields);
}

Finding refused(const TableName& table, const std::string& why, std::string hint) {
  return {.code = "table_beside",
          .side = ErrorKind::config,
          .message = table.display() + " cannot be the row hook's table beside: " + why,
          .hint = std::move(hint)};
}

/// A table that can be one beside; nullopt where it cannot, which is then among the findings.
std::optional<TableFacts> find_table(PreparedLoad& stream, const std::string& name, const TableInfo& target,
                                     const std::vector<BesideTarget>& others, const StreamOptions& options,
                                     const std::stop_token& stop) {
  const auto asked = TableName::parse(name);
  TableFacts facts = survey_table(*stream.target_session, asked, {}, stop);
  const auto refuse = [&](Finding reason) {
    stream.plan.findings.push_back(std::move(reason));
    return std::nullopt;
  };
  if (facts.obstacle) {
    if (facts.obstacle->code == "table_missing") {
      facts.obstacle->hint = "make it before: a table beside the target is not made by the job";
    }
    return refuse(std::move(*facts.obstacle));
  }
  StreamOptions plain = options;
  plain.into_view = false;
  if (auto reason = reason_not_to_load(facts, WriteMode::append, plain)) return refuse(std::move(*reason));
  const TableInfo& table = *facts.info;
  if (table.kind == RelationKind::view) {
    return refuse(refused(table.name, "it is a view", "name the table behind it"));
  }
  if (table.name.schema == postgres_detail::meta_schema) {
    return refuse(refused(table.name, "it is in the schema in which leat keeps what it knows of jobs",
                          "name a table of another schema"));
  }
  if (table.oid == target.oid) {
    return refuse(refused(table.name, "it is the target", "write such rows by the hook's output itself"));
  }
  const auto is_same = [&table](const BesideTarget& other) { return other.table().oid == table.oid; };
  if (std::any_of(others.begin(), others.end(), is_same)) {
    return refuse(refused(table.name, "it is declared twice", "declare it once"));
  }
  return facts;
}

}  // namespace

std::shared_ptr<BesideTables> prepare_beside(PreparedLoad& stream, const ShapedRows& rows,
                                             const TableInfo& target, bool collects,
                                             const StreamOptions& options, const std::stop_token& stop) {
  if (rows.beside.empty()) return nullptr;
  auto& findings = stream.plan.findings;
  if (collects) {
    findings.push_back(
        {.code = "options_conflict",
         .message = "tables beside, which a row hook writes into, do not go together with slices that are "
                    "committed one by one and published at the end: others would see their rows before those "
                    "of the target",
         .hint =
             "load with one writer and without retries or a job's name, or append slices as they are done "
             "(OnLostSnapshot::carry_on)"});
    return nullptr;
  }
  std::vector<BesideTarget> tables;
  for (const auto& beside : rows.beside) {
    auto facts = find_table(stream, beside.table, target, tables, options, stop);
    if (!facts) continue;
    ColumnMatch match = match_columns(beside.columns, *facts->info, findings, false, {}, RowGiver::hook);
    check_target(*facts, stream.target_server, stream.target_session->server_version(), match.targets,
                 {.mode = WriteMode::append}, options, findings);
    if (options.advance_sequences) check_sequences(*facts, match.targets, findings);
    stream.plan.remarks.push_back(
        "the row hook writes into " + facts->info->name.display() + ", too (" +
        text_list(match.planned,
                  [](const PlannedColumn& column) {
                    return quote_identifier(column.name) + " " + column.target_type;
                  }) +
        "): its rows are appended in the transaction of the rows that it writes along with them");
    tables.push_back({.facts = std::move(*facts),
                      .columns = std::move(match.targets),
                      .renumbering = std::move(match.renumbering)});
  }
  if (has_error(findings)) return nullptr;
  return std::make_shared<BesideTables>(std::move(tables), options.batch_bytes);
}

std::shared_ptr<const ShapedSchemas> schemas_of(const PreparedLoad& stream, const ShapedRows& rows,
                                                const std::vector<Column>& written) {
  auto schemas = std::make_shared<ShapedSchemas>();
  schemas->input = stream.schema;
  schemas->output = std::make_shared<const Schema>(written);
  for (const auto& beside : rows.beside) {
    schemas->beside.push_back(
        {.table = beside.table, .columns = std::make_shared<const Schema>(fields_of(beside.columns))});
  }
  match_columns_of(*schemas);
  return schemas;
}

}  // namespace leat::jobs_detail
