#include "jobs/survey/merge_key.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/postgres/catalog/detail/nearest_names.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {
namespace {

// $1 the table's oid: unique indexes of every kind, also those of its partitions that are no part of one of
// its own.
const std::string tree_query = R"(
WITH unique_index AS (
  SELECT i.indexrelid FROM pg_catalog.pg_index i
  WHERE (i.indisunique OR i.indisexclusion) AND i.indrelid = $1::pg_catalog.oid
  UNION ALL
  SELECT i.indexrelid
  FROM pg_catalog.pg_class c
  CROSS JOIN LATERAL pg_catalog.pg_partition_tree(c.oid::pg_catalog.regclass) AS p
  JOIN pg_catalog.pg_index i ON i.indrelid = p.relid::pg_catalog.oid
  WHERE c.oid = $1::pg_catalog.oid AND c.relkind = 'p' AND p.level > 0 AND (i.indisunique OR i.indisexclusion)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid))
)";

/// The operator of the type's default order, where it has one of its own; else records are compared, which
/// find it by the type.
std::string equality_of(Connection& session, const TableColumn& column, const std::stop_token& stop) {
  const Oid type = column.type.base;
  const std::array<Parameter, 1> number{std::to_string(type == oid::varchar ? oid::text : type)};
  const Result found = session.execute(R"(
SELECT 'OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ')'
FROM pg_catalog.pg_opclass c
JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod AND m.amname = 'btree'
JOIN pg_catalog.pg_amop a ON a.amopfamily = c.opcfamily AND a.amopstrategy = 3
  AND a.amoplefttype = c.opcintype AND a.amoprighttype = c.opcintype
JOIN pg_catalog.pg_operator o ON o.oid = a.amopopr
JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE c.opcdefault AND c.opcintype = $1::pg_catalog.oid)",
                                       number, stop);
  return found.empty() ? "" : std::string(found.text(0, 0));
}

/// Whether NULL is a value of the key like any other in that column.
bool null_counts(const KeyColumn& column) {
  return column.null_is_value;
}

/// Whether a unique index of the source keeps two rows from having the same key.
bool is_unique_in_source(const MergeKey& key, const std::vector<SourceColumn>& source,
                         const ColumnMatch& columns, const Writing& writing) {
  if (writing.rows_are_changed) return false;
  // The columns of the source that come as they are into a column of the key.
  std::vector<std::string> plain;
  for (const auto& column : key.columns) {
    const auto* const from = find_by(source, &SourceColumn::target, column.name);
    const auto* const planned = find_by(columns.planned, &PlannedColumn::name, column.name);
    if (from == nullptr || planned == nullptr) return false;
    const bool is_same = from->item.is_column && planned->how.empty() &&
                         planned->source_type == planned->target_type && column.is_exact;
    if (is_same) plain.push_back(from->column.name);
  }
  // An index that takes no NULL for equal to another one does not keep such rows from having the same key.
  const bool has_nulls = std::any_of(key.columns.begin(), key.columns.end(), null_counts);
  const auto keeps_apart = [&](const KeyColumn& column) {
    if (!contains(plain, column.name)) return false;
    const auto is_of_it = [&column](const SourceColumn& one) { return one.column.name == column.name; };
    const auto from = std::find_if(source.begin(), source.end(), is_of_it);
    return !has_nulls || column.null_is_value || (from != source.end() && from->column.not_null);
  };
  return std::any_of(writing.source_keys.begin(), writing.source_keys.end(),
                     [&keeps_apart](const UniqueKey& index) {
                       return std::all_of(index.columns.begin(), index.columns.end(), keeps_apart);
                     });
}

}  // namespace

bool may_copy_beside(Connection& session, const TableInfo& table, const std::stop_token& stop) {
  const std::array<Parameter, 1> oid{std::to_string(table.oid)};
  // A row has the lower 32 bits of its transaction's number, so that after as many transactions one that is
  // old may have those of a new one.
  return session
      .execute(tree_query +
                   "SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) "
                   "OPERATOR(pg_catalog.<) 4000000000 AND NOT EXISTS (SELECT FROM unique_index)",
               oid, stop)
      .boolean(0, 0);
}

void validate_key(WriteMode mode, std::span<const std::string> key) {
  if (!key.empty() && !uses_key(mode)) {
    throw Error(ErrorKind::config, "a key is of no use to the mode " + std::string(to_string(mode)),
                {.hint = "leave it out, or use upsert, insert-missing, delete-insert or sync"});
  }
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (contains(key.subspan(i + 1), key[i])) {
      throw Error(ErrorKind::config, "the key names the column " + quote_identifier(key[i]) + " twice");
    }
  }
}

