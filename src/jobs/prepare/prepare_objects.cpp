#include "jobs/prepare/prepare_objects.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jobs/options/lists.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {

void prepare_objects(PreparedLoad& stream, const TableInfo& table, const std::vector<SourceColumn>& columns,
                     const TableSelection& choice, const std::stop_token& stop) {
  const TableInfo& target = stream.load->table();
  std::vector<std::size_t> copied;
  if (choice.large_objects == LargeObjectMode::copied)
    copied = large_object_columns(stream.columns, columns, target);
  if (!stream.is_one_database() && choice.large_objects != LargeObjectMode::by_caller) {
    check_large_objects(*stream.source_session, table, choice.where, stream.columns, columns, copied,
                        stream.plan.findings, stop);
  }
  if (copied.empty()) return;
  if (stream.plan.format.format == RowFormat::text) {
    stream.plan.findings.push_back(
        {.code = "large_objects",
         .side = ErrorKind::config,
         .message =
             "large objects are copied along with rows in binary form only, but " + stream.plan.format.reason,
         .hint = "leave that column out, or convert it (.map)"});
    return;
  }
  std::vector<std::string> queries;
  for (const std::size_t position : copied) {
    const postgres_detail::SelectItem item{
        .sql = "(" + stream.columns.items[position].sql + ")::pg_catalog.oid", .is_column = false};
    queries.push_back(postgres_detail::select_sql(table, std::span(&item, 1), choice.where));
  }
  stream.plan.remarks.push_back(
      "large objects of " +
      text_list(copied,
                [&](const auto position) { return quote_identifier(stream.columns.targets[position]); }) +
      " are copied first, each as a new one of the target, in the load's transaction");
  if (stream.setup.mode == WriteMode::replace) {
    stream.plan.remarks.emplace_back("large objects of rows that are replaced stay; vacuumlo removes them");
  }
  std::string numbers;
  for (const auto& query : queries) numbers += (numbers.empty() ? "" : "\nUNION ALL ") + query;
  numbers = "SELECT DISTINCT a.o FROM (" + numbers + ") AS a(o)";
  stream.objects = std::make_shared<LargeObjects>(std::move(copied), std::move(numbers));
}

}  // namespace leat::jobs_detail
