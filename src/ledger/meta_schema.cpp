#include "leat/ledger/detail/meta_schema.hpp"

namespace leat::postgres_detail {
namespace {

constexpr const char* may_make_query = R"(
SELECT COALESCE((SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') AND
                        pg_catalog.has_schema_privilege(oid, 'USAGE')
                 FROM pg_catalog.pg_namespace WHERE nspname = 'leat_meta'),
                pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')))";

}  // namespace

std::string meta_lock_key(std::uint32_t number) {
  return std::to_string(meta_lock_class) + ", " + std::to_string(static_cast<std::int32_t>(number));
}

void make_meta_schema(Connection& connection, const std::stop_token& stop) {
  static_cast<void>(
      connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(" + meta_lock_key(0) + ")", {}, stop));
  const Result found = connection.execute(
      "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'leat_meta')", {}, stop);
  if (!found.boolean(0, 0)) static_cast<void>(connection.execute("CREATE SCHEMA leat_meta", {}, stop));
}

bool may_make_in_meta(Connection& connection, const std::stop_token& stop) {
  return connection.execute(may_make_query, {}, stop).boolean(0, 0);
}

}  // namespace leat::postgres_detail
