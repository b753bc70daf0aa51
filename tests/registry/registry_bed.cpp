#include "registry_bed.hpp"

#include <memory>

namespace leat::test {

TransformDocument transform_of(const std::string& text, const TransformSources& sources) {
  Diagnostics diagnostics;
  const auto root = read_document(std::make_shared<const SourceText>("t.yaml", text), diagnostics);
  REQUIRE(root);
  auto document = read_transforms(*root, "", diagnostics, sources);
  INFO(to_text(diagnostics));
  REQUIRE(diagnostics.empty());
  return document;
}

NewTransform new_transform(const std::string& name, const std::string& text) {
  Diagnostics diagnostics;
  const auto root = read_document(std::make_shared<const SourceText>("t.yaml", text), diagnostics);
  if (!root) throw std::logic_error("no document");
  return {.name = name,
          .text = text,
          .document = normal_transform(*root),
          .kind = "config",
          .description = "",
          .input = {{"id", "bigint"}},
          .output = {{"id", "bigint"}, {"it's", "numeric(12,2)"}}};
}

TransformRegistryOptions in_dst() {
  return {.store = Bed::server().uri("dst"), .application_name = application};
}

Connection session_with_src() {
  return Connection::open(Bed::server().uri("src"), {.application_name = application});
}

}  // namespace leat::test
