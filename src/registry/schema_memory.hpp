#pragma once

#include <map>
#include <mutex>

#include "registry/schema_backend.hpp"

namespace leat::registry_detail {

/// Schemas of this process alone.
class MemorySchemas final : public SchemaBackend {
 public:
  [[nodiscard]] SubjectState read(const std::string& subject, const std::stop_token& stop) override;
  [[nodiscard]] std::vector<SchemaSubject> list(const std::stop_token& stop) override;
  [[nodiscard]] std::vector<SchemaLoad> loads(const std::string& subject,
                                              const std::stop_token& stop) override;
  void change(const std::string& subject, const std::function<SubjectWrite(const SubjectState&)>& decide,
              const std::stop_token& stop) override;

 private:
  struct Kept {
    SubjectState state{};
    std::map<std::string, int> loads{};
  };

  std::mutex mutex_;
  // Guarded by mutex_
  std::map<std::string, Kept> subjects_;
};

}  // namespace leat::registry_detail
