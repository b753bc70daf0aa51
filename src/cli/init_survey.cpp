#include "cli/init_survey.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>

#include "leat/postgres/catalog/table_list.hpp"

namespace leat::cli {
namespace {

/// Of each table the partitioned table at the top, if it is a partition.
constexpr const char* tops_sql = R"(
WITH RECURSIVE above AS (
  SELECT oid AS leaf, oid AS top, 0 AS height FROM pg_catalog.pg_class WHERE oid = ANY ($1::oid[])
  UNION ALL
  SELECT above.leaf, i.inhparent, above.height + 1 FROM above
  JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.top
  JOIN pg_catalog.pg_class p ON p.oid = i.inhparent AND p.relkind = 'p')
SELECT DISTINCT ON (leaf) leaf, top, n.nspname, c.relname, pg_catalog.pg_table_is_visible(top)
FROM above JOIN pg_catalog.pg_class c ON c.oid = top JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY leaf, height DESC)";

constexpr const char* tables_sql = R"(
WITH RECURSIVE parts AS (
  SELECT oid AS top, oid AS part FROM pg_catalog.pg_class WHERE oid = ANY ($1::oid[])
  UNION ALL
  SELECT parts.top, i.inhrelid FROM parts JOIN pg_catalog.pg_class p ON p.oid = parts.part AND p.relkind = 'p'
  JOIN pg_catalog.pg_inherits i ON i.inhparent = parts.part),
sizes AS (
  SELECT top, sum(pg_catalog.pg_total_relation_size(part)) AS bytes, sum(c.reltuples) AS rows,
         bool_or(c.reltuples < 0 OR (c.reltuples = 0 AND c.relpages = 0 AND pg_catalog.pg_relation_size(part) > 0))
           AS is_unknown
  FROM parts JOIN pg_catalog.pg_class c ON c.oid = part WHERE c.relkind IN ('r', 'm') GROUP BY top)
SELECT c.oid, n.nspname, c.relname,
       CASE c.relkind WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                      WHEN 'f' THEN 'foreign table' ELSE '' END,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
       coalesce(s.bytes, 0)::bigint, CASE WHEN NOT s.is_unknown THEN s.rows::bigint END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN sizes s ON s.top = c.oid
WHERE c.oid = ANY ($1::oid[]) ORDER BY n.nspname, c.relname)";

constexpr const char* columns_sql = R"(
SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, NULL),
       coalesce(a.attnum = ANY (k.conkey), false),
       pg_catalog.pg_get_serial_sequence(pg_catalog.quote_ident(n.nspname) || '.' ||
                                         pg_catalog.quote_ident(c.relname), a.attname) IS NOT NULL
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') ORDER BY a.attrelid, a.attnum)";

constexpr const char* keys_sql = R"(
SELECT DISTINCT conrelid, confrelid FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND conrelid = ANY ($1::oid[]) AND confrelid = ANY ($1::oid[]) ORDER BY 1, 2)";

constexpr const char* heirs_sql = R"(
SELECT i.inhparent, i.inhrelid FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class p ON p.oid = i.inhparent AND p.relkind <> 'p' WHERE i.inhparent = ANY ($1::oid[]))";

constexpr const char* others_sql = R"(
SELECT n.nspname, c.relname, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                                            ELSE 'foreign table' END, pg_catalog.pg_table_is_visible(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm', 'f') AND n.nspname NOT IN ('information_schema', 'leat_meta')
  AND n.nspname NOT LIKE 'pg\_%' ORDER BY 1, 2)";

std::vector<TablePattern> patterns_of(const std::vector<std::string>& texts) {
  std::vector<TablePattern> patterns;
  patterns.reserve(texts.size());
  for (const auto& text : texts) patterns.push_back(TablePattern::parse(text));
  return patterns;
}

bool is_matched(std::span<const TablePattern> patterns, std::string_view schema, std::string_view name,
                bool is_visible) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const TablePattern& pattern) { return pattern.matches(schema, name, is_visible); });
}

class TableSurvey {
 public:
  TableSurvey(Connection& session, const std::vector<std::string>& include,
              const std::vector<std::string>& exclude, const std::stop_token& stop)
      : session_(session), include_(patterns_of(include)), exclude_(patterns_of(exclude)), stop_(stop) {}

  [[nodiscard]] InitSurvey run() {
    choose();
    tables();
    columns();
    references();
    heirs();
    others();
    return std::move(survey_);
  }

 private:
  [[nodiscard]] bool is_chosen(std::string_view schema, std::string_view name, bool is_visible) const {
    return is_matched(include_, schema, name, is_visible) && !is_matched(exclude_, schema, name, is_visible);
  }

