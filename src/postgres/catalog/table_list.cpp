#include "leat/postgres/catalog/table_list.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/catalog/detail/meta_schema_name.hpp"
#include "leat/postgres/catalog/detail/relation_kind.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "postgres/catalog/pattern_meant.hpp"

namespace leat {
namespace {

constexpr const char* list_query = R"(
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_table_is_visible(c.oid),
       EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
               AND d.objid = c.oid AND d.deptype = 'e'),
       CASE WHEN c.relispartition THEN
         (SELECT pg_catalog.string_agg(a.relid::pg_catalog.oid::pg_catalog.text, ' ' ORDER BY a.level)
          FROM pg_catalog.pg_partition_ancestors(c.oid) WITH ORDINALITY AS a(relid, level)
          WHERE a.relid <> c.oid) END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY n.nspname, c.relname)";

/// A relation of the source, and what became of it.
struct Relation {
  ListedTable table;
  bool is_of_extension = false;
  std::vector<Oid> above{};  ///< partitioned tables, the nearest first
  bool wanted = false;
  bool left_by_wildcard = false;  ///< one matches it, but does not take its kind
  const TablePattern* excluded_by = nullptr;

  [[nodiscard]] bool is_chosen() const { return wanted && excluded_by == nullptr; }
  /// What leat knows of jobs belongs to its database: elsewhere it would take the place of what is known
  /// there.
  [[nodiscard]] bool is_of_leat() const { return table.name.schema == postgres_detail::meta_schema; }
  [[nodiscard]] bool matches(const TablePattern& pattern) const {
    return pattern.matches(table.name.schema, table.name.name, table.is_visible);
  }
};

std::vector<Relation> read_relations(Connection& connection, const std::stop_token& stop) {
  const Result found = connection.execute_long(list_query, {}, stop);
  std::vector<Relation> relations;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    relations.push_back(
        {.table = {.name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
                   .oid = found.oid(i, 0),
                   .kind = postgres_detail::to_relation_kind(found.text(i, 3)),
                   .is_visible = found.boolean(i, 4)},
         .is_of_extension = found.boolean(i, 5),
         .above = postgres_detail::to_oids(found.text(i, 6))});
  }
  return relations;
}

/// What is said of a pattern that matches nothing.
Error matches_nothing(const std::vector<Relation>& relations, const TablePattern& pattern,
                      const std::string& what, const std::string& otherwise) {
  const std::string message = "the pattern " + pattern.text() + " " + what;
  const std::string meant = postgres_detail::pattern_meant(pattern, [&relations](const TablePattern& other) {
    return std::any_of(relations.begin(), relations.end(),
                       [&other](const Relation& relation) { return relation.matches(other); });
  });
  if (!meant.empty() && meant != pattern.text()) {
    return {
        ErrorKind::config,
        message + "; did you mean " + meant + "?",
        {.hint = "outside of double quotes letters are lower case; within them * and ? are only themselves"}};
  }
  std::vector<std::string> names;
  for (const auto& relation : relations) {
    if (relation.is_of_leat() || !pattern.is_exact()) continue;
    names.push_back(relation.table.name.display());
    if (relation.table.is_visible) names.push_back(display_identifier(relation.table.name.name));
  }
  return {ErrorKind::config, message + detail::did_you_mean(pattern.text(), names), {.hint = otherwise}};
}

void include_matches(std::vector<Relation>& relations, std::span<const TablePattern> include) {
  for (const auto& pattern : include) {
    bool used = false;
    bool matches_own = false;
    for (auto& relation : relations) {
      if (!relation.matches(pattern)) continue;
      if (relation.is_of_leat()) {
        matches_own = true;
        continue;
      }
      const bool by_wildcard = relation.table.kind == RelationKind::table && !relation.is_of_extension;
      if (by_wildcard || pattern.is_exact()) {
        relation.wanted = true;
        used = true;
      } else {
        relation.left_by_wildcard = true;
      }
    }
    if (used) continue;
    if (matches_own) {
      throw Error(ErrorKind::config,
                  "the pattern " + pattern.text() +
                      " matches only tables that leat keeps for itself, which are "
                      "never copied under their own names",
                  {.hint = "to read one of them, copy it into a table of another schema (CopyTable .to)"});
    }
    throw matches_nothing(relations, pattern, "matches no table of the source",
                          "views, foreign tables and partitioned tables must be named in full");
  }
}

void exclude_matches(std::vector<Relation>& relations, std::span<const TablePattern> exclude) {
  for (const auto& pattern : exclude) {
    bool used = false;
    for (auto& relation : relations) {
      if (!relation.matches(pattern)) continue;
      if (relation.excluded_by == nullptr) relation.excluded_by = &pattern;
      used = true;
    }
    if (used || !pattern.is_exact()) continue;
    throw matches_nothing(relations, pattern, "to exclude matches no table of the source",
                          "write schema.table, in double quotes where letters are upper case; only a pattern "
                          "with * or ? may match nothing");
  }
}

/// The chosen one of these that is the farthest above; nullptr for none.
const Relation* chosen_above(const Relation& relation, const std::map<Oid, const Relation*>& chosen) {
  for (auto oid = relation.above.rbegin(); oid != relation.above.rend(); ++oid) {
    const auto found = chosen.find(*oid);
    if (found != chosen.end()) return found->second;
  }
  return nullptr;
}

