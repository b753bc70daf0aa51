#include "leat/postgres/catalog/type_info.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "leat/data/type_oids.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/questions.hpp"
#include "leat/postgres/session/detail/server_versions.hpp"
#include "postgres/catalog/read_enum_labels.hpp"

namespace leat {
namespace {

using postgres_detail::oid_array;

/// The types of $1 and all that they are made of.
std::string type_info_query(int server_version) {
  const bool multiranges = server_version >= postgres_detail::first_version_with_multiranges;
  return std::string(R"(
WITH RECURSIVE reached(oid) AS (
  SELECT u.oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS u(oid)
  UNION
  SELECT part.oid FROM reached r JOIN pg_catalog.pg_type t ON t.oid = r.oid
  CROSS JOIN LATERAL (
    SELECT t.typbasetype WHERE t.typtype = 'd'
    UNION ALL SELECT t.typelem WHERE t.typtype = 'b' AND t.typcategory = 'A'
    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
              WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid)") +
         (multiranges
              ? " UNION ALL SELECT g.rngtypid FROM pg_catalog.pg_range g WHERE g.rngmultitypid = t.oid"
              : "") +
         R"(
  ) AS part(oid)
)
SELECT t.oid, pg_catalog.format_type(t.oid, NULL), t.typname, t.typtype, t.typbasetype, t.typtypmod,
       CASE WHEN t.typtype = 'b' AND t.typcategory = 'A' THEN t.typelem WHEN t.typtype = 'r' THEN g.rngsubtype)" +
         (multiranges ? " WHEN t.typtype = 'm' THEN m.rngtypid" : "") + R"( ELSE 0 END,
       t.typsend <> 0 AND t.typreceive <> 0,
       COALESCE(e.extname || ' ' || e.extversion, ''), t.typdefault IS NOT NULL,
       t.typnotnull
FROM reached r
JOIN pg_catalog.pg_type t ON t.oid = r.oid
LEFT JOIN pg_catalog.pg_range g ON g.rngtypid = t.oid)" +
         (multiranges ? " LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid" : "") + R"(
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
  AND d.objid = t.oid AND d.objsubid = 0 AND d.deptype = 'e'
  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid)";
}

constexpr const char* field_info_query = R"(
SELECT t.oid, a.attname, a.atttypid, a.atttypmod
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid
WHERE t.oid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY t.oid, a.attnum)";

struct FieldRow {
  std::string name;
  Oid type;
  std::int32_t typmod;
};

/// A row of pg_type with what belongs to it.
struct TypeRow {
  std::string name;
  std::string catalog_name;
  char typtype = 'b';
  Oid base = 0;  // of a domain
  std::int32_t base_typmod = -1;
  Oid part = 0;
  bool has_binary = true;
  std::string extension;
  bool has_default = false;
  bool not_null = false;  // of a domain
  std::vector<std::string> labels{};
  std::vector<FieldRow> fields{};
};

TypeKind to_type_kind(const TypeRow& row) {
  switch (row.typtype) {
    case 'c':
      return TypeKind::composite;
    case 'e':
      return TypeKind::enumeration;
    case 'r':
      return TypeKind::range;
    case 'm':
      return TypeKind::multirange;
    case 'p':
      return TypeKind::pseudo;
    default:
      return row.part != 0 ? TypeKind::array : TypeKind::base;
  }
}

/// False for a type of which a server may refuse the binary form that it has written itself. An empty tsquery
/// is refused by PostgreSQL 15.18 and 17.11 and taken by 15.20: no version is known to be safe.
bool reads_what_it_sends(Oid type) {
  return type != oid::tsquery;
}

/// Puts types together from their rows.
class TypeReader {
 public:
  TypeReader(Connection& connection, std::span<const Oid> types, const std::stop_token& stop)
      : server_version_(connection.server_version()) {
    std::vector<Oid> distinct(types.begin(), types.end());
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    const std::array<Parameter, 1> wanted{oid_array(distinct)};
    const Result found =
        postgres_detail::ask_one(connection, type_info_query(connection.server_version()), wanted, stop);
    std::vector<Oid> enums;
    std::vector<Oid> composites;
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const Oid oid = found.oid(i, 0);
      TypeRow row{.name = std::string(found.text(i, 1)),
                  .catalog_name = std::string(found.text(i, 2)),
                  .typtype = found.text(i, 3).empty() ? 'b' : found.text(i, 3).front(),
                  .base = found.oid(i, 4),
                  .base_typmod = static_cast<std::int32_t>(found.integer(i, 5)),
                  .part = found.oid(i, 6),
                  .has_binary = found.boolean(i, 7) && reads_what_it_sends(oid),
                  .extension = std::string(found.text(i, 8)),
                  .has_default = found.boolean(i, 9),
                  .not_null = found.boolean(i, 10)};
      if (row.typtype == 'e') enums.push_back(oid);
      if (row.typtype == 'c') composites.push_back(oid);
      rows_.emplace(oid, std::move(row));
    }
    for (auto& [oid, labels] : postgres_detail::read_enum_labels(connection, enums, stop)) {
      rows_.at(oid).labels = std::move(labels);
    }
    if (!composites.empty()) read_fields(connection, composites, stop);
  }

  [[nodiscard]] TypeInfo describe(Oid oid) const {
    TypeInfo info{.oid = oid, .base = oid, .has_binary = false};
    const auto own = rows_.find(oid);
    if (own == rows_.end()) return info;
    info.name = own->second.name;
    info.has_default = own->second.has_default;
    const TypeRow* row = &own->second;
    while (row->typtype == 'd') {
      info.names_large_objects = info.names_large_objects || row->catalog_name == "lo";
      if (info.base_typmod < 0) info.base_typmod = row->base_typmod;
      info.base = row->base;
      info.not_null = info.not_null || row->not_null;
      row = &rows_.at(row->base);
    }
    info.base_name = row->catalog_name;
    info.kind = to_type_kind(*row);
    info.has_binary = row->has_binary;
    info.extension = row->extension;
    info.labels = row->labels;
    info.server_version = server_version_;
    if (row->part != 0) info.parts.push_back(describe(row->part));
    for (const FieldRow& field : row->fields) {
      info.parts.push_back(describe(field.type));
      info.field_names.push_back(field.name);
      info.field_typmods.push_back(field.typmod);
    }
    return info;
  }

 private:
  void read_fields(Connection& connection, std::span<const Oid> composites, const std::stop_token& stop) {
    const std::array<Parameter, 1> wanted{oid_array(composites)};
    const Result found = postgres_detail::ask_one(connection, field_info_query, wanted, stop);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      rows_.at(found.oid(i, 0))
          .fields.push_back({.name = std::string(found.text(i, 1)),
                             .type = found.oid(i, 2),
                             .typmod = static_cast<std::int32_t>(found.integer(i, 3))});
    }
  }

  const int server_version_;
  std::map<Oid, TypeRow> rows_;
};

}  // namespace

bool TypeInfo::is_made_of(Oid type) const {
  return base == type || std::any_of(parts.begin(), parts.end(),
                                     [type](const TypeInfo& part) { return part.is_made_of(type); });
}

std::vector<TypeInfo> TableManager::describe_types(std::span<const Oid> types, std::stop_token stop) {
  if (types.empty()) return {};
  const TypeReader reader(connection_, types, stop);
  std::vector<TypeInfo> infos;
  infos.reserve(types.size());
  for (const Oid type : types) infos.push_back(reader.describe(type));
  return infos;
}

}  // namespace leat
