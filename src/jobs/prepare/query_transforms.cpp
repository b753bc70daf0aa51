#include "jobs/prepare/query_transforms.hpp"

#include <string>
#include <utility>

#include "jobs/options/refuse_if.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::jobs_detail {
namespace {

/// All faults as one error.
Error error_of_faults(const std::vector<TransformFault>& faults, const TextPlaces& places) {
  std::string message;
  std::string hint;
  for (const auto& fault : faults) {
    message += (message.empty() ? "" : "; ") + fault.message;
    if (hint.empty()) hint = fault.hint;
  }
  const std::string where = places ? places(faults.front().origin, 1) : "";
  return {ErrorKind::config, message, {.hint = hint, .where = where}};
}

}  // namespace

bool transforms_in_target(const AdHocQueryOptions& options) {
  // Every source of a query is a PostgreSQL server, where each transform may run.
  return options.place == TransformPlace::target;
}

std::string place_remark(const AdHocQueryOptions& options) {
  if (options.sql_transforms.empty()) return {};
  if (options.place == TransformPlace::auto_) {
    return "place auto: the transforms run in the source, which is a PostgreSQL server, so that only what "
           "they "
           "make travels";
  }
  return options.place == TransformPlace::source
             ? "place source: the transforms run in the source"
             : "place target: rows are collected as they are read in a temporary table of the target, where "
               "one statement makes of them what is loaded; that takes room for them there";
}

void validate_place(const AdHocQueryOptions& options) {
  if (options.place != TransformPlace::target) return;
  refuse_if(options.sql_transforms.empty(), "place is target, but there are no transforms to run there",
            "leave place out, or give sql_transforms");
  refuse_if(static_cast<bool>(options.transform),
            "a row hook sees the rows on their way, and transforms in the target run behind it",
            "let the transforms run in the source");
  refuse_if(options.stream.verify,
            "verify compares the target with the source, which has no rows like those that transforms in the "
            "target make",
            "let the transforms run in the source, or leave verify out");
  refuse_if(options.checked_casts,
            "checked_casts are made by the source, and transforms run in the target behind it",
            "write cast as a step of the transforms");
  refuse_if(options.stream.max_rejects > 0,
            "transforms in the target are one statement, out of which no row can be rejected",
            "let the transforms run in the source, or leave max_rejects out");
}

CompiledTransform transformed_query(Connection& server, const std::string& query,
                                    const AdHocQueryOptions& options, const std::stop_token& stop) {
  const auto describe = [&](const std::string& sql) {
    std::vector<QueryColumn> columns;
    for (auto& column : query_columns(
             server, {.sql = sql, .values = options.parameters, .types = options.parameter_types}, stop)) {
      columns.push_back({std::move(column.name), std::move(column.type_name)});
    }
    return columns;
  };
  auto compiled = compile_transforms(
      SourcedText(query), options.sql_transforms,
      {.quote_identifier = [](std::string_view name) { return quote_identifier(name); },
       .quote_literal = [&server](std::string_view text) { return server.quote_literal(text); },
       .describe = describe,
       .places = options.text_places});
  if (!compiled.faults.empty()) throw error_of_faults(compiled.faults, options.text_places);
  return compiled;
}

}  // namespace leat::jobs_detail
