#include "leat/registry/transform_registry.hpp"

#include <array>
#include <utility>

#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "registry/registry_session.hpp"
#include "registry/sha256.hpp"
#include "registry/transform_records.hpp"
#include "registry/transform_tables.hpp"

namespace leat {
namespace registry_detail {
namespace {

constexpr const char* select_transform =
    "SELECT name, version, document, text, pg_catalog.encode(sha256, 'hex'), kind, description, "
    "input_columns, output_columns, created_at, created_by FROM leat_meta.transforms ";

RegisteredTransform transform_of(const Result& found, std::size_t row) {
  const auto text = [&](std::size_t column) { return std::string(found.text(row, column)); };
  RegisteredTransform one;
  one.name = text(0);
  one.version = static_cast<std::int32_t>(found.integer(row, 1));
  one.document = text(2);
  one.text = text(3);
  one.sha256 = text(4);
  one.kind = text(5);
  one.description = text(6);
  one.input = columns_of(text(7));
  one.output = columns_of(text(8));
  one.created_at = text(9);
  one.created_by = text(10);
  return one;
}

std::optional<RegisteredTransform> with_content(Connection& store, const std::string& name,
                                                const std::string& sha256, const std::stop_token& stop) {
  const std::array<Parameter, 2> values{name, sha256};
  const Result found = store.execute(
      std::string(select_transform) + "WHERE name = $1 AND sha256 = pg_catalog.decode($2, 'hex')", values,
      stop);
  if (found.empty()) return std::nullopt;
  return transform_of(found, 0);
}

RegisteredTransform insert(Connection& store, const NewTransform& transform, const std::string& sha256,
                           const std::stop_token& stop) {
  const std::array<Parameter, 9> values{transform.name,
                                        transform.document,
                                        transform.text,
                                        sha256,
                                        transform.kind,
                                        transform.description,
                                        columns_json(transform.input),
                                        columns_json(transform.output),
                                        tests_json(transform.document)};
  const Result made = store.execute(
      "INSERT INTO leat_meta.transforms (name, version, document, text, sha256, kind, description, "
      "input_columns, output_columns, tests) SELECT $1, 1 + COALESCE((SELECT pg_catalog.max(version) FROM "
      "leat_meta.transforms WHERE name = $1), 0), $2::pg_catalog.jsonb, $3, pg_catalog.decode($4, 'hex'), "
      "$5, "
      "$6, $7::pg_catalog.jsonb, $8::pg_catalog.jsonb, $9::pg_catalog.jsonb RETURNING version, created_at, "
      "created_by",
      values, stop);
  RegisteredTransform one{transform};
  one.version = static_cast<std::int32_t>(made.integer(0, 0));
  one.sha256 = sha256;
  one.created_at = std::string(made.text(0, 1));
  one.created_by = std::string(made.text(0, 2));
  return one;
}

std::vector<std::string> names_in(Connection& store, const std::stop_token& stop) {
  const Result found =
      store.execute("SELECT DISTINCT name FROM leat_meta.transforms ORDER BY name", {}, stop);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < found.rows(); ++i) names.emplace_back(found.text(i, 0));
  return names;
}

std::vector<std::int32_t> versions_in(Connection& store, const std::string& name,
                                      const std::stop_token& stop) {
  const std::array<Parameter, 1> values{name};
  const Result found = store.execute(
      "SELECT version FROM leat_meta.transforms WHERE name = $1 ORDER BY version", values, stop);
  std::vector<std::int32_t> versions;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    versions.push_back(static_cast<std::int32_t>(found.integer(i, 0)));
  }
  return versions;
}

}  // namespace
}  // namespace registry_detail

TransformRegistry::TransformRegistry(TransformRegistryOptions options) : options_(std::move(options)) {}

Registration TransformRegistry::add(const NewTransform& transform, std::stop_token stop) {
  using namespace registry_detail;
  require_sound_transform(transform);
  const std::string hash = sha256(transform.document);
  return unless_registry_stopped([&] {
    Connection store = open_store(options_, stop);
    make_transforms(store, stop);
    Registration done;
    postgres_detail::in_transaction(store, stop, [&] {
      // Whoever adds waits here, so that each sees what those before have added.
      const Result table =
          store.execute("SELECT 'leat_meta.transforms'::pg_catalog.regclass::pg_catalog.oid", {}, stop);
      static_cast<void>(store.execute(
          "SELECT pg_catalog.pg_advisory_xact_lock(" + postgres_detail::meta_lock_key(table.oid(0, 0)) + ")",
          {}, stop));
      auto same = with_content(store, transform.name, hash, stop);
      done.is_new = !same;
      done.transform = same ? std::move(*same) : insert(store, transform, hash, stop);
    });
    return done;
  });
}

RegisteredTransform TransformRegistry::find(const TransformReference& reference, std::stop_token stop) const {
  using namespace registry_detail;
  return unless_registry_stopped([&] {
    Connection store = open_store(options_, stop);
    if (!look_at_transforms(store, stop).exists) {
      throw unknown_transform(reference, options_.store.label, {}, {});
    }
    const std::array<Parameter, 2> values{
        reference.name, reference.version ? Parameter(std::to_string(*reference.version)) : Parameter()};
    const Result found = store.execute(
        std::string(select_transform) +
            "WHERE name = $1 AND ($2::pg_catalog.int4 IS NULL OR version = $2) ORDER BY version DESC LIMIT 1",
        values, stop);
    if (!found.empty()) return transform_of(found, 0);
    auto versions = versions_in(store, reference.name, stop);
    auto names = versions.empty() ? names_in(store, stop) : std::vector<std::string>();
    throw unknown_transform(reference, options_.store.label, names, versions);
  });
}

std::vector<TransformSummary> TransformRegistry::list(std::stop_token stop) const {
  using namespace registry_detail;
  return unless_registry_stopped([&] {
    std::vector<TransformSummary> all;
    Connection store = open_store(options_, stop);
    if (!look_at_transforms(store, stop).exists) return all;
    const Result found = store.execute(
        "SELECT DISTINCT ON (name) name, version, pg_catalog.count(*) OVER (PARTITION BY name), kind, "
        "description, created_at, created_by FROM leat_meta.transforms ORDER BY name, version DESC",
        {}, stop);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      all.push_back({.name = std::string(found.text(i, 0)),
                     .version = static_cast<std::int32_t>(found.integer(i, 1)),
                     .versions = static_cast<std::size_t>(found.integer(i, 2)),
                     .kind = std::string(found.text(i, 3)),
                     .description = std::string(found.text(i, 4)),
                     .created_at = std::string(found.text(i, 5)),
                     .created_by = std::string(found.text(i, 6))});
    }
    return all;
  });
}

}  // namespace leat
