#include "jobs/prepare/query_transforms.hpp"

#include <string>
#include <utility>

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

CompiledTransform transformed_query(Connection& source, const AdHocQueryOptions& options,
                                    const std::stop_token& stop) {
  const auto describe = [&](const std::string& sql) {
    std::vector<QueryColumn> columns;
    for (auto& column : query_columns(
             source, {.sql = sql, .values = options.parameters, .types = options.parameter_types}, stop)) {
      columns.push_back({std::move(column.name), std::move(column.type_name)});
    }
    return columns;
  };
  auto compiled = compile_transforms(
      SourcedText(options.sql), options.sql_transforms,
      {.quote_identifier = [](std::string_view name) { return quote_identifier(name); },
       .quote_literal = [&source](std::string_view text) { return source.quote_literal(text); },
       .describe = describe,
       .places = options.text_places});
  if (!compiled.faults.empty()) throw error_of_faults(compiled.faults, options.text_places);
  return compiled;
}

}  // namespace leat::jobs_detail
