#include "leat/registry/memory_registry.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "registry/sha256.hpp"
#include "registry/transform_records.hpp"

namespace leat {
namespace {

/// As a server prints it whose zone is UTC.
std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S+00", &parts)};
}

}  // namespace

MemoryRegistry::MemoryRegistry() = default;
MemoryRegistry::~MemoryRegistry() = default;

Registration MemoryRegistry::add(const NewTransform& transform, std::stop_token /*nothing waits*/) {
  registry_detail::require_sound_transform(transform);
  const std::scoped_lock lock(mutex_);
  auto& versions = transforms_[transform.name];
  const auto same = std::find_if(versions.begin(), versions.end(), [&](const RegisteredTransform& one) {
    return one.document == transform.document;
  });
  if (same != versions.end()) return {.transform = *same};
  RegisteredTransform made{transform};
  made.version = static_cast<std::int32_t>(versions.size()) + 1;
  made.sha256 = registry_detail::sha256(transform.document);
  made.created_at = now_text();
  versions.push_back(made);
  return {.transform = std::move(made), .is_new = true};
}

RegisteredTransform MemoryRegistry::find(const TransformReference& reference,
                                         std::stop_token /*nothing waits*/) const {
  const std::scoped_lock lock(mutex_);
  const auto found = transforms_.find(reference.name);
  if (found == transforms_.end()) {
    std::vector<std::string> names;
    for (const auto& one : transforms_) names.push_back(one.first);
    throw registry_detail::unknown_transform(reference, "this program's registry", names, {});
  }
  const auto& versions = found->second;
  if (!reference.version) return versions.back();
  const auto number = static_cast<std::size_t>(std::max(*reference.version, 0));
  if (number >= 1 && number <= versions.size()) return versions[number - 1];
  std::vector<std::int32_t> numbers;
  for (const auto& one : versions) numbers.push_back(one.version);
  throw registry_detail::unknown_transform(reference, "this program's registry", {}, numbers);
}

std::vector<TransformSummary> MemoryRegistry::list(std::stop_token /*nothing waits*/) const {
  const std::scoped_lock lock(mutex_);
  std::vector<TransformSummary> all;
  for (const auto& [name, versions] : transforms_) {
    const auto& last = versions.back();
    all.push_back({.name = name,
                   .version = last.version,
                   .versions = versions.size(),
                   .kind = last.kind,
                   .description = last.description,
                   .created_at = last.created_at,
                   .created_by = last.created_by});
  }
  return all;
}

}  // namespace leat
