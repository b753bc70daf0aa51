#include "postgres/catalog/type_sql.hpp"

#include "leat/postgres/session/detail/server_versions.hpp"

namespace leat::postgres_detail {

std::string element_sql(const std::string& t, int server_version) {
  return "CASE WHEN " + t + ".typtype = 'b' AND " + t + ".typcategory = 'A' THEN " + t + ".typelem" +
         (server_version >= first_version_with_multiranges
              ? " WHEN " + t +
                    ".typtype = 'm' THEN (SELECT g.rngtypid FROM pg_catalog.pg_range g WHERE "
                    "g.rngmultitypid = " +
                    t + ".oid)"
              : "") +
         " ELSE " + t + ".oid END";
}

std::string collation_sql(const std::string& own, const std::string& of_type) {
  return "COALESCE((SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) "
         "FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace "
         "WHERE co.oid = " +
         own + " AND co.oid <> " + of_type + "), '')";
}

}  // namespace leat::postgres_detail