  [[nodiscard]] Result ask(const char* sql, const std::set<Oid>& tables) {
    std::string oids = "{";
    for (const Oid oid : tables) oids += (oids.size() > 1 ? "," : "") + std::to_string(oid);
    const std::array<Parameter, 1> parameters{oids + "}"};
    return session_.execute(sql, parameters, stop_);
  }

  void choose() {
    std::vector<std::string> notes;
    std::set<Oid> listed;
    for (const auto& table : list_tables(session_, include_, exclude_, stop_, &notes))
      listed.insert(table.oid);
    survey_.left_out = std::move(notes);
    const Result tops = ask(tops_sql, listed);
    for (std::size_t i = 0; i < tops.rows(); ++i) {
      const Oid leaf = tops.oid(i, 0);
      const Oid top = is_chosen(tops.text(i, 2), tops.text(i, 3), tops.boolean(i, 4)) ? tops.oid(i, 1) : leaf;
      top_of_[leaf] = top;
      chosen_.insert(top);
    }
  }

  void tables() {
    const Result found = ask(tables_sql, chosen_);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      place_of_[found.oid(i, 0)] = survey_.tables.size();
      auto& table = survey_.tables.emplace_back();
      table.name = {std::string(found.text(i, 1)), std::string(found.text(i, 2))};
      table.kind = found.text(i, 3);
      table.is_readable = found.boolean(i, 4);
      table.size = ByteCount{static_cast<std::uint64_t>(std::max<std::int64_t>(found.integer(i, 5), 0))};
      if (!found.is_null(i, 6)) {
        table.rows = static_cast<std::uint64_t>(std::max<std::int64_t>(found.integer(i, 6), 0));
      }
    }
  }

  void columns() {
    const Result found = ask(columns_sql, chosen_);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto table = place_of_.find(found.oid(i, 0));
      if (table == place_of_.end()) continue;
      survey_.tables[table->second].columns.push_back({.name = std::string(found.text(i, 1)),
                                                       .type = std::string(found.text(i, 2)),
                                                       .is_key = found.boolean(i, 3),
                                                       .counts = found.boolean(i, 4)});
    }
  }

  /// The table of the survey in which this one's rows are.
  [[nodiscard]] std::optional<std::size_t> place_of(Oid table) const {
    const auto top = top_of_.find(table);
    const auto place = place_of_.find(top == top_of_.end() ? table : top->second);
    if (place == place_of_.end()) return std::nullopt;
    return place->second;
  }

  void references() {
    std::set<Oid> all = chosen_;
    for (const auto& [leaf, top] : top_of_) all.insert(leaf);
    const Result found = ask(keys_sql, all);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto from = place_of(found.oid(i, 0));
      const auto to = place_of(found.oid(i, 1));
      if (!from || !to || *from == *to) continue;
      auto& known = survey_.tables[*from].references;
      if (std::find(known.begin(), known.end(), *to) == known.end()) known.push_back(*to);
    }
  }

  void heirs() {
    const Result found = ask(heirs_sql, chosen_);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto parent = place_of(found.oid(i, 0));
      if (!parent) continue;
      std::string& how = survey_.tables[*parent].inheritance;
      if (how.empty()) how = "only";
      if (!place_of(found.oid(i, 1))) how = "tree";
    }
  }

  void others() {
    const Result found = session_.execute(others_sql, {}, stop_);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const TableName name{std::string(found.text(i, 0)), std::string(found.text(i, 1))};
      if (!is_chosen(name.schema, name.name, found.boolean(i, 3))) continue;
      const bool is_there = std::any_of(survey_.tables.begin(), survey_.tables.end(),
                                        [&](const InitTable& table) { return table.name == name; });
      if (is_there) continue;
      survey_.left_out.push_back(std::string(found.text(i, 2)) + " " + name.display() +
                                 ": patterns choose tables alone; it is loaded if its name is given");
    }
  }

  Connection& session_;
  const std::vector<TablePattern> include_;
  const std::vector<TablePattern> exclude_;
  const std::stop_token& stop_;
  InitSurvey survey_;
  std::set<Oid> chosen_;
  std::map<Oid, Oid> top_of_;  // of each table that is listed, the one that stands for it
  std::map<Oid, std::size_t> place_of_;
};

}  // namespace

InitSurvey survey_tables(Connection& session, const std::vector<std::string>& include,
                         const std::vector<std::string>& exclude, const std::stop_token& stop) {
  return TableSurvey(session, include, exclude, stop).run();
}

}  // namespace leat::cli
