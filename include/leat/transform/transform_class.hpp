#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace leat {

class Schema;       // a row hook needs #include <leat/transform/transform.hpp>
class RowBatch;     // a row hook needs #include <leat/transform/transform.hpp>
class RowView;      // a row hook needs #include <leat/transform/transform.hpp>
class RowBuilder;   // a row hook needs #include <leat/transform/transform.hpp>
class RowOutput;    // a row hook needs #include <leat/transform/transform.hpp>
class HookColumns;  // a row hook needs #include <leat/transform/transform.hpp>
struct RowShape;    // a row hook needs #include <leat/transform/transform.hpp>

/// A hook that is called for every row. It reads `row` and writes the row to `out`, unchanged or changed. It
/// may write at most one row for each call. A row that it does not write is dropped.
template <class Hook>
concept RowHook = std::invocable<Hook&, const RowView&, RowBuilder&>;

/// A factory that makes the hook once the columns are known. So the hook can look its fields up before the
/// first row.
template <class Factory>
concept RowHookFactory = std::invocable<Factory&, const Schema&> &&
    RowHook<std::decay_t<std::invoke_result_t<Factory&, const Schema&>>>;

/// A hook that changes the shape of rows (Transform::shaped). It may write any number of rows for each call,
/// and rows of tables beside. One that takes a RowBuilder& is such a hook, too.
template <class Hook>
concept ShapedRowHook = std::invocable<Hook&, const RowView&, RowOutput&>;

/// A factory of such a hook, which is given the columns that it reads and writes.
template <class Factory>
concept ShapedRowHookFactory = std::invocable<Factory&, const HookColumns&> &&
    ShapedRowHook<std::decay_t<std::invoke_result_t<Factory&, const HookColumns&>>>;

namespace jobs_detail {

class ShapedTransform;

template <class>
inline constexpr bool always_false = false;

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
/// A hook that writes other columns than it reads, several rows for one, or rows of other tables beside, says
/// so before the first row: see shaped().
///
/// An exception from a hook ends the job, and run() throws it; an Error is completed with the row and its
/// key. The compiler can inline a hook into the loop over the rows, since the type is erased once for each
/// batch and not for each row.
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

  /// What is no hook, so that the compiler says what one is.
  template <class Other>
  requires(!RowHook<Other> && !RowHookFactory<Other> && !std::derived_from<Other, Transform>)
      Transform(Other)  // NOLINT(google-explicit-constructor)
  {
    static_assert(
        jobs_detail::always_false<Other>,
        "a row hook is called as hook(const RowView& row, RowBuilder& out), and its factory as "
        "factory(const Schema& columns), which returns the hook; one that changes the shape of rows is "
        "made by Transform::shaped()");
  }

  /// A hook that changes the shape of rows: it may write other columns, none, one or many rows for each row
  /// that it reads, and rows of tables beside. `shape` declares what, and is matched with the target's
  /// columns before the first row. `hook` is called as hook(const RowView& row, RowOutput& out); or it is a
  /// factory that returns the hook: factory(const HookColumns& columns), for fields that are looked up once.
  ///
  ///     .transform = Transform::shaped(
  ///         {.columns = {{"id", oid::int8}, {"word", oid::text}}, .beside = {{"audit", {{"id",
  ///         oid::int8}}}}},
  ///         [](const RowView& row, RowOutput& out) {
  ///           for (const auto word : words(row)) out.add_row(row.get<std::int64_t>("id"), word);
  ///           out.to("audit").add_row(row.get<std::int64_t>("id"));
  ///         })
  ///
  /// Rows of tables beside are appended in the transaction of the rows that were written along with them. All
  /// else is as with other hooks. What one call writes is held in memory.
  template <class Hook>
  [[nodiscard]] static Transform shaped(RowShape shape, Hook hook);
  /// The same with a shape that depends on the columns that are read: `RowShape declare(const Schema&
  /// columns)`. plan() calls it, too.
  template <class Declare, class Hook>
  requires std::invocable<Declare&, const Schema&>
  [[nodiscard]] static Transform shaped(Declare declare, Hook hook);

  explicit operator bool() const { return make_ || shaped_; }
  /// Null unless it was made by shaped().
  [[nodiscard]] const jobs_detail::ShapedTransform* shaping() const { return shaped_.get(); }

  /// Makes the hook for rows of this schema; not of one that changes their shape. Thread-safe.
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
    static_assert(std::copy_constructible<Hook>,
                  "a row hook can be copied, since each worker has one of its own");
    static_assert(jobs_detail::HasRowLoop<Hook>, "a row hook needs #include <leat/transform/transform.hpp>");
    return jobs_detail::RowLoop<Hook>{std::move(hook)};
  }

  std::function<BatchHook(const Schema&)> make_;
  std::shared_ptr<const jobs_detail::ShapedTransform> shaped_;
};

}  // namespace leat