std::optional<MergeKey> resolve_key(Connection& session, const TableFacts& target,
                                    const std::vector<SourceColumn>& source, const ColumnMatch& columns,
                                    const Writing& writing, std::vector<Finding>& findings,
                                    const std::stop_token& stop) {
  const TableInfo& table = *target.info;
  const std::string shown = table.name.display();
  const std::array<Parameter, 1> oid{std::to_string(table.oid)};
  const auto refuse = [&findings](const char* code, const std::string& message, const char* sqlstate,
                                  const std::string& hint) {
    findings.push_back(target_error(code, message, sqlstate, hint));
    return std::nullopt;
  };
  const auto unique = std::move(TableManager(session).unique_keys(std::span(&table.oid, 1), stop)[table.oid]);
  std::vector<std::string> names = writing.key;
  if (names.empty()) {
    if (unique.empty() || !unique.front().is_primary) {
      return refuse("key_missing",
                    shown + " has no primary key, so nothing tells which of its rows a row of the source is",
                    "", "name columns that do (.key a,b)");
    }
    for (const auto& column : unique.front().columns) names.push_back(column.name);
  }
  for (const auto& name : names) {
    if (table.find(name) != nullptr) continue;
    return refuse(
        "key_missing",
        "the key names the column " + quote_identifier(name) + ", which " + shown + " lacks" +
            postgres_detail::did_you_mean_column(name, table),
        "42703",
        "name columns of the target, in double quotes where letters are upper case, with commas between");
  }
  for (const auto& name : names) {
    if (contains(columns.targets, name)) continue;
    return refuse(
        "key_missing",
        "the key column " + quote_identifier(name) + " of " + shown + " gets no value from the source", "",
        "send it too, or name another key (.key)");
  }
  MergeKey key;
  const auto is_own = [&names](const UniqueKey& index) { return index.is_over(names); };
  const auto own = std::find_if(unique.begin(), unique.end(), is_own);
  key.is_unique = own != unique.end();
  if (key.is_unique) {
    key.columns = own->columns;
    for (auto& column : key.columns) {
      // As records are compared, in which NULL is equal to NULL.
      if (column.null_is_value) column.equals.clear();
    }
  } else if (writing.mode == WriteMode::delete_insert) {
    for (const auto& name : names) {
      key.columns.push_back({.name = name, .equals = equality_of(session, *table.find(name), stop)});
    }
  } else {
    return refuse("key_not_unique",
                  "no unique index of " + shown + " is over " + quoted_list(names) +
                      ", so nothing keeps several of its rows from having the same key",
                  "42P10",
                  "CREATE UNIQUE INDEX ON " + table.name.sql() + " (" + quoted_list(names) +
                      "), name another key (.key), or use delete-insert, which needs none");
  }
  key.has_other_unique =
      session.execute(tree_query + "SELECT pg_catalog.count(*) FROM unique_index", oid, stop).integer(0, 0) >
      std::count_if(unique.begin(), unique.end(), is_own);
  if (!key.is_unique) {
    // Whether the server knows how to compare them.
    const std::string values =
        text_list(names, [&](const auto& name) { return "NULL::" + table.find(name)->type_name; });
    try {
      static_cast<void>(session.execute("SELECT ROW(" + values +
                                            ")::pg_catalog.record OPERATOR(pg_catalog.=) ROW(" + values +
                                            ")::pg_catalog.record",
                                        {}, stop));
    } catch (const Error& error) {
      if (!session.is_open()) throw;
      return refuse("key_not_comparable",
                    "values of the key cannot be compared: " + std::string(error.what()), "42883",
                    "name another key (.key)");
    }
  }
  for (const auto& name : names) {
    if (table.find(name)->not_null || contains(target.not_readable, name)) continue;
    const auto* const column = find_by(key.columns, &KeyColumn::name, name);
    if (column != nullptr && null_counts(*column)) continue;
    const Result without = session.execute_long("SELECT 1 FROM " + postgres_detail::only_sql(table) +
                                                    " WHERE " + quote_identifier(name) + " IS NULL LIMIT 1",
                                                {}, stop);
    if (without.empty()) continue;
    return refuse("key_null",
                  "rows of " + shown + " have no value in the key column " + quote_identifier(name) +
                      ", so nothing matches them",
                  "23502", "give them one, delete them, or name another key (.key)");
  }
  if (key.is_unique) key.may_repeat = !is_unique_in_source(key, source, columns, writing);
  return key;
}

}  // namespace leat::jobs_detail
