#include "leat/jobs/table_diff.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "jobs/match/copy_columns.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/refuse_if.hpp"
#include "jobs/options/steady_clock.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/options/validate_options.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/document.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/report/without_break.hpp"
#include "jobs/schema/definition_diff.hpp"
#include "jobs/schema/type_difference.hpp"
#include "jobs/survey/source_transaction.hpp"
#include "leat/postgres/catalog/detail/nearest_names.hpp"
#include "leat/postgres/catalog/detail/type_questions.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat {
namespace {

using jobs_detail::DefinedTable;

using KindName = std::pair<DifferenceKind, std::string_view>;
constexpr std::array<KindName, 16> kind_names{{{DifferenceKind::added, "added"},
                                               {DifferenceKind::removed, "removed"},
                                               {DifferenceKind::type, "type"},
                                               {DifferenceKind::nullability, "nullability"},
                                               {DifferenceKind::default_value, "default"},
                                               {DifferenceKind::collation, "collation"},
                                               {DifferenceKind::identity, "identity"},
                                               {DifferenceKind::generated, "generated"},
                                               {DifferenceKind::storage, "storage"},
                                               {DifferenceKind::sequence, "sequence"},
                                               {DifferenceKind::primary_key, "primary_key"},
                                               {DifferenceKind::constraint, "constraint"},
                                               {DifferenceKind::index, "index"},
                                               {DifferenceKind::comment, "comment"},
                                               {DifferenceKind::type_definition, "type_definition"},
                                               {DifferenceKind::table, "table"}}};

/// Extensions may have other schemas in the two databases, so their types are known by their names alone.
void leave_out_schemas_of_extensions(DefinedTable& found) {
  const auto shorten = [&found](TypeSpelling& type) {
    const auto definition = found.types.find(type.element);
    if (definition == found.types.end() || definition->second.extension.empty()) return;
    type.sql = postgres_detail::without_schema(type.sql);
  };
  for (auto& column : found.table.columns) shorten(column.type);
  for (auto& [oid, type] : found.types) {
    shorten(type.base);
    for (auto& field : type.fields) shorten(field.type);
  }
}

/// What one database says of a table.
DefinedTable read(const ResolvedConnection& where, ErrorKind side, const TableName& name,
                  const TableDiffOptions& options, const std::stop_token& stop) {
  const auto session = jobs_detail::connect(where, side, jobs_detail::session_part(options), stop);
  session->begin(jobs_detail::source_transaction, stop);
  DefinedTable found{.label = where.label_of(*session), .info = TableManager(*session).describe(name, stop)};
  auto definitions = read_definitions(*session, std::span(&found.info.oid, 1), stop);
  if (found.info.kind == RelationKind::other || definitions.tables.empty()) {
    throw Error(side, found.info.name.display() + " is no table or view", {.sqlstate = "42809"});
  }
  found.table = std::move(definitions.tables.front());
  found.types = std::move(definitions.types);
  leave_out_schemas_of_extensions(found);
  return found;
}

/// Which of the source's columns are compared, with the names that the target has for them.
jobs_detail::ComparedColumns compared_columns(const TableInfo& table, const TableSelection& choice) {
  for (const auto& name : jobs_detail::named_columns(choice)) {
    if (table.find(name) != nullptr) continue;
    throw Error(ErrorKind::config, table.name.display() + " has no column " + quote_identifier(name) +
                                       postgres_detail::did_you_mean_column(name, table));
  }
  jobs_detail::ComparedColumns columns;
  for (const auto& column : table.columns) {
    const auto& name = column.name;
    if (jobs_detail::is_chosen(choice, name)) columns[name] = jobs_detail::target_column(choice, name);
  }
  for (const auto& [name, to] : choice.rename) {
    if (columns.contains(name)) continue;
    throw Error(ErrorKind::config, "rename names the column " + quote_identifier(name) +
                                       ", which is not among those to compare");
  }
  return columns;
}

TableDiffReport run_diff(const TableDiffOptions& options, const std::stop_token& stop) {
  const auto from = TableName::parse(options.table.from);
  const auto to = TableName::parse(options.table.target_name());
  const DefinedTable source = read(options.source, ErrorKind::source, from, options, stop);
  const auto columns = compared_columns(source.info, options.table);
  const DefinedTable target = read(options.target, ErrorKind::target, to, options, stop);
  TableDiffReport report{.source = source.label + ": " + source.info.name.display(),
                         .target = target.label + ": " + target.info.name.display()};
  options.log.log_event(LogLevel::info, "plan",
                        "comparing the definitions of " + report.source + " and " + report.target,
                        {{"source", report.source}, {"target", report.target}, {"columns", columns.size()}});
  report.differences = jobs_detail::compare(source, target, columns, !options.table.columns.empty());
  return report;
}

/// "type of v", or what stands for itself: "index t_v_idx".
std::string heading(const Difference& difference) {
  switch (difference.kind) {
    case DifferenceKind::primary_key:
    case DifferenceKind::constraint:
    case DifferenceKind::index:
    case DifferenceKind::type_definition:
      return difference.object;
    case DifferenceKind::added:
    case DifferenceKind::removed:
      return std::string(to_string(difference.kind)) + " column " + difference.object;
    case DifferenceKind::table:
      return "table " + difference.object;
    default:
      return std::string(to_string(difference.kind)) + " of " + difference.object;
  }
}

}  // namespace

