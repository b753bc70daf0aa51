#include "jobs/tables/foreign_keys.hpp"

#include <array>
#include <map>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/schema/type_maker.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"

namespace leat::jobs_detail {
namespace {

// $1 oids of the tables. The definition begins with what stands before it here.
constexpr const char* keys_of_tables_query = R"(
SELECT k.conrelid, k.conname, k.confrelid, n.nspname, r.relname, pg_catalog.pg_get_constraintdef(k.oid),
       'FOREIGN KEY (' ||
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY key.position)
        FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS key(number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = key.number) || ') REFERENCES ',
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(r.relname),
       COALESCE(pg_catalog.obj_description(k.oid, 'pg_constraint'), '')
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY ($1::pg_catalog.oid[])
ORDER BY k.conrelid, k.conname)";

/// A table that the source knows by its oid.
struct KnownTable {
  TableName target{};
  bool is_there = false;
  bool is_made = false;
};

}  // namespace

std::vector<std::string> make_foreign_keys(const TableSet& set, const std::vector<bool>& is_made,
                                           const std::vector<bool>& is_copied,
                                           const std::vector<ParentTable>& parents, const JobSessions& pair,
                                           const std::stop_token& stop) {
  std::map<Oid, KnownTable> known;
  std::vector<Oid> made;
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    const auto& source = set.source.tables[i];
    if (!source || !source->info) continue;
    known.emplace(source->info->oid, KnownTable{set.targets[i], is_copied[i], is_made[i]});
    if (is_made[i]) made.push_back(source->info->oid);
  }
  for (const auto& parent : parents) {
    known.emplace(parent.source.oid, KnownTable{parent.target, true, true});
    made.push_back(parent.source.oid);
  }
  if (made.empty()) return {};
  const std::array<Parameter, 1> oids{postgres_detail::oid_array(made)};
  postgres_detail::QualifiedNames names(*pair.source, stop);
  const Result found = pair.source->execute_long(keys_of_tables_query, oids, stop);
  names.restore(stop);
  std::vector<std::string> remarks;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const TableName& table = known.at(found.oid(i, 0)).target;
    const std::string name(found.text(i, 1));
    const std::string key = "foreign key " + display_identifier(name) + " of " + table.display();
    const TableName referenced{.schema = std::string(found.text(i, 3)),
                               .name = std::string(found.text(i, 4))};
    const auto other = known.find(found.oid(i, 2));
    if (other == known.end() || !other->second.is_there) {
      remarks.push_back(key + " is not made: " + referenced.display() +
                        ", which it references, is not copied");
      continue;
    }
    const std::string definition(found.text(i, 5));
    const std::string head(found.text(i, 6));
    const std::string begin = head + std::string(found.text(i, 7));
    if (!definition.starts_with(begin)) {
      remarks.push_back(key + " is not made: " + definition);
      continue;
    }
    const std::string named = "CONSTRAINT " + quote_identifier(name);
    const std::string sql = "ALTER TABLE " + table.sql() + " ADD " + named + " " + head +
                            other->second.target.sql() + definition.substr(begin.size());
    pair.target->begin(target_transaction, stop);
    auto refused = try_statement(*pair.target, sql, stop);
    if (!refused && !found.text(i, 8).empty()) {
      refused = try_statement(
          *pair.target, "COMMENT ON " + named + " ON " + table.sql() + " IS " + sql_literal(found.text(i, 8)),
          stop);
    }
    pair.target->commit(stop);
    if (refused)
      remarks.push_back(key + " is not made: " + refused->what() + "; when that is settled: " + sql);
  }
  return remarks;
}

}  // namespace leat::jobs_detail
