#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/registry/transform_reference.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

namespace leat {

/// A transform that is to be kept.
struct NewTransform {
  std::string name{};
  std::string text{};      ///< the document, as its author wrote it; at most SourceText::most_bytes
  std::string document{};  ///< normal_transform() of it; from a store, members may have another order
  std::string kind{};      ///< transform_kind() of it
  std::string description{};
  std::vector<QueryColumn> input{};   ///< the columns that it was compiled for
  std::vector<QueryColumn> output{};  ///< those that it makes of them
};

/// A version of a transform. It never changes.
struct RegisteredTransform : NewTransform {
  std::int32_t version = 0;
  std::string sha256{};      ///< of `document`, in hexadecimal digits
  std::string created_at{};  ///< as the store prints it
  std::string created_by{};  ///< a role of the store

  [[nodiscard]] std::string reference() const { return name + "@" + std::to_string(version); }
};

/// What is known of all versions of a transform, in a line.
struct TransformSummary {
  std::string name{};
  std::int32_t version = 0;  ///< the newest one, of which are the others
  std::size_t versions = 0;  ///< how many there are
  std::string kind{};
  std::string description{};
  std::string created_at{};
  std::string created_by{};
};

/// What became of a transform that was to be kept.
struct Registration {
  RegisteredTransform transform{};
  bool is_new = false;  ///< else a version with this content was there
};

/// Keeps transforms by name and version: TransformRegistry, MemoryRegistry. A version never changes, and two
/// of a name have never the same content.
class LEAT_EXPORT TransformVersions {
 public:
  TransformVersions() = default;
  TransformVersions(const TransformVersions&) = delete;
  TransformVersions& operator=(const TransformVersions&) = delete;
  virtual ~TransformVersions();

  /// Keeps a transform under the number after the last one, whoever else does so at the same time; if a
  /// version has the same `document`, returns that. Nothing is compiled here: check_transform() does that.
  /// @throws Error (config) for a name that is none; what the store throws; Error (cancelled).
  virtual Registration add(const NewTransform& transform, std::stop_token stop = {}) = 0;

  /// @throws Error (config) where there is none, with the names, or versions, that there are.
  [[nodiscard]] virtual RegisteredTransform find(const TransformReference& reference,
                                                 std::stop_token stop = {}) const = 0;

  /// All of them, by name.
  [[nodiscard]] virtual std::vector<TransformSummary> list(std::stop_token stop = {}) const = 0;
};

/// "config", "sql", or "chain" for what uses another one or has several stages.
[[nodiscard]] LEAT_EXPORT std::string transform_kind(const TransformDocument& document);

/// How many tests its document has.
[[nodiscard]] LEAT_EXPORT std::size_t test_count(const NewTransform& transform);

/// A JSON object with all that is known.
[[nodiscard]] LEAT_EXPORT std::string to_json(const RegisteredTransform& transform);
/// {"transforms": […]}.
[[nodiscard]] LEAT_EXPORT std::string to_json(const std::vector<TransformSummary>& transforms);

}  // namespace leat
