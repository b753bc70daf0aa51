#include "leat/postgres/table_list.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "leat/core/error.hpp"
#include "postgres/relation_kind.hpp"

namespace leat {
namespace {

constexpr const char* list_query = R"(
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_table_is_visible(c.oid),
       EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
               AND d.objid = c.oid AND d.deptype = 'e'),
       CASE WHEN c.relispartition THEN
         (SELECT pg_catalog.string_agg(a.relid::pg_catalog.oid::pg_catalog.text, ' ')
          FROM pg_catalog.pg_partition_ancestors(c.oid) AS a WHERE a.relid <> c.oid) END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY n.nspname, c.relname)";

std::vector<Oid> to_oids(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<Oid> oids;
  for (Oid oid = 0; stream >> oid;) oids.push_back(oid);
  return oids;
}

bool any_matches(std::span<const TablePattern> patterns, const ListedTable& table, bool is_visible) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const TablePattern& pattern) {
    return pattern.matches(table.name.schema, table.name.name, is_visible);
  });
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
                                     std::span<const TablePattern> exclude, std::stop_token stop) {
  const Result found = connection.execute_long(list_query, {}, stop);
  std::vector<ListedTable> tables;
  std::vector<std::vector<Oid>> above;
  std::set<Oid> chosen;
  std::vector<bool> used(include.size(), false);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const ListedTable table{
        .name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
        .oid = static_cast<Oid>(found.integer(i, 0)),
        .kind = postgres_detail::to_relation_kind(found.text(i, 3))};
    const bool is_visible = found.boolean(i, 4);
    const bool by_wildcard = table.kind == RelationKind::table && !found.boolean(i, 5);
    bool wanted = false;
    for (std::size_t p = 0; p < include.size(); ++p) {
      if (!include[p].matches(table.name.schema, table.name.name, is_visible)) continue;
      if (!by_wildcard && !include[p].is_exact()) continue;
      wanted = true;
      used[p] = true;
    }
    if (!wanted || any_matches(exclude, table, is_visible)) continue;
    tables.push_back(table);
    above.push_back(to_oids(found.text(i, 6)));
    chosen.insert(table.oid);
  }
  for (std::size_t p = 0; p < include.size(); ++p) {
    if (used[p]) continue;
    throw Error(ErrorKind::config, "the pattern " + include[p].text() + " matches no table of the source",
                {.hint = "views, foreign tables and partitioned tables must be named in full"});
  }
  std::vector<ListedTable> result;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const bool covered =
        std::any_of(above[i].begin(), above[i].end(), [&](Oid oid) { return chosen.contains(oid); });
    if (!covered) result.push_back(std::move(tables[i]));
  }
  return result;
}

}  // namespace leat
