#include "leat/registry/transform_pins.hpp"

#include <utility>

namespace leat {

TransformPins::TransformPins(const TransformVersions& registry, std::map<std::string, std::int32_t> pinned)
    : registry_(registry), pinned_(std::move(pinned)) {}

std::shared_ptr<const SourceText> TransformPins::find(const std::string& reference,
                                                      const std::stop_token& stop) {
  auto wanted = TransformReference::parse(reference);
  const auto pin = pinned_.find(wanted.name);
  const bool is_latest = !wanted.version;
  if (is_latest && pin != pinned_.end()) wanted.version = pin->second;
  if (wanted.version) {
    const auto known = texts_.find(wanted.text());
    if (known != texts_.end()) return known->second;
  }
  auto found = registry_.find(wanted, stop);
  if (is_latest) pinned_.emplace(found.name, found.version);
  auto text = std::make_shared<const SourceText>(found.reference(), std::move(found.text));
  return texts_.emplace(text->name(), std::move(text)).first->second;
}

TransformSources TransformPins::sources(SubstitutionSources references, std::stop_token stop) {
  return {
      .find = [this, stop = std::move(stop)](const std::string& reference) { return find(reference, stop); },
      .references = std::move(references)};
}

}  // namespace leat
