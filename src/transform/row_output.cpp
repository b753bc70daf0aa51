#include "leat/transform/row_output.hpp"

#include "leat/core/error.hpp"

namespace leat {
namespace jobs_detail {

std::size_t ShapedSchemas::index_of(std::string_view table) const {
  std::string names;
  for (std::size_t i = 0; i < beside.size(); ++i) {
    if (beside[i].table == table) return i;
    names += (names.empty() ? "" : ", ") + beside[i].table;
  }
  throw Error(ErrorKind::transform, "the row hook has declared no table beside \"" + std::string(table) +
                                        "\"; it has declared " + (names.empty() ? "none" : names));
}

void match_columns_of(ShapedSchemas& schemas) {
  const Schema& input = *schemas.input;
  const Schema& output = *schemas.output;
  schemas.matching.assign(output.size(), -1);
  for (std::size_t i = 0; i < output.size(); ++i) {
    const auto found = input.find(output[i].name);
    if (found && input[*found].type == output[i].type) {
      schemas.matching[i] = static_cast<std::int32_t>(*found);
    }
  }
}

}  // namespace jobs_detail

RowOutput::RowOutput(const jobs_detail::ShapedSchemas& schemas, RowBatch& rows, std::span<RowBatch> beside)
    : RowBuilder(rows), schemas_(schemas) {
  for (auto& batch : beside) beside_.emplace_back(batch);
}

void RowOutput::fail_open() {
  throw Error(ErrorKind::transform, "the row hook began a row and did not finish it");
}

}  // namespace leat
