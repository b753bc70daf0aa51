#include "leat/runs/store_transforms.hpp"

#include <memory>
#include <utility>

#include "leat/core/error.hpp"
#include "leat/registry/transform_pins.hpp"
#include "leat/registry/transform_registry.hpp"

namespace leat {
namespace {

struct StoredTransforms {
  explicit StoredTransforms(TransformRegistryOptions options)
      : registry(std::move(options)), pins(registry) {}

  TransformRegistry registry;
  TransformPins pins;
};

}  // namespace

TransformsOfStore transforms_of_store(const ConnectionFactory& connections, const std::string& store,
                                      const Logger& log, const std::stop_token& stop) {
  return [=](const std::string& name, const std::optional<ResolvedConnection>& own) -> TransformSources {
    if (store.empty() && name.empty()) {
      return {.find = [](const std::string&) -> std::shared_ptr<const SourceText> {
        throw Error(ErrorKind::config, "it is not known where transforms are registered",
                    {.hint = "name that database: store: CONNECTION"});
      }};
    }
    TransformRegistryOptions options{.log = log};
    options.store = !store.empty() ? connections.resolve(store) : own ? *own : connections.resolve(name);
    const auto stored = std::make_shared<StoredTransforms>(std::move(options));
    return {
        .find = [stored, stop](const std::string& reference) { return stored->pins.find(reference, stop); }};
  };
}

}  // namespace leat
