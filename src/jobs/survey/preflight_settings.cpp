#include "jobs/survey/preflight.hpp"

#include "jobs/report/target_finding.hpp"
#include "leat/data/type_oids.hpp"

namespace leat::jobs_detail {
namespace {

// Sessions that this role may still open: of the server, the database, the role.
constexpr const char* slot_query = R"(
SELECT LEAST(
  pg_catalog.current_setting('max_connections')::pg_catalog.int4
    - CASE WHEN r.rolsuper THEN 0
           ELSE pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4 END
    - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE COALESCE(backend_type, 'client backend') = 'client backend'),
  CASE WHEN r.rolsuper OR d.datconnlimit < 0 THEN 2147483647 ELSE d.datconnlimit
    - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE datid = d.oid AND COALESCE(backend_type, 'client backend') = 'client backend') END,
  CASE WHEN r.rolsuper OR r.rolconnlimit < 0 THEN 2147483647 ELSE r.rolconnlimit
    - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE usesysid = r.oid AND COALESCE(backend_type, 'client backend') = 'client backend') END)
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
WHERE r.rolname = SESSION_USER AND d.datname = pg_catalog.current_database())";

/// Whether every character of the source has a place in the target.
void check_encodings(const ServerFacts& source, const ServerFacts& target, std::vector<Finding>& findings) {
  const std::string& from = source.encoding;
  const std::string& to = target.encoding;
  const auto warn = [&](ErrorKind side, const std::string& message) {
    findings.push_back({.severity = Severity::warning, .code = "encoding", .side = side, .message = message});
  };
  if (from == to) return;
  if (from == "SQL_ASCII") {
    warn(ErrorKind::source,
         "the source's encoding is SQL_ASCII, so its text may be anything; what is no valid UTF-8 will end "
         "the load");
  } else if (to == "SQL_ASCII") {
    if (from != "UTF8") {
      warn(ErrorKind::target, "the target's encoding is SQL_ASCII and the source's is " + from +
                                  ": text arrives as UTF-8, in other bytes than it has in the source");
    }
  } else if (to != "UTF8") {
    warn(ErrorKind::target, "the target's encoding is " + to + " and the source's is " + from +
                                "; a character that " + to + " lacks will end the load");
  }
}

}  // namespace

void check_connections(Connection& session, std::size_t more, const std::string& otherwise,
                       std::vector<Finding>& findings, const std::stop_token& stop) {
  if (more == 0) return;
  const auto free = session.execute(slot_query, {}, stop).integer(0, 0);
  if (free >= static_cast<std::int64_t>(more)) return;
  findings.push_back({.severity = Severity::warning,
                      .code = "connection_slots",
                      .side = session.options().side,
                      .message = "the job wants " + std::to_string(more) +
                                 " more sessions, and the server has room for " +
                                 std::to_string(free < 0 ? 0 : free) + "; " + otherwise});
}

void check_money(const ServerFacts& source, const ServerFacts& target, const TableInfo& table,
                 std::span<const std::string> columns, std::vector<Finding>& findings) {
  if (source.lc_monetary == target.lc_monetary) return;
  for (const auto& name : columns) {
    if (!table.find(name)->type.is_made_of(oid::money)) continue;
    findings.push_back(
        target_warning("money_locale",
                       "column " + quote_identifier(name) + " of " + table.name.display() +
                           " is money, whose fractions depend on lc_monetary: " + source.lc_monetary +
                           " in the source, " + target.lc_monetary + " in the target",
                       "copy it as numeric (.map), or make the two the same"));
  }
}

void check_servers(const ServerFacts& source, const Connection* source_session, const ServerFacts& target,
                   const Connection& target_session, std::vector<Finding>& findings) {
  check_encodings(source, target, findings);
  for (const auto* const server : {&source, &target}) {
    for (const auto& timeout : server->timeouts) {
      findings.push_back({.severity = Severity::note,
                          .code = "timeout_set_aside",
                          .side = server == &source ? ErrorKind::source : ErrorKind::target,
                          .message = "the administrator's " + timeout +
                                     " does not hold for the job, which has limits of its own"});
    }
  }
  for (const auto* const session : {source_session, &target_session}) {
    if (session == nullptr || !session->is_pooled()) continue;
    const ErrorKind side = session->options().side;
    findings.push_back(
        {.severity = Severity::note,
         .code = "pooler",
         .side = side,
         .message = "a connection pooler stands before the " + std::string(to_string(side)) +
                    ": each session of the job takes one of the pool's server sessions until its "
                    "transaction ends, and settings hold within it alone",
         .hint = "connect to the server itself where the pool is small"});
  }
}

}  // namespace leat::jobs_detail
