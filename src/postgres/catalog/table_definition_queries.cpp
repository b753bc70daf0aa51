#include "postgres/catalog/table_definition_queries.hpp"

#include "postgres/catalog/type_sql.hpp"

namespace leat::postgres_detail::definition_queries {
namespace {

// Publications of all tables of a schema came with version 15.
constexpr int first_version_with_published_schemas = 150000;

/// The statistics targets of an index's expressions: "1 77 2 500".
std::string expression_statistics_sql(const std::string& index) {
  return "(SELECT pg_catalog.string_agg(a.attnum || ' ' || a.attstattarget, ' ' ORDER BY a.attnum) "
         "FROM pg_catalog.pg_attribute a WHERE a.attrelid = " +
         index + " AND a.attnum > 0 AND a.attstattarget >= 0)";
}

}  // namespace

std::string tables(int server_version) {
  return std::string(R"(
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence = 'u',
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) ELSE '' END,
       CASE WHEN c.relkind = 'r' THEN
         pg_catalog.concat_ws(E'\n', pg_catalog.array_to_string(c.reloptions, E'\n'),
           (SELECT 'toast.' || pg_catalog.array_to_string(t.reloptions, E'\ntoast.')
            FROM pg_catalog.pg_class t WHERE t.oid = c.reltoastrelid)) ELSE '' END,
       CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'i' THEN
         (SELECT 'USING INDEX ' || pg_catalog.quote_ident(ic.relname) FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident)
       ELSE '' END,
       pg_catalog.obj_description(c.oid, 'pg_class'),
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(k.conname), ', ' ORDER BY k.conname)
        FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0),
       EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal),
       EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1'),
       c.relrowsecurity OR c.relforcerowsecurity
         OR EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid),
       NOT c.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid),
       c.relacl IS NOT NULL
         OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL)
         OR EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = d.classid
                      AND d.refobjid = c.oid AND d.deptype IN ('a', 'i') AND s.relkind = 'S'
                      AND s.relacl IS NOT NULL),
       EXISTS (SELECT FROM pg_catalog.pg_publication_rel p WHERE p.prrelid = c.oid)
         OR c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
           AND (EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.puballtables))") +
         (server_version >= first_version_with_published_schemas
              ? " OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace p WHERE p.pnnspid = n.oid)"
              : "") +
         R"(),
       c.reloftype <> 0,
       (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = c.reltablespace),
       CASE WHEN c.relkind IN ('r', 'm') THEN
         (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap') END,
       EXISTS (SELECT FROM pg_catalog.pg_seclabel l
               WHERE l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND l.objoid = c.oid),
       (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(s.spcname), ', ')
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
        JOIN pg_catalog.pg_tablespace s ON s.oid = ic.reltablespace WHERE i.indrelid = c.oid),
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(ic.relname), ', ' ORDER BY ic.relname)
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND NOT (i.indisvalid AND i.indislive) AND ic.relkind = 'i'),
       pg_catalog.pg_get_userbyid(c.relowner),
       CASE WHEN c.relispartition THEN
         (SELECT h.inhparent::pg_catalog.regclass::pg_catalog.text || ' ' ||
                 pg_catalog.pg_get_expr(c.relpartbound, c.oid)
          FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid) ELSE '' END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::pg_catalog.oid[]))";
}

// Before version 15 what a generated column is made of is known of the column, and not of its expression.
std::string columns(int server_version) {
  return R"(
SELECT a.attrelid, a.attnum, a.attname, a.atttypid,
       )" +
         postgres_detail::element_sql("t", server_version) +
         R"(,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       )" +
         postgres_detail::collation_sql("a.attcollation", "t.typcollation") +
         R"(,
       a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity,
       COALESCE(pg_catalog.col_description(a.attrelid, a.attnum), ''),
       (SELECT pg_catalog.string_agg(DISTINCT p.refobjsubid::pg_catalog.text, ' ') FROM pg_catalog.pg_depend p
        WHERE (p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND p.objid = d.oid
               OR a.attgenerated <> '' AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
               AND p.objid = a.attrelid AND p.objsubid = a.attnum)
          AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = a.attrelid
          AND p.refobjsubid NOT IN (0, a.attnum)),
       CASE WHEN c.relkind IN ('r', 'p', 'm') AND a.attstorage <> t.typstorage THEN
         CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END
       ELSE '' END,
       COALESCE(a.attstattarget, -1), pg_catalog.array_to_string(a.attoptions, E'\n'),
       )" +
         (server_version >= 140000
              ? "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE '' END"
              : "''") +
         R"(
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum)";
}

// An identity's, and the one that a column owns and takes its default from.
std::string sequences() {
  return R"(
SELECT d.refobjid, d.refobjsubid, n.nspname, s.relname, pg_catalog.format_type(q.seqtypid, NULL), q.seqstart,
       q.seqmin, q.seqmax, q.seqincrement, q.seqcache, q.seqcycle,
       COALESCE(pg_catalog.obj_description(s.oid, 'pg_class'), '')
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
LEFT JOIN pg_catalog.pg_attrdef e ON e.adrelid = d.refobjid AND e.adnum = d.refobjsubid
WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ANY ($1::pg_catalog.oid[])
  AND (d.deptype = 'i' OR d.deptype = 'a' AND pg_catalog.pg_get_expr(e.adbin, e.adrelid) =
       pg_catalog.format('nextval(%L::regclass)', s.oid::pg_catalog.regclass::pg_catalog.text)))";
}

