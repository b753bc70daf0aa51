#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/registry/schema_registry.hpp"

namespace leat::registry_detail {

/// All that is kept of a subject.
struct SubjectState {
  std::optional<SchemaRule> rule{};
  std::vector<SchemaVersion> versions{};  ///< the oldest first
};

/// What is written of a subject, at once.
struct SubjectWrite {
  std::optional<SchemaVersion> version{};
  std::optional<SchemaRule> rule{};
  std::optional<SchemaLoad> load{};

  [[nodiscard]] bool empty() const { return !version && !rule && !load; }
};

/// Where schemas are kept. Thread-safe.
class SchemaBackend {
 public:
  SchemaBackend() = default;
  SchemaBackend(const SchemaBackend&) = delete;
  SchemaBackend& operator=(const SchemaBackend&) = delete;
  virtual ~SchemaBackend() = default;

  [[nodiscard]] virtual SubjectState read(const std::string& subject, const std::stop_token& stop) = 0;
  [[nodiscard]] virtual std::vector<SchemaSubject> list(const std::stop_token& stop) = 0;
  [[nodiscard]] virtual std::vector<SchemaLoad> loads(const std::string& subject,
                                                      const std::stop_token& stop) = 0;
  /// Writes what `decide` says of the subject's state, which nobody changes meanwhile.
  virtual void change(const std::string& subject,
                      const std::function<SubjectWrite(const SubjectState&)>& decide,
                      const std::stop_token& stop) = 0;
};

}  // namespace leat::registry_detail
