#include "leat/ledger/watermark.hpp"

#include <array>

#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "ledger/ledger_tables.hpp"

namespace leat {
namespace {

using postgres_detail::in_transaction;

constexpr std::int64_t known_watermark_layout = 1;

// Names compare by their bytes, whatever the database's collation.
constexpr std::array make_watermark_statements{
    R"(CREATE TABLE IF NOT EXISTS leat_meta.layouts (
  part pg_catalog.text PRIMARY KEY,
  version pg_catalog.int4 NOT NULL))",
    R"(CREATE TABLE leat_meta.watermarks (
  name pg_catalog.text COLLATE pg_catalog."C" PRIMARY KEY,
  table_name pg_catalog.text NOT NULL,
  column_name pg_catalog.text NOT NULL,
  type pg_catalog.text NOT NULL,
  value pg_catalog.text NOT NULL,
  horizon pg_catalog.int8,
  source pg_catalog.text NOT NULL,
  rows pg_catalog.int8 NOT NULL,
  version pg_catalog.int8 NOT NULL,
  changed_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()))",
    "COMMENT ON TABLE leat_meta.watermarks IS 'How far incremental loads of leat have come: `leat watermark "
    "list` shows them.'",
    "INSERT INTO leat_meta.layouts (part, version) VALUES ('watermarks', 1) ON CONFLICT (part) DO UPDATE SET "
    "version = EXCLUDED.version"};

// $1 the oid of the table that is loaded. Since 14 the role pg_database_owner stands for the owner of the
// database.
constexpr const char* watermark_fact_query = R"(
SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
  pg_catalog.has_table_privilege(c.oid, 'INSERT') AND pg_catalog.has_table_privilege(c.oid, 'UPDATE') AND
    pg_catalog.has_table_privilege(c.oid, 'DELETE'),
  (SELECT pg_catalog.min(o.rolname::pg_catalog.text)
   FROM pg_catalog.pg_roles o
   JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
   LEFT JOIN pg_catalog.pg_class t ON t.oid = $1::pg_catalog.oid
   WHERE o.oid IN (c.relowner, n.nspowner) AND
         NOT (o.rolsuper OR o.oid = d.datdba OR o.rolname IN (CURRENT_USER, 'pg_database_owner') OR
              o.oid IS NOT DISTINCT FROM t.relowner)),
  CURRENT_USER
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'leat_meta' AND c.relname = 'watermarks' AND c.relkind = 'r')";

// $1 a name, or NULL for all.
constexpr const char* watermark_query = R"(
SELECT name, table_name, column_name, type, value, horizon, source, rows, version, changed_at
FROM leat_meta.watermarks
WHERE $1::pg_catalog.text IS NULL OR name = $1
ORDER BY name)";

constexpr const char* first_watermark_sql = R"(
INSERT INTO leat_meta.watermarks (name, table_name, column_name, type, value, horizon, source, rows, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::pg_catalog.int8 + 1)
ON CONFLICT (name) DO NOTHING)";

constexpr const char* next_watermark_sql = R"(
UPDATE leat_meta.watermarks
SET table_name = $2, column_name = $3, type = $4, value = $5, horizon = $6, source = $7,
    rows = $8, version = version + 1, changed_at = pg_catalog.clock_timestamp()
WHERE name = $1 AND version = $9)";

constexpr const char* set_watermark_sql = R"(
INSERT INTO leat_meta.watermarks (name, table_name, column_name, type, value, source, rows, version)
VALUES ($1, '', '', '', $2, '', 0, 1)
ON CONFLICT (name) DO UPDATE SET table_name = '', column_name = '', type = '', value = EXCLUDED.value,
  horizon = NULL, source = '', rows = 0, version = leat_meta.watermarks.version + 1,
  changed_at = pg_catalog.clock_timestamp())";

/// How far layouts that this leat does not know go.
void require_known_layout(Connection& connection, const std::stop_token& stop) {
  const Result found =
      connection.execute("SELECT version FROM leat_meta.layouts WHERE part = 'watermarks'", {}, stop);
  const std::int64_t layout = found.empty() ? 0 : found.integer(0, 0);
  if (layout == known_watermark_layout) return;
  if (layout == 0) {
    throw Error(ErrorKind::target, "leat_meta.layouts does not say which layout leat_meta.watermarks has",
                {.sqlstate = "0A000", .hint = "bring its row ('watermarks', version) back from a backup"});
  }
  throw Error(ErrorKind::target,
              "the watermarks in leat_meta were made by a newer leat: they have layout " +
                  std::to_string(layout) + ", and this one knows " + std::to_string(known_watermark_layout),
              {.sqlstate = "0A000", .hint = "run the newer leat"});
}

