#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "leat/core/error.hpp"
#include "leat/registry/schema_load_check.hpp"

namespace leat {
namespace {

/// Whether a load that is to have the very columns of a schema does not begin.
bool stands_against(const SchemaChange& change, const RegisteredSchema& registered) {
  switch (change.change) {
    case SchemaChangeKind::default_changed:
    case SchemaChangeKind::description_changed:
    case SchemaChangeKind::order_changed:
      return false;
    case SchemaChangeKind::column_added:
    case SchemaChangeKind::required_column_added:
      return !registered.allow_extra_columns;
    default:
      return true;
  }
}

std::string change_in_words(const SchemaChange& change) {
  std::string text = change.column.empty() ? "" : change.column + ": ";
  text += change.old.empty()   ? change.now + " is new"
          : change.now.empty() ? change.old + " is gone"
                               : change.old + " became " + change.now;
  return text + " [" + std::string(to_string(change.change)) + "]";
}

Error source_has_changed(const std::string& version, const std::vector<SchemaChange>& changes,
                         const std::string& hint) {
  std::string list;
  for (const auto& change : changes) list += (list.empty() ? "" : "; ") + change_in_words(change);
  return Error(ErrorKind::source, "the source's columns are not those of " + version + ": " + list,
               {.hint = hint});
}

/// What nobody knows of a query's columns is what the registered ones have.
void take_unknown(RegisteredSchema& found, const RegisteredSchema& registered) {
  for (auto& column : found.columns) {
    const RegisteredColumn* known = registered.find(column.name);
    if (known == nullptr) continue;
    RegisteredColumn taken = *known;
    taken.type = column.type;
    if (column.type != known->type) {
      taken.labels = column.labels;
      taken.base = column.base;
      taken.definition = column.definition;
    }
    column = std::move(taken);
  }
  // A key of which a part is missing is none.
  const bool is_whole = found.key().size() == registered.key().size();
  for (auto& column : found.columns) column.key = is_whole ? column.key : 0;
}

LoadSchemaOutcome check_columns(const SchemaReference& subject, const RegisteredSchema& found,
                                const SchemaVersion& registered) {
  LoadSchemaOutcome outcome{.subject = subject.subject, .version = registered.version};
  auto changes = compare_schemas(registered.schema, found, {.kind = SchemaRuleKind::none});
  for (auto& change : changes) change.version = registered.version;
  std::vector<SchemaChange> against;
  std::copy_if(changes.begin(), changes.end(), std::back_inserter(against),
               [&](const SchemaChange& change) { return stands_against(change, registered.schema); });
  if (!against.empty()) {
    throw source_has_changed(subject.subject + "@" + std::to_string(registered.version), against,
                             "register the new columns (SchemaRegistry::add()), or let the load do so "
                             "(on_change: evolve)");
  }
  outcome.changes = std::move(changes);
  return outcome;
}

LoadSchemaOutcome register_columns(const SchemaReference& subject, const RegisteredSchema& found,
                                   OnSchemaChange on_change, const SchemaRegistry& registry,
                                   const std::stop_token& stop) {
  const bool records = on_change == OnSchemaChange::record;
  auto registered =
      registry.add(subject.subject, found, {.origin = SchemaOrigin::load, .only_tell = records}, stop);
  if (!registered.accepted) {
    std::vector<SchemaChange> against;
    std::copy_if(registered.changes.begin(), registered.changes.end(), std::back_inserter(against),
                 [](const SchemaChange& change) { return change.verdict == SchemaVerdict::no; });
    throw source_has_changed(subject.subject + "@" + std::to_string(against.front().version) +
                                 ", and the rule " + to_string(registered.rule) + " does not allow that",
                             against,
                             "take the new columns all the same (on_change: record), or choose another rule");
  }
  return {.subject = subject.subject,
          .version = registered.version,
          .is_new = registered.is_new,
          .changes = std::move(registered.changes)};
}

}  // namespace

RegisteredSchema schema_of_columns(std::span<const TableColumn> columns) {
  RegisteredSchema schema;
  for (const auto& column : columns) {
    schema.columns.push_back({.name = column.name,
                              .type = column.type_name,
                              .nullable = !column.not_null,
                              .labels = column.type.labels});
  }
  return schema;
}

LoadSchemaOutcome check_load_schema(const LoadSchemaOptions& options, const SchemaRegistry& registry,
                                    std::stop_token stop) {
  const std::string& subject_text = options.wanted.subject.empty() ? options.load : options.wanted.subject;
  const SchemaReference subject = parse_schema_reference(subject_text);
  const bool fails = options.wanted.on_change == OnSchemaChange::fail;
  if (!fails && subject.version > 0) {
    throw Error(ErrorKind::config, "\"" + subject_text + "\" names a version, which is fixed",
                {.hint = "write " + subject.subject + ", or on_change: fail"});
  }
  RegisteredSchema found = options.found;
  require_sound(found);
  std::optional<SchemaVersion> registered;
  if (fails) {
    registered = registry.show(subject.subject, subject.version, stop);
  } else {
    auto history = registry.history(subject.subject, stop);
    if (!history.empty()) registered = std::move(history.back());
  }
  if (registered) {
    if (options.source == SchemaSource::query) take_unknown(found, registered->schema);
    // No table says that of itself.
    found.strict = registered->schema.strict;
    found.allow_extra_columns = registered->schema.allow_extra_columns;
  }
  LoadSchemaOutcome outcome =
      fails ? check_columns(subject, found, *registered)
            : register_columns(subject, found, options.wanted.on_change, registry, stop);
  registry.note_load(subject.subject, options.load, outcome.version, stop);
  return outcome;
}

}  // namespace leat
