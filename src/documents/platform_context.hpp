#pragma once

#include <optional>
#include <string>

#include "documents/node_reader.hpp"
#include "leat/documents/platform_document.hpp"

namespace leat::documents_detail {

/// What the parts of a document of the Data Pipeline Platform are read with.
class PlatformContext {
 public:
  PlatformContext(const PlatformReading& its_reading, Diagnostics& its_diagnostics)
      : reading(its_reading), diagnostics(its_diagnostics), reader(its_diagnostics) {}

  /// Adds a line to the comment at a path of the native document.
  void comment(const std::string& at, const std::string& line);
  /// Tells of a key of `part` that leat has no use for, and why.
  void left_out(const NodeEntry& entry, const std::string& part, const std::string& why,
                Severity severity = Severity::note);
  /// The same of sizes of batches.
  void leave_out_sizes(const Node& mapping, const std::string& part);
  /// A text that must be there; nothing, which was told, if it is not.
  [[nodiscard]] std::optional<Node> text(const Node& mapping, const std::string& part, const char* key);
  /// The URL of a database, or a reference to that variable; it becomes the connection `name`.
  [[nodiscard]] Node database(const Node& mapping, const std::string& part, const char* key,
                              const char* variable, const char* name);

  const PlatformReading& reading;
  Diagnostics& diagnostics;
  NodeReader reader;
  DocumentComments comments;
};

/// Reads `persistence`, which stands at `part`, into a load. Returns the target's connection.
[[nodiscard]] Node read_persistence(const Node& node, const std::string& part, PlatformContext& context,
                                    Node& load);

}  // namespace leat::documents_detail
