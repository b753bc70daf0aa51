#include "cli/clone_survey.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/snapshot.hpp"

namespace leat::cli {
namespace {

constexpr int version_factor = 10'000;

/// Of the user's own: neither the system's nor leat's, nor a member of an extension. `n` is the schema.
std::string own_relations(const std::string& kinds) {
  return "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
         "WHERE c.relkind IN (" +
         kinds +
         ") AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'leat_meta') "
         "AND n.nspname !~ '^pg_(toast|temp)' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d "
         "WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid "
         "AND d.deptype = 'e')";
}

constexpr const char* config_query = R"(
SELECT n.nspname, c.relname, c.relkind, x.condition,
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
FROM pg_catalog.pg_extension e
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition))
  AS x(oid, condition)
JOIN pg_catalog.pg_class c ON c.oid = x.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY n.nspname, c.relname)";

// $1 whether owners are restored, $2 whether privileges are. Who has made the database owns without a record
// of that in pg_shdepend.
constexpr const char* roles_query = R"(
WITH own AS (
  SELECT oid, nspowner FROM pg_catalog.pg_namespace
  WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'leat_meta', 'public') AND nspname !~ '^pg_'),
used AS (
  SELECT d.refobjid AS oid FROM pg_catalog.pg_shdepend d
  WHERE d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    AND d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
    AND (d.deptype = 'r' OR (d.deptype = 'o' AND $1) OR (d.deptype = 'a' AND $2))
  UNION SELECT umuser FROM pg_catalog.pg_user_mappings WHERE umuser <> 0
  UNION SELECT nspowner FROM own WHERE $1
  UNION SELECT relowner FROM pg_catalog.pg_class
        WHERE $1 AND (relnamespace IN (SELECT oid FROM own)
                      OR relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public'))
          AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                            AND d.objid = pg_class.oid AND d.deptype = 'e')
  UNION SELECT proowner FROM pg_catalog.pg_proc WHERE $1 AND pronamespace IN (SELECT oid FROM own))
SELECT rolname FROM pg_catalog.pg_roles WHERE oid IN (SELECT oid FROM used) ORDER BY rolname)";

constexpr const char* settings_query = R"(
SELECT CASE WHEN s.setrole = 0 THEN 'ALTER DATABASE ' ELSE
         'ALTER ROLE ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(s.setrole)) || ' IN DATABASE ' END ||
       pg_catalog.quote_ident(d.datname) || ' SET ' || x.setting
FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS x(setting)
WHERE d.datname = pg_catalog.current_database() ORDER BY 1)";

constexpr const char* database_query = R"(
SELECT d.oid, pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate || ' ' || d.datctype,
       d.datacl IS NOT NULL, pg_catalog.shobj_description(d.oid, 'pg_database') IS NOT NULL,
       (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata),
       (SELECT count(*) FROM pg_catalog.pg_subscription s WHERE s.subdbid = d.oid),
       EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'leat_meta'),
       (SELECT system_identifier FROM pg_catalog.pg_control_system()),
       (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'lock_timeout')
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())";

/// What is no relation and was made since the server's first start: described by the server. Not what is in
/// pg_catalog, such as collations of the system that were taken in later: no dump has that.
std::string others_query() {
  // What has no schema, or of which a schema is told.
  constexpr std::array<const char*, 17> catalogs{
      "pg_type",           "pg_proc",        "pg_operator",   "pg_opclass",   "pg_opfamily",
      "pg_cast",           "pg_collation",   "pg_conversion", "pg_ts_config", "pg_ts_dict",
      "pg_ts_parser",      "pg_ts_template", "pg_language",   "pg_am",        "pg_foreign_data_wrapper",
      "pg_foreign_server", "pg_transform"};
  std::string all;
  for (const std::string catalog : catalogs) {
    all += " UNION ALL SELECT 'pg_catalog." + catalog +
           "'::pg_catalog.regclass::pg_catalog.oid, oid FROM pg_catalog." + catalog;
    if (catalog == "pg_proc") {
      all +=
          " WHERE pronamespace NOT IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'leat_meta')";
    }
  }
  return "SELECT 'large object ' || m.oid FROM (SELECT oid FROM pg_catalog.pg_largeobject_metadata LIMIT 1) "
         "m "
         "UNION ALL SELECT * FROM (SELECT 'schema ' || nspname FROM pg_catalog.pg_namespace "
         "WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'leat_meta', 'public') AND nspname !~ "
         "'^pg_' LIMIT 1) s "
         "UNION ALL SELECT * FROM (SELECT pg_catalog.pg_describe_object(x.class, x.oid, 0) FROM (" +
         all.substr(std::string_view(" UNION ALL ").size()) +
         ") AS x(class, oid) WHERE x.oid >= 16384 AND (pg_catalog.pg_identify_object(x.class, x.oid, "
         "0)).schema IS DISTINCT FROM 'pg_catalog' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d "
         "WHERE d.classid = x.class AND d.objid = x.oid AND d.deptype IN ('e', 'i')) ORDER BY x.class, x.oid "
         "LIMIT 1) o";
}

