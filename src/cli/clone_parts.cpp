#include "cli/clone_parts.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "cli/clone_standing.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat::cli {
namespace {

constexpr const char* same_hash =
    "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(x.definition, 'SQL_ASCII')), 'hex')";
constexpr const char* wanted_rows =
    "ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS "
    "x(part, definition)";

std::array<Parameter, 2> as_arrays(const CloneParts& parts) {
  std::vector<std::string> names;
  std::vector<std::string> texts;
  for (const auto& [name, text] : parts) {
    names.push_back(name);
    texts.push_back(text);
  }
  return {postgres_detail::text_array(names), postgres_detail::text_array(texts)};
}

std::set<std::string> texts_in(const Result& found) {
  std::set<std::string> texts;
  for (std::size_t i = 0; i < found.rows(); ++i) texts.emplace(found.text(i, 0));
  return texts;
}

/// What a part is, if a clone that has begun no longer fits it.
[[noreturn]] void refuse_change(const std::string& part, const std::string& why) {
  throw Error(ErrorKind::target,
              part +
                  " is defined otherwise in the source than when this clone made it, and cannot be made "
                  "again: " +
                  why,
              {.sqlstate = "55000",
               .hint = "define it in the source as it was; or empty the target (or make another database), "
                       "and begin anew"});
}

/// Privileges by default have no statement that takes all of them away.
void check_default_privileges(Connection& target, const std::set<std::string>& noted,
                              const std::set<std::string>& unchanged, const std::stop_token& stop) {
  if (!target.execute("SELECT EXISTS (SELECT FROM pg_catalog.pg_default_acl)", {}, stop).boolean(0, 0)) {
    return;
  }
  for (const auto& part : noted) {
    if (part.starts_with("DEFAULT ACL ") && !unchanged.contains(part)) {
      refuse_change(part, "the target has such privileges already");
    }
  }
}

/// What changes, with the keys that need an index which does.
std::vector<StandingPart> changed_parts(const std::vector<StandingPart>& all, const CloneParts& wanted,
                                        const std::set<std::string>& noted,
                                        const std::set<std::string>& unchanged) {
  std::vector<StandingPart> changed;
  std::set<std::string> indexes;
  for (const auto& one : all) {
    if (unchanged.contains(one.part) || (!wanted.contains(one.part) && !noted.contains(one.part))) continue;
    changed.push_back(one);
    if (!one.index.empty() && !one.needs_index) indexes.insert(one.index);
  }
  for (const auto& one : all) {
    const bool loses_index = one.needs_index && indexes.contains(one.index);
    if (loses_index && unchanged.contains(one.part)) changed.insert(changed.begin(), one);
  }
  return changed;
}

/// The last of a part's statements says whose it is, and may not have been reached.
void set_owner(Connection& target, const std::string& definition, const std::stop_token& stop) {
  std::istringstream lines(definition);
  std::string statement;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("ALTER ") && line.find(" OWNER TO ") != std::string::npos) statement = line;
  }
  if (!statement.empty()) static_cast<void>(target.execute(statement, {}, stop));
}

}  // namespace

void note_parts(Connection& target, const CloneParts& wanted, const std::stop_token& stop) {
  static_cast<void>(target.execute("TRUNCATE leat_meta.clone_parts", {}, stop));
  const auto arrays = as_arrays(wanted);
  static_cast<void>(target.execute("INSERT INTO leat_meta.clone_parts (part, definition) SELECT x.part, " +
                                       std::string(same_hash) + " FROM " + wanted_rows,
                                   arrays, stop));
}

KeptParts make_way(Connection& target, const CloneParts& wanted, const std::stop_token& stop) {
  KeptParts kept;
  target.begin({}, stop);
  remove_quick_parts(target, stop);
  const auto arrays = as_arrays(wanted);
  const auto noted = texts_in(target.execute("SELECT part FROM leat_meta.clone_parts", {}, stop));
  const auto unchanged = texts_in(target.execute("SELECT x.part FROM " + std::string(wanted_rows) +
                                                     " JOIN leat_meta.clone_parts p ON p.part = x.part AND "
                                                     "p.definition = " +
                                                     same_hash,
                                                 arrays, stop));
  check_default_privileges(target, noted, unchanged, stop);
  std::set<std::string> done;
  for (const auto& one : changed_parts(standing_parts(target, stop), wanted, noted, unchanged)) {
    if (!wanted.contains(one.part)) {
      kept.notes.push_back(one.part +
                           ", which an earlier run has made, is no longer in the source, and is "
                           "taken away");
    } else if (!unchanged.contains(one.part)) {
      kept.notes.push_back(one.part +
                           " is defined otherwise in the source than when an earlier run made it, "
                           "and is made anew");
    }
    if (!done.insert(one.undo).second) continue;
    try {
      static_cast<void>(target.execute_long(one.undo, {}, stop));
    } catch (const Error& error) {
      if (error.sqlstate() != "2BP01") throw;
      refuse_change(one.part, error.detail().empty() ? error.what() : std::string(error.detail()));
    }
  }
  for (const auto& one : standing_parts(target, stop)) {
    kept.standing.insert(one.part);
    const auto definition = wanted.find(one.part);
    if (one.has_owner && definition != wanted.end()) set_owner(target, definition->second, stop);
  }
  note_parts(target, wanted, stop);
  target.commit(stop);
  return kept;
}

}  // namespace leat::cli
