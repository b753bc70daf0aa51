#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace leat {

class Schema;      // a row hook needs #include <leat/transform/transform.hpp>
class RowBatch;    // a row hook needs #include <leat/transform/transform.hpp>
class RowView;     // a row hook needs #include <leat/transform/transform.hpp>
class RowBuilder;  // a row hook needs #include <leat/transform/transform.hpp>

/// A hook that is called for every row: it reads `row` and writes it to `out`, as it is or changed. A row
/// that it does not write is dropped. It writes at most one row for each.
template <class Hook>
concept RowHook = std::invocable<Hook&, const RowView&, RowBuilder&>;

/// Makes the hook once the columns are known, so that it can resolve its fields before the first row.
template <class Factory>
concept RowHookFactory = std::invocable<Factory&, const Schema&> &&
    RowHook<std::decay_t<std::invoke_result_t<Factory&, const Schema&>>>;

namespace jobs_detail {

/// Calls a hook for each row of a batch. Defined by transform.hpp, so that jobs without a hook need not read
/// how rows are written.
template <class Hook>
struct RowLoop;

template <class Hook>
concept HasRowLoop = requires {
  sizeof(RowLoop<Hook>);
};

}  // namespace jobs_detail

/// A job's row hook. Made from a callable (RowHook), or from one that makes it (RowHookFactory, the fastest
/// form), where leat/jobs/transform.hpp is included:
///
///     .transform = [](const Schema& columns) {
///       return [qty = columns.field<std::int32_t>("qty")](const RowView& row, RowBuilder& out) {
///         if (row.get(qty) > 0) out.copy_row(row).set(qty, row.get(qty) * 2);
///       };
///     }
///
/// A hook runs on one thread at a time; where a job has several readers or workers for it, each has a hook of
/// its own. Copies of a Transform share the factory, which is called by one thread at a time, whichever
/// copies and jobs call it: it may count its hooks, and change. What hooks share they must guard themselves.
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
      : make_([shared = std::make_shared<SharedFactory<Factory>>(std::move(factory))](const Schema& schema) {
          return over_batch(shared->make(schema));
        }) {}

  explicit operator bool() const { return static_cast<bool>(make_); }

  /// The hook for rows of this schema. Thread-safe.
  [[nodiscard]] BatchHook prepare(const Schema& schema) const { return make_(schema); }

 private:
  template <class Factory>
  class SharedFactory {
   public:
    explicit SharedFactory(Factory factory) : factory_(std::move(factory)) {}

    [[nodiscard]] auto make(const Schema& schema) {
      const std::lock_guard lock(mutex_);
      return factory_(schema);
    }

   private:
    std::mutex mutex_;
    Factory factory_;  // guarded by mutex_
  };

  template <class Hook>
  static BatchHook over_batch(Hook hook) {
    static_assert(jobs_detail::HasRowLoop<Hook>, "a row hook needs #include <leat/transform/transform.hpp>");
    return jobs_detail::RowLoop<Hook>{std::move(hook)};
  }

  std::function<BatchHook(const Schema&)> make_;
};

}  // namespace leat
