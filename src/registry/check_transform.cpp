#include "leat/registry/check_transform.hpp"

#include <utility>

#include "leat/core/error.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "registry/registry_session.hpp"
#include "registry/transform_sql.hpp"

namespace leat {

std::vector<QueryColumn> document_columns(Connection& session, const TransformDocument& document,
                                          std::stop_token stop) {
  using namespace registry_detail;
  if (document.columns.empty()) {
    throw Error(ErrorKind::config, "the document does not say which columns it reads",
                {.hint = "write columns: {id: bigint, …} into it, or name a table that has them"});
  }
  WrittenSql sql;
  for (const auto& [name, type] : document.columns) {
    sql += sql.text().empty() ? "SELECT NULL::" : ", NULL::";
    sql.add(type.text, type.origin);
    sql += " AS ";
    sql.add(quote_identifier(name.text), name.origin);
  }
  return unless_registry_stopped([&] {
    const ReadOnly transaction(session, stop);
    try {
      auto columns = described_exactly(session, sql.text(), stop);
      if (columns.size() == document.columns.size()) return columns;
    } catch (const Error& error) {
      throw in_written(error, sql.compiled(), places_of(document));
    }
    throw Error(ErrorKind::config, "a type under columns is no type: it has a comma outside of parentheses");
  });
}

std::vector<QueryColumn> query_columns_of(Connection& session, const std::string& query,
                                          std::stop_token stop) {
  using namespace registry_detail;
  return unless_registry_stopped([&] {
    const ReadOnly transaction(session, stop);
    return columns_of_query(session, query, stop);
  });
}

CheckedTransform check_transform(Connection& session, const TransformDocument& document,
                                 const std::vector<QueryColumn>& input, std::stop_token stop) {
  using namespace registry_detail;
  return unless_registry_stopped([&] {
    const ReadOnly transaction(session, stop);
    require_distinct(input);
    const auto compiled = compile(session, no_rows(input), document, stop);
    CheckedTransform checked{.input = input, .is_row_wise = compiled.is_row_wise};
    checked.output = columns_made(session, compiled, document, stop);
    require_distinct(checked.output);
    return checked;
  });
}

}  // namespace leat
