#include "leat/ledger/job_rejects.hpp"

#include <array>
#include <memory>
#include <vector>

#include "leat/data/row_view.hpp"
#include "leat/postgres/catalog/detail/secondary_objects.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/session/detail/local_setting.hpp"
#include "ledger/job_lease.hpp"
#include "ledger/ledger_tables.hpp"

namespace leat {
namespace {

constexpr Oid text_type = 25;

// $1 job. NULL is the empty string here, since array_to_string() leaves NULL out.
constexpr const char* line_query = R"(
SELECT pg_catalog.array_to_string(ARRAY(
  SELECT CASE WHEN f.value IS NULL THEN '' ELSE
    pg_catalog.concat('"', pg_catalog.replace(f.value, '"', '""'), '"') END
  FROM ROWS FROM (pg_catalog.unnest(r.fields)) WITH ORDINALITY AS f (value, place) ORDER BY f.place), ',')
FROM leat_meta.job_rejects r WHERE r.job = $1{} ORDER BY r.run, r.slice, r.number)";

constexpr const char* of_current_run = " AND r.run = (SELECT run FROM leat_meta.jobs WHERE name = $1)";

}  // namespace

void read_rejects(Connection& connection, const std::string& job, RejectsOf which,
                  const std::function<void(std::string_view line)>& use, std::stop_token stop) {
  const auto facts = postgres_detail::look_at_ledger(connection, 0, stop);
  if (!facts.exists || !facts.keeps_rejects || !facts.may_read) return;
  std::string sql = line_query;
  sql.replace(sql.find("{}"), 2, which == RejectsOf::current_run ? of_current_run : "");
  const auto schema = std::make_shared<const Schema>(std::vector<Column>{{.name = "line", .type = text_type}},
                                                     RowFormat::binary);
  const auto line = schema->field<std::string_view>("line");
  const std::array<Parameter, 1> name{job};
  // The same lines for every session.
  postgres_detail::LocalSetting encoding(connection, "client_encoding", "UTF8", stop);
  Cursor cursor(connection, sql, name, schema, {}, stop);
  while (const auto batch = cursor.read(stop)) {
    for (std::size_t i = 0; i < batch->size(); ++i) use(RowView(batch->row_bytes(i), *schema).get(line));
  }
  encoding.restore(stop);
}

void drop_discarded_rejects(Connection& connection, const JobLease& lease, std::stop_token stop) {
  const auto mine = postgres_detail::lease_parameters(lease);
  static_cast<void>(connection.execute("DELETE FROM leat_meta.job_rejects WHERE job = $1 AND run < $2",
                                       std::span(mine).first(2), stop));
}

}  // namespace leat