std::string_view to_string(DifferenceKind kind) {
  return jobs_detail::find_by(kind_names, &KindName::first, kind)->second;
}

bool TableDiffReport::loses_data() const noexcept {
  return std::any_of(differences.begin(), differences.end(),
                     [](const Difference& difference) { return difference.severity == Severity::error; });
}

std::string to_json(const TableDiffReport& report) {
  using jobs_detail::Document;
  using jobs_detail::or_null;
  Document differences = Document::array();
  for (const auto& difference : report.differences) {
    differences.push_back({{"kind", to_string(difference.kind)},
                           {"object", difference.object},
                           {"source", or_null(difference.source)},
                           {"target", or_null(difference.target)},
                           {"severity", to_string(difference.severity)},
                           {"reason", or_null(difference.reason)}});
  }
  const Document json{{"status", report.equal() ? "equal" : "different"},
                      {"source", report.source},
                      {"target", report.target},
                      {"loses_data", report.loses_data()},
                      {"differences", differences}};
  return jobs_detail::json_text(json);
}

std::string to_text(const TableDiffReport& report) {
  std::string out = "source: " + report.source + "\ntarget: " + report.target + "\n";
  if (report.equal()) return out + "equal\n";
  for (const auto& difference : report.differences) {
    out += std::string(to_string(difference.severity)) + ": " + heading(difference) + ": " +
           jobs_detail::sides_text(difference);
    if (!difference.reason.empty()) out += "; " + difference.reason;
    out += "\n";
  }
  const auto count = report.differences.size();
  return out + std::to_string(count) + (count == 1 ? " difference\n" : " differences\n");
}

std::ostream& operator<<(std::ostream& out, const TableDiffReport& report) {
  return out << jobs_detail::without_break(to_text(report));
}

TableDiff::TableDiff(TableDiffOptions options) : options_(std::move(options)) {
  jobs_detail::validate_pair(options_.table);
  using jobs_detail::refuse_if;
  refuse_if(!options_.table.map.empty(), "map is no option of TableDiff, which compares no values");
  refuse_if(!options_.table.where.empty(), "where is no option of TableDiff, which compares no values");
  refuse_if(options_.table.inheritance != Inheritance::refuse,
            "inheritance is no option of TableDiff, which reads no rows");
  refuse_if(options_.table.large_objects != LargeObjectMode::stay,
            "large_objects is no option of TableDiff, which compares no values");
  jobs_detail::validate(StreamOptions{.limits = options_.limits});
  options_.log = options_.log.with({{"table", TableName::parse(options_.table.target_name()).display()}});
}

TableDiffReport TableDiff::run(std::stop_token stop) const {
  using namespace jobs_detail;
  const auto begin = SteadyClock::now();
  const auto compare_definitions = [&] {
    return unless_stopped([&] { return run_diff(options_, stop); }, "the comparison was stopped");
  };
  const auto end = [&](const TableDiffReport& report) {
    options_.log.log_event(LogLevel::info, "end", "the comparison is done",
                           {{"status", report.equal() ? "equal" : "different"},
                            {"differences", report.differences.size()},
                            {"loses_data", report.loses_data()},
                            {"seconds", since(begin)}});
  };
  return logged_work(options_.log, "diff", the_comparison, compare_definitions, end);
}

}  // namespace leat
