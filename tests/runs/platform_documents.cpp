#include "platform_documents.hpp"

#include <memory>

#include "leat/documents/platform_document.hpp"
#include "leat/documents/substitution.hpp"

namespace leat::test {

PlatformRun read_platform(const std::string& text) {
  PlatformRun run{.parsed = parse(text)};
  REQUIRE(run.parsed.root);
  auto native = native_document(*run.parsed.root, {}, run.parsed.diagnostics);
  if (run.parsed.diagnostics.has_error()) return run;
  const ValueType type = value_types::structure(pipeline_fields());
  substitute(
      native.document,
      {.environment = [](const std::string&) { return std::optional<std::string>("postgresql:///any"); }},
      run.parsed.diagnostics, &type);
  run.document = read_pipeline(native.document, run.parsed.diagnostics);
  return run;
}

AdHocQueryOptions query_of(const Bed& bed, const PlatformRun& run) {
  const LoadDocument& load = run.document.loads.front();
  auto options = bed.query(load.sql);
  for (const auto& [name, param] : run.document.params) {
    options.parameters.emplace(name, param.otherwise);
    if (!param.type.empty()) options.parameter_types.emplace(name, param.type);
  }
  options.sql_transforms = load.transform.stages;
  options.text_places = [transform = load.transform](std::size_t origin, std::size_t character) {
    return to_text(transform.place(origin, character));
  };
  options.to = load.to;
  options.mode = load.mode;
  options.key = load.key;
  options.checked_casts = load.checked_casts;
  options.stream.create = load.stream.create;
  return options;
}

}  // namespace leat::test
