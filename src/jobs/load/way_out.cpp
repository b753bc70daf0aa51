#include "jobs/load/way_out.hpp"

#include <string>
#include <string_view>

#include "jobs/rejects/row_rejects.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::jobs_detail {
namespace {

/// The column that a COPY names; a letter where it names none.
std::string column_of_copy(std::string_view context) {
  constexpr std::string_view before = ", column ";
  const auto at = context.find(before);
  if (at == std::string_view::npos) return "a";
  const auto rest = context.substr(at + before.size());
  return std::string(rest.substr(0, rest.find_first_of(":\n")));
}

}  // namespace

Error with_way_out(const Error& error) {
  if (!is_of_row(error)) return error;
  constexpr const char* apart =
      "rows that the target refuses can be kept apart, with their keys and values (.max_rejects and "
      ".rejects of CopyTable and AdHocQuery)";
  if (error.sqlstate() != "22021") return error.with_further_hint(apart);
  const std::string column = display_identifier(column_of_copy(error.context()));
  return error
      .with_further_hint(
          "the source's text is no UTF-8 there; if it is LATIN1, say, convert it in the source: "
          "convert_from(convert(convert_to(" +
          column + ", 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII') (.map of CopyTable)")
      .with_further_hint(apart);
}

}  // namespace leat::jobs_detail