std::vector<TableName> names_in(const Result& found) {
  std::vector<TableName> names;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    names.push_back({.schema = std::string(found.text(i, 0)), .name = std::string(found.text(i, 1))});
  }
  return names;
}

std::vector<std::string> words_in(const Result& found) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < found.rows(); ++i) words.emplace_back(found.text(i, 0));
  return words;
}

/// Of `wanted` those that a column of the target's catalog does not have.
std::vector<std::string> words_missing(Connection& target, const std::string& query,
                                       const std::vector<std::string>& wanted, const std::stop_token& stop) {
  if (wanted.empty()) return {};
  const auto there = words_in(target.execute(query, {}, stop));
  const std::set<std::string> known(there.begin(), there.end());
  std::vector<std::string> missing;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(missing),
               [&known](const auto& word) { return !known.contains(word); });
  return missing;
}

std::string in_a_row(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void survey_config(Connection& source, CloneSource& result, const std::stop_token& stop) {
  const Result found = source.execute(config_query, {}, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    TableName name{.schema = std::string(found.text(i, 0)), .name = std::string(found.text(i, 1))};
    if (found.character(i, 2) == 'S') {
      result.sequences.push_back(std::move(name));
    } else {
      result.config.push_back({.name = std::move(name),
                               .columns = std::string(found.text(i, 4)),
                               .condition = std::string(found.text(i, 3))});
    }
  }
}

void survey_database(Connection& source, CloneSource& result, const std::stop_token& stop) {
  const Result database = source.execute(database_query, {}, stop);
  result.identity = std::string(database.text(0, 8)) + "/" + std::string(database.text(0, 0));
  result.lock_timeout = database.text(0, 9);
  result.encoding = database.text(0, 1);
  result.locale = database.text(0, 2);
  result.large_objects = static_cast<std::uint64_t>(database.integer(0, 5));
  auto& out = result.left_out;
  std::vector<std::string> made_roles;
  std::copy_if(result.roles.begin(), result.roles.end(), std::back_inserter(made_roles),
               [](const auto& role) { return !role.starts_with("pg_"); });
  if (!made_roles.empty()) {
    out.push_back(
        "roles are not in a dump of a database, with their passwords, memberships and settings; "
        "the definitions name " +
        in_a_row(made_roles));
  }
  if (!result.tablespaces.empty()) {
    out.push_back("tablespaces are not in a dump of a database; the definitions name " +
                  in_a_row(result.tablespaces));
  }
  for (const auto& setting : words_in(source.execute(settings_query, {}, stop))) {
    out.push_back("a setting is not in a dump of a database: " + setting);
  }
  if (database.boolean(0, 3)) out.emplace_back("privileges on the database itself are not in a dump of it");
  if (database.boolean(0, 4)) out.emplace_back("the comment on the database itself is not in a dump of it");
  if (database.integer(0, 6) > 0) {
    out.emplace_back(
        "subscriptions arrive disabled, if pg_dump may read them at all: enable them where they "
        "are meant to run");
  }
  if (database.boolean(0, 7)) {
    out.emplace_back("the schema leat_meta of the source, with what leat knows of jobs there, is not copied");
  }
}

}  // namespace

Connection clone_session(const CloneOptions& options, ErrorKind side, const std::stop_token& stop) {
  const ResolvedConnection& where = side == ErrorKind::source ? options.source : options.target;
  const JobLimits& limits = options.stream.limits;
  SessionOptions session{.side = side,
                         .application_name = clone_sessions,
                         .log = options.stream.log,
                         .connect_timeout = limits.connect_timeout,
                         .lock_timeout = limits.lock_timeout,
                         .statement_timeout = limits.statement_timeout};
  if (limits.silence_timeout) session.silence_timeout = *limits.silence_timeout;
  return Connection::open(where.target, std::move(session), stop);
}

std::string hold_source(Connection& source, const std::stop_token& stop) {
  const auto names = names_in(source.execute(
      "SELECT n.nspname, c.relname " + own_relations("'r', 'p'") + " ORDER BY 1, 2", {}, stop));
  source.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY", stop);
  // Before the snapshot, which does not see the rows of a table that is rewritten after it.
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name.sql();
  if (!list.empty()) {
    static_cast<void>(source.execute_long("LOCK TABLE " + list + " IN ACCESS SHARE MODE", {}, stop));
  }
  return postgres_detail::export_snapshot(source, stop);
}

