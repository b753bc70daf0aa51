#pragma once

#include "registry/schema_backend.hpp"

namespace leat::registry_detail {

/// Schemas in a database.
class StoredSchemas final : public SchemaBackend {
 public:
  explicit StoredSchemas(SchemaRegistryOptions options) : options_(std::move(options)) {}

  [[nodiscard]] SubjectState read(const std::string& subject, const std::stop_token& stop) override;
  [[nodiscard]] std::vector<SchemaSubject> list(const std::stop_token& stop) override;
  [[nodiscard]] std::vector<SchemaLoad> loads(const std::string& subject,
                                              const std::stop_token& stop) override;
  void change(const std::string& subject, const std::function<SubjectWrite(const SubjectState&)>& decide,
              const std::stop_token& stop) override;

 private:
  // Constant after construction
  SchemaRegistryOptions options_;
};

}  // namespace leat::registry_detail
