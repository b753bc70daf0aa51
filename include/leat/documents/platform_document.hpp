#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/node.hpp"
#include "leat/documents/write_document.hpp"

namespace leat {

/// Whether a document is one of the Data Pipeline Platform: a mapping with `ingestion` or `persistence`, or
/// one that has them within `pipeline_config`. docs/convert.md.
[[nodiscard]] LEAT_EXPORT bool is_platform_document(const Node& document) noexcept;

/// How such a document is read.
struct PlatformReading {
  /// Of a transform's file that is not named by an absolute path.
  std::filesystem::path directory{};
  /// What is no SQL, or was taken otherwise than it reads, is written as it should be, as far as that is
  /// known; without it that is an error which says what to write.
  bool corrects = false;
  /// Heard while a file is read that is a pipe.
  std::stop_token stop{};
};

/// A document of loads that says the same.
struct NativeDocument {
  /// As read_document() would give it, with the places of what it was made of. Its references are still
  /// references; read_pipeline() reads it behind substitute().
  Node document{};
  /// What was left out or corrected, for to_yaml().
  DocumentComments comments{};
};

/// Reads a document of the Data Pipeline Platform, as far as it means what it says. All that is wrong goes to
/// `diagnostics`, under the document's own paths, and what it has no use for as a note. Where it names no
/// database there is a reference to the variable SOURCE_DB_URL or DEST_DB_URL. If there is an error, the
/// result is of no use.
/// @param document before substitute().
/// @throws Error (cancelled) after a stop.
[[nodiscard]] LEAT_EXPORT NativeDocument native_document(const Node& document, const PlatformReading& reading,
                                                         Diagnostics& diagnostics);

}  // namespace leat