CloneSource survey_clone_source(Connection& source, const CloneOptions& options,
                                const std::stop_token& stop) {
  CloneSource result;
  const Result tables = source.execute(
      "SELECT n.nspname, c.relname, NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = "
      "c.oid "
      "AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') " +
          own_relations("'r'") + " ORDER BY 1, 2",
      {}, stop);
  result.tables = names_in(tables);
  for (std::size_t i = 0; i < tables.rows(); ++i) {
    if (tables.boolean(i, 2)) result.rowless.push_back(result.tables[i]);
  }
  result.sequences = names_in(
      source.execute("SELECT n.nspname, c.relname " + own_relations("'S'") + " ORDER BY 1, 2", {}, stop));
  survey_config(source, result, stop);
  const std::array<Parameter, 2> choice{options.no_owner ? "false" : "true",
                                        options.no_privileges ? "false" : "true"};
  result.roles = words_in(source.execute(roles_query, choice, stop));
  if (!options.no_tablespaces) {
    result.tablespaces = words_in(
        source.execute("SELECT spcname FROM pg_catalog.pg_tablespace WHERE oid IN (SELECT c.reltablespace " +
                           own_relations("'r', 'p', 'm', 'i', 'I'") + ") ORDER BY 1",
                       {}, stop));
  }
  survey_database(source, result, stop);
  return result;
}

std::vector<Finding> target_findings(Connection& target, const Connection& source, const CloneSource& found,
                                     const std::stop_token& stop) {
  std::vector<Finding> findings;
  const auto add = [&findings](Severity severity, std::string code, std::string message, std::string sqlstate,
                               std::string hint) {
    findings.push_back({.severity = severity,
                        .code = std::move(code),
                        .side = ErrorKind::target,
                        .message = std::move(message),
                        .sqlstate = std::move(sqlstate),
                        .hint = std::move(hint)});
  };
  const auto roles = words_missing(target, "SELECT rolname FROM pg_catalog.pg_roles", found.roles, stop);
  if (!roles.empty()) {
    add(Severity::error, "role_missing",
        "the target has no role " + in_a_row(roles) + ", which the source's definitions name", "42704",
        "make them first (pg_dumpall --roles-only prints how), or leave owners and privileges out: "
        "--no-owner "
        "--no-privileges");
  }
  const auto spaces =
      words_missing(target, "SELECT spcname FROM pg_catalog.pg_tablespace", found.tablespaces, stop);
  if (!spaces.empty()) {
    add(Severity::error, "tablespace_missing",
        "the target has no tablespace " + in_a_row(spaces) + ", in which the source has tables or indexes",
        "42704", "make them first, or have all in the target's own: --no-tablespaces");
  }
  const int from = source.server_version() / version_factor;
  const int to = target.server_version() / version_factor;
  if (to < from) {
    add(Severity::warning, "older_target",
        "the target is PostgreSQL " + std::to_string(to) + ", and the source " + std::to_string(from) +
            ": it may not know all that the definitions say",
        "", "");
  }
  const Result own = target.execute(
      "SELECT pg_catalog.pg_encoding_to_char(encoding), datcollate || ' ' || datctype "
      "FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()",
      {}, stop);
  if (own.text(0, 0) != found.encoding) {
    add(Severity::warning, "encoding_differs",
        "the target's encoding is " + std::string(own.text(0, 0)) + ", the source's " + found.encoding, "",
        "");
  }
  if (own.text(0, 1) != found.locale) {
    add(Severity::warning, "locale_differs",
        "the target's locale is " + std::string(own.text(0, 1)) + ", the source's " + found.locale +
            ": texts may be sorted and compared otherwise",
        "", "CREATE DATABASE … TEMPLATE template0 LOCALE …");
  }
  return findings;
}

CloneCounts counts_of_target(Connection& target, const std::stop_token& stop) {
  const Result counts = target.execute(
      "SELECT (SELECT count(*) " + own_relations("'r'") + "), (SELECT count(*) " + own_relations("'S'") +
          ") + (SELECT count(*) FROM pg_catalog.pg_extension e CROSS JOIN LATERAL "
          "pg_catalog.unnest(e.extconfig) AS x(oid) JOIN pg_catalog.pg_class c ON c.oid = x.oid WHERE "
          "c.relkind = 'S'), (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata)",
      {}, stop);
  return {.tables = static_cast<std::size_t>(counts.integer(0, 0)),
          .sequences = static_cast<std::size_t>(counts.integer(0, 1)),
          .large_objects = static_cast<std::uint64_t>(counts.integer(0, 2))};
}

std::vector<std::string> objects_of_target(Connection& target, const std::stop_token& stop) {
  std::vector<std::string> names;
  const Result found =
      target.execute("SELECT n.nspname, c.relname " + own_relations("'r', 'p', 'v', 'm', 'S', 'f'") +
                         " ORDER BY 1, 2 LIMIT 3",
                     {}, stop);
  for (const auto& name : names_in(found)) names.push_back(name.display());
  const Result others = target.execute(others_query(), {}, stop);
  for (auto& name : words_in(others)) names.push_back("the " + std::move(name));
  return names;
}

}  // namespace leat::cli
