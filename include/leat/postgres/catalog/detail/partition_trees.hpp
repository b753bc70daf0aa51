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

/// The same with the tables that inherit from the table or from these, but for those of other sessions alone,
/// which no server reads along.
inline constexpr const char* with_inheritance_trees = R"(
WITH RECURSIVE tree AS (
  SELECT t.oid AS root, t.oid AS relid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
  UNION SELECT tree.root, h.inhrelid
        FROM tree JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.relid
        JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
        WHERE NOT pg_catalog.pg_is_other_temp_schema(c.relnamespace)))";

}  // namespace leat::postgres_detail
