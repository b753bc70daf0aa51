#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "leat/core/error.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/row_view.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/transform/detail/hook_error.hpp"
#include "leat/transform/detail/shaped_hook.hpp"
#include "leat/transform/row_output.hpp"
#include "leat/transform/row_shape.hpp"
#include "leat/transform/transform_class.hpp"

// The definitions that a row hook needs: Schema::field(), RowView, RowBuilder, RowShape, RowOutput, and the
// loops over the rows of a batch. Include this header before or after the job's own header.

namespace leat {
namespace jobs_detail {

template <class Hook>
struct RowLoop {
  Hook hook;

  void operator()(const RowBatch& in, RowBatch& out) {
    RowBuilder builder(out);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::size_t before = out.size();
      builder.set_input_row(in.first_row() + i + 1);
      try {
        hook(in.row(i), builder);
      } catch (const Error& error) {
        throw in_row(error, in, i);
      }
      const bool wrote_more = out.size() > before + 1;
      if (!wrote_more && !builder.has_open_row()) continue;
      throw in_row({ErrorKind::transform,
                    wrote_more ? "the row hook wrote more than one row"
                               : "the row hook began a row and did not finish it",
                    {.hint = wrote_more ? "Transform::shaped() makes a hook that may" : ""}},
                   in, i);
    }
  }
};

/// The same for a hook that changes the shape of rows.
template <class Hook>
struct ShapedLoop {
  Hook hook;
  std::shared_ptr<const ShapedSchemas> schemas;

  void operator()(const RowBatch& in, HookBatches& out) {
    RowOutput output(*schemas, out.rows, out.beside);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::size_t before = out.rows.size();
      output.set_input_row(in.first_row() + i + 1);
      try {
        hook(in.row(i), output);
        output.require_finished();
      } catch (const Error& error) {
        throw in_row(error, in, i);
      }
      const std::size_t written = out.rows.size() - before;
      if (written > 1) out.added += written - 1;
      if (out.is_full()) out.hand_on();
    }
  }
};

/// A declaration of a shape, and the hook or its factory.
template <class Declare, class Hook>
class ShapedTransformOf final : public ShapedTransform {
 public:
  ShapedTransformOf(Declare declare, Hook hook) : declare_(std::move(declare)), hook_(std::move(hook)) {}

  [[nodiscard]] RowShape shape(const Schema& input) const override {
    const std::lock_guard lock(mutex_);
    return declare_(input);
  }
  [[nodiscard]] ShapedHook::Run prepare(const std::shared_ptr<const ShapedSchemas>& schemas) const override {
    if constexpr (ShapedRowHook<Hook>) {
      return over_rows(hook_, schemas);
    } else {
      const std::lock_guard lock(mutex_);
      return over_rows(hook_(HookColumns(schemas)), schemas);
    }
  }

 private:
  template <class Made>
  static ShapedHook::Run over_rows(Made made, const std::shared_ptr<const ShapedSchemas>& schemas) {
    static_assert(std::copy_constructible<Made>,
                  "a row hook can be copied, since each worker has one of its own");
    return ShapedLoop<Made>{std::move(made), schemas};
  }

  mutable std::mutex mutex_;
  // A hook is only copied; the others are guarded by mutex_
  mutable Declare declare_;
  mutable Hook hook_;
};

}  // namespace jobs_detail

template <class Declare, class Hook>
requires std::invocable<Declare&, const Schema&> Transform Transform::shaped(Declare declare, Hook hook) {
  static_assert(
      ShapedRowHook<Hook> || ShapedRowHookFactory<Hook>,
      "a row hook that changes the shape of rows is called as hook(const RowView& row, RowOutput& out), "
      "and its factory as factory(const HookColumns& columns), which returns the hook");
  Transform transform;
  transform.shaped_ = std::make_shared<const jobs_detail::ShapedTransformOf<Declare, Hook>>(
      std::move(declare), std::move(hook));
  return transform;
}

template <class Hook>
Transform Transform::shaped(RowShape shape, Hook hook) {
  return shaped([shape = std::move(shape)](const Schema&) { return shape; }, std::move(hook));
}

}  // namespace leat
