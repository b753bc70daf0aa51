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

/// A hook that is called for every row. It reads `row` and writes the row to `out`, unchanged or changed. It
/// may write at most one row for each call. A row that it does not write is dropped.
template <class Hook>
concept RowHook = std::invocable<Hook&, const RowView&, RowBuilder&>;

/// A factory that makes the hook once the columns are known. So the hook can look its fields up before the
/// first row.
template <class Factory>
concept RowHookFactory = std::invocable<Factory&, const Schema&> &&
    RowHook<std::decay_t<std::invoke_result_t<Factory&, const Schema&>>>;

namespace jobs_detail {

/// Calls a hook for each row of a batch. Defined by transform.hpp, so that jobs without a hook do not have to
/// include the headers for writing rows.
template <class Hook>
struct RowLoop;

template <class Hook>
concept HasRowLoop = requires {
  sizeof(RowLoop<Hook>);
};

}  // namespace jobs_detail

/// A job's row hook. Made from a callable (RowHook), or from a factory that makes the callable
/// (RowHookFactory, the fastest form). Needs leat/transform/transform.hpp:
///
///     .transform = [](const Schema& columns) {
///       return [qty = columns.field<std::int32_t>("qty")](const RowView& row, RowBuilder& out) {
///         if (row.get(qty) > 0) out.copy_row(row).set(qty, row.get(qty) * 2);
///       };
///     }
///
/// A hook runs on one thread at a time. If a job has several readers or several workers for the hook, each of
/// them has a hook of its own. Copies of a Transform share the factory. It is called by one thread at a time,
/// whichever copies and jobs call it, so it may change its own state, for example count its hooks. Data that
/// several hooks share must be guarded by the hooks.
///
/// An exception from a hook ends the job, and run() throws it. The compiler can inline a hook into the loop
/// over the rows, since the type is erased once for each batch and not for each row.
class Transform {
 public:
  /// A hook for a whole batch.
  using BatchHook = std::function<void(const RowBatch& in, RowBatch& out)>;

  /// No hook: bytes pass unchanged.
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

  /// Makes the hook for rows of this schema. Thread-safe.
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