/// False where there is no such table. @throws what keeps this role from using it.
bool look_at_watermarks(Connection& connection, Oid table, const std::stop_token& stop) {
  const std::array<Parameter, 1> oid{std::to_string(table)};
  const Result found = connection.execute(watermark_fact_query, oid, stop);
  if (found.empty()) return false;
  const std::string owner(found.text(0, 2));
  if (!owner.empty()) {
    throw Error(ErrorKind::target,
                "leat_meta.watermarks belongs to the role " + quote_identifier(owner) +
                    ", which could let this role run SQL of its own",
                {.sqlstate = "42501",
                 .hint = "let the owner of the database have it: ALTER SCHEMA leat_meta OWNER TO …, ALTER "
                         "TABLE leat_meta.watermarks OWNER TO …; or run this as that role"});
  }
  const std::string role = quote_identifier(found.text(0, 3));
  if (!found.boolean(0, 0) || !found.boolean(0, 1)) {
    throw Error(
        ErrorKind::target, "this role may not read and change leat_meta.watermarks",
        {.sqlstate = "42501",
         .hint = "GRANT USAGE ON SCHEMA leat_meta TO " + role + "; GRANT SELECT ON leat_meta.layouts TO " +
                 role + "; GRANT SELECT, INSERT, UPDATE, DELETE ON leat_meta.watermarks TO " + role});
  }
  require_known_layout(connection, stop);
  return true;
}

void require_watermark_name(const std::string& name) {
  constexpr std::size_t longest = 200;
  bool is_fit = !name.empty() && name.size() <= longest;
  for (const char c : name) is_fit = is_fit && static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
  if (is_fit) return;
  throw Error(ErrorKind::config,
              "the name of a watermark has 1 to 200 characters, of which none controls a terminal");
}

}  // namespace

bool check_watermarks(Connection& connection, Oid table, std::stop_token stop) {
  if (look_at_watermarks(connection, table, stop)) return true;
  const std::string role(connection.execute("SELECT CURRENT_USER", {}, stop).text(0, 0));
  postgres_detail::require_may_make(connection, role, "the watermarks", stop);
  return false;
}

void make_watermarks(Connection& connection, Oid table, std::stop_token stop) {
  if (check_watermarks(connection, table, stop)) return;
  in_transaction(connection, stop, [&] {
    postgres_detail::make_meta_schema(connection, stop);
    // By another, meanwhile.
    if (check_watermarks(connection, table, stop)) return;
    for (const char* sql : make_watermark_statements) static_cast<void>(connection.execute(sql, {}, stop));
  });
}

namespace {

std::vector<Watermark> read_some_watermarks(Connection& connection, const Parameter& name, Oid table,
                                            const std::stop_token& stop) {
  if (!look_at_watermarks(connection, table, stop)) return {};
  const std::array<Parameter, 1> wanted{name};
  const Result found = connection.execute(watermark_query, wanted, stop);
  std::vector<Watermark> marks;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const auto text = [&](std::size_t column) { return std::string(found.text(i, column)); };
    Watermark mark{.name = text(0),
                   .table = text(1),
                   .column = text(2),
                   .type = text(3),
                   .value = text(4),
                   .source = text(6),
                   .rows = found.integer(i, 7),
                   .version = found.integer(i, 8),
                   .changed_at = text(9)};
    if (!found.is_null(i, 5)) mark.horizon = found.integer(i, 5);
    marks.push_back(std::move(mark));
  }
  return marks;
}

}  // namespace

std::vector<Watermark> read_watermarks(Connection& connection, std::stop_token stop) {
  return read_some_watermarks(connection, std::nullopt, 0, stop);
}

std::optional<Watermark> read_watermark(Connection& connection, const std::string& name, Oid table,
                                        std::stop_token stop) {
  auto marks = read_some_watermarks(connection, name, table, stop);
  if (marks.empty()) return std::nullopt;
  return std::move(marks.front());
}

void move_watermark(Connection& connection, const Watermark& watermark, std::stop_token stop) {
  require_watermark_name(watermark.name);
  Parameter horizon;
  if (watermark.horizon) horizon = std::to_string(*watermark.horizon);
  const std::array<Parameter, 9> values{watermark.name,
                                        watermark.table,
                                        watermark.column,
                                        watermark.type,
                                        watermark.value,
                                        horizon,
                                        watermark.source,
                                        std::to_string(watermark.rows),
                                        std::to_string(watermark.version)};
  const Result stored =
      connection.execute(watermark.version == 0 ? first_watermark_sql : next_watermark_sql, values, stop);
  if (stored.affected() == 1) return;
  throw Error(
      ErrorKind::target,
      "the watermark " + watermark.name +
          " was changed while this load ran, by another load or by hand, so that nothing is committed",
      {.sqlstate = "55000",
       .hint = "run it again: it then begins where the watermark is now; a job that has a name begins "
               "anew (.restart)"});
}

Watermark set_watermark(Connection& connection, const std::string& name, const std::string& value,
                        std::stop_token stop) {
  require_watermark_name(name);
  if (value.empty()) throw Error(ErrorKind::config, "the value of a watermark is empty");
  make_watermarks(connection, 0, stop);
  const std::array<Parameter, 2> values{name, value};
  static_cast<void>(connection.execute(set_watermark_sql, values, stop));
  auto mark = read_watermark(connection, name, 0, stop);
  if (!mark) throw Error(ErrorKind::target, "the watermark was removed meanwhile", {.sqlstate = "55000"});
  return std::move(*mark);
}

std::optional<Watermark> remove_watermark(Connection& connection, const std::string& name,
                                          std::stop_token stop) {
  auto mark = read_watermark(connection, name, 0, stop);
  if (!mark) return std::nullopt;
  const std::array<Parameter, 1> values{name};
  static_cast<void>(connection.execute("DELETE FROM leat_meta.watermarks WHERE name = $1", values, stop));
  return mark;
}

}  // namespace leat