Error excludes_a_part(const Relation& part, const Relation& whole) {
  const std::string name = whole.table.name.display();
  return {
      ErrorKind::config,
      "the pattern " + part.excluded_by->text() + " excludes " + part.table.name.display() +
          ", a partition of " + name + ", which is copied as one",
      {.hint = "include the partitions that you want, by name or by a pattern with *, instead of " + name}};
}

/// Adds a sentence for each foreign table that wildcards leave out of a tree whose other parts are copied.
void note_lost_parts(const std::vector<Relation>& relations, const std::map<Oid, const Relation*>& chosen,
                     std::vector<std::string>& notes) {
  std::map<Oid, const Relation*> by_oid;
  std::set<Oid> above_chosen;
  for (const auto& relation : relations) {
    by_oid.emplace(relation.table.oid, &relation);
    if (relation.is_chosen()) above_chosen.insert(relation.above.begin(), relation.above.end());
  }
  for (const auto& relation : relations) {
    const bool left = relation.left_by_wildcard && !relation.wanted && relation.excluded_by == nullptr;
    if (!left || relation.table.kind != RelationKind::foreign_table) continue;
    if (chosen_above(relation, chosen) != nullptr) continue;
    const auto above = std::find_if(relation.above.begin(), relation.above.end(), [&](Oid oid) {
      return above_chosen.contains(oid) && by_oid.contains(oid);
    });
    if (above == relation.above.end()) continue;
    notes.push_back(relation.table.name.display() + " is a foreign table and a partition of " +
                    by_oid.at(*above)->table.name.display() +
                    ", of which other partitions are copied; name it to have it, too");
  }
}

}  // namespace

TablePattern TablePattern::parse(std::string_view text) {
  TablePattern pattern;
  pattern.text_ = text;
  const auto fail = [&](const char* what) {
    throw Error(ErrorKind::config, "the pattern " + pattern.text_ + " " + what,
                {.hint = "write schema.table, with * and ? outside of double quotes"});
  };
  Glob* part = &pattern.name_;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      const bool doubled = quoted && i + 1 < text.size() && text[i + 1] == '"';
      if (doubled) {
        part->push_back({Kind::literal, '"'});
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (quoted) {
      part->push_back({Kind::literal, c});
    } else if (c == '.') {
      if (pattern.has_schema_) fail("has more than one dot");
      pattern.has_schema_ = true;
      pattern.schema_ = std::move(pattern.name_);
      pattern.name_.clear();
    } else if (c == '*' || c == '?') {
      part->push_back({c == '*' ? Kind::many : Kind::any, c});
      pattern.exact_ = false;
    } else {
      part->push_back({Kind::literal, c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c});
    }
  }
  if (quoted) fail("has a double quote that is not closed");
  if (pattern.name_.empty() || (pattern.has_schema_ && pattern.schema_.empty())) fail("lacks a name");
  return pattern;
}

bool TablePattern::matches(std::span<const Token> glob, std::string_view text) {
  std::size_t position = 0;
  std::size_t token = 0;
  // Where the last * stands, and how far it reaches so far.
  std::size_t star = glob.size();
  std::size_t reach = 0;
  while (position < text.size()) {
    const bool fits =
        token < glob.size() && (glob[token].kind == Kind::any ||
                                (glob[token].kind == Kind::literal && glob[token].value == text[position]));
    if (fits) {
      const bool whole_character = glob[token++].kind == Kind::any;
      ++position;
      // The rest of a character in UTF-8.
      while (whole_character && position < text.size() &&
             (static_cast<unsigned char>(text[position]) & 0xC0U) == 0x80U) {
        ++position;
      }
    } else if (token < glob.size() && glob[token].kind == Kind::many) {
      star = token++;
      reach = position;
    } else if (star < glob.size()) {
      token = star + 1;
      position = ++reach;
    } else {
      return false;
    }
  }
  return std::all_of(glob.begin() + static_cast<std::ptrdiff_t>(token), glob.end(),
                     [](const Token& rest) { return rest.kind == Kind::many; });
}

bool TablePattern::matches(std::string_view schema, std::string_view name, bool is_visible) const {
  return (has_schema_ ? matches(schema_, schema) : is_visible) && matches(name_, name);
}

std::vector<ListedTable> list_tables(Connection& connection, std::span<const TablePattern> include,
                                     std::span<const TablePattern> exclude, std::stop_token stop,
                                     std::vector<std::string>* notes) {
  auto relations = read_relations(connection, stop);
  include_matches(relations, include);
  exclude_matches(relations, exclude);
  std::map<Oid, const Relation*> chosen;
  for (const auto& relation : relations) {
    if (relation.is_chosen()) chosen.emplace(relation.table.oid, &relation);
  }
  if (chosen.empty() && !include.empty()) {
    throw Error(ErrorKind::config, "exclude leaves no table",
                {.hint = "each table that include matches is matched by exclude, too"});
  }
  std::vector<ListedTable> tables;
  for (const auto& relation : relations) {
    const Relation* const whole = chosen_above(relation, chosen);
    if (whole != nullptr && relation.excluded_by != nullptr) throw excludes_a_part(relation, *whole);
    if (whole == nullptr && relation.is_chosen()) tables.push_back(relation.table);
  }
  if (notes != nullptr) note_lost_parts(relations, chosen, *notes);
  return tables;
}

}  // namespace leat