std::string constraints() {
  return R"(
SELECT c.conrelid, c.conname, c.contype, pg_catalog.pg_get_constraintdef(c.oid),
       pg_catalog.array_to_string(c.conkey, ' '),
       CASE WHEN c.contype IN ('p', 'u', 'x') THEN i.indkey::pg_catalog.text ELSE '' END, i.indnkeyatts,
       (SELECT pg_catalog.string_agg(DISTINCT p.refobjsubid::pg_catalog.text, ' ') FROM pg_catalog.pg_depend p
        WHERE p.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND p.objid = c.oid
          AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = c.conrelid
          AND p.refobjsubid <> 0),
       COALESCE(pg_catalog.obj_description(c.oid, 'pg_constraint'), ''),
       COALESCE(i.indisclustered, false), COALESCE(i.indisreplident, false),
       pg_catalog.array_to_string(ic.reloptions, E'\n'),
       COALESCE(pg_catalog.obj_description(i.indexrelid, 'pg_class'), ''),
       )" +
         expression_statistics_sql("i.indexrelid") +
         R"(
FROM pg_catalog.pg_constraint c
LEFT JOIN (pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid)
  ON i.indexrelid = c.conindid
WHERE c.conrelid = ANY ($1::pg_catalog.oid[]) AND c.contype IN ('p', 'u', 'c', 'x')
ORDER BY c.conrelid, c.contype <> 'p', c.conname)";
}

// What pg_get_indexdef prints begins with the index's and the table's name.
std::string indexes() {
  return R"(
SELECT i.indrelid, ic.relname, i.indisunique,
       pg_catalog.substr(def.sql, pg_catalog.length(prefix.sql) + 1), i.indkey::pg_catalog.text,
       (SELECT pg_catalog.string_agg(DISTINCT p.refobjsubid::pg_catalog.text, ' ') FROM pg_catalog.pg_depend p
        WHERE p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.objid = i.indexrelid
          AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = i.indrelid
          AND p.refobjsubid <> 0),
       COALESCE(pg_catalog.obj_description(i.indexrelid, 'pg_class'), ''), i.indisclustered, i.indisreplident,
       )" +
         expression_statistics_sql("i.indexrelid") +
         R"(
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = tc.relnamespace
CROSS JOIN LATERAL pg_catalog.pg_get_indexdef(i.indexrelid) AS def(sql)
CROSS JOIN LATERAL (SELECT 'CREATE ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ' ||
  pg_catalog.quote_ident(ic.relname) || ' ON ' || CASE WHEN ic.relkind = 'I' THEN 'ONLY ' ELSE '' END ||
  pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(tc.relname) || ' ') AS prefix(sql)
WHERE i.indrelid = ANY ($1::pg_catalog.oid[]) AND i.indisvalid AND i.indislive
  AND pg_catalog.starts_with(def.sql, prefix.sql)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c
                  WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid, ic.relname)";
}

// What the server prints of it begins with its name, and ends with the table's.
std::string statistics() {
  return R"(
SELECT s.stxrelid, s.stxname,
       pg_catalog.substr(def.sql, pg_catalog.length(prefix.sql) + 1,
                         pg_catalog.length(def.sql) - pg_catalog.length(prefix.sql) - pg_catalog.length(suffix.sql)),
       (SELECT pg_catalog.string_agg(DISTINCT p.refobjsubid::pg_catalog.text, ' ') FROM pg_catalog.pg_depend p
        WHERE p.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND p.objid = s.oid
          AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = s.stxrelid
          AND p.refobjsubid <> 0),
       COALESCE(pg_catalog.obj_description(s.oid, 'pg_statistic_ext'), ''), COALESCE(s.stxstattarget, -1)
FROM pg_catalog.pg_statistic_ext s
JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
CROSS JOIN LATERAL pg_catalog.pg_get_statisticsobjdef(s.oid) AS def(sql)
CROSS JOIN LATERAL (SELECT 'CREATE STATISTICS ' || pg_catalog.quote_ident(n.nspname) || '.' ||
                    pg_catalog.quote_ident(s.stxname) || ' ') AS prefix(sql)
CROSS JOIN LATERAL (SELECT ' FROM ' || s.stxrelid::pg_catalog.regclass::pg_catalog.text) AS suffix(sql)
WHERE s.stxrelid = ANY ($1::pg_catalog.oid[]) AND pg_catalog.starts_with(def.sql, prefix.sql)
  AND pg_catalog.right(def.sql, pg_catalog.length(suffix.sql)) = suffix.sql
ORDER BY s.stxrelid, s.stxname)";
}

}  // namespace leat::postgres_detail::definition_queries
