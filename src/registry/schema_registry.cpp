#include "leat/registry/schema_registry.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "registry/schema_json.hpp"
#include "registry/schema_memory.hpp"
#include "registry/schema_store.hpp"

namespace leat {
namespace {

using registry_detail::SubjectState;
using registry_detail::SubjectWrite;

void require_subject(const std::string& subject) {
  constexpr std::size_t most = 200;
  const bool has_others = std::any_of(subject.begin(), subject.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '@' || static_cast<unsigned char>(c) == 0x7f;
  });
  if (!subject.empty() && subject.size() <= most && !has_others) return;
  throw Error(ErrorKind::config,
              "a subject has 1 to 200 letters that can be seen, and no '@': \"" + subject + "\"");
}

/// Towards which versions a rule looks, the newest first.
std::vector<const SchemaVersion*> checked_by(const SchemaRule& rule, const SubjectState& state) {
  std::vector<const SchemaVersion*> versions;
  if (rule.kind == SchemaRuleKind::none) return versions;
  for (auto i = state.versions.rbegin(); i != state.versions.rend(); ++i) {
    versions.push_back(&*i);
    if (!rule.transitive) break;
  }
  return versions;
}

std::vector<SchemaChange> changes_from(const SubjectState& state, const RegisteredSchema& schema,
                                       const SchemaRule& rule) {
  auto versions = checked_by(rule, state);
  // Changes are told also where nothing is asked of them.
  if (versions.empty() && !state.versions.empty()) versions.push_back(&state.versions.back());
  std::vector<SchemaChange> all;
  for (const auto* version : versions) {
    auto changes = compare_schemas(version->schema, schema, rule);
    for (auto& change : changes) {
      change.version = version->version;
      all.push_back(std::move(change));
    }
  }
  return all;
}

const SchemaVersion* same_content(const SubjectState& state, const RegisteredSchema& schema) {
  const std::string content = to_json(schema);
  for (const auto& version : state.versions) {
    if (to_json(version.schema) == content) return &version;
  }
  return nullptr;
}

/// @throws Error (config) for a subject that has no version.
SubjectState known_state(registry_detail::SchemaBackend& backend, const std::string& subject,
                         const std::stop_token& stop) {
  SubjectState state = backend.read(subject, stop);
  if (!state.versions.empty()) return state;
  std::vector<std::string> known;
  for (auto& one : backend.list(stop)) known.push_back(std::move(one.subject));
  throw Error(ErrorKind::config,
              "there is no schema \"" + subject + "\"" + detail::did_you_mean(subject, known),
              {.hint = known.empty() ? "none was ever registered there" : ""});
}

}  // namespace

std::string_view to_string(SchemaOrigin origin) {
  switch (origin) {
    case SchemaOrigin::declared:
      return "declared";
    case SchemaOrigin::table:
      return "table";
    case SchemaOrigin::transform:
      return "transform";
    case SchemaOrigin::load:
      break;
  }
  return "load";
}

SchemaRegistry::SchemaRegistry(SchemaRegistryOptions options)
    : backend_(std::make_shared<registry_detail::StoredSchemas>(std::move(options))) {}

SchemaRegistry::SchemaRegistry(std::shared_ptr<registry_detail::SchemaBackend> backend)
    : backend_(std::move(backend)) {}

SchemaRegistry SchemaRegistry::in_memory() {
  return SchemaRegistry(std::make_shared<registry_detail::MemorySchemas>());
}

SchemaRegistration SchemaRegistry::add(const std::string& subject, const RegisteredSchema& schema,
                                       const RegisterSchema& how, std::stop_token stop) const {
  require_subject(subject);
  require_sound(schema);
  SchemaRegistration result;
  backend_->change(
      subject,
      [&](const SubjectState& state) {
        result = {.rule = how.rule.value_or(state.rule.value_or(SchemaRule{}))};
        SubjectWrite write;
        if (!state.rule || (how.rule && how.rule != state.rule)) write.rule = result.rule;
        if (const SchemaVersion* same = same_content(state, schema)) {
          result.accepted = true;
          result.version = same->version;
          return write;
        }
        result.changes = changes_from(state, schema, result.rule);
        if (!how.only_tell && !allows(result.changes)) return SubjectWrite{};
        result.accepted = true;
        result.is_new = true;
        result.version = state.versions.empty() ? 1 : state.versions.back().version + 1;
        write.version = SchemaVersion{.subject = subject,
                                      .version = result.version,
                                      .schema = schema,
                                      .origin = how.origin,
                                      .rule = how.only_tell ? SchemaRule{SchemaRuleKind::none} : result.rule};
        for (const auto* version : checked_by(write.version->rule, state)) {
          write.version->checked_against.push_back(version->version);
        }
        return write;
      },
      stop);
  return result;
}

