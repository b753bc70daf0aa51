#include "runs/schema_check.hpp"

#include <algorithm>

#include "leat/core/error.hpp"
#include "leat/registry/compare_schemas.hpp"
#include "leat/registry/schema_load_check.hpp"
#include "leat/registry/table_schema.hpp"

namespace leat::runs_detail {
namespace {

/// What the load reads: of a table that the source has all is known, of a query names and types.
RegisteredSchema schema_of(const RunContext& run, const LoadDocument& load, const std::stop_token& stop) {
  if (!is_query(load)) {
    const auto session = session_of(run, load, ErrorKind::source, stop);
    const auto from = TableName::parse(load.from);
    auto schema = read_table_schema(*session, from, load.columns, stop);
    std::erase_if(schema.columns, [&](const auto& column) {
      const auto& excluded = load.exclude_columns;
      return std::find(excluded.begin(), excluded.end(), column.name) != excluded.end();
    });
    return schema;
  }
  auto options = query_options(run, load);
  // A plan looks at the query, and takes no name.
  options.delivery = {};
  RegisteredSchema schema;
  for (const auto& column : AdHocQuery(std::move(options)).plan(stop).columns) {
    schema.columns.push_back({.name = column.name, .type = column.source_type});
  }
  return schema;
}

}  // namespace

std::vector<std::string> check_schema(const RunContext& run, const LoadDocument& load,
                                      const std::stop_token& stop) {
  if (!load.schema) return {};
  if (!run.store) {
    throw Error(ErrorKind::config,
                "load " + load.name + " is checked against a registered schema, and no store is known",
                {.hint = "name the database that keeps schemas: store: CONNECTION"});
  }
  const SchemaRegistry registry({.store = *run.store,
                                 .limits = load.stream.limits,
                                 .application_name = run.application_name,
                                 .log = run.log});
  LoadSchema wanted = *load.schema;
  if (wanted.subject.empty()) wanted.subject = load.name;
  const auto outcome =
      check_load_schema({.wanted = wanted,
                         .load = run.document.name + "/" + load.name,
                         .found = schema_of(run, load, stop),
                         .source = is_query(load) ? SchemaSource::query : SchemaSource::table},
                        registry, stop);
  std::vector<std::string> told{"schema " + outcome.subject + "@" + std::to_string(outcome.version) +
                                (outcome.is_new ? ", registered by this load" : "")};
  if (!outcome.changes.empty()) {
    std::string changes = to_text(outcome.changes);
    while (!changes.empty() && changes.back() == '\n') changes.pop_back();
    told.push_back("schema " + outcome.subject + ": " + changes);
  }
  return told;
}

}  // namespace leat::runs_detail
