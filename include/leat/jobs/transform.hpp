#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "leat/core/error.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/row_view.hpp"

namespace leat {

/// A hook that is called for every row: it reads `row` and writes it to `out`, as it is or changed. A row
/// that it does not write is dropped. It writes at most one row for each.
template <class Hook>
concept RowHook = std::invocable<Hook&, const RowView&, RowBuilder&>;

/// Makes the hook once the columns are known, so that it can resolve its fields before the first row.
template <class Factory>
concept RowHookFactory = std::invocable<Factory&, const Schema&> &&
    RowHook<std::decay_t<std::invoke_result_t<Factory&, const Schema&>>>;

/// A job's row hook. Made from a callable (RowHook), or from one that makes it (RowHookFactory, the fastest
/// form):
///
///     .transform = [](const Schema& columns) {
///       return [qty = columns.field<std::int32_t>("qty")](const RowView& row, RowBuilder& out) {
///         if (row.get(qty) > 0) out.copy_row(row).set(qty, row.get(qty) * 2);
///       };
///     }
///
/// A hook runs on one thread at a time; where a job has several workers for it, each has a hook of its own.
/// What it throws ends the job and is what run() throws. Calls are erased once a batch, so a hook is inlined
/// into the loop over its rows.
class Transform {
 public:
  /// Works on a whole batch.
  using BatchHook = std::function<void(const RowBatch& in, RowBatch& out)>;

  /// No hook: bytes pass untouched.
  Transform() = default;

  template <class Hook>
  requires RowHook<Hook> Transform(
      Hook hook)  // NOLINT(google-explicit-constructor): options take a lambda as it is
      : make_([hook = std::move(hook)](const Schema&) { return over_batch(hook); }) {}

  template <class Factory>
  requires(RowHookFactory<Factory> && !RowHook<Factory>)
      Transform(Factory factory)  // NOLINT(google-explicit-constructor)
      : make_([factory = std::move(factory)](const Schema& schema) mutable {
          return over_batch(factory(schema));
        }) {}

  explicit operator bool() const { return static_cast<bool>(make_); }

  /// The hook for rows of this schema.
  [[nodiscard]] BatchHook prepare(const Schema& schema) const { return make_(schema); }

 private:
  template <class Hook>
  static BatchHook over_batch(Hook hook) {
    return [hook = std::move(hook)](const RowBatch& in, RowBatch& out) mutable {
      RowBuilder builder(out);
      for (std::size_t i = 0; i < in.size(); ++i) {
        const std::size_t before = out.size();
        hook(in.row(i), builder);
        if (out.size() > before + 1) {
          throw Error(ErrorKind::transform, "the row hook wrote more than one row",
                      {.where = "row " + std::to_string(in.first_row() + i + 1)});
        }
      }
    };
  }

  std::function<BatchHook(const Schema&)> make_;
};

}  // namespace leat
