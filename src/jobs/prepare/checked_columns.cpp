#include "jobs/prepare/checked_columns.hpp"

#include "jobs/match/conversion_hint.hpp"
#include "jobs/match/type_fit.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/transform/sql/detail/checked_cast.hpp"

namespace leat::jobs_detail {

bool add_checked_casts(std::vector<SourceColumn>& columns, const TableInfo& target, Connection& source,
                       const std::stop_token& stop) {
  const TransformServer server{
      .quote_identifier = [](std::string_view name) { return quote_identifier(name); },
      .quote_literal = [&source](std::string_view text) { return source.quote_literal(text); }};
  const auto knows_cast = casts_of(source, stop);
  bool has_any = false;
  for (auto& column : columns) {
    const TableColumn* const to = target.find(column.target);
    if (to == nullptr || to->generated) continue;
    const TableColumn& from = column.column;
    if (fit({from.type, from.typmod}, {to->type, to->typmod}).passage != Passage::refused) continue;
    // The source knows no other types of the target's.
    const bool is_known = is_built_in(to->type) && to->type.oid == to->type.base;
    if (!is_known || from.type.kind == TypeKind::pseudo || !knows_cast(from.type, to->type)) continue;
    column.item = {
        .sql = transform_detail::checked_cast_sql(column.item.sql, from.type_name, to->type_name, server),
        .is_column = false};
    column.how = "converted by the source, where the value survives it (from " + from.type_name + ")";
    column.column.type = to->type;
    column.column.typmod = to->typmod;
    column.column.type_name = to->type_name;
    column.column.collation.clear();
    has_any = true;
  }
  return has_any;
}

}  // namespace leat::jobs_detail
