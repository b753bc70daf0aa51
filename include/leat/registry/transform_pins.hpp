#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/documents/source_text.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/registry/transform_versions.hpp"

namespace leat {

/// Finds what `use` in documents names, once for each name: "clean_orders@latest" is the same version from
/// its first use on, whatever is registered meanwhile. Whoever runs documents keeps pinned(), and gives it to
/// the constructor to run the same again. Used by one thread at a time; the registry must outlive it.
class LEAT_EXPORT TransformPins {
 public:
  /// @param pinned names, and the version that is the latest one of each.
  explicit TransformPins(const TransformVersions& registry, std::map<std::string, std::int32_t> pinned = {});

  /// The text of what "clean_orders@3", "clean_orders@latest" or "clean_orders" names; its name() is that of
  /// the version. @throws Error as TransformVersions::find().
  [[nodiscard]] std::shared_ptr<const SourceText> find(const std::string& reference,
                                                       const std::stop_token& stop = {});

  /// For read_transforms(), which must not outlive this.
  [[nodiscard]] TransformSources sources(SubstitutionSources references = {}, std::stop_token stop = {});

  /// The versions that were the latest ones, by name.
  [[nodiscard]] const std::map<std::string, std::int32_t>& pinned() const noexcept { return pinned_; }

 private:
  const TransformVersions& registry_;
  std::map<std::string, std::int32_t> pinned_;
  std::map<std::string, std::shared_ptr<const SourceText>> texts_;  // by "name@3"
};

}  // namespace leat
