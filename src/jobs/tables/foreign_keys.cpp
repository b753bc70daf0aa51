#include "jobs/tables/foreign_keys.hpp"

#include <array>
#include <map>
#include <optional>
#include <string_view>
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

class KeyMaker {
 public:
  KeyMaker(const JobSessions& pair, const std::stop_token& stop)
      : source_(*pair.source), target_(*pair.target), stop_(stop) {}

  void add(Oid oid, KnownTable table) { known_.emplace(oid, std::move(table)); }

  [[nodiscard]] std::vector<std::string> make() {
    std::vector<Oid> tables;
    for (const auto& [oid, table] : known_) {
      if (table.is_there) tables.push_back(oid);
    }
    if (tables.empty()) return {};
    const std::array<Parameter, 1> oids{postgres_detail::oid_array(tables)};
    postgres_detail::QualifiedNames names(source_, stop_);
    const Result found = source_.execute_long(keys_of_tables_query, oids, stop_);
    names.restore(stop_);
    for (std::size_t i = 0; i < found.rows(); ++i) make_key(found, i);
    return std::move(remarks_);
  }

 private:
  void make_key(const Result& found, std::size_t row) {
    const KnownTable& child = known_.at(found.oid(row, 0));
    const TableName& table = child.target;
    const std::string name(found.text(row, 1));
    const std::string key = "foreign key " + display_identifier(name) + " of " + table.display();
    const auto other = known_.find(found.oid(row, 2));
    if (other == known_.end() || !other->second.is_there) {
      if (!child.is_made) return;
      const TableName referenced{.schema = std::string(found.text(row, 3)),
                                 .name = std::string(found.text(row, 4))};
      remark(key + " is not made: " + referenced.display() + ", which it references, is not copied");
      return;
    }
    const std::string definition(found.text(row, 5));
    const std::string head(found.text(row, 6));
    if (has_key(table, name, other->second.target, child.is_made ? "" : head)) return;
    const std::string begin = head + std::string(found.text(row, 7));
    if (!definition.starts_with(begin)) {
      remark(key + " is not made: " + definition);
      return;
    }
    const std::string named = "CONSTRAINT " + quote_identifier(name);
    const std::string sql = "ALTER TABLE " + table.sql() + " ADD " + named + " " + head +
                            other->second.target.sql() + definition.substr(begin.size());
    if (!child.is_made) {
      remark(key + " is not made, since the table was there before. If it is to have it: " + sql);
      return;
    }
    if (const auto refused = run(sql, named + " ON " + table.sql(), found.text(row, 8))) {
      remark(key + " is not made: " + refused->what() + "; when that is settled: " + sql);
    }
  }

  /// Whether the target's table has a key of that name to that table, or one that begins so.
  [[nodiscard]] bool has_key(const TableName& table, const std::string& name, const TableName& referenced,
                             const std::string& head) {
    const std::array<Parameter, 4> values{table.sql(), name, referenced.sql(), head};
    return target_
        .execute(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid = "
            "pg_catalog.to_regclass($1) AND confrelid = pg_catalog.to_regclass($3) AND (conname = $2 OR ($4 "
            "<> "
            "'' AND pg_catalog.strpos(pg_catalog.pg_get_constraintdef(oid), $4) = 1)))",
            values, stop_)
        .boolean(0, 0);
  }

  [[nodiscard]] std::optional<Error> run(const std::string& sql, const std::string& constraint,
                                         std::string_view comment) {
    target_.begin(target_transaction, stop_);
    auto refused = try_statement(target_, sql, stop_);
    if (!refused && !comment.empty()) {
      refused = try_statement(target_, "COMMENT ON " + constraint + " IS " + sql_literal(comment), stop_);
    }
    target_.commit(stop_);
    return refused;
  }

  void remark(std::string text) { remarks_.push_back(std::move(text)); }

  Connection& source_;
  Connection& target_;
  const std::stop_token& stop_;
  std::map<Oid, KnownTable> known_;
  std::vector<std::string> remarks_;
};

}  // namespace

std::vector<std::string> make_foreign_keys(const TableSet& set, const std::vector<bool>& is_made,
                                           const std::vector<bool>& is_copied,
                                           const std::vector<ParentTable>& parents, const JobSessions& pair,
                                           const std::stop_token& stop) {
  KeyMaker maker(pair, stop);
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    const auto& source = set.source.tables[i];
    if (source && source->info) maker.add(source->info->oid, {set.targets[i], is_copied[i], is_made[i]});
  }
  for (const auto& parent : parents) {
    maker.add(parent.source.oid, {parent.target, true, parent.is_made});
  }
  return maker.make();
}

}  // namespace leat::jobs_detail
