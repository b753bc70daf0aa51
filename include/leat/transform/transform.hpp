#pragma once

#include <cstddef>
#include <string>

#include "leat/core/error.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/row_view.hpp"
#include "leat/transform/transform_class.hpp"

// The definitions that a row hook needs: Schema::field(), RowView, RowBuilder, and the loop over the rows of
// a batch. Include this header before or after the job's own header.

namespace leat::jobs_detail {

template <class Hook>
struct RowLoop {
  Hook hook;

  void operator()(const RowBatch& in, RowBatch& out) {
    RowBuilder builder(out);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::size_t before = out.size();
      const auto number = in.first_row() + i + 1;
      builder.set_input_row(number);
      hook(in.row(i), builder);
      const bool wrote_more = out.size() > before + 1;
      if (!wrote_more && !builder.has_open_row()) continue;
      throw Error(ErrorKind::transform,
                  wrote_more ? "the row hook wrote more than one row"
                             : "the row hook began a row and did not finish it",
                  {.where = "row " + std::to_string(number)});
    }
  }
};

}  // namespace leat::jobs_detail