SchemaCheck SchemaRegistry::check(const std::string& subject, const RegisteredSchema& schema,
                                  std::optional<SchemaRule> rule, std::stop_token stop) const {
  require_sound(schema);
  const SubjectState state = known_state(*backend_, subject, stop);
  const SchemaVersion* same = same_content(state, schema);
  SchemaCheck result{.rule = rule.value_or(state.rule.value_or(SchemaRule{})),
                     .latest = state.versions.back().version,
                     .same_as = same == nullptr ? 0 : same->version};
  result.changes = changes_from(state, schema, result.rule);
  return result;
}

std::vector<SchemaSubject> SchemaRegistry::list(std::stop_token stop) const {
  return backend_->list(stop);
}

std::vector<SchemaVersion> SchemaRegistry::history(const std::string& subject, std::stop_token stop) const {
  return backend_->read(subject, stop).versions;
}

std::vector<SchemaLoad> SchemaRegistry::loads(const std::string& subject, std::stop_token stop) const {
  return backend_->loads(subject, stop);
}

SchemaVersion SchemaRegistry::show(const std::string& subject, int version, std::stop_token stop) const {
  auto versions = known_state(*backend_, subject, stop).versions;
  if (version == 0) return std::move(versions.back());
  for (auto& one : versions) {
    if (one.version == version) return std::move(one);
  }
  throw Error(ErrorKind::config, "the schema \"" + subject + "\" has no version " + std::to_string(version),
              {.hint = "it has " + std::to_string(versions.size())});
}

void SchemaRegistry::set_rule(const std::string& subject, const SchemaRule& rule,
                              std::stop_token stop) const {
  static_cast<void>(show(subject, 0, stop));
  backend_->change(
      subject, [&](const SubjectState&) { return SubjectWrite{.rule = rule}; }, stop);
}

void SchemaRegistry::note_load(const std::string& subject, const std::string& load, int version,
                               std::stop_token stop) const {
  static_cast<void>(show(subject, version, stop));
  backend_->change(
      subject,
      [&](const SubjectState&) { return SubjectWrite{.load = SchemaLoad{.load = load, .version = version}}; },
      stop);
}

SchemaReference parse_schema_reference(std::string_view text) {
  const auto at = text.rfind('@');
  SchemaReference reference{.subject = std::string(text.substr(0, at))};
  require_subject(reference.subject);
  if (at == std::string_view::npos) return reference;
  const std::string_view number = text.substr(at + 1);
  if (number == "latest") return reference;
  const auto [end, failure] =
      std::from_chars(number.data(), number.data() + number.size(), reference.version);
  if (failure != std::errc{} || end != number.data() + number.size() || reference.version < 1) {
    throw Error(ErrorKind::config, "\"" + std::string(text) + "\" names no version",
                {.hint = "write " + reference.subject + "@1, or " + reference.subject + "@latest"});
  }
  return reference;
}

std::string to_json(const SchemaVersion& version) {
  using registry_detail::Json;
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  Json out{{"subject", version.subject},
           {"version", version.version},
           {"rule", to_string(version.rule)},
           {"checked_against", version.checked_against},
           {"origin", to_string(version.origin)},
           {"description", or_null(version.schema.description)},
           {"created_at", or_null(version.created_at)},
           {"created_by", or_null(version.created_by)},
           {"sha256", or_null(version.sha256)}};
  out.update(registry_detail::to_document(version.schema));
  return registry_detail::json_line(out);
}

std::string to_json(const std::vector<SchemaSubject>& subjects) {
  using registry_detail::Json;
  Json list = Json::array();
  for (const auto& one : subjects) {
    list.push_back({{"subject", one.subject},
                    {"rule", to_string(one.rule)},
                    {"versions", one.versions},
                    {"changed_at", one.changed_at.empty() ? Json() : Json(one.changed_at)}});
  }
  return registry_detail::json_line({{"subjects", std::move(list)}});
}

}  // namespace leat
