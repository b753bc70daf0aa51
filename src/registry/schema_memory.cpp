#include "registry/schema_memory.hpp"

#include <utility>

namespace leat::registry_detail {

SubjectState MemorySchemas::read(const std::string& subject, const std::stop_token&) {
  const std::scoped_lock lock(mutex_);
  const auto found = subjects_.find(subject);
  return found == subjects_.end() ? SubjectState{} : found->second.state;
}

std::vector<SchemaSubject> MemorySchemas::list(const std::stop_token&) {
  const std::scoped_lock lock(mutex_);
  std::vector<SchemaSubject> all;
  for (const auto& [name, kept] : subjects_) {
    all.push_back({.subject = name,
                   .rule = kept.state.rule.value_or(SchemaRule{}),
                   .versions = static_cast<int>(kept.state.versions.size())});
  }
  return all;
}

std::vector<SchemaLoad> MemorySchemas::loads(const std::string& subject, const std::stop_token&) {
  const std::scoped_lock lock(mutex_);
  std::vector<SchemaLoad> all;
  const auto found = subjects_.find(subject);
  if (found == subjects_.end()) return all;
  for (const auto& [load, version] : found->second.loads) all.push_back({.load = load, .version = version});
  return all;
}

void MemorySchemas::change(const std::string& subject,
                           const std::function<SubjectWrite(const SubjectState&)>& decide,
                           const std::stop_token&) {
  const std::scoped_lock lock(mutex_);
  const auto found = subjects_.find(subject);
  SubjectWrite write = decide(found == subjects_.end() ? SubjectState{} : found->second.state);
  if (write.empty()) return;
  Kept& kept = subjects_[subject];
  if (write.version) kept.state.versions.push_back(std::move(*write.version));
  if (write.rule) kept.state.rule = write.rule;
  if (write.load) kept.loads[write.load->load] = write.load->version;
}

}  // namespace leat::registry_detail
