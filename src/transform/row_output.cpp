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
  schemas.to_be_set.clear();
  for (std::size_t i = 0; i < output.size(); ++i) {
    const auto found = input.find(output[i].name);
    if (found && input[*found].type == output[i].type) {
      schemas.matching[i] = static_cast<std::int32_t>(*found);
    } else if (!output[i].nullable) {
      schemas.to_be_set.push_back(i);
    }
  }
}

}  // namespace jobs_detail

RowOutput::RowOutput(const jobs_detail::ShapedSchemas& schemas, RowBatch& rows, std::span<RowBatch> beside)
    : RowBuilder(rows), schemas_(schemas), rows_(rows) {
  for (auto& batch : beside) beside_.emplace_back(batch);
}

void RowOutput::note_copied() {
  copied_.push_back(rows_.size());
}

void RowOutput::require_set() {
  for (const std::size_t row : copied_) {
    if (row >= rows_.size()) continue;  // an error has removed it, which the hook has caught
    detail::TupleIndex index(schemas_.output->size());
    for (const std::size_t i : schemas_.to_be_set) {
      if (!index.locate(rows_.row_bytes(row), schemas_.output->size(), i).null) continue;
      const Column& column = (*schemas_.output)[i];
      throw Error(
          ErrorKind::transform,
          "the row hook has not set column " + describe(column) + ", which is declared NOT NULL",
          {.hint = "copy_matching() leaves it NULL, as the rows that are read have no such column: set() "
                   "it, or declare it as std::optional",
           .column = column.name});
    }
  }
  copied_.clear();
}

void RowOutput::fail_open() {
  throw Error(ErrorKind::transform, "the row hook began a row and did not finish it");
}

}  // namespace leat
