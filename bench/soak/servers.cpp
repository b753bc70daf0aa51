#include "servers.hpp"

namespace leat::soak {
namespace {

Connection administrator(const ResolvedConnection& connection, ErrorKind side) {
  return Connection::open(connection.target, {.side = side, .application_name = "leat-soak-administrator"});
}

std::string content_sql(const std::string& rows) {
  return "SELECT pg_catalog.count(*) || ' rows, hash ' || "
         "COALESCE(pg_catalog.sum(pg_catalog.hashtextextended(t::text, 0)::numeric), 0) FROM " +
         rows + " AS t";
}

constexpr const char* sessions_query =
    "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity "
    "WHERE backend_type = 'client backend' AND application_name <> 'leat-soak-administrator'";

constexpr const char* meta_tables_query =
    "SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'leat_meta' AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname NOT IN "
    "('layouts', 'jobs', 'job_slices', 'job_ledger', 'job_sessions', 'dropped_objects')";

}  // namespace

Servers::Servers(const std::string& source, const std::string& target)
    : source_(ConnectionFactory().resolve(source)),
      target_(ConnectionFactory().resolve(target)),
      source_session_(administrator(source_, ErrorKind::source)),
      target_session_(administrator(target_, ErrorKind::target)) {}

std::string Servers::ask(Side side, const std::string& sql) {
  Connection& session = side == Side::source ? source_session_ : target_session_;
  const Result result = session.execute_long(sql);
  return result.empty() || result.columns() == 0 ? std::string() : std::string(result.text(0, 0));
}

std::string Servers::content(const std::string& rows) {
  return dst(content_sql(rows));
}

void Servers::require_same(const std::string& source_rows, const std::string& target_rows) {
  std::string& wanted = source_content_[source_rows];
  if (wanted.empty()) wanted = src(content_sql(source_rows));
  const std::string found = content(target_rows);
  if (found != wanted) throw Broken(target_rows + " has " + found + " instead of " + wanted);
}

std::int64_t Servers::sessions(Side side) {
  return std::stoll(ask(side, sessions_query));
}

Leftovers Servers::leftovers() {
  Leftovers left{.sessions = sessions(Side::source) + sessions(Side::target),
                 .tables = std::stoll(dst(meta_tables_query))};
  for (const char* table : {"jobs", "job_slices", "job_ledger", "job_sessions", "dropped_objects"}) {
    const std::string name = std::string("leat_meta.") + table;
    if (dst("SELECT pg_catalog.to_regclass('" + name + "')").empty()) continue;
    left.rows += std::stoll(dst("SELECT pg_catalog.count(*) FROM " + name));
  }
  for (const Side side : {Side::source, Side::target}) {
    left.temp_files += std::stoll(ask(side, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_ls_tmpdir()"));
  }
  return left;
}

const ResolvedConnection& Servers::connection(Side side) const {
  return side == Side::source ? source_ : target_;
}

}  // namespace leat::soak
