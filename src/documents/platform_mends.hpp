#pragma once

#include <functional>
#include <string>

#include "leat/documents/diagnostic.hpp"
#include "leat/documents/node.hpp"

namespace leat::documents_detail {

/// What mend_steps() does with what it finds.
struct MendOptions {
  std::string path{};     ///< of the steps in their document: "transformation.config.config"
  bool corrects = false;  ///< else it is told
  /// Told of each correction: the path within the steps ("filter.id"), and what stood there.
  std::function<void(const std::string& path, const std::string& what)> on_correction{};
};

/// Brings the steps of a transform (select, rename, filter, …) of the Data Pipeline Platform into the form of
/// leat's own. What means the same is rewritten without a word; what is no SQL, or meant something else
/// there, is told or corrected. What read_transforms() tells anyway is only corrected, or left to it.
void mend_steps(Node& steps, const MendOptions& options, Diagnostics& diagnostics);

/// Names the columns of a SELECT that are calls without AS: a warning, or corrected.
void mend_select(Node& select, const std::string& path, const MendOptions& options, Diagnostics& diagnostics);

}  // namespace leat::documents_detail
