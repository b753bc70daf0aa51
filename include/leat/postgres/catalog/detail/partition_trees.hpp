#pragma once

namespace leat::postgres_detail {

/// The beginning of a query over many tables, with their oids in $1. It defines a relation `tree`: `root` is
/// one of these tables, `relid` the table itself or a partition below it.
inline constexpr const char* with_partition_trees = R"(
WITH tree AS MATERIALIZED (
  SELECT t.oid AS root, t.oid AS relid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
  UNION SELECT t.oid, p.relid::pg_catalog.oid
        FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
        JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relkind = 'p'
        CROSS JOIN LATERAL pg_catalog.pg_partition_tree(t.oid::pg_catalog.regclass) AS p))";

}  // namespace leat::postgres_detail
