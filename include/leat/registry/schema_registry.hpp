#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/registry/compare_schemas.hpp"
#include "leat/registry/registered_schema.hpp"
#include "leat/registry/schema_rule.hpp"

namespace leat {

namespace registry_detail {
class SchemaBackend;
}

/// Which database keeps the schemas, and how the session behaves.
struct SchemaRegistryOptions {
  ResolvedConnection store{};
  /// For connecting, locks and statements.
  JobLimits limits{};
  /// What pg_stat_activity shows.
  std::string application_name = "leat";
  Logger log{};
};

/// Where a version came from.
enum class SchemaOrigin {
  declared,   ///< a document
  table,      ///< a table of a database
  transform,  ///< what a transform makes
  load,       ///< what a load has found
};

/// "declared", "table", "transform" or "load".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(SchemaOrigin origin);

/// A version of a subject's schema. It never changes.
struct SchemaVersion {
  std::string subject{};
  int version = 0;  ///< counted from 1
  RegisteredSchema schema{};
  SchemaOrigin origin = SchemaOrigin::declared;
  SchemaRule rule{};                   ///< by which it was checked
  std::vector<int> checked_against{};  ///< earlier versions
  std::string created_at{};            ///< empty in memory
  std::string created_by{};            ///< the role; empty in memory
  std::string sha256{};                ///< of the content, in hexadecimal digits; empty in memory
};

/// A subject, without its schemas.
struct SchemaSubject {
  std::string subject{};
  SchemaRule rule{};  ///< by which the next version is checked
  int versions = 0;
  std::string changed_at{};  ///< when the last version came; empty in memory
};

/// How a schema is registered.
struct RegisterSchema {
  /// From now on the subject's rule, if the schema is taken. Not set: the rule it has; `readers` for a new
  /// subject.
  std::optional<SchemaRule> rule{};
  SchemaOrigin origin = SchemaOrigin::declared;
  /// The schema is taken whatever the rule says of its changes, which are told all the same.
  bool only_tell = false;
};

/// What became of a schema.
struct SchemaRegistration {
  bool accepted = false;
  bool is_new = false;  ///< false: that content was registered before, as `version`
  int version = 0;      ///< 0 if it was refused
  SchemaRule rule{};
  /// Towards the versions that the rule names, the newest first, whether refused or not.
  std::vector<SchemaChange> changes{};
};

/// What a rule says of a schema that is not registered.
struct SchemaCheck {
  SchemaRule rule{};
  int latest = 0;   ///< the newest version
  int same_as = 0;  ///< the version with the same content; 0: none
  std::vector<SchemaChange> changes{};

  [[nodiscard]] bool fits() const noexcept { return allows(changes); }
};

/// A load, and the version of a subject that it has found before its first row, last.
struct SchemaLoad {
  std::string load{};
  int version = 0;
  std::string seen_at{};  ///< empty in memory
};

/// Schemas by subject and version, in the tables schemas, schema_rules and schema_loads of a database's
/// leat_meta, which are made with the first registration, or in memory. Versions never change and are all
/// kept; the same content has one version. Each call opens a session of its own. Thread-safe; several
/// processes may register at the same time, and a subject's versions are counted without gaps.
class LEAT_EXPORT SchemaRegistry {
 public:
  explicit SchemaRegistry(SchemaRegistryOptions options);
  /// Lasts as long as the object and its copies.
  [[nodiscard]] static SchemaRegistry in_memory();

  /// Registers a schema, if the subject's rule allows it; else nothing is changed.
  /// @param subject 1 to 200 letters that can be seen, without '@'.
  /// @throws Error (config) for a schema that is none, or such a subject; Error (target); Error (cancelled).
  [[nodiscard]] SchemaRegistration add(const std::string& subject, const RegisteredSchema& schema,
                                       const RegisterSchema& how = {}, std::stop_token stop = {}) const;

  /// What would become of it by the subject's rule, or by another one. Changes nothing.
  /// @throws what show() throws.
  [[nodiscard]] SchemaCheck check(const std::string& subject, const RegisteredSchema& schema,
                                  std::optional<SchemaRule> rule = {}, std::stop_token stop = {}) const;

  /// By name; none where nothing was ever registered. @throws Error (target); Error (cancelled).
  [[nodiscard]] std::vector<SchemaSubject> list(std::stop_token stop = {}) const;
  /// All versions, the oldest first; none for an unknown subject.
  [[nodiscard]] std::vector<SchemaVersion> history(const std::string& subject,
                                                   std::stop_token stop = {}) const;
  /// @param version 0: the newest. @throws Error (config) where there is none; Error (target, cancelled).
  [[nodiscard]] SchemaVersion show(const std::string& subject, int version = 0,
                                   std::stop_token stop = {}) const;
  /// The loads that have found a version of the subject, by name.
  [[nodiscard]] std::vector<SchemaLoad> loads(const std::string& subject, std::stop_token stop = {}) const;

  /// The subject's rule from now on. @throws Error (config) for an unknown subject; Error (target,
  /// cancelled).
  void set_rule(const std::string& subject, const SchemaRule& rule, std::stop_token stop = {}) const;
  /// Notes that a load has found that version. @throws as show() does.
  void note_load(const std::string& subject, const std::string& load, int version,
                 std::stop_token stop = {}) const;

 private:
  explicit SchemaRegistry(std::shared_ptr<registry_detail::SchemaBackend> backend);

  std::shared_ptr<registry_detail::SchemaBackend> backend_;
};

/// A subject as people write it: "orders@3", "orders@latest", "orders".
struct SchemaReference {
  std::string subject{};
  int version = 0;  ///< 0: the newest
};
/// @throws Error (config) for another text.
[[nodiscard]] LEAT_EXPORT SchemaReference parse_schema_reference(std::string_view text);

[[nodiscard]] LEAT_EXPORT std::string to_json(const SchemaVersion& version);
/// {"subjects": [{subject, rule, versions, changed_at}]}
[[nodiscard]] LEAT_EXPORT std::string to_json(const std::vector<SchemaSubject>& subjects);

}  // namespace leat
